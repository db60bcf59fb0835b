#include "panel_sums.h"

#include <string.h>

#include "clones.h"

typedef float singles __attribute__((vector_size(32)));

CLONES
void panel_sums(const float *rows, const float *panel, size_t depth, float *sums) {
  singles row0 = {0}, row1 = {0}, row2 = {0}, row3 = {0};
  for (size_t k = 0; k < depth; ++k, rows += 4, panel += 8) {
    singles columns;
    memcpy(&columns, panel, sizeof columns);
    row0 += columns * rows[0];
    row1 += columns * rows[1];
    row2 += columns * rows[2];
    row3 += columns * rows[3];
  }
  memcpy(sums, &row0, sizeof row0);
  memcpy(sums + 8, &row1, sizeof row1);
  memcpy(sums + 16, &row2, sizeof row2);
  memcpy(sums + 24, &row3, sizeof row3);
}
