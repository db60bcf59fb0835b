#pragma once

/// Loads OpenBLAS, which then starts no threads of its own. Returns NULL, or why it cannot be loaded.
///
/// It is not linked: its threads would start with every command, whether that computes products or not.
const char *load_openblas(void);

/// The product of `a`, `rows` × `depth`, and `b`, `depth` × `columns`, into `c`: single precision, row after
/// row, whose distances are `a_step`, `b_step` and `c_step`. OpenBLAS is loaded.
void single_product(
    int rows, int columns, int depth, const float *a, int a_step, const float *b, int b_step,
    float *c, int c_step);
