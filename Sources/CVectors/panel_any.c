#define PROCESSOR any
#define SINGLES 8
#define DOUBLES 4

#include "panel_types.h"
