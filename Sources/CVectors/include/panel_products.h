#pragma once

#include <stdbool.h>
#include <stddef.h>

// Products of matrices, compiled for several kinds of processors. All give the same bits: each element is a sum of
// its own that begins with 0 and takes products one after the other, without fused multiply-adds.

/// The columns of a panel, which are multiplied together, and the rows of a block.
enum { panel_lanes = 16, block_rows = 6 };

/// A kind of processor.
enum vector_processor { vectors_of_any, vectors_of_avx2, vectors_of_avx512 };

/// Loops for one type of elements.
#define PANEL_PRODUCTS(NAME, ELEMENT)                                                                       \
  /** Where the products of a panel go: row i begins at `first` + i · `step`. */                           \
  struct NAME##_target {                                                                                   \
    ELEMENT *first;                                                                                        \
    ptrdiff_t step;                                                                                        \
    /** What is added to each row; NULL for nothing. */                                                    \
    const ELEMENT *bias;                                                                                   \
    /** Whether negative results become 0. */                                                              \
    bool relu;                                                                                             \
  };                                                                                                       \
                                                                                                           \
  struct NAME {                                                                                            \
    /** Multiplies `count` rows with a panel, whose lines, one for each of `depth`, are `step` apart. The  \
        rows come in blocks of `block_rows`, the last of as many as are left, and in a block those         \
        elements side by side that meet the same line. Writes all lanes of every row. */                   \
    void (*multiply)(                                                                                      \
        const ELEMENT *rows, size_t count, const ELEMENT *panel, size_t step, size_t depth,                \
        const struct NAME##_target *target);                                                               \
    /** Writes a panel of the elements at `base` + `lanes`[i] + `offsets`[k], line after line. */          \
    void (*gather)(                                                                                        \
        const ELEMENT *base, const ptrdiff_t *lanes, const ptrdiff_t *offsets, size_t depth,               \
        ELEMENT *panel);                                                                                   \
    /** Writes `panels` panels, one behind the other, of lines that lie side by side at `base`; the next    \
        lines are `step` behind. */                                                                        \
    void (*copy)(                                                                                          \
        const ELEMENT *base, ptrdiff_t step, size_t panels, size_t depth, ELEMENT *copies);                \
    /** Writes a panel of `lanes` vectors of elements that follow each other; those of neighbouring        \
        lanes are `step` apart. The lanes that are left become 0. */                                       \
    void (*transpose)(                                                                                     \
        const ELEMENT *base, size_t lanes, ptrdiff_t step, size_t depth, ELEMENT *panel);                  \
  };                                                                                                       \
                                                                                                           \
  /** The loops for a kind of processor; NULL if this one is not of that kind. */                          \
  const struct NAME *NAME##_for(enum vector_processor processor);                                          \
                                                                                                           \
  /** The fastest that this processor has. */                                                              \
  const struct NAME *NAME##_here(void);

PANEL_PRODUCTS(panel_products_f32, float)
PANEL_PRODUCTS(panel_products_f64, double)
