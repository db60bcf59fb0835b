#include "element_loops.h"

#include "clones.h"

#define PAIRS(OPERATOR)                                                                                    \
  if (step_a == 1 && step_b == 1) {                                                                        \
    for (size_t i = 0; i < count; ++i) results[i] = a[i] OPERATOR b[i];                                    \
  } else if (step_a == 1) {                                                                                \
    for (size_t i = 0; i < count; ++i) results[i] = a[i] OPERATOR b[0];                                    \
  } else if (step_b == 1) {                                                                                \
    for (size_t i = 0; i < count; ++i) results[i] = a[0] OPERATOR b[i];                                    \
  } else {                                                                                                 \
    for (size_t i = 0; i < count; ++i) results[i] = a[0] OPERATOR b[0];                                    \
  }

CLONES
void operate_on_pairs(
    enum pair_operation operation, const float *restrict a, size_t step_a, const float *restrict b,
    size_t step_b, size_t count, float *restrict results) {
  switch (operation) {
  case pairs_add: PAIRS(+) break;
  case pairs_subtract: PAIRS(-) break;
  case pairs_multiply: PAIRS(*) break;
  case pairs_divide: PAIRS(/) break;
  }
}

CLONES
void rectify(const float *restrict x, size_t count, float *restrict results) {
  for (size_t i = 0; i < count; ++i) results[i] = x[i] < 0 ? 0 : x[i];
}

CLONES
void clip_elements(
    const float *restrict x, float low, float high, size_t count, float *restrict results) {
  for (size_t i = 0; i < count; ++i) {
    // A NaN stays; of two zeros, the bound wins.
    const float value = x[i] > low || x[i] != x[i] ? x[i] : low;
    results[i] = value < high || value != value ? value : high;
  }
}

CLONES
void normalize_elements(
    const float *restrict x, float center, float slope, float offset, size_t count,
    float *restrict results) {
  for (size_t i = 0; i < count; ++i) results[i] = (x[i] - center) * slope + offset;
}
