#include <string.h>

#include "crossbar_kernels.h"

typedef float few __attribute__((ext_vector_type(4)));

/// Turns 4 × 4 numbers, whose rows are `from_step` and `to_step` apart.
static inline void turn(const char *from, size_t from_step, char *to, size_t to_step) {
  few rows[4];
  for (size_t i = 0; i < 4; ++i) memcpy(&rows[i], from + 4 * i * from_step, sizeof rows[i]);
  const few low0 = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
  const few low1 = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
  const few high0 = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
  const few high1 = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
  const few columns[4] = {
      __builtin_shufflevector(low0, low1, 0, 1, 4, 5),
      __builtin_shufflevector(low0, low1, 2, 3, 6, 7),
      __builtin_shufflevector(high0, high1, 0, 1, 4, 5),
      __builtin_shufflevector(high0, high1, 2, 3, 6, 7),
  };
  for (size_t i = 0; i < 4; ++i) memcpy(to + 4 * i * to_step, &columns[i], sizeof columns[i]);
}

enum { tile_rows = 64 };

static size_t end(size_t start, size_t size, size_t count) {
  return start + size < count ? start + size : count;
}

void transpose_numbers(const void *from, size_t rows, size_t columns, void *to) {
  const char *source = from;
  char *target = to;
  if (rows == 1 || columns == 1) {
    memcpy(target, source, 4 * rows * columns);
    return;
  }
  // Rows that are far apart fall onto the same lines of a cache. A line of a long row is read whole before the next;
  // into long columns few are written at a time.
  const size_t tile_columns = rows < columns ? 16 : 4;
  for (size_t top = 0; top < rows; top += tile_rows) {
    const size_t bottom = end(top, tile_rows, rows);
    for (size_t left = 0; left < columns; left += tile_columns) {
      const size_t right = end(left, tile_columns, columns);
      for (size_t row = top; row < bottom; row += 4) {
        for (size_t column = left; column < right; column += 4) {
          const char *first = source + 4 * (row * columns + column);
          char *turned = target + 4 * (column * rows + row);
          if (row + 4 <= bottom && column + 4 <= right) {
            turn(first, columns, turned, rows);
            continue;
          }
          for (size_t i = 0; i < 4 && row + i < bottom; ++i) {
            for (size_t j = 0; j < 4 && column + j < right; ++j) {
              memcpy(turned + 4 * (j * rows + i), first + 4 * (i * columns + j), 4);
            }
          }
        }
      }
    }
  }
}
