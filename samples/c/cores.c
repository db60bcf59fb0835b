// Prints what a tile program puts on each core: cc -std=c99 -I../../Sources/AIMCLoader/include cores.c
// ../../Sources/AIMCLoader/AIMCLoader.c -o cores, then ./cores net.aimc

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "AIMCLoader.h"

static bool read_file(void *context, uint64_t offset, void *bytes, size_t count) {
  return fseek(context, (long)offset, SEEK_SET) == 0 && fread(bytes, 1, count, context) == count;
}

static void stop_at(aimc_error error, const aimc_program *program) {
  if (error == AIMC_OK) return;
  fprintf(stderr, "at byte %" PRIu64 ": %s\n", program->fault_offset, aimc_error_text(error));
  exit(1);
}

/// The CRC-32C of the conductances of a block, after those that have the checksum `sum`.
static uint32_t sum_block(const aimc_program *program, uint32_t number, uint32_t sum, uint64_t *count) {
  aimc_block block;
  float g[256];
  stop_at(aimc_block_at(program, number, &block), program);
  uint64_t total = block.conductances.count;
  for (uint64_t first = 0; first < total; first += 256) {
    size_t size = total - first < 256 ? (size_t)(total - first) : 256;
    stop_at(aimc_read_f32(program, block.conductances, first, size, g), program);
    sum = aimc_crc32c(sum, g, size * sizeof *g);
  }
  *count += total;
  return sum;
}

/// The instructions of the units of a kind: of one core, or of all where `core` is AIMC_NONE.
static uint64_t count_code(const aimc_program *program, aimc_unit unit, uint32_t chip, uint32_t core) {
  uint64_t count = 0;
  for (uint32_t i = 0; i < program->streams.count; ++i) {
    aimc_stream stream;
    stop_at(aimc_stream_at(program, i, &stream), program);
    bool is_here = core == AIMC_NONE || (stream.chip == chip && stream.core == core);
    if (stream.unit == unit && is_here) count += stream.code.count;
  }
  return count;
}

static void print_core(const aimc_program *program, uint32_t chip, uint32_t core) {
  uint32_t tiles, blocks = 0, sum = 0;
  uint64_t count = 0;
  stop_at(aimc_tile_count(program, chip, &tiles), program);
  for (uint32_t i = 0; i < tiles; ++i) {
    aimc_tile tile;
    stop_at(aimc_tile_at(program, chip, i, &tile), program);
    if (tile.core != core) continue;
    blocks += 1;
    sum = sum_block(program, tile.block, sum, &count);
  }
  printf(
      "core %" PRIu32 ".%" PRIu32 ": %" PRIu32 " blocks, %" PRIu64 " conductances, crossbar %" PRIu64
      " and LDPU %" PRIu64 " instructions, checksum 0x%08" PRIx32 "\n",
      chip, core, blocks, count, count_code(program, AIMC_UNIT_CROSSBAR, chip, core),
      count_code(program, AIMC_UNIT_LDPU, chip, core), sum);
}

int main(int count, char **arguments) {
  static unsigned char buffer[4096];
  aimc_program program;
  FILE *file = count == 2 ? fopen(arguments[1], "rb") : NULL;
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
    fprintf(stderr, "usage: cores PROGRAM.aimc\n");
    return 64;
  }
  aimc_source source = {(uint64_t)ftell(file), NULL, read_file, file, buffer, sizeof buffer};
  stop_at(aimc_open(&program, &source), &program);
  void *memory = malloc((size_t)program.memory_needed);
  stop_at(aimc_check(&program, memory, (size_t)program.memory_needed), &program);
  free(memory);
  for (uint32_t chip = 0; chip < program.chip_count; ++chip) {
    uint32_t core = AIMC_NONE;
    for (;;) {
      stop_at(aimc_next_core(&program, chip, &core), &program);
      if (core == AIMC_NONE) break;
      print_core(&program, chip, core);
    }
  }
  printf(
      "host %" PRIu64 " and GDPU %" PRIu64 " instructions\n", count_code(&program, AIMC_UNIT_HOST, 0, AIMC_NONE),
      count_code(&program, AIMC_UNIT_GDPU, 0, AIMC_NONE));
  fclose(file);
  return 0;
}
