#include "cell_loops.h"
#include "clones.h"

WIDE_CLONES
void normal_pairs(
    struct philox_words counter, uint32_t low, uint32_t high, size_t count, double *restrict first,
    double *restrict second) {
  for (size_t i = 0; i < count; ++i) {
    struct philox_words own = counter;
    own.a += (uint32_t)i;
    const struct normal_pair pair = normal_pair(philox_words(own, low, high));
    first[i] = pair.first;
    second[i] = pair.second;
  }
}

WIDE_CLONES
void law_values(
    const struct bounded_law *law, double split, double smallest, const double *restrict ratios,
    size_t count, double *restrict values) {
  const double a = law->a, b = law->b, lowest = law->lowest, highest = law->highest;
  const bool is_power = law->is_power;
  for (size_t i = 0; i < count; ++i) {
    const double ratio = smallest >= ratios[i] ? smallest : ratios[i];
    const double exponent = b * elementary_log(ratio);
    const double value = is_power ? a * elementary_exp(exponent) : a + exponent;
    const double raised = lowest >= value ? lowest : value;
    const double bounded = highest < raised ? highest : raised;
    values[i] = ratios[i] < split ? bounded : values[i];
  }
}

WIDE_CLONES
void polynomial_values(
    const double *coefficients, size_t coefficient_count, const double *restrict ratios,
    size_t count, double *restrict values) {
  for (size_t i = 0; i < count; ++i) values[i] = coefficients[coefficient_count - 1];
  for (size_t number = coefficient_count - 1; number > 0; --number) {
    const double coefficient = coefficients[number - 1];
    for (size_t i = 0; i < count; ++i) values[i] = values[i] * ratios[i] + coefficient;
  }
}

WIDE_CLONES
void read_conductances(
    const double *restrict programmed, const double *restrict exponents,
    const double *restrict noise, const double *restrict deviates, double drift,
    double accumulation, size_t count, float *restrict values) {
  for (size_t i = 0; i < count; ++i) {
    const double drifted = programmed[i] * elementary_exp(-exponents[i] * drift);
    const double value = drifted + drifted * noise[i] * accumulation * deviates[i];
    values[i] = (float)(value >= 0 ? value : 0);
  }
}

void add_drifted(
    const double *restrict shares, const double *restrict exponents, const double *restrict noise,
    double drift, size_t count, double *restrict sums, double *restrict squares) {
  for (size_t i = 0; i < count; ++i) {
    const double drifted = shares[i] * elementary_exp(-exponents[i] * drift);
    sums[i] += drifted;
    squares[i] += drifted * noise[i] * (drifted * noise[i]);
  }
}

void read_sums(
    const double *restrict sums, const double *restrict squares, const double *restrict deviates,
    double accumulation, size_t count, float *restrict values) {
  for (size_t i = 0; i < count; ++i) {
    const double value = sums[i] + __builtin_elementwise_sqrt(squares[i]) * accumulation * deviates[i];
    values[i] = (float)(value >= 0 ? value : 0);
  }
}
