#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma,f16c"))), apply_to = function)
#define HAS_FUSED 1
#define HAS_HALVES 1
#define NAME(name) name##_avx512
#define STRIPS 2

#include "kernel_bodies.h"

#pragma clang attribute pop

#endif
