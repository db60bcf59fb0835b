#include <string.h>

#include "crossbar_kernels.h"

typedef float four __attribute__((ext_vector_type(4)));
typedef float eight __attribute__((ext_vector_type(8)));

/// Turns 4 × 4 numbers, whose rows are `from_step` and `to_step` apart.
static inline void turn_four(const char *from, size_t from_step, char *to, size_t to_step) {
  four rows[4];
  for (size_t i = 0; i < 4; ++i) memcpy(&rows[i], from + 4 * i * from_step, sizeof rows[i]);
  const four low0 = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
  const four low1 = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
  const four high0 = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
  const four high1 = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
  const four columns[4] = {
      __builtin_shufflevector(low0, low1, 0, 1, 4, 5),
      __builtin_shufflevector(low0, low1, 2, 3, 6, 7),
      __builtin_shufflevector(high0, high1, 0, 1, 4, 5),
      __builtin_shufflevector(high0, high1, 2, 3, 6, 7),
  };
  for (size_t i = 0; i < 4; ++i) memcpy(to + 4 * i * to_step, &columns[i], sizeof columns[i]);
}

/// Turns 8 × 8 numbers: pairs of rows by numbers, pairs of those by pairs, and halves.
static inline void turn_eight(const char *from, size_t from_step, char *to, size_t to_step) {
  eight rows[8], pairs[8], quads[8];
  for (size_t i = 0; i < 8; ++i) memcpy(&rows[i], from + 4 * i * from_step, sizeof rows[i]);
  for (size_t i = 0; i < 8; i += 2) {
    pairs[i] = __builtin_shufflevector(rows[i], rows[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    pairs[i + 1] = __builtin_shufflevector(rows[i], rows[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (size_t i = 0; i < 8; i += 4) {
    for (size_t j = 0; j < 2; ++j) {
      const eight a = pairs[i + j], b = pairs[i + j + 2];
      quads[i + 2 * j] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
      quads[i + 2 * j + 1] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (size_t i = 0; i < 4; ++i) {
    const eight a = quads[i], b = quads[i + 4];
    const eight low = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
    const eight high = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
    memcpy(to + 4 * i * to_step, &low, sizeof low);
    memcpy(to + 4 * (i + 4) * to_step, &high, sizeof high);
  }
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/// Turns up to 8 × 8 numbers.
static inline void turn(
    const char *from, size_t from_step, char *to, size_t to_step, size_t rows, size_t columns) {
  if (rows == 8 && columns == 8) return turn_eight(from, from_step, to, to_step);
  for (size_t row = 0; row < rows; row += 4) {
    for (size_t column = 0; column < columns; column += 4) {
      const char *first = from + 4 * (row * from_step + column);
      char *turned = to + 4 * (column * to_step + row);
      if (row + 4 <= rows && column + 4 <= columns) {
        turn_four(first, from_step, turned, to_step);
        continue;
      }
      for (size_t i = 0; i < least(4, rows - row); ++i) {
        for (size_t j = 0; j < least(4, columns - column); ++j) {
          memcpy(turned + 4 * (j * to_step + i), first + 4 * (i * from_step + j), 4);
        }
      }
    }
  }
}

enum { tile_rows = 64 };

void transpose_numbers(const void *from, size_t rows, size_t columns, void *to) {
  const char *source = from;
  char *target = to;
  if (rows == 1 || columns == 1) {
    memcpy(target, source, 4 * rows * columns);
    return;
  }
  // Rows that are far apart often share a set of a cache. 16 columns of a long row are a line of the cache, which is
  // read whole before the next; of long columns, to which is written, 8 are in use at a time.
  const size_t tile_columns = rows < columns ? 16 : 8;
  for (size_t top = 0; top < rows; top += tile_rows) {
    const size_t bottom = least(top + tile_rows, rows);
    for (size_t left = 0; left < columns; left += tile_columns) {
      const size_t right = least(left + tile_columns, columns);
      for (size_t row = top; row < bottom; row += 8) {
        for (size_t column = left; column < right; column += 8) {
          turn(
              source + 4 * (row * columns + column), columns, target + 4 * (column * rows + row),
              rows, least(8, bottom - row), least(8, right - column));
        }
      }
    }
  }
}
