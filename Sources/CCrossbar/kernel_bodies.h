// The loops, once for each file that includes this: in the instructions of a processor, under names of its own.

#include <string.h>

#include "crossbar_kernels.h"

#pragma STDC FP_CONTRACT OFF
// No vector leaves the file.
#pragma clang diagnostic ignored "-Wpsabi"

#include "kernel_arithmetic.h"

/// The outputs that are summed at a time, in registers.
enum { sums = 6 };

// MARK: Converters

/// Inputs in steps of `scale`, rounded once.
INLINE singles quotients(singles inputs, float scale, float reciprocal) {
#if HAS_FUSED
  // Faster than a division: what is left of the input corrects the product with the reciprocal. Where numbers could
  // overflow or lose digits on the way, it takes the division.
  if (scale > 0x1p-60f && scale < 0x1p60f) {
    const singles product = inputs * reciprocal;
    const singles corrected = fused(fused(-product, scale, inputs), reciprocal, product);
    return magnitude(product) < 0x1p30f ? corrected : product;
  }
#endif
  (void)reciprocal;
  return inputs / scale;
}

size_t NAME(encode)(float *lines, size_t count, size_t places, float scale, float limit) {
  const float reciprocal = 1 / scale;
  words clips = 0;
  for (size_t line = 0; line < count; ++line, lines += panel_step) {
    for (size_t place = 0; place < places; place += strip_width) {
      singles input = load(lines + place);
      if (places - place < strip_width) input = first_places(places - place) ? input : 0;
      const singles value = quotients(input, scale, reciprocal);
      clips += ~(magnitude(value) < limit + 0.5f);
      store(nearest_integers(clipped(value, limit)), lines + place);
    }
  }
  return set_places(clips);
}

/// The current of a polarity, from twice that.
INLINE singles current(singles twice) {
  const singles value = twice * 0.5f;
  return 0 >= value ? 0 : value;
}

/// Rounds counts. Adds to `clips` where they are beyond the limit.
INLINE singles rounded(
    singles value, const struct current_conversion *conversion, words *clips) {
  const singles limit = conversion->limit;
  const singles cut = value < limit + 1 ? value : limit + 1;
  singles counts = nearest_integers(cut);
  if (conversion->floors) counts -= counts > cut ? (singles)1 : (singles)0;
  *clips += counts > limit;
  return counts > limit ? limit : counts;
}

size_t NAME(round)(
    float *lines, size_t count, size_t places, const struct current_conversion *conversion) {
  words clips = 0;
  for (size_t line = 0; line < count; ++line, lines += panel_step) {
    for (size_t place = 0; place < places; place += strip_width) {
      words own = 0;
      store(rounded(load(lines + place), conversion, &own), lines + place);
      clips += own & first_places(places - place);
    }
  }
  return set_places(clips);
}

// MARK: Products

/// Adds up `plain` outputs of the inputs and then `absolute` ones of their magnitudes, of `strips` strips. The
/// conductances of a row are `step` apart.
INLINE void add_up(
    const float *conductances, size_t step, size_t rows, const float *inputs, const int plain,
    const int absolute, const int strips, singles results[sums][STRIPS]) {
  singles totals[sums][STRIPS];
#pragma clang loop unroll(full)
  for (int i = 0; i < plain + absolute; ++i) {
#pragma clang loop unroll(full)
    for (int strip = 0; strip < strips; ++strip) totals[i][strip] = 0;
  }
  for (size_t row = 0; row < rows; ++row, conductances += step, inputs += panel_step) {
#pragma clang loop unroll(full)
    for (int strip = 0; strip < strips; ++strip) {
      singles input = load(inputs + strip * strip_width);
#pragma clang loop unroll(full)
      for (int i = 0; i < plain; ++i) {
        totals[i][strip] = fused(input, conductances[i], totals[i][strip]);
      }
      input = magnitude(input);
#pragma clang loop unroll(full)
      for (int i = plain; i < plain + absolute; ++i) {
        totals[i][strip] = fused(input, conductances[i], totals[i][strip]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < plain + absolute; ++i) {
#pragma clang loop unroll(full)
    for (int strip = 0; strip < strips; ++strip) results[i][strip] = totals[i][strip];
  }
}

/// Both planes of `width` columns: counts, or currents where there is no `conversion`.
INLINE words pairs(
    const float *conductances, size_t rows, const float *inputs, const int width, const int strips,
    const struct current_conversion *conversion, float *results, size_t plane_step) {
  singles totals[sums][STRIPS];
  add_up(conductances, 2 * (size_t)width, rows, inputs, width, width, strips, totals);
  words clips = 0;
  for (int i = 0; i < width; ++i) {
    for (int strip = 0; strip < strips; ++strip) {
      float *positive = results + i * panel_step + strip * strip_width;
      singles plus = totals[i][strip], minus = totals[width + i][strip];
      if (conversion) {
        const singles difference = plus, sum = minus;
        plus = rounded(
            current(sum + difference) * conversion->counts_per_code, conversion, &clips);
        minus = rounded(
            current(sum - difference) * conversion->counts_per_code, conversion, &clips);
      }
      store(plus, positive);
      store(minus, positive + plane_step);
    }
  }
  return clips;
}

/// One plane of `width` columns, whose conductances are `step` apart from row to row.
INLINE void singly(
    const float *conductances, size_t step, size_t rows, const float *inputs, const int width,
    const int strips, float *results) {
  singles totals[sums][STRIPS];
  add_up(conductances, step, rows, inputs, width, 0, strips, totals);
  for (int i = 0; i < width; ++i) {
    for (int strip = 0; strip < strips; ++strip) {
      store(totals[i][strip], results + i * panel_step + strip * strip_width);
    }
  }
}

/// Evaluates a call with the constants `strips` that fit the strips that are left.
#define FOR_STRIPS(places, CALL)                                                     \
  for (size_t place = 0; place < (places);) {                                        \
    if (STRIPS > 1 && (places)-place > strip_width) {                                \
      CALL(STRIPS);                                                                  \
      place += STRIPS * strip_width;                                                 \
    } else {                                                                         \
      CALL(1);                                                                       \
      place += strip_width;                                                          \
    }                                                                                \
  }

size_t NAME(multiply)(
    const struct packed_conductances *conductances, const float *inputs, size_t places,
    const struct current_conversion *conversion, float *results, size_t plane_step) {
  const size_t rows = conductances->rows, columns = conductances->columns;
  words clips = 0;
  for (size_t column = 0; column < columns; column += 3) {
    const float *values = conductances->values + column * rows * 2;
    float *lines = results + column * panel_step;
#define PAIRS(WIDTH, STRIP_COUNT)                                                     \
  clips += pairs(                                                                     \
      values, rows, inputs + place, WIDTH, STRIP_COUNT, conversion, lines + place, plane_step)
#define THREE(STRIP_COUNT) PAIRS(3, STRIP_COUNT)
#define TWO(STRIP_COUNT) PAIRS(2, STRIP_COUNT)
#define ONE(STRIP_COUNT) PAIRS(1, STRIP_COUNT)
    switch (columns - column) {
    case 1: FOR_STRIPS(places, ONE) break;
    case 2: FOR_STRIPS(places, TWO) break;
    default: FOR_STRIPS(places, THREE)
    }
  }
  return set_places(clips);
}

void NAME(multiply_plane)(
    const struct packed_conductances *conductances, size_t plane, const float *inputs,
    size_t places, float *results) {
  const size_t rows = conductances->rows, columns = conductances->columns;
  const size_t planes = conductances->planes, group = packed_group(planes);
  for (size_t column = 0; column < columns; column += group) {
    const size_t width = columns - column < group ? columns - column : group;
    const float *values = conductances->values + column * rows * planes + plane * width;
    float *lines = results + column * panel_step;
#define SINGLY(WIDTH, STRIP_COUNT)                                                    \
  singly(values, planes * width, rows, inputs + place, WIDTH, STRIP_COUNT, lines + place)
#define SIX_LINES(STRIP_COUNT) SINGLY(6, STRIP_COUNT)
#define FIVE_LINES(STRIP_COUNT) SINGLY(5, STRIP_COUNT)
#define FOUR_LINES(STRIP_COUNT) SINGLY(4, STRIP_COUNT)
#define THREE_LINES(STRIP_COUNT) SINGLY(3, STRIP_COUNT)
#define TWO_LINES(STRIP_COUNT) SINGLY(2, STRIP_COUNT)
#define ONE_LINE(STRIP_COUNT) SINGLY(1, STRIP_COUNT)
    switch (width) {
    case 1: FOR_STRIPS(places, ONE_LINE) break;
    case 2: FOR_STRIPS(places, TWO_LINES) break;
    case 3: FOR_STRIPS(places, THREE_LINES) break;
    case 4: FOR_STRIPS(places, FOUR_LINES) break;
    case 5: FOR_STRIPS(places, FIVE_LINES) break;
    default: FOR_STRIPS(places, SIX_LINES)
    }
  }
}

// MARK: Local digital units

INLINE singles to_unit(singles values, const bool is_half) {
  return is_half ? nearest_halves(values) : values;
}

/// Converts a strip of column `column`. Adds to `clips` where results were beyond the limit.
INLINE singles convert_strip(
    const struct unit_conversion *conversion, size_t column, const bool is_half,
    const float *positive, const float *negative, const float *partial, words *clips) {
  singles value = load(positive);
  if (conversion->has_polarities) {
    value = to_unit(value, is_half) - to_unit(load(negative), is_half);
  }
  const float offset = conversion->offset[column];
  const float rest = conversion->rest;
  const singles sum =
      to_unit(conversion->gain[column] * to_unit(value, is_half) + offset, is_half);
  value = magnitude(sum) < __builtin_fabsf(offset) * rest ? 0 : sum;
  if (conversion->relu_before) value = value < 0 ? 0 : value;
  if (conversion->has_partial) {
    singles link = load(partial);
    if (conversion->rounds) {
      link = nearest_integers(clipped(link / conversion->partial_step[column], conversion->limit));
    }
    const singles both = to_unit(conversion->partial_gain[column] * link + value, is_half);
    value = magnitude(both) < magnitude(link) * rest ? 0 : both;
  }
  if (conversion->relu_after) value = value < 0 ? 0 : value;
  if (!conversion->rounds) return value;
  *clips += ~(magnitude(value) < conversion->limit + 0.5f);
  return nearest_integers(clipped(value, conversion->limit)) * conversion->step[column];
}

INLINE float *line(const struct memory_lines *lines, size_t number) {
  return lines->base + lines->offsets[number] * lines->scale;
}

INLINE size_t convert_lines(
    const struct unit_conversion *conversion, size_t first, size_t end, size_t places,
    const struct memory_lines *positive, const struct memory_lines *negative,
    const struct memory_lines *partial, const struct memory_lines *results, const bool is_half) {
  words clips = 0;
  for (size_t column = first; column < end; ++column) {
    const size_t number = column - first;
    const float *plus = line(positive, number);
    const float *minus = conversion->has_polarities ? line(negative, number) : plus;
    const float *link = conversion->has_partial ? line(partial, number) : plus;
    float *result = line(results, number);
    size_t place = 0;
    for (; place + strip_width <= places; place += strip_width) {
      store(
          convert_strip(
              conversion, column, is_half, plus + place, minus + place, link + place, &clips),
          result + place);
    }
    if (place == places) continue;
    // Behind the last places others may lie.
    float ends[3][strip_width] = {{0}};
    const size_t size = (places - place) * sizeof(float);
    memcpy(ends[0], plus + place, size);
    memcpy(ends[1], minus + place, size);
    memcpy(ends[2], link + place, size);
    words own = 0;
    store(
        convert_strip(conversion, column, is_half, ends[0], ends[1], ends[2], &own), ends[0]);
    clips += own & first_places(places - place);
    memcpy(result + place, ends[0], size);
  }
  return set_places(clips);
}

size_t NAME(convert)(
    const struct unit_conversion *conversion, size_t first, size_t end, size_t places,
    const struct memory_lines *positive, const struct memory_lines *negative,
    const struct memory_lines *partial, const struct memory_lines *results) {
  return conversion->is_half
             ? convert_lines(
                   conversion, first, end, places, positive, negative, partial, results, true)
             : convert_lines(
                   conversion, first, end, places, positive, negative, partial, results, false);
}

// MARK: Walks

typedef int32_t axis_places __attribute__((ext_vector_type(axis_count)));
typedef uint32_t axis_extents __attribute__((ext_vector_type(axis_count)));

/// Positions `lower` up to `upper` of a row lie inside.
struct stretch {
  ptrdiff_t lower, upper;
};

INLINE ptrdiff_t clamp(ptrdiff_t value, ptrdiff_t lower, ptrdiff_t upper) {
  return value < lower ? lower : value > upper ? upper : value;
}

/// The part of a row that lies inside, for element `element` of its vectors.
INLINE struct stretch inside(
    const struct walk_table *walk, const struct walk_row *row, size_t element) {
  const struct stretch all = {0, row->count}, none = {0, 0};
  if (!walk->places) return all;
  axis_places place, distance;
  axis_extents extents;
  memcpy(&place, row->place, sizeof place);
  memcpy(&distance, walk->places + axis_count * element, sizeof distance);
  memcpy(&extents, walk->extents, sizeof extents);
  place += distance;
  const ptrdiff_t along = place[0];
  if (walk->rows_leave) place[0] = 0;
  const axis_places outside = (axis_extents)place >= extents;
  if (__builtin_reduce_or(outside) != 0) return none;
  if (!walk->rows_leave) return all;
  const ptrdiff_t step = walk->place_step, extent = walk->extents[0];
  const ptrdiff_t end = along + (row->count - 1) * step;
  if (along >= 0 && along < extent && end >= 0 && end < extent) return all;
  if (step == 0) return along >= 0 && along < extent ? all : none;
  // With a negative step the axis is walked from its other end.
  const ptrdiff_t start = step > 0 ? along : extent - 1 - along, size = step > 0 ? step : -step;
  const ptrdiff_t lower = start < 0 ? (size - 1 - start) / size : 0;
  const ptrdiff_t upper = start < extent ? (extent - start + size - 1) / size : 0;
  const struct stretch part = {
      clamp(lower, 0, row->count), clamp(upper, clamp(lower, 0, row->count), row->count)};
  return part;
}

INLINE void copy(const float *from, float *to, size_t count) {
  size_t i = 0;
  for (; i + strip_width <= count; i += strip_width) store(load(from + i), to + i);
  if (count & 8) memcpy(to + i, from + i, 32), i += 8;
  if (count & 4) memcpy(to + i, from + i, 16), i += 4;
  if (count & 2) memcpy(to + i, from + i, 8), i += 2;
  if (count & 1) to[i] = from[i];
}

/// Copies positions that are `from_step` and `to_step` apart, of `lanes` numbers each.
INLINE void copy_positions(
    const float *from, ptrdiff_t from_step, float *to, ptrdiff_t to_step, size_t count,
    size_t lanes) {
  if (from_step == 1 && to_step == 1) return copy(from, to, count * lanes);
  if (lanes == 1) {
    for (size_t i = 0; i < count; ++i) {
      to[(ptrdiff_t)i * to_step] = from[(ptrdiff_t)i * from_step];
    }
  } else if (lanes == 2) {
    for (size_t i = 0; i < count; ++i) {
      memcpy(to + 2 * (ptrdiff_t)i * to_step, from + 2 * (ptrdiff_t)i * from_step, 8);
    }
  } else if (lanes == 4) {
    for (size_t i = 0; i < count; ++i) {
      memcpy(to + 4 * (ptrdiff_t)i * to_step, from + 4 * (ptrdiff_t)i * from_step, 16);
    }
  } else {
    for (size_t i = 0; i < count; ++i) {
      copy(
          from + (ptrdiff_t)(i * lanes) * from_step, to + (ptrdiff_t)(i * lanes) * to_step, lanes);
    }
  }
}

/// Whether the elements of a vector lie nearer to each other than vectors do, so that they are copied vector by vector.
INLINE bool is_transposed(
    const struct walk_table *walk, const struct walk_row *rows, size_t count, size_t lanes) {
  return lanes == 1 && count > 1 && !walk->places && (walk->step != 1 || rows->count == 1);
}

void NAME(gather)(
    const struct walk_table *walk, const struct walk_row *rows, size_t row_count, size_t first,
    size_t count, size_t lanes, const float *memory, float *lines) {
  const ptrdiff_t *offsets = walk->offsets + first;
  float *start = lines;
  for (const struct walk_row *row = rows; row < rows + row_count; ++row) {
    const float *from = memory + row->offset * (ptrdiff_t)lanes;
    if (is_transposed(walk, rows, count, lanes)) {
      for (ptrdiff_t i = 0; i < row->count; ++i, from += walk->step) {
        for (size_t element = 0; element < count; ++element) {
          start[element * panel_step + (size_t)i] = from[offsets[element]];
        }
      }
    } else {
      for (size_t element = 0; element < count; ++element) {
        float *to = start + element * panel_step;
        const struct stretch part = inside(walk, row, first + element);
        for (ptrdiff_t i = 0; i < part.lower * (ptrdiff_t)lanes; ++i) to[i] = walk->fill;
        copy_positions(
            from + (offsets[element] + part.lower * walk->step) * (ptrdiff_t)lanes, walk->step,
            to + part.lower * (ptrdiff_t)lanes, 1, (size_t)(part.upper - part.lower), lanes);
        for (ptrdiff_t i = part.upper * (ptrdiff_t)lanes; i < row->count * (ptrdiff_t)lanes; ++i) {
          to[i] = walk->fill;
        }
      }
    }
    start += (size_t)row->count * lanes;
  }
}

void NAME(scatter)(
    const struct walk_table *walk, const struct walk_row *rows, size_t row_count, size_t first,
    size_t count, size_t lanes, const float *lines, float *memory) {
  const ptrdiff_t *offsets = walk->offsets + first;
  const float *start = lines;
  for (const struct walk_row *row = rows; row < rows + row_count; ++row) {
    float *to = memory + row->offset * (ptrdiff_t)lanes;
    if (is_transposed(walk, rows, count, lanes)) {
      for (ptrdiff_t i = 0; i < row->count; ++i, to += walk->step) {
        for (size_t element = 0; element < count; ++element) {
          to[offsets[element]] = start[element * panel_step + (size_t)i];
        }
      }
    } else {
      for (size_t element = 0; element < count; ++element) {
        const struct stretch part = inside(walk, row, first + element);
        copy_positions(
            start + element * panel_step + part.lower * (ptrdiff_t)lanes, 1,
            to + (offsets[element] + part.lower * walk->step) * (ptrdiff_t)lanes, walk->step,
            (size_t)(part.upper - part.lower), lanes);
      }
    }
    start += (size_t)row->count * lanes;
  }
}

const struct crossbar_kernels NAME(kernels) = {
    .encode = NAME(encode),
    .multiply = NAME(multiply),
    .multiply_plane = NAME(multiply_plane),
    .round = NAME(round),
    .convert = NAME(convert),
    .gather = NAME(gather),
    .scatter = NAME(scatter),
};
