// Arithmetic on a strip of places, in the vectors that the processor has: where HAS_FUSED is set with fused
// multiply-adds, and where HAS_HALVES is set with conversions to f16 and back.

typedef float singles __attribute__((ext_vector_type(strip_width)));
typedef int32_t words __attribute__((ext_vector_type(strip_width)));

#define INLINE static inline __attribute__((always_inline))

INLINE singles load(const float *from) {
  singles values;
  memcpy(&values, from, sizeof values);
  return values;
}

INLINE void store(singles values, float *to) { memcpy(to, &values, sizeof values); }

INLINE singles magnitude(singles values) { return (singles)((words)values & 0x7FFFFFFF); }

/// How many of the places are set in `mask`, which is -1 there.
INLINE size_t set_places(words mask) { return (size_t)-__builtin_reduce_add(mask); }

/// The first `count` places.
INLINE words first_places(size_t count) {
  const words numbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return numbers < (int32_t)count;
}

#if HAS_FUSED
/// a · b + c, rounded once.
INLINE singles fused(singles a, singles b, singles c) { return __builtin_elementwise_fma(a, b, c); }
#else
typedef float few_singles __attribute__((ext_vector_type(4)));
typedef double few_doubles __attribute__((ext_vector_type(4)));
typedef int64_t few_longs __attribute__((ext_vector_type(4)));
typedef int32_t long_halves __attribute__((ext_vector_type(8)));

/// The sum of products, exact in f64, and addends, rounded once to f32. Where the sum in f64 is not exact, its last digit
/// becomes odd on the side of the true sum, so that rounding to f32 sees where that lies.
static __attribute__((noinline)) void round_once(
    const few_doubles *products, const few_doubles *addends, few_singles *sums) {
  for (int i = 0; i < 4; ++i) {
    const double product = (*products)[i], addend = (*addends)[i];
    double sum = product + addend;
    const double part = sum - product;
    const double error = (product - (sum - part)) + (addend - part);
    int64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    if ((bits & 1) == 0 && (error > 0 || error < 0)) bits += (error > 0) == (sum > 0) ? 1 : -1;
    memcpy(&sum, &bits, sizeof bits);
    (*sums)[i] = (float)sum;
  }
}

/// a · b + c, rounded once.
INLINE singles fused(singles a, singles b, singles c) {
  few_singles factors[4], others[4], addends[4];
  memcpy(factors, &a, sizeof a);
  memcpy(others, &b, sizeof b);
  memcpy(addends, &c, sizeof c);
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; ++i) {
    const few_doubles product = __builtin_convertvector(factors[i], few_doubles) *
                                __builtin_convertvector(others[i], few_doubles);
    const few_doubles addend = __builtin_convertvector(addends[i], few_doubles);
    const few_doubles sum = product + addend;
    // Rounding twice differs only where the first leaves a tie, or an f32 has fewer digits.
    const long_halves halves = (long_halves)sum;
    const long_halves low = {-1, 0, -1, 0, -1, 0, -1, 0};
    const long_halves isTie = (halves & 0x1FFFFFFF) == 0x10000000;
    const long_halves isTiny = (halves & 0x7FFFFFFF) < 0x38100000;
    addends[i] = __builtin_convertvector(sum, few_singles);
    if (__builtin_expect(__builtin_reduce_or((isTie & low) | (isTiny & ~low)) != 0, 0)) {
      round_once(&product, &addend, &addends[i]);
    }
  }
  singles result;
  memcpy(&result, addends, sizeof result);
  return result;
}
#endif

/// The integer nearest to each value, ties to even, of magnitudes up to 2²².
INLINE singles nearest_integers(singles values) { return (values + 0x1.8p23f) - 0x1.8p23f; }

/// Values cut to ± limit; a NaN becomes 0.
INLINE singles clipped(singles values, singles limit) {
  const singles cut = values > limit ? limit : values < -limit ? -limit : values;
  return cut == cut ? cut : 0;
}

/// The f16 nearest to each value, ties to even; of a NaN, a NaN.
INLINE singles nearest_halves(singles values) {
#if HAS_HALVES
  typedef _Float16 halves __attribute__((ext_vector_type(strip_width)));
  return __builtin_convertvector(__builtin_convertvector(values, halves), singles);
#else
  const words bits = (words)values & 0x7FFFFFFF;
  // Rounds away 13 bits of the fraction; a carry goes into the exponent, as it should.
  const words normal = (bits + 0xFFF + (bits >> 13 & 1)) & ~0x1FFF;
  // Below 2⁻¹⁴ an f16 counts in steps of 2⁻²⁴, which are those of an f32 in 0.5 ..< 1.
  const words tiny = (words)(((singles)bits + 0.5f) - 0.5f);
  words result = bits < 0x38800000 ? tiny : normal;
  result = result >= 0x47800000 ? (words)0x7F800000 : result;
  result = bits > 0x7F800000 ? bits : result;
  return (singles)(result | ((words)values & (int32_t)0x80000000));
#endif
}
