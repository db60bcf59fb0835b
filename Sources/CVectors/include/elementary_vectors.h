#pragma once

#include <stddef.h>

// Elementary functions of many numbers. They take the steps of `Elementary` in the module Reference, number by number,
// and give its bits.

/// eˣ of `count` numbers; `x` may be `results`, as below.
void vector_exp(const double *x, size_t count, double *results);
/// 1 / (1 + e⁻ˣ).
void vector_sigmoid(const double *x, size_t count, double *results);
/// The hyperbolic tangent.
void vector_tanh(const double *x, size_t count, double *results);
/// The error function.
void vector_erf(const double *x, size_t count, double *results);
