#pragma once

#include <stddef.h>
#include <stdint.h>

// What circuits do to the lines of a block, for the vectors of a panel together.

/// What tells vectors apart: how many of its inference the block has multiplied before, and its inference in two words.
struct counted_vectors {
  const uint32_t *numbers, *inferences, *high_inferences;
};

/// What the circuit of a bit line does to its counts.
struct line_circuit {
  /// What a current of one step of the input × g becomes.
  float counts_per_code;
  /// What it becomes at the end of the line, in parts of the voltage; 0 for none.
  float resistance;
  /// The converter's gain, and what it adds to the counts of each polarity.
  float gain, positive_offset, negative_offset;
  /// The part by which `full` counts fall short.
  float bend, full;
  /// The standard deviation of a count; 0 for none.
  float noise;
};

/// Pairs of normal deviates of a bit line, one for each of `count` vectors, under a key.
void line_normals(
    uint32_t line, struct counted_vectors vectors, uint32_t low, uint32_t high, size_t count, float *first,
    float *second);

/// Adds the noise of devices to differences of currents, with the squares of what each of them is a part of.
void add_device_noise(float *differences, const float *squares, const float *deviates, float noise, size_t count);

/// Multiplies the inputs of a word line with a factor.
void scale_line(const float *inputs, float factor, float *scaled, size_t count);

/// Squares the inputs of a word line.
void square_line(const float *inputs, float *squares, size_t count);

/// Makes the difference of a bit line's currents and their sum counts of its positive and its negative polarity, before
/// they are rounded. Looks at `far_differences` and `far_sums`, those of currents that see the whole fall of voltage, only
/// where there is resistance, and at the deviates `first` and `second` only where there is noise.
void count_line(
    const struct line_circuit *line, float *positive, float *negative, const float *far_differences,
    const float *far_sums, const float *first, const float *second, size_t count);
