#pragma once

// What the exponential functions of doubles and of vectors of doubles are made of, so that both give the same bits.
// Who includes this forbids fused multiply-adds.

/// ln 2, split so that the product of an exponent and the first part is exact.
#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW 0x1.a39ef35793c76p-33
/// 1 / ln 2
#define LOG2_E 0x1.71547652b82fep0
/// Adding this rounds a number of small magnitude to an integer, which then lies in the low bits.
#define ROUNDER 0x1.8p52

/// Sets `series` to (eˣ − 1 − x) / x², for |x| up to ½ ln 2: the first terms of Taylor's series.
#define SET_EXPONENTIAL_SERIES(series, x)        \
  do {                                           \
    (series) = 1.0 / 6227020800;                 \
    (series) = (series) * (x) + 1.0 / 479001600; \
    (series) = (series) * (x) + 1.0 / 39916800;  \
    (series) = (series) * (x) + 1.0 / 3628800;   \
    (series) = (series) * (x) + 1.0 / 362880;    \
    (series) = (series) * (x) + 1.0 / 40320;     \
    (series) = (series) * (x) + 1.0 / 5040;      \
    (series) = (series) * (x) + 1.0 / 720;       \
    (series) = (series) * (x) + 1.0 / 120;       \
    (series) = (series) * (x) + 1.0 / 24;        \
    (series) = (series) * (x) + 1.0 / 6;         \
    (series) = (series) * (x) + 0.5;             \
  } while (0)
