#pragma once

#include <stddef.h>

/// A row of a block of conductances, by the place of its first element, and the code on its word line.
struct word_line {
  ptrdiff_t start;
  float code;
};

/// The currents of `columns` bit lines whose conductances lie side by side in every row of `g`: `sums`,
/// each in the order of `rows`; and in `maxima`, where it is larger, the current of either polarity.
void line_currents(
    const float *g, size_t columns, const struct word_line *rows, size_t count, float *sums,
    float *maxima);

/// Adds `currents`, `vectors` times `columns`, each times the factor of its column, to `sums`; and to
/// `maxima`, a column each, the magnitudes of these, where they are larger.
void add_currents(
    const float *currents, const float *factors, size_t vectors, size_t columns, float *sums,
    float *maxima);
