#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "philox.h"

/// Pairs of normal deviates of `count` counters, whose first words follow each other.
void normal_pairs(
    struct philox_words counter, uint32_t low, uint32_t high, size_t count, double *first,
    double *second);

/// A curve of relative conductances r: a · r^b, or else a + b · ln r, within bounds.
struct bounded_law {
  double a, b, lowest, highest;
  bool is_power;
};

/// Sets the `values` of a law where a ratio is below `split`; ratios below `smallest` count as that.
void law_values(
    const struct bounded_law *law, double split, double smallest, const double *ratios, size_t count,
    double *values);

/// The values of a polynomial, whose last coefficient is that of the highest power.
void polynomial_values(
    const double *coefficients, size_t coefficient_count, const double *ratios, size_t count,
    double *values);

/// What a read sees of conductances that were programmed and have drifted, each with its noise, in parts of
/// it, and its deviate.
void read_conductances(
    const double *programmed, const double *exponents, const double *noise, const double *deviates,
    double drift, double accumulation, size_t count, float *values);

/// Adds what parts of sides conduct once they have drifted to `sums`, and the squares of their noise to `squares`.
void add_drifted(
    const double *shares, const double *exponents, const double *noise, double drift, size_t count,
    double *sums, double *squares);

/// What a read sees of such sums, with the deviate of each.
void read_sums(
    const double *sums, const double *squares, const double *deviates, double accumulation,
    size_t count, float *values);
