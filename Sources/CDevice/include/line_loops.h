#pragma once

#include <stddef.h>
#include <stdint.h>

// What circuits do to the bit lines of a block, for the vectors of a panel together.

/// What tells vectors apart: how many of its inference the block has multiplied before, and its inference in two words.
struct counted_vectors {
  const uint32_t *numbers, *inferences, *high_inferences;
};

/// Pairs of normal deviates of a bit line, one for each of `count` vectors, under a key.
void line_normals(
    uint32_t line, struct counted_vectors vectors, uint32_t low, uint32_t high, size_t count, double *first,
    double *second);

/// Adds the noise of devices to differences of currents, with the squares of what each of them is a part of.
void add_device_noise(float *differences, const float *squares, const double *deviates, float noise, size_t count);

/// Takes from the currents of both polarities what the resistance of their lines costs; `differences` and `sums` are
/// those of the currents that see the whole fall of voltage.
void drop_voltages(
    float *positive, float *negative, const float *differences, const float *sums, float resistance, size_t count);

/// Makes counts of a converter with a gain, an offset and a bend, by which `full` falls short in parts of it.
void distort_counts(float *counts, float gain, float offset, float bend, float full, size_t count);

/// Adds noise to counts of both polarities.
void add_count_noise(
    float *positive, float *negative, const double *first, const double *second, float noise, size_t count);
