#include "crossbar_kernels.h"

extern const struct crossbar_kernels kernels_any, kernels_avx2, kernels_avx512;

const struct crossbar_kernels *crossbar_kernels_for(enum crossbar_processor processor) {
  switch (processor) {
  case any_processor: return &kernels_any;
#if defined(__x86_64__)
  case avx2_processor:
    return __builtin_cpu_supports("x86-64-v3") ? &kernels_avx2 : NULL;
  case avx512_processor:
    return __builtin_cpu_supports("x86-64-v4") ? &kernels_avx512 : NULL;
#endif
  default: return NULL;
  }
}

const struct crossbar_kernels *crossbar_kernels_here(void) {
  for (int processor = avx512_processor; processor > any_processor; --processor) {
    const struct crossbar_kernels *kernels = crossbar_kernels_for(processor);
    if (kernels) return kernels;
  }
  return &kernels_any;
}
