// Feeds the loader with tile programs that are changed and sealed again, for libFuzzer; `run` beside this
// file builds and starts it.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "AIMCLoader.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

// MARK: What is checked of a file

typedef struct {
  const uint8_t *bytes;
  size_t size;
} file;

static void require(bool condition, const char *what) {
  if (condition) return;
  fprintf(stderr, "%s\n", what);
  abort();
}

static bool read_file(void *context, uint64_t offset, void *bytes, size_t count) {
  const file *file = context;
  require(offset <= file->size && count <= file->size - offset, "reads outside of the file");
  memcpy(bytes, file->bytes + offset, count);
  return true;
}

/// Memory of exactly `size` bytes, so that the sanitizer sees a step beyond.
static void *room(uint64_t size) {
  void *memory = malloc(size == 0 ? 1 : (size_t)size);
  require(memory != NULL, "too much memory");
  return memory;
}

static aimc_error load(aimc_program *program, const aimc_source *source) {
  aimc_error error = aimc_open(program, source);
  if (error != AIMC_OK) return error;
  // A program needs no more than a few times its size.
  require(program->memory_needed < (1 << 21) + 16 * source->size, "needs much memory");
  void *memory = room(program->memory_needed);
  error = aimc_check(program, memory, (size_t)program->memory_needed);
  free(memory);
  return error;
}

/// Reads a span piece by piece; `size` is that of an element in the file.
static uint32_t sum_span(const aimc_program *program, uint32_t sum, aimc_span span, size_t size) {
  union { uint8_t bytes[64]; float values[16]; int16_t codes[32]; uint32_t numbers[16]; } piece;
  for (uint64_t first = 0; first < span.count;) {
    size_t most = sizeof piece / size;
    size_t count = span.count - first < most ? (size_t)(span.count - first) : most;
    aimc_error error = size == 1 ? aimc_read_bytes(program, span, first, count, piece.bytes)
        : size == 2 ? aimc_read_i16(program, span, first, count, piece.codes)
        : aimc_read_u32(program, span, first, count, piece.numbers);
    require(error == AIMC_OK, "an element of a checked program cannot be read");
    sum = aimc_crc32c(sum, &piece, count * size);
    first += count;
  }
  require(
      aimc_read_bytes(program, span, span.count, 1, piece.bytes) == AIMC_ERROR_INDEX, "a span has no end");
  return sum;
}

#define SUM_ALL(table, type, get, ...) \
  for (uint32_t i = 0; i < program->table.count; ++i) { \
    type element; \
    memset(&element, 0, sizeof element); \
    require(get(program, i, &element) == AIMC_OK, #get); \
    __VA_ARGS__ \
    sum = aimc_crc32c(sum, &element, sizeof element); \
  } \
  do { \
    type element; \
    require(get(program, (uint32_t)program->table.count, &element) == AIMC_ERROR_INDEX, #get " beyond"); \
  } while (0)

/// A checksum over everything that a checked program has.
static uint32_t sum_program(const aimc_program *program) {
  uint32_t sum = 0;
  char name[16];
  sum = sum_span(program, sum, program->network, 1);
  SUM_ALL(
      ports, aimc_port, aimc_port_at,
      for (uint32_t k = 0; k < element.rank; ++k) {
        aimc_dimension dimension;
        memset(&dimension, 0, sizeof dimension);
        require(aimc_dimension_at(program, &element, k, &dimension) == AIMC_OK, "dimension");
        sum = aimc_crc32c(sum, &dimension, sizeof dimension);
      });
  SUM_ALL(
      buffers, aimc_buffer, aimc_buffer_at,
      require(aimc_name(program, element.name, name, sizeof name) == AIMC_OK, "name");
      sum = aimc_crc32c(sum, name, strlen(name));
      sum = sum_span(program, sum, element.content, 1););
  SUM_ALL(
      blocks, aimc_block, aimc_block_at, aimc_span scales; aimc_span decoding;
      require(aimc_block_scales(program, i, &scales, &decoding) == AIMC_OK, "scales");
      sum = sum_span(program, sum, scales, 4); sum = sum_span(program, sum, decoding, 4);
      sum = sum_span(program, sum, element.conductances, 4););
  SUM_ALL(affines, aimc_affine, aimc_affine_at, sum = sum_span(program, sum, element.gains, 4););
  SUM_ALL(descriptors, aimc_descriptor, aimc_descriptor_at);
  SUM_ALL(symbols, aimc_symbol, aimc_symbol_at);
  SUM_ALL(
      probes, aimc_probe, aimc_probe_at, sum = sum_span(program, sum, element.codes, 2);
      sum = sum_span(program, sum, element.places, 4); sum = sum_span(program, sum, element.means, 4);
      sum = sum_span(program, sum, element.spreads, 4););
  SUM_ALL(
      streams, aimc_stream, aimc_stream_at,
      for (uint32_t k = 0; k < element.code.count; ++k) {
        aimc_instruction instruction;
        memset(&instruction, 0, sizeof instruction);
        require(aimc_instruction_at(program, &element, k, &instruction) == AIMC_OK, "instruction");
        sum = aimc_crc32c(sum, &instruction, sizeof instruction);
      });
  uint32_t tiles = 0;
  for (uint32_t chip = 0; chip < program->chip_count; ++chip) {
    uint32_t count, cores = 0;
    require(aimc_tile_count(program, chip, &count) == AIMC_OK, "tiles");
    for (uint32_t i = 0; i < count; ++i) {
      aimc_tile tile, found;
      require(aimc_tile_at(program, chip, i, &tile) == AIMC_OK, "tile");
      require(aimc_find_tile(program, chip, tile.number, &found) == AIMC_OK, "tile by number");
      require(found.core == tile.core && found.block == tile.block, "another tile");
    }
    for (uint32_t core = AIMC_NONE; aimc_next_core(program, chip, &core) == AIMC_OK && core != AIMC_NONE;) {
      aimc_span orders[2];
      cores += 1;
      require(aimc_core_lines(program, chip, core, &orders[0], &orders[1]) == AIMC_OK, "lines");
      for (size_t kind = 0; kind < 2; ++kind) sum = sum_span(program, sum, orders[kind], 4);
    }
    require(cores <= count, "more cores than tiles");
    tiles += count;
  }
  require(tiles == program->tile_count, "other tiles");
  return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  file file = {data, size};
  aimc_source memory = {size, data, NULL, NULL, NULL, 0};
  // Smaller than many records in some cases; in others larger, and no multiple of 8.
  size_t buffer_size = size / 64 % 8 == 0 ? AIMC_MINIMUM_BUFFER : 1001;
  aimc_source pieces = {size, NULL, read_file, &file, room(buffer_size), buffer_size};
  aimc_program program, other;
  aimc_error error = load(&program, &memory);
  require(load(&other, &pieces) == error, "another result from pieces");
  require(program.fault_offset == other.fault_offset, "another place of the fault from pieces");
  require(program.fault_offset <= size || error == AIMC_OK, "a fault behind the end of the file");
  if (error == AIMC_OK) require(sum_program(&program) == sum_program(&other), "another content from pieces");
  free(pieces.buffer);
  return 0;
}

// MARK: Mutation

static uint64_t get(const uint8_t *bytes, size_t size) {
  uint64_t value = 0;
  while (size > 0) value = value << 8 | bytes[--size];
  return value;
}

static void put(uint8_t *bytes, size_t size, uint64_t value) {
  for (size_t i = 0; i < size; ++i) bytes[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

static size_t below(uint64_t *state, size_t bound) { return (size_t)(next_random(state) % bound); }

/// Where the section headers are, or 0 if this is no file whose sections lie inside of it.
static size_t table_of(const uint8_t *data, size_t size, size_t *count) {
  if (size < 64) return 0;
  uint64_t table = get(data + 40, 8);
  if (table < 64 || table >= size || (size - table) % 64 != 0) return 0;
  *count = (size - (size_t)table) / 64;
  if (*count < 4 || *count > 256) return 0;
  for (size_t i = 1; i < *count; ++i) {
    uint64_t offset = get(data + table + 64 * i + 24, 8), length = get(data + table + 64 * i + 32, 8);
    if (offset > table || length > table - offset) return 0;
  }
  return 80 + 4 * *count + 4 <= table ? (size_t)table : 0;
}

static size_t aligned(size_t offset) { return (offset + 63) / 64 * 64; }

/// Makes all checksums those of the content, that of the chip in its note too.
static void seal(uint8_t *data, size_t size) {
  size_t count, table = table_of(data, size, &count);
  if (table == 0) return;
  const uint8_t *notes = data + table + 64 * 2, *chip = data + table + 64 * 3;
  size_t start = (size_t)get(notes + 24, 8), end = start + (size_t)get(notes + 32, 8);
  for (size_t i = start; i + 24 <= end; i += 4) {
    if (get(data + i, 4) != 0x104 || memcmp(data + i + 4, "AIMC", 5) != 0) continue;
    put(data + i + 12, 4, aimc_crc32c(0, data + get(chip + 24, 8), (size_t)get(chip + 32, 8)));
    break;
  }
  put(data + 64, 4, count);
  put(data + 72, 8, size);
  for (size_t i = 2; i < count; ++i) {
    const uint8_t *header = data + table + 64 * i;
    put(data + 80 + 4 * i, 4, aimc_crc32c(0, data + get(header + 24, 8), (size_t)get(header + 32, 8)));
  }
  put(data + 68, 4, aimc_crc32c(aimc_crc32c(0, data, 64), data + table, size - table));
  put(data + 80 + 4 * count, 4, aimc_crc32c(0, data + 64, 16 + 4 * count));
}

/// Repeats or removes a piece of section `number` and lays the file out again; returns its size, or 0 if that
/// is too much.
static size_t resize(
    uint8_t *data, size_t size, size_t most, size_t number, size_t place, size_t length, bool grows) {
  size_t count, table = table_of(data, size, &count), end;
  // Sections of a mutated file may lie over each other, so that they take more room one behind the other.
  size_t room_needed = 64;
  for (size_t i = 1; i < count; ++i) {
    size_t bytes = (size_t)get(data + table + 64 * i + 32, 8);
    room_needed = aligned(room_needed) + bytes + (grows && i == number ? length : 0);
  }
  room_needed = aligned(room_needed) + 64 * count;
  if (room_needed > most) return 0;
  uint8_t *old = room(size);
  memcpy(old, data, size);
  memset(data + 64, 0, room_needed - 64);
  uint8_t headers[256 * 64];
  memcpy(headers, old + table, 64 * count);
  end = 64;
  for (size_t i = 1; i < count; ++i) {
    uint8_t *header = headers + 64 * i;
    const uint8_t *content = old + get(header + 24, 8);
    size_t bytes = (size_t)get(header + 32, 8), offset = aligned(end);
    if (i != number) {
      memcpy(data + offset, content, bytes);
    } else if (grows) {
      // The piece twice.
      memcpy(data + offset, content, place + length);
      memcpy(data + offset + place + length, content + place, bytes - place);
      bytes += length;
    } else {
      memcpy(data + offset, content, place);
      memcpy(data + offset + place, content + place + length, bytes - place - length);
      bytes -= length;
    }
    put(header + 24, 8, offset);
    put(header + 32, 8, bytes);
    if (get(header + 4, 4) == 2) put(header + 44, 4, bytes / 24);
    end = offset + bytes;
  }
  free(old);
  memcpy(data + aligned(end), headers, 64 * count);
  put(data + 40, 8, aligned(end));
  return aligned(end) + 64 * count;
}

static const uint64_t numbers[] = {
  0, 1, 2, 3, 7, 8, 64, 0xFF, 0x7FFF, 0xFFFF, 1 << 20, 1 << 27, 1 << 28, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
  1ull << 32, 1ull << 40, 1ull << 62, 0x7FFFFFFFFFFFFFFF, 1ull << 63, UINT64_MAX,
};
static const uint32_t floats[] = {
  0, 0x80000000, 0x3F800000, 0xBF800000, 0x00000001, 0x006CE3EE, 0x7E967699, 0x7F800000, 0x7FC00000,
  0x41A00000,
};

/// Writes an instruction of any opcode, with as many small operands as it takes: `aimcc` does not use all.
static void put_instruction(uint8_t *record, size_t number, uint64_t *state) {
  static const uint8_t opcodes[][2] = {
    {AIMC_WAIT, 1}, {AIMC_JUMP, 1}, {AIMC_JUMP, 1}, {AIMC_BRANCH, 2}, {AIMC_BRANCH, 2}, {AIMC_LOOP, 1},
    {AIMC_NEXT, 0}, {AIMC_COPY, 2}, {AIMC_FILL, 1}, {AIMC_CAST, 2}, {AIMC_ZIP, 3}, {AIMC_REDUCE, 2},
    {AIMC_CONTRACT, 3}, {AIMC_GATHER, 3}, {AIMC_SELECT, 4}, {AIMC_SCATTER, 3}, {AIMC_SORT, 2},
  };
  const uint8_t *row = opcodes[below(state, sizeof opcodes / sizeof *opcodes)];
  memset(record, 0, 32);
  record[0] = row[0];
  for (size_t i = 0; i < row[1]; ++i) put(record + 4 + 4 * i, 4, below(state, 24));
  // Jumps around where they are.
  if (row[0] == AIMC_JUMP || row[0] == AIMC_BRANCH) put(record + 4, 4, number + 3 - below(state, 5));
}

/// Changes one thing: a byte, a field, a record, the number of records, or a field of a header.
static size_t mutate(uint8_t *data, size_t size, size_t most, uint64_t *state) {
  size_t count, table = table_of(data, size, &count);
  if (table == 0) return LLVMFuzzerMutate(data, size, most);
  size_t number = 2 + below(state, count - 2);
  uint8_t *header = data + table + 64 * number;
  size_t start = (size_t)get(header + 24, 8), length = (size_t)get(header + 32, 8);
  size_t record = (size_t)get(header + 56, 8);
  if (below(state, 32) == 0) {
    // A field of the header or of a section header.
    size_t place = below(state, 3) == 0 ? 4 * below(state, 16) : table + 4 * below(state, 16 * count);
    put(data + place, 4, numbers[below(state, sizeof numbers / sizeof *numbers)]);
    return size;
  }
  if (length == 0) return size;
  if (record < 1 || length % record != 0) record = 1;
  uint8_t *section = data + start;
  size_t offset = below(state, length), word = offset & ~(size_t)3, wide = offset & ~(size_t)7;
  size_t records = length / record, from = below(state, records), to = below(state, records);
  uint64_t value = numbers[below(state, sizeof numbers / sizeof *numbers)];
  // Code, whose flags say so.
  if (get(header + 8, 8) == 6 && below(state, 3) == 0) {
    put_instruction(section + to * record, to, state);
    return size;
  }
  switch (below(state, 14)) {
    case 0: section[offset] = (uint8_t)next_random(state); break;
    case 1: section[offset] ^= (uint8_t)(1 << below(state, 8)); break;
    case 2: case 3: if (word + 4 <= length) put(section + word, 4, value); break;
    case 4: if (wide + 8 <= length) put(section + wide, 8, value); break;
    case 5:
      if (word + 4 <= length) put(section + word, 4, floats[below(state, sizeof floats / sizeof *floats)]);
      break;
    case 6: section[offset] = (uint8_t)(section[offset] + 1 + below(state, 4)); break;
    case 7: section[offset] = (uint8_t)(section[offset] - 1 - below(state, 4)); break;
    case 8: memmove(section + to * record, section + from * record, record); break;
    case 9: {
      // The same field of another record.
      size_t field = record >= 4 ? 4 * below(state, record / 4) : 0, width = record >= 4 ? 4 : 1;
      memmove(section + to * record + field, section + from * record + field, width);
      break;
    }
    case 10: section[offset] = section[below(state, length)]; break;
    case 11: LLVMFuzzerMutate(section + offset, 1 + below(state, length - offset), length - offset); break;
    default: {
      size_t piece = record > 1 ? record : length % 64 == 0 && below(state, 2) == 0 ? 64 : 4;
      size_t place = below(state, length) / piece * piece;
      if (place + piece > length) break;
      size_t result = resize(data, size, most, number, place, piece, below(state, 2) == 0);
      return result == 0 ? size : result;
    }
  }
  return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed) {
  uint64_t state = seed;
  for (size_t i = 1 + below(&state, 3); i > 0; --i) size = mutate(data, size, most, &state);
  // A few stay damaged.
  if (below(&state, 64) > 0) seal(data, size);
  return size;
}
