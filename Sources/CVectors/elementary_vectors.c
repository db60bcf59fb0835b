#include "elementary_vectors.h"

#include <stdint.h>
#include <string.h>

#include "clones.h"
#include "exponential_series.h"

// No vector leaves the file.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))

enum { width = 8 };

typedef double numbers __attribute__((ext_vector_type(width)));
typedef int64_t integers __attribute__((ext_vector_type(width)));

INLINE numbers magnitude(numbers x) { return (numbers)((integers)x & INT64_MAX); }

/// The numbers of `a` where `mask` is set, else those of `b`.
INLINE numbers chosen(integers mask, numbers a, numbers b) {
  return (numbers)(((integers)a & mask) | ((integers)b & ~mask));
}

INLINE numbers with_sign(numbers value, numbers x) {
  return (numbers)((integers)value ^ ((integers)x & INT64_MIN));
}

INLINE numbers expm1_near_0(numbers x) {
  numbers series;
  SET_EXPONENTIAL_SERIES(series, x);
  return x + x * x * series;
}

INLINE numbers power_of_2(integers exponent) { return (numbers)((exponent + 1023) << 52); }

INLINE numbers exponential(numbers x) {
  // Beyond these the result is chosen below.
  const numbers cut = x > 709.8 ? 709.8 : x > -745.2 ? x : -745.2;
  const numbers shifted = cut * LOG2_E + ROUNDER;
  const numbers exponent = shifted - ROUNDER;
  const numbers remainder = (cut - exponent * LN2_HIGH) - exponent * LN2_LOW;
  const numbers mantissa = 1 + expm1_near_0(remainder);
  // The digits of the integer that rounding left.
  const integers integer = (integers)shifted - (integers)(numbers)ROUNDER;
  const integers half = integer >> 1;
  numbers result = mantissa * power_of_2(half) * power_of_2(integer - half);
  result = chosen(x > 709.8, (numbers)__builtin_inf(), result);
  result = chosen(x < -745.2, (numbers)0.0, result);
  return chosen(x != x, x, result);
}

INLINE numbers expm1(numbers x) {
  const numbers far = exponential(x) - 1;
  return chosen((x > -0.35) & (x < 0.35), expm1_near_0(x), far);
}

INLINE numbers logistic(numbers x) {
  const numbers power = exponential(-magnitude(x));
  return chosen(x != x, x, chosen(x < 0, power, (numbers)1.0) / (1 + power));
}

INLINE numbers hyperbolic_tangent(numbers x) {
  const numbers size = magnitude(x);
  const numbers power = expm1(2 * size);
  const numbers result = with_sign(power / (power + 2), x);
  const numbers limit = chosen(x < 0, (numbers)-1.0, (numbers)1.0);
  return chosen(x != x, x, chosen(size > 20, limit, result));
}

/// e^(−x²), for which the rounding error of x² would be too much (T. J. Dekker).
INLINE numbers exp_of_square(numbers x) {
  const numbers high = x * x;
  const numbers split = x * 0x8000001p0;
  const numbers head = split - (split - x), tail = x - head;
  const numbers low = ((head * head - high) + head * tail + tail * head) + tail * tail;
  return exponential(-high) * (1 - low);
}

/// 2/√π · e^(−x²) · Σ 2ⁿ·x²ⁿ⁺¹ / (1·3·5·…·(2n+1)), for x in 0 ..< 2.
INLINE numbers erf_series(numbers x) {
  const numbers square = 2 * x * x;
  numbers term = x, sum = x;
  integers goes_on = x != 0;
  for (double factor = 3; factor <= 121; factor += 2) {
    const numbers next = term * (square / factor);
    term = chosen(goes_on, next, (numbers)0.0);
    sum += term;
    goes_on &= ~(term < sum * 0x1p-55);
    if (__builtin_reduce_or(goes_on) == 0) break;
  }
  return 0x1.20dd750429b6dp0 * exp_of_square(x) * sum;
}

/// 1 − erf x, for x from 2 on: e^(−x²)/√π divided by the continued fraction x + ½/(x + 1/(x + …)).
INLINE numbers erfc_fraction(numbers x) {
  numbers fraction = x;
  for (double numerator = 30; numerator >= 0.5; numerator -= 0.5) fraction = x + numerator / fraction;
  return 0x1.20dd750429b6dp-1 * exp_of_square(x) / fraction;
}

/// Calls FUNCTION for all numbers, eight at a time.
#define FOR_ALL(FUNCTION)                                                                                  \
  for (size_t i = 0; i < count; i += width) {                                                              \
    const size_t size = (count - i < width ? count - i : width) * sizeof(double);                          \
    numbers value = 0;                                                                                     \
    memcpy(&value, x + i, size);                                                                           \
    value = FUNCTION(value);                                                                               \
    memcpy(results + i, &value, size);                                                                     \
  }

CLONES
void vector_exp(const double *x, size_t count, double *results) { FOR_ALL(exponential) }

CLONES
void vector_sigmoid(const double *x, size_t count, double *results) { FOR_ALL(logistic) }

CLONES
void vector_tanh(const double *x, size_t count, double *results) { FOR_ALL(hyperbolic_tangent) }

/// Numbers that take the same steps, and where they come from.
struct part {
  double numbers[256 + width];
  uint8_t places[256];
  size_t count;
};

CLONES
void vector_erf(const double *x, size_t count, double *results) {
  for (size_t start = 0; start < count; start += 256) {
    const size_t size = count - start < 256 ? count - start : 256;
    const double *from = x + start;
    double *to = results + start;
    // Series and fraction take far longer than sorting.
    struct part near, far;
    near.count = far.count = 0;
    for (size_t i = 0; i < size; ++i) {
      const double y = __builtin_fabs(from[i]);
      struct part *part = y < 2 ? &near : &far;
      part->numbers[part->count] = y < 6 ? y : 6;
      part->places[part->count++] = (uint8_t)i;
    }
    const double zeros[width] = {0};
    memcpy(near.numbers + near.count, zeros, sizeof zeros);
    memcpy(far.numbers + far.count, zeros, sizeof zeros);
    double found[256];
    for (size_t i = 0; i < near.count; i += width) {
      numbers value;
      memcpy(&value, near.numbers + i, sizeof value);
      value = erf_series(value);
      for (size_t k = 0; k < width && i + k < near.count; ++k) found[near.places[i + k]] = value[k];
    }
    for (size_t i = 0; i < far.count; i += width) {
      numbers value;
      memcpy(&value, far.numbers + i, sizeof value);
      value = 1 - erfc_fraction(value);
      for (size_t k = 0; k < width && i + k < far.count; ++k) found[far.places[i + k]] = value[k];
    }
    for (size_t i = 0; i < size; ++i) {
      const double value = from[i], y = __builtin_fabs(value);
      const double limit = value < 0 ? -1 : 1;
      to[i] = value != value ? value : y > 6 ? limit : __builtin_copysign(found[i], value);
    }
  }
}
