#pragma once

#include <stdint.h>

#include "elementary_functions.h"

/// Four words of the generator.
struct philox_words {
  uint32_t a, b, c, d;
};

/// The words of `counter` under a key.
///
/// Each word lies in the lower half of 64 bits, where vector instructions multiply it without moving it first.
ALWAYS_INLINE struct philox_words philox_words(
    struct philox_words counter, uint32_t low, uint32_t high) {
  uint64_t a = counter.a, b = counter.b, c = counter.c, d = counter.d;
#pragma clang loop unroll(full)
  for (int round = 0; round < 10; ++round) {
    const uint64_t first = (a & 0xFFFFFFFF) * 0xD2511F53;
    const uint64_t second = (c & 0xFFFFFFFF) * 0xCD9E8D57;
    a = second >> 32 ^ b ^ low;
    b = second;
    c = first >> 32 ^ d ^ high;
    d = first;
    low += 0x9E3779B9;
    high += 0xBB67AE85;
  }
  const struct philox_words words = {(uint32_t)a, (uint32_t)b, (uint32_t)c, (uint32_t)d};
  return words;
}

/// Two normal deviates.
struct normal_pair {
  double first, second;
};

/// Two normal deviates, independent and with variance 1, at most 8.6 in magnitude.
///
/// The method is that of Box and Muller: a radius √(−2 ln u), and an angle that is uniform in each of four quadrants.
ALWAYS_INLINE struct normal_pair normal_pair(struct philox_words words) {
  // 52 bits, in the middle of their interval: neither 0 nor 1.
  const uint64_t one = 0x3FF0000000000000;
  const uint64_t fraction = (uint64_t)words.b << 20 | words.a >> 12;
  const double uniform = number_of(one | fraction) - (1 - 0x1p-53);
  const double radius = __builtin_elementwise_sqrt(-2 * elementary_log(uniform));
  const double angle = number_of(one | (uint64_t)words.d << 20 | words.c >> 12);
  const double turn = (angle - 1.5) * (3.14159265358979323846 / 2);
  const double cosine = elementary_cosine(turn), sine = elementary_sine(turn);
  // The sine has both signs; the bits that the angle does not use choose the quadrant.
  const double sign = number_of(bits_of(cosine) ^ (uint64_t)(words.c & 1) << 63);
  const int is_swapped = (words.c & 2) != 0;
  const struct normal_pair pair = {
      radius * (is_swapped ? sine : sign), radius * (is_swapped ? sign : sine)};
  return pair;
}
