#pragma once

#include <stddef.h>

/// A row of a block of conductances, by the place of its first element, and the code on its word line.
struct word_line {
  ptrdiff_t start;
  float code;
};

/// The currents of 16 bit lines whose conductances lie at `g` in every row: `sums`, each in the order
/// of `rows`; and in `maxima`, where it is larger, the current of either polarity, which is half of the
/// sum of the products' magnitudes and the magnitude of the sum.
void line_currents(
    const float *g, const struct word_line *rows, size_t count, float *sums, float *maxima);
