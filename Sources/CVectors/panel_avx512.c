#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define PROCESSOR avx512
#define SINGLES 16
#define DOUBLES 16

#include "panel_types.h"

#pragma clang attribute pop

#endif
