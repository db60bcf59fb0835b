#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define HAS_FUSED 1
#define HAS_HALVES 1
#define NAME(name) name##_avx2
#define STRIPS 1

#include "kernel_bodies.h"

#pragma clang attribute pop

#endif
