#include "line_currents.h"

#include <string.h>

#include "clones.h"

typedef float singles __attribute__((vector_size(64)));

CLONES
void line_currents(
    const float *g, const struct word_line *rows, size_t count, float *sums, float *maxima) {
  singles sum = {0}, total = {0}, maximum;
  for (size_t row = 0; row < count; ++row) {
    singles line;
    memcpy(&line, g + rows[row].start, sizeof line);
    const singles product = line * rows[row].code;
    sum += product;
    total += __builtin_elementwise_abs(product);
  }
  memcpy(&maximum, maxima, sizeof maximum);
  maximum = __builtin_elementwise_max(maximum, (total + __builtin_elementwise_abs(sum)) / 2);
  memcpy(maxima, &maximum, sizeof maximum);
  memcpy(sums, &sum, sizeof sum);
}
