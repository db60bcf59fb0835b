#pragma once

#include <stddef.h>

/// The products of four rows, whose elements lie side by side in `rows` for each of `depth`, with eight
/// columns, which lie so in `panel`: 4 × 8 sums, each in the order of the depth.
void panel_sums(const float *rows, const float *panel, size_t depth, float *sums);
