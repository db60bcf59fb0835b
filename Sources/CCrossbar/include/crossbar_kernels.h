#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Loops of the simulator that are compiled for several kinds of processors. All give the same bits.

/// A kind of processor.
enum crossbar_processor { any_processor, avx2_processor, avx512_processor };

/// The places of a strip, which are computed together, and the distance of the lines of a panel: not a multiple
/// of a power of two lines of a cache, of which only few could hold the strips.
enum { strip_width = 16, panel_step = 80 };

/// The conductances of a crossbar, in the order in which `multiply` reads them.
struct packed_conductances {
  /// Groups of `packed_group` columns, the last of as many as are left, and in each group row by row those of its
  /// columns; where `planes` is 2, first the differences of the polarities, then their sums.
  const float *values;
  size_t rows;
  size_t columns;
  /// 1 or 2.
  size_t planes;
};

/// What converters make of currents.
struct current_conversion {
  /// The counts of a current of 1.
  float counts_per_code;
  /// The largest count.
  float limit;
  /// Whether counts lose their fractions, or are rounded to the nearest integer.
  bool floors;
};

/// Lines in memory: that of number i begins at `base` + `offsets`[i] · `scale`.
struct memory_lines {
  float *base;
  const ptrdiff_t *offsets;
  ptrdiff_t scale;
};

/// What an LDPU makes of columns: Specs/numerics.md, "The local digital unit".
struct unit_conversion {
  /// Figures of each column.
  const float *gain;
  const float *offset;
  const float *partial_gain;
  const float *partial_step;
  const float *step;
  /// The largest code.
  float limit;
  /// What part of its terms a sum is at least, if it is not 0.
  float rest;
  /// Whether there are lines of both polarities, and of partial sums.
  bool has_polarities;
  bool has_partial;
  /// Whether sums are rounded to f16, and results to codes.
  bool is_half;
  bool rounds;
  bool relu_before;
  bool relu_after;
};

/// The axes along which a walk may leave its memory, at most.
enum { axis_count = 8 };

/// What a walk has the same at all positions.
struct walk_table {
  /// The distance of each element of a vector from the first, in memory and along the axes; without the latter
  /// where nothing is outside.
  const ptrdiff_t *offsets;
  const int32_t *places;
  /// Where the axes end.
  uint32_t extents[axis_count];
  /// The distance of positions of a row, and along the first axis.
  ptrdiff_t step;
  int32_t place_step;
  /// Whether positions of one row can lie inside and outside.
  bool rows_leave;
  /// What is read outside.
  float fill;
};

/// Positions of a walk that follow each other along its last loop.
struct walk_row {
  int32_t place[axis_count];
  ptrdiff_t offset;
  ptrdiff_t count;
};

/// The loops of a kind of processor.
struct crossbar_kernels {
  /// Rounds `places` inputs of `count` lines of a panel to codes of at most `limit`, in steps of `scale`; places up
  /// to the next strip become 0. Returns how many were beyond the limit.
  size_t (*encode)(float *lines, size_t count, size_t places, float scale, float limit);
  /// Multiplies the vectors of a panel, up to the strip that holds the last of `places`, with both planes of
  /// conductances, the second with the magnitudes of the inputs: row after row, with fused multiply-adds. Stores
  /// a line for each column; of the second plane `plane_step` behind. With a `conversion` these are not sums
  /// but counts of both polarities. Returns how many of them were beyond the limit.
  size_t (*multiply)(
      const struct packed_conductances *conductances, const float *inputs, size_t places,
      const struct current_conversion *conversion, float *results, size_t plane_step);
  /// The products of one plane alone with the inputs as they are.
  void (*multiply_plane)(
      const struct packed_conductances *conductances, size_t plane, const float *inputs,
      size_t places, float *results);
  /// Rounds counts of `count` lines. Returns how many were beyond the limit.
  size_t (*round)(
      float *lines, size_t count, size_t places, const struct current_conversion *conversion);
  /// Converts `places` counts of columns `first` up to `end`, and their partial sums, to results. Line 0 of each
  /// is that of column `first`. Returns how many were beyond the limit.
  size_t (*convert)(
      const struct unit_conversion *conversion, size_t first, size_t end, size_t places,
      const struct memory_lines *positive, const struct memory_lines *negative,
      const struct memory_lines *partial, const struct memory_lines *results);
  /// Copies `count` elements, from `first` on, of the positions of `rows`, `lanes` numbers each, to lines of a
  /// panel, and back. Beyond `count` positions, lines of a panel are undefined after a gather.
  void (*gather)(
      const struct walk_table *walk, const struct walk_row *rows, size_t row_count, size_t first,
      size_t count, size_t lanes, const float *memory, float *lines);
  void (*scatter)(
      const struct walk_table *walk, const struct walk_row *rows, size_t row_count, size_t first,
      size_t count, size_t lanes, const float *lines, float *memory);
};

/// The loops for a kind of processor; NULL if this one is not of that kind.
const struct crossbar_kernels *crossbar_kernels_for(enum crossbar_processor processor);

/// The fastest that this processor has.
const struct crossbar_kernels *crossbar_kernels_here(void);

/// The columns of a group of packed conductances.
static inline size_t packed_group(size_t planes) { return planes == 2 ? 3 : 6; }

/// Turns `rows` × `columns` numbers of four bytes, row after row, into `columns` × `rows`.
void transpose_numbers(const void *from, size_t rows, size_t columns, void *to);
