#include "line_loops.h"

#include "clones.h"
#include "philox.h"

/// A number that is not below 0.
ALWAYS_INLINE float raised(float value) { return 0 >= value ? 0 : value; }

CLONES
void line_normals(
    uint32_t line, struct counted_vectors vectors, uint32_t low, uint32_t high, size_t count, double *restrict first,
    double *restrict second) {
  for (size_t i = 0; i < count; ++i) {
    const struct philox_words counter = {
        line, vectors.numbers[i], vectors.inferences[i], vectors.high_inferences[i]};
    const struct normal_pair pair = normal_pair(philox_words(counter, low, high));
    first[i] = pair.first;
    second[i] = pair.second;
  }
}

CLONES
void add_device_noise(
    float *restrict differences, const float *restrict squares, const double *restrict deviates, float noise,
    size_t count) {
  for (size_t i = 0; i < count; ++i) {
    differences[i] += noise * __builtin_elementwise_sqrt(raised(squares[i])) * (float)deviates[i];
  }
}

/// The part of the voltage that a current costs at the far end of its line, in two parts: 0.5 a of a current that is the
/// same everywhere, less what the smaller voltage then draws.
ALWAYS_INLINE float fall(float current, float resistance) {
  const float a = current * resistance;
  return a * (0.5f + a * (-0.2f + a * 0.05f));
}

CLONES
void drop_voltages(
    float *restrict positive, float *restrict negative, const float *restrict differences,
    const float *restrict sums, float resistance, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const float far_positive = raised(sums[i] + differences[i]) / 2;
    const float far_negative = raised(sums[i] - differences[i]) / 2;
    positive[i] = raised(positive[i] - fall(positive[i], resistance) * far_positive);
    negative[i] = raised(negative[i] - fall(negative[i], resistance) * far_negative);
  }
}

CLONES
void distort_counts(float *counts, float gain, float offset, float bend, float full, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    counts[i] = raised(gain * (counts[i] / (1 + bend * counts[i] / full)) + offset);
  }
}

CLONES
void add_count_noise(
    float *restrict positive, float *restrict negative, const double *restrict first, const double *restrict second,
    float noise, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    positive[i] = raised(positive[i] + noise * (float)first[i]);
    negative[i] = raised(negative[i] + noise * (float)second[i]);
  }
}
