#include "line_loops.h"

#include "clones.h"
#include "philox.h"
#include "single_functions.h"

/// A number that is not below 0.
ALWAYS_INLINE float raised(float value) { return 0 >= value ? 0 : value; }

/// The vectors whose words are drawn before deviates are made of them.
enum { drawn = 64 };

/// The words of the generator that deviates are made of.
struct drawn_words {
  uint32_t b[drawn], c[drawn], d[drawn];
};

/// Draws the words of `count` vectors from `first` on.
ALWAYS_INLINE void draw_words(
    struct drawn_words *words, uint32_t line, struct counted_vectors vectors, size_t first, size_t count,
    uint32_t low, uint32_t high) {
  for (size_t i = 0; i < count; ++i) {
    const struct philox_words counter = {
        line, vectors.numbers[first + i], vectors.inferences[first + i], vectors.high_inferences[first + i]};
    const struct philox_words found = philox_words(counter, low, high);
    words->b[i] = found.b;
    words->c[i] = found.c;
    words->d[i] = found.d;
  }
}

WIDE_CLONES
void line_normals(
    uint32_t line, struct counted_vectors vectors, uint32_t low, uint32_t high, size_t count, float *restrict first,
    float *restrict second) {
  for (size_t start = 0; start < count; start += drawn) {
    struct drawn_words words;
    const size_t size = count - start < drawn ? count - start : drawn;
    draw_words(&words, line, vectors, start, size, low, high);
    for (size_t i = 0; i < size; ++i) {
      const struct single_pair pair = single_pair(words.b[i], words.c[i], words.d[i]);
      first[start + i] = pair.first;
      second[start + i] = pair.second;
    }
  }
}

WIDE_CLONES
void add_device_noise(
    float *restrict differences, const float *restrict squares, const float *restrict deviates, float noise,
    size_t count) {
  for (size_t i = 0; i < count; ++i) {
    differences[i] += noise * __builtin_elementwise_sqrt(raised(squares[i])) * deviates[i];
  }
}

WIDE_CLONES
void scale_line(const float *restrict inputs, float factor, float *restrict scaled, size_t count) {
  for (size_t i = 0; i < count; ++i) scaled[i] = inputs[i] * factor;
}

WIDE_CLONES
void square_line(const float *restrict inputs, float *restrict squares, size_t count) {
  for (size_t i = 0; i < count; ++i) squares[i] = inputs[i] * inputs[i];
}

/// The part of the voltage that a current costs at the far end of its line, in two parts: 0.5 a of a current that is the
/// same everywhere, less what the smaller voltage then draws.
ALWAYS_INLINE float fall(float current, float resistance) {
  const float a = current * resistance;
  return a * (0.5f + a * (-0.2f + a * 0.05f));
}

/// What is left of a current where `far` of it sees the whole fall of voltage.
ALWAYS_INLINE float dropped(float current, float far, float resistance) {
  return raised(current - fall(current, resistance) * (raised(far) / 2));
}

/// What a converter with a bend, a gain and an offset makes of a count.
ALWAYS_INLINE float distorted(float count, const struct line_circuit *line, float offset) {
  if (line->bend > 0) count /= 1 + line->bend * count / line->full;
  return raised(line->gain * count + offset);
}

WIDE_CLONES
void count_line(
    const struct line_circuit *line, float *restrict positive, float *restrict negative,
    const float *restrict far_differences, const float *restrict far_sums, const float *restrict first,
    const float *restrict second, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const float difference = positive[i], sum = negative[i];
    float plus = raised((sum + difference) * 0.5f), minus = raised((sum - difference) * 0.5f);
    if (line->resistance > 0) {
      plus = dropped(plus, far_sums[i] + far_differences[i], line->resistance);
      minus = dropped(minus, far_sums[i] - far_differences[i], line->resistance);
    }
    plus = distorted(plus * line->counts_per_code, line, line->positive_offset);
    minus = distorted(minus * line->counts_per_code, line, line->negative_offset);
    if (line->noise > 0) {
      plus = raised(plus + line->noise * first[i]);
      minus = raised(minus + line->noise * second[i]);
    }
    positive[i] = plus;
    negative[i] = minus;
  }
}
