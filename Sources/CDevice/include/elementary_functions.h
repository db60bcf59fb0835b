#pragma once

#include <stdint.h>
#include <string.h>

#include "exponential_series.h"

// Elementary functions without branches, so that loops over them become vector code. They are made of additions,
// multiplications, divisions and operations on bits, and so the same on every processor, which those of the C library
// are not. Relative errors are below 10⁻¹⁵.

#define ALWAYS_INLINE static inline __attribute__((always_inline))

#pragma STDC FP_CONTRACT OFF

ALWAYS_INLINE uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

ALWAYS_INLINE double number_of(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// The natural logarithm of a positive normal number.
ALWAYS_INLINE double elementary_log(double x) {
  // x = 2ᵏ · m with m in √½ ..< √2, and ln m = 2 artanh s = 2 (s + s³/3 + s⁵/5 + …).
  const uint64_t root_of_half = 0x3FE6A09E667F3BCD;
  const uint64_t bits = bits_of(x) - root_of_half;
  const double exponent = (double)(int32_t)((int64_t)bits >> 52);
  const double m = number_of((bits & 0x000FFFFFFFFFFFFF) + root_of_half);
  const double s = (m - 1) / (m + 1);
  const double z = s * s;
  double series = 1.0 / 23;
  series = series * z + 1.0 / 21;
  series = series * z + 1.0 / 19;
  series = series * z + 1.0 / 17;
  series = series * z + 1.0 / 15;
  series = series * z + 1.0 / 13;
  series = series * z + 1.0 / 11;
  series = series * z + 1.0 / 9;
  series = series * z + 1.0 / 7;
  series = series * z + 1.0 / 5;
  series = series * z + 1.0 / 3;
  return exponent * LN2_HIGH + (2 * s + (2 * s * z * series + exponent * LN2_LOW));
}

/// eˣ, with x cut to ±700.
ALWAYS_INLINE double elementary_exp(double x) {
  x = -700 >= x ? -700 : x;
  x = 700 < x ? 700 : x;
  const double rounded = x * LOG2_E + ROUNDER;
  const double exponent = rounded - ROUNDER;
  const double r = (x - exponent * LN2_HIGH) - exponent * LN2_LOW;
  double series;
  SET_EXPONENTIAL_SERIES(series, r);
  const double mantissa = 1 + (r + r * r * series);
  return number_of(bits_of(mantissa) + (bits_of(rounded) << 52));
}

/// The cosine of x, with |x| up to π/4.
ALWAYS_INLINE double elementary_cosine(double x) {
  const double z = x * x;
  double cosine = 1.0 / 20922789888000;
  cosine = cosine * z - 1.0 / 87178291200;
  cosine = cosine * z + 1.0 / 479001600;
  cosine = cosine * z - 1.0 / 3628800;
  cosine = cosine * z + 1.0 / 40320;
  cosine = cosine * z - 1.0 / 720;
  cosine = cosine * z + 1.0 / 24;
  cosine = cosine * z - 0.5;
  return cosine * z + 1;
}

/// The sine of x, with |x| up to π/4.
ALWAYS_INLINE double elementary_sine(double x) {
  const double z = x * x;
  double sine = 1.0 / 355687428096000;
  sine = sine * z - 1.0 / 1307674368000;
  sine = sine * z + 1.0 / 6227020800;
  sine = sine * z - 1.0 / 39916800;
  sine = sine * z + 1.0 / 362880;
  sine = sine * z - 1.0 / 5040;
  sine = sine * z + 1.0 / 120;
  sine = sine * z - 1.0 / 6;
  return x + x * z * sine;
}
