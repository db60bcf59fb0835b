// What every processor has: on x86-64 no fused multiply-adds.
#if defined(__x86_64__)
#define HAS_FUSED 0
#else
#define HAS_FUSED 1
#endif
#define HAS_HALVES 0
#define NAME(name) name##_any
#define STRIPS 1

#include "kernel_bodies.h"
