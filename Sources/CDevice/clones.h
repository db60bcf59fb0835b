#pragma once

// A loop that is compiled several times, of which the processor chooses one. Vector instructions that are not in every
// x86-64 processor are wider, but do the same to each element: without fused multiply-adds, results are the same bits
// everywhere.
#if defined(__x86_64__)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CLONES
#endif

#pragma STDC FP_CONTRACT OFF
