#pragma once

#include <stdint.h>
#include <string.h>

#include "elementary_functions.h"

// Functions in single precision for what is drawn for every vector, whose errors are much less than a count.
// They have no branches and no fused operations, and so are the same on every processor.

#pragma STDC FP_CONTRACT OFF

/// The natural logarithm of a positive normal number.
ALWAYS_INLINE float single_log(float x) {
  // As elementary_log does it.
  const int32_t root_of_half = 0x3F3504F3;
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits -= root_of_half;
  const float exponent = (float)(bits >> 23);
  bits = (bits & 0x007FFFFF) + root_of_half;
  float m;
  memcpy(&m, &bits, sizeof m);
  const float s = (m - 1) / (m + 1);
  const float z = s * s;
  const float series = 1 + z * (1.0f / 3 + z * (1.0f / 5 + z * (1.0f / 7 + z * (1.0f / 9))));
  return exponent * 0x1.62e43p-1f + 2 * s * series;
}

/// Two normal deviates of single precision.
struct single_pair {
  float first, second;
};

/// The deviates that `normal_pair` makes of these words and another, within 10⁻⁵; where both are below 0.003, within
/// 3·10⁻⁴, since the logarithm of a number near 1 has lost digits.
ALWAYS_INLINE struct single_pair single_pair(uint32_t b, uint32_t c, uint32_t d) {
  const float uniform = ((float)(int32_t)(b >> 1) + 0.25f) * 0x1p-31f;
  const float radius = __builtin_elementwise_sqrt(-2 * single_log(uniform));
  // A turn from −π/4 to π/4.
  const float turn = (float)(int32_t)(d ^ 0x80000000) * (0x1.921fb6p+0f * 0x1p-32f);
  const float z = turn * turn;
  const float cosine =
      1 + z * (-1.0f / 2 + z * (1.0f / 24 + z * (-1.0f / 720 + z * (1.0f / 40320))));
  const float sine =
      turn
      * (1 + z * (-1.0f / 6 + z * (1.0f / 120 + z * (-1.0f / 5040 + z * (1.0f / 362880)))));
  const float sign = c & 1 ? -cosine : cosine;
  const int is_swapped = (c & 2) != 0;
  const struct single_pair pair = {
      radius * (is_swapped ? sine : sign), radius * (is_swapped ? sign : sine)};
  return pair;
}
