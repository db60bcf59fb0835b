#pragma once

// A loop that is compiled several times, of which the processor chooses one. Vector instructions that are not in every
// x86-64 processor are wider, but do the same to each element: without fused multiply-adds, results are the same bits
// everywhere. A loop that calls functions with vectors of 512 bits cannot be compiled for AVX-512 alone, as such calls
// differ there: CLONES has none of it.
#if defined(__x86_64__)
#define CLONES __attribute__((target_clones("avx2", "default")))
#define WIDE_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CLONES
#define WIDE_CLONES
#endif

#pragma STDC FP_CONTRACT OFF
