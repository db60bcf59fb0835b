#include "line_currents.h"

#include <string.h>

#include "clones.h"

typedef float singles __attribute__((vector_size(64)));

// The larger polarity of a sum s of products of magnitude m in all carries (m + |s|) / 2.
#define POLARITY(sum, total) (((total) + __builtin_elementwise_abs(sum)) / 2)

CLONES
void line_currents(
    const float *g, size_t columns, const struct word_line *rows, size_t count, float *sums,
    float *maxima) {
  size_t column = 0;
  for (; column + 16 <= columns; column += 16) {
    singles sum = {0}, total = {0}, maximum;
    for (size_t row = 0; row < count; ++row) {
      singles line;
      memcpy(&line, g + rows[row].start + column, sizeof line);
      const singles product = line * rows[row].code;
      sum += product;
      total += __builtin_elementwise_abs(product);
    }
    memcpy(&maximum, maxima + column, sizeof maximum);
    maximum = __builtin_elementwise_max(maximum, POLARITY(sum, total));
    memcpy(maxima + column, &maximum, sizeof maximum);
    memcpy(sums + column, &sum, sizeof sum);
  }
  for (; column < columns; ++column) {
    float sum = 0, total = 0;
    for (size_t row = 0; row < count; ++row) {
      const float product = g[rows[row].start + column] * rows[row].code;
      sum += product;
      total += __builtin_elementwise_abs(product);
    }
    maxima[column] = __builtin_elementwise_max(maxima[column], POLARITY(sum, total));
    sums[column] = sum;
  }
}

CLONES
void add_currents(
    const float *currents, const float *factors, size_t vectors, size_t columns, float *sums,
    float *maxima) {
  for (size_t vector = 0; vector < vectors; ++vector, currents += columns, sums += columns) {
    for (size_t column = 0; column < columns; ++column) {
      sums[column] += currents[column] * factors[column];
      const float magnitude = __builtin_elementwise_abs(sums[column]);
      maxima[column] = magnitude > maxima[column] ? magnitude : maxima[column];
    }
  }
}
