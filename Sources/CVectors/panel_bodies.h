// The loops of panel_products.h, once for each file that includes this: for one type, ELEMENT, in the instructions of a
// processor, `PART` lanes at a time, which leave it registers for the sums of a block.

typedef ELEMENT NAME(lanes) __attribute__((ext_vector_type(PART)));
typedef ELEMENT NAME(four) __attribute__((ext_vector_type(4)));

/// Multiplies a block of `width` rows, the first of which is row `row` of the target.
INLINE void NAME(block)(
    const ELEMENT *rows, size_t row, const int width, const ELEMENT *panel, size_t step, size_t depth,
    const struct TARGET *target) {
  for (int part = 0; part < panel_lanes; part += PART) {
    NAME(lanes) sums[block_rows];
#pragma clang loop unroll(full)
    for (int i = 0; i < width; ++i) sums[i] = 0;
    const ELEMENT *elements = rows, *line = panel + part;
    for (size_t k = 0; k < depth; ++k, elements += width, line += step) {
      NAME(lanes) columns;
      memcpy(&columns, line, sizeof columns);
#pragma clang loop unroll(full)
      for (int i = 0; i < width; ++i) sums[i] += columns * elements[i];
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < width; ++i) {
      NAME(lanes) values = sums[i];
      if (target->bias) values += target->bias[row + (size_t)i];
      if (target->relu) values = values < 0 ? 0 : values;
      memcpy(target->first + (ptrdiff_t)(row + (size_t)i) * target->step + part, &values, sizeof values);
    }
  }
}

static void NAME(multiply)(
    const ELEMENT *rows, size_t count, const ELEMENT *panel, size_t step, size_t depth,
    const struct TARGET *target) {
  size_t row = 0;
  for (; row + block_rows <= count; row += block_rows, rows += block_rows * depth) {
    NAME(block)(rows, row, block_rows, panel, step, depth, target);
  }
  switch (count - row) {
  case 1: NAME(block)(rows, row, 1, panel, step, depth, target); break;
  case 2: NAME(block)(rows, row, 2, panel, step, depth, target); break;
  case 3: NAME(block)(rows, row, 3, panel, step, depth, target); break;
  case 4: NAME(block)(rows, row, 4, panel, step, depth, target); break;
  case 5: NAME(block)(rows, row, 5, panel, step, depth, target); break;
  default: break;
  }
}

/// Whether lanes in runs of `run` read neighbouring elements.
INLINE bool NAME(has_runs)(const ptrdiff_t *lanes, int run) {
  for (int i = 0; i < panel_lanes; ++i) {
    if (lanes[i] != lanes[i - i % run] + i % run) return false;
  }
  return true;
}

INLINE void NAME(gather_runs)(
    const ELEMENT *base, const ptrdiff_t *lanes, const ptrdiff_t *offsets, size_t depth,
    ELEMENT *panel, const int run) {
  for (size_t k = 0; k < depth; ++k, panel += panel_lanes) {
    const ELEMENT *from = base + offsets[k];
#pragma clang loop unroll(full)
    for (int i = 0; i < panel_lanes; i += run) {
      memcpy(panel + i, from + lanes[i], (size_t)run * sizeof(ELEMENT));
    }
  }
}

static void NAME(gather)(
    const ELEMENT *base, const ptrdiff_t *lanes, const ptrdiff_t *offsets, size_t depth,
    ELEMENT *panel) {
  if (NAME(has_runs)(lanes, 16)) return NAME(gather_runs)(base, lanes, offsets, depth, panel, 16);
  if (NAME(has_runs)(lanes, 8)) return NAME(gather_runs)(base, lanes, offsets, depth, panel, 8);
  if (NAME(has_runs)(lanes, 4)) return NAME(gather_runs)(base, lanes, offsets, depth, panel, 4);
  bool everySecond = true;
  for (int i = 1; i < panel_lanes; ++i) everySecond &= lanes[i] == lanes[i - 1] + 2;
  if (everySecond) {
    for (size_t k = 0; k < depth; ++k, panel += panel_lanes) {
      const ELEMENT *from = base + offsets[k] + lanes[0];
      // Two loads that overlap end with the last element that is read.
      ELEMENT low[panel_lanes], high[panel_lanes];
      memcpy(low, from, sizeof low);
      memcpy(high, from + panel_lanes - 1, sizeof high);
#pragma clang loop unroll(full)
      for (int i = 0; i < panel_lanes / 2; ++i) {
        panel[i] = low[2 * i];
        panel[panel_lanes / 2 + i] = high[2 * i + 1];
      }
    }
    return;
  }
  NAME(gather_runs)(base, lanes, offsets, depth, panel, 1);
}

static void NAME(copy)(
    const ELEMENT *base, ptrdiff_t step, size_t panels, size_t depth, ELEMENT *copies) {
  for (size_t k = 0; k < depth; ++k, base += step, copies += panel_lanes) {
    // The processor does not foresee lines that are so far from each other.
    for (size_t i = 0; i < panels; ++i) __builtin_prefetch(base + 8 * step + i * panel_lanes);
    for (size_t i = 0; i < panels; ++i) {
      memcpy(
          copies + i * depth * panel_lanes, base + i * panel_lanes, panel_lanes * sizeof(ELEMENT));
    }
  }
}

static void NAME(transpose)(
    const ELEMENT *base, size_t lanes, ptrdiff_t step, size_t depth, ELEMENT *panel) {
  for (size_t lane = 0; lane < panel_lanes; lane += 4) {
    size_t k = 0;
    if (lane + 4 <= lanes) {
      const ELEMENT *first = base + (ptrdiff_t)lane * step;
      for (; k + 4 <= depth; k += 4) {
        NAME(four) rows[4];
        for (int i = 0; i < 4; ++i) memcpy(&rows[i], first + i * step + k, sizeof rows[i]);
        const NAME(four) low0 = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
        const NAME(four) low1 = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
        const NAME(four) high0 = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
        const NAME(four) high1 = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
        const NAME(four) lines[4] = {
            __builtin_shufflevector(low0, low1, 0, 1, 4, 5),
            __builtin_shufflevector(low0, low1, 2, 3, 6, 7),
            __builtin_shufflevector(high0, high1, 0, 1, 4, 5),
            __builtin_shufflevector(high0, high1, 2, 3, 6, 7),
        };
        for (int i = 0; i < 4; ++i) {
          memcpy(panel + (k + (size_t)i) * panel_lanes + lane, &lines[i], sizeof lines[i]);
        }
      }
    }
    for (; k < depth; ++k) {
      for (size_t i = lane; i < lane + 4; ++i) {
        panel[k * panel_lanes + i] = i < lanes ? base[(ptrdiff_t)i * step + (ptrdiff_t)k] : 0;
      }
    }
  }
}

const struct PRODUCTS NAME(products) = {
    .multiply = NAME(multiply),
    .gather = NAME(gather),
    .copy = NAME(copy),
    .transpose = NAME(transpose),
};

#undef ELEMENT
#undef PRODUCTS
#undef TARGET
#undef NAME
#undef PART
