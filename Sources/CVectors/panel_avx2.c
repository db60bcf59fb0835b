#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define PROCESSOR avx2
#define SINGLES 16
#define DOUBLES 8

#include "panel_types.h"

#pragma clang attribute pop

#endif
