#include "aimcc.h"
