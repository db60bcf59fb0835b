#pragma once

#include <stddef.h>

// Loops over the elements of tensors of f32.

/// What is done with each pair of elements.
enum pair_operation { pairs_add, pairs_subtract, pairs_multiply, pairs_divide };

/// The results for elements of `a` and `b`; with a step of 0 it is always the same element.
void operate_on_pairs(
    enum pair_operation operation, const float *a, size_t step_a, const float *b, size_t step_b,
    size_t count, float *results);

/// Elements less than 0 become 0.
void rectify(const float *x, size_t count, float *results);

/// The elements that are greater than `low`, else that, and of these those that are less than `high`, else this; NaN
/// stays.
void clip_elements(const float *x, float low, float high, size_t count, float *results);

/// (x − center) · slope + offset, each step rounded.
void normalize_elements(
    const float *x, float center, float slope, float offset, size_t count, float *results);
