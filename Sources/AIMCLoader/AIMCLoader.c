#include "AIMCLoader.h"

// A freestanding implementation has these three functions, but no header that declares them.
void *memcpy(void *restrict target, const void *restrict source, size_t count);
void *memset(void *target, int byte, size_t count);
int memcmp(const void *a, const void *b, size_t count);

// MARK: Limits and sizes of the format

#define HEADER_SIZE 64u
#define SECTION_HEADER_SIZE 64u
#define ALIGNMENT 64u
#define MAXIMUM_SECTIONS 0xFEFFu
#define MAXIMUM_CHIPS 16384u
#define MAXIMUM_COUNT ((uint64_t)1 << 40)
#define MAXIMUM_DISTANCE ((int64_t)1 << 40)
#define MAXIMUM_COORDINATE 0x7FFFFFFF
#define MAXIMUM_STEPS ((uint32_t)1 << 28)
#define MAXIMUM_DEPTH 64u
#define MAXIMUM_COPIES 1024u
#define MAXIMUM_CORES 1000000u
#define MAXIMUM_LINKS 65536u
/// Of the longest name of a chip, and of a line of its description that counts.
#define MAXIMUM_NAME 64u
#define MAXIMUM_VALUE 72u
/// Sections other than those of chips, which come after FIRST_CHIP_SECTION, three for each.
#define FIXED_SECTIONS 22u
#define FIRST_CHIP_SECTION 15u

enum {
  PORT_SIZE = 28, DIMENSION_SIZE = 16, BUFFER_SIZE = 48, BLOCK_SIZE = 64, AFFINE_SIZE = 16,
  DESCRIPTOR_SIZE = 256, STREAM_SIZE = 24, INSTRUCTION_SIZE = 32, TILE_SIZE = 20, SYMBOL_SIZE = 24,
  PROBE_SIZE = 32, VALUE_SIZE = 4
};

// MARK: Faults

#define TRY(call) \
  do { \
    aimc_error error_ = (call); \
    if (error_ != AIMC_OK) return error_; \
  } while (0)

/// Ends the function with a fault at an offset of the file unless the condition holds.
#define REQUIRE(program, condition, error, offset) \
  do { \
    if (!(condition)) return fault(program, error, offset); \
  } while (0)

static aimc_error fault(aimc_program *program, aimc_error error, uint64_t offset) {
  program->fault_offset = offset;
  return error;
}

const char *aimc_error_text(aimc_error error) {
  switch (error) {
    case AIMC_OK: return "no fault";
    case AIMC_ERROR_ARGUMENT: return "an argument is missing or too small";
    case AIMC_ERROR_READ: return "the file could not be read";
    case AIMC_ERROR_MEMORY: return "there is less memory than the program needs";
    case AIMC_ERROR_UNCHECKED: return "the program has not been checked";
    case AIMC_ERROR_INDEX: return "there is no element of this number";
    case AIMC_ERROR_TRUNCATED: return "the file ends too early";
    case AIMC_ERROR_IDENTIFICATION: return "this is not the header of a tile program";
    case AIMC_ERROR_CHECKSUM: return "a checksum does not match";
    case AIMC_ERROR_SIZE: return "the file has not the size that it should have";
    case AIMC_ERROR_LAYOUT: return "a section does not lie behind the one before it";
    case AIMC_ERROR_PADDING: return "bytes between sections are not 0";
    case AIMC_ERROR_NOTE: return "a note is missing, out of order or invalid";
    case AIMC_ERROR_VERSION: return "the version of the format is another one";
    case AIMC_ERROR_HEADER: return "a field of a header has a wrong value";
    case AIMC_ERROR_CHIP: return "the chip description lacks a figure, or is not that of the note";
    case AIMC_ERROR_RECORDS: return "the size of a table is no multiple of that of its records";
    case AIMC_ERROR_NAME: return "a name is no UTF-8 string of the table of names, or is used twice";
    case AIMC_ERROR_PORT: return "a port has an invalid field or does not fit its memory";
    case AIMC_ERROR_DIMENSION: return "a dimension is invalid or belongs to no port";
    case AIMC_ERROR_BUFFER: return "a memory has an invalid field or is nowhere";
    case AIMC_ERROR_CONSTANT: return "a constant does not follow the one before, or belongs to no memory";
    case AIMC_ERROR_BLOCK: return "a block has an invalid field or does not fit the crossbar";
    case AIMC_ERROR_SCALE: return "a scale or decoding is invalid or belongs to no block";
    case AIMC_ERROR_CONDUCTANCE: return "conductances are out of range or belong to no block";
    case AIMC_ERROR_RESIDUAL: return "error columns are not empty, or what they correct is not there";
    case AIMC_ERROR_TILE: return "a tile is out of order, on no core or outside of the crossbar";
    case AIMC_ERROR_OVERLAP: return "two tiles of a core overlap";
    case AIMC_ERROR_LINES: return "lines are out of order, or not each line of a core once";
    case AIMC_ERROR_AFFINE: return "an affine function has values that are missing or out of range";
    case AIMC_ERROR_PROBE: return "a probe has an invalid field or value";
    case AIMC_ERROR_DESCRIPTOR: return "a descriptor has an invalid field or walk";
    case AIMC_ERROR_COUNTER: return "a counter is never advanced";
    case AIMC_ERROR_STREAM: return "a stream is out of order or of no unit, or code has no stream";
    case AIMC_ERROR_SYMBOL: return "a symbol is out of order or covers no code of a stream";
    case AIMC_ERROR_OPCODE: return "an opcode, function or flag is unknown, or an unused field is not 0";
    case AIMC_ERROR_UNIT: return "an instruction does not run on this unit";
    case AIMC_ERROR_LOOP: return "loops do not nest, or too deeply, or a jump leaves one";
    case AIMC_ERROR_END: return "a stream has not one end as its last instruction, or it cannot be reached";
    case AIMC_ERROR_IMMEDIATE: return "an immediate is out of range";
    case AIMC_ERROR_OPERAND: return "an operand names nothing that is there";
    case AIMC_ERROR_REACH: return "an operand reaches outside of its memory";
    case AIMC_ERROR_PLACE: return "an operand lies in a memory that the unit cannot use so";
    case AIMC_ERROR_TYPE: return "the element types of the operands do not fit";
    case AIMC_ERROR_EXTENT: return "the operands differ in vectors or elements";
    case AIMC_ERROR_COLUMNS: return "columns that are read are written by no mvm, or by ones that differ";
  }
  return "unknown error";
}

// MARK: Bytes

static uint32_t u16(const unsigned char *bytes) { return bytes[0] | (uint32_t)bytes[1] << 8; }

static uint32_t u32(const unsigned char *bytes) { return u16(bytes) | u16(bytes + 2) << 16; }

static uint64_t u64(const unsigned char *bytes) { return u32(bytes) | (uint64_t)u32(bytes + 4) << 32; }

/// The number in two's complement; no conversion depends on the implementation.
static int32_t i32(const unsigned char *bytes) {
  uint32_t bits = u32(bytes);
  return bits <= INT32_MAX ? (int32_t)bits : -(int32_t)(UINT32_MAX - bits) - 1;
}

static int64_t i64(const unsigned char *bytes) {
  uint64_t bits = u64(bytes);
  return bits <= INT64_MAX ? (int64_t)bits : -(int64_t)(UINT64_MAX - bits) - 1;
}

static float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static float f32(const unsigned char *bytes) { return float_of(u32(bytes)); }

static bool is_finite(uint32_t bits) { return (bits & 0x7F800000) != 0x7F800000; }

static bool is_zero(const unsigned char *bytes, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

static uint64_t aligned(uint64_t offset) { return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t greatest(uint64_t a, uint64_t b) { return a > b ? a : b; }

static bool bit(const unsigned char *bits, uint64_t number) { return bits[number / 8] >> number % 8 & 1; }

static void set_bit(unsigned char *bits, uint64_t number) {
  bits[number / 8] = (unsigned char)(bits[number / 8] | 1 << number % 8);
}

uint32_t aimc_crc32c(uint32_t before, const void *bytes, size_t count) {
  // What half a byte adds: small enough for a controller, and not much slower than a table of bytes.
  static const uint32_t table[16] = {
    0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
    0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9, 0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75,
  };
  const unsigned char *next = bytes;
  uint32_t crc = ~before;
  for (; count > 0; --count) {
    crc ^= *next++;
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return ~crc;
}

// MARK: Reading a source

/// Copies bytes. All reading goes through here and through `piece`, and none leaves the file, even if that
/// has changed since it was checked.
static aimc_error load(const aimc_program *program, uint64_t offset, void *bytes, size_t count) {
  const aimc_source *source = &program->source;
  if (offset > source->size || count > source->size - offset) return AIMC_ERROR_TRUNCATED;
  if (count == 0) return AIMC_OK;
  if (source->bytes != NULL) {
    memcpy(bytes, (const unsigned char *)source->bytes + offset, count);
    return AIMC_OK;
  }
  return source->read(source->context, offset, bytes, count) ? AIMC_OK : AIMC_ERROR_READ;
}

/// Gives some of the `count` bytes from `offset` on: all, or a multiple of 8. They stay until the next call.
static aimc_error piece(
    const aimc_program *program, uint64_t offset, uint64_t count, const unsigned char **bytes,
    size_t *size) {
  const aimc_source *source = &program->source;
  if (source->bytes != NULL) {
    if (offset > source->size || count > source->size - offset) return AIMC_ERROR_TRUNCATED;
    *bytes = (const unsigned char *)source->bytes + offset;
    *size = (size_t)count;
    return AIMC_OK;
  }
  *bytes = source->buffer;
  *size = (size_t)least(count, source->buffer_size / 8 * 8);
  return load(program, offset, source->buffer, *size);
}

static aimc_error checksum(
    const aimc_program *program, uint64_t offset, uint64_t count, uint32_t *crc) {
  while (count > 0) {
    const unsigned char *bytes;
    size_t size;
    TRY(piece(program, offset, count, &bytes, &size));
    *crc = aimc_crc32c(*crc, bytes, size);
    offset += size;
    count -= size;
  }
  return AIMC_OK;
}

/// What follows a payload to the next multiple of 64 must be 0.
static aimc_error check_zeros(aimc_program *program, uint64_t offset, uint64_t end, aimc_error error) {
  unsigned char bytes[ALIGNMENT];
  TRY(load(program, offset, bytes, (size_t)(end - offset)));
  REQUIRE(program, is_zero(bytes, (size_t)(end - offset)), error, offset);
  return AIMC_OK;
}

/// Walks through bytes, one after the other.
typedef struct {
  const aimc_program *program;
  uint64_t offset, end;
  const unsigned char *bytes;
  size_t left;
  aimc_error error;
} scanner;

static scanner scanner_of(const aimc_program *program, aimc_span span) {
  scanner scan = {program, span.offset, span.offset + span.count, NULL, 0, AIMC_OK};
  return scan;
}

/// The next byte, or −1 at the end, or if it cannot be read.
static int next_byte(scanner *scan) {
  if (scan->left == 0) {
    if (scan->offset == scan->end || scan->error != AIMC_OK) return -1;
    scan->error = piece(
        scan->program, scan->offset, scan->end - scan->offset, &scan->bytes, &scan->left);
    if (scan->error != AIMC_OK) return -1;
    scan->offset += scan->left;
  }
  scan->left -= 1;
  return *scan->bytes++;
}

/// How many bytes follow a first byte of UTF-8, and the range of the next one; −1 if it is no first byte.
static int continuation(int first, int *low, int *high) {
  *low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  *high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (first < 0x80) return 0;
  if (first >= 0xC2 && first <= 0xDF) return 1;
  if (first >= 0xE0 && first <= 0xEF) return 2;
  return first >= 0xF0 && first <= 0xF4 ? 3 : -1;
}

static aimc_error check_utf8(aimc_program *program, aimc_span text, aimc_error error) {
  scanner scan = scanner_of(program, text);
  int byte;
  while ((byte = next_byte(&scan)) >= 0) {
    int low, high;
    int rest = continuation(byte, &low, &high);
    bool is_valid = rest >= 0;
    for (; is_valid && rest > 0; --rest) {
      byte = next_byte(&scan);
      is_valid = byte >= low && byte <= high;
      low = 0x80;
      high = 0xBF;
    }
    TRY(scan.error);
    REQUIRE(program, is_valid, error, text.offset);
  }
  return scan.error;
}

// MARK: The file as a whole

static aimc_error load_section(const aimc_program *program, uint32_t number, unsigned char *header) {
  uint64_t headers = program->source.size - (uint64_t)program->section_count * SECTION_HEADER_SIZE;
  return load(program, headers + (uint64_t)number * SECTION_HEADER_SIZE, header, SECTION_HEADER_SIZE);
}

/// Where a section is; its content in bytes.
static aimc_error section_at(const aimc_program *program, uint32_t number, aimc_span *section) {
  unsigned char header[SECTION_HEADER_SIZE];
  TRY(load_section(program, number, header));
  section->offset = u64(header + 24);
  section->count = u64(header + 32);
  return AIMC_OK;
}

static const unsigned char identification[24] = {
  0x7F, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
};

/// Checks the beginning of the header and the section of checksums.
static aimc_error check_checksums(aimc_program *program) {
  uint64_t size = program->source.size;
  unsigned char bytes[HEADER_SIZE];
  REQUIRE(program, size >= HEADER_SIZE, AIMC_ERROR_TRUNCATED, size);
  TRY(load(program, 0, bytes, HEADER_SIZE));
  REQUIRE(
      program, memcmp(bytes, identification, sizeof identification) == 0, AIMC_ERROR_IDENTIFICATION, 0);
  REQUIRE(program, size >= HEADER_SIZE + 20, AIMC_ERROR_TRUNCATED, size);
  TRY(load(program, HEADER_SIZE, bytes, 16));
  uint32_t count = u32(bytes), headers_checksum = u32(bytes + 4);
  uint64_t file_size = u64(bytes + 8);
  REQUIRE(program, count >= 1 && count <= MAXIMUM_SECTIONS, AIMC_ERROR_CHECKSUM, HEADER_SIZE);
  REQUIRE(program, size >= HEADER_SIZE + 20 + 4 * (uint64_t)count, AIMC_ERROR_TRUNCATED, size);
  uint32_t crc = 0;
  TRY(checksum(program, HEADER_SIZE, 16 + 4 * (uint64_t)count, &crc));
  TRY(load(program, HEADER_SIZE + 16 + 4 * (uint64_t)count, bytes, 4));
  REQUIRE(program, crc == u32(bytes), AIMC_ERROR_CHECKSUM, HEADER_SIZE);
  REQUIRE(program, file_size == size, AIMC_ERROR_SIZE, size);
  program->section_count = count;
  uint64_t headers_size = (uint64_t)count * SECTION_HEADER_SIZE;
  REQUIRE(program, size >= HEADER_SIZE + headers_size, AIMC_ERROR_CHECKSUM, 0);
  crc = 0;
  TRY(checksum(program, 0, HEADER_SIZE, &crc));
  TRY(checksum(program, size - headers_size, headers_size, &crc));
  REQUIRE(program, crc == headers_checksum, AIMC_ERROR_CHECKSUM, 0);
  TRY(load(program, HEADER_SIZE + 16, bytes, 8));
  REQUIRE(program, count >= 2 && is_zero(bytes, 8), AIMC_ERROR_CHECKSUM, HEADER_SIZE + 16);
  return AIMC_OK;
}

/// Checks that sections follow each other, their checksums, and what lies between them.
static aimc_error check_sections(aimc_program *program) {
  uint64_t limit = program->source.size - (uint64_t)program->section_count * SECTION_HEADER_SIZE;
  uint64_t end = HEADER_SIZE;
  for (uint32_t number = 1; number < program->section_count; ++number) {
    aimc_span section;
    TRY(section_at(program, number, &section));
    uint64_t header = limit + (uint64_t)number * SECTION_HEADER_SIZE;
    REQUIRE(
        program,
        section.offset == aligned(end) && section.offset <= limit
            && section.count <= limit - section.offset,
        AIMC_ERROR_LAYOUT, header);
    // The checksums of sections lie in the first section, which has one of its own.
    if (number > 1) {
      unsigned char bytes[4];
      uint32_t crc = 0;
      TRY(checksum(program, section.offset, section.count, &crc));
      TRY(load(program, HEADER_SIZE + 16 + 4 * (uint64_t)number, bytes, 4));
      REQUIRE(program, crc == u32(bytes), AIMC_ERROR_CHECKSUM, section.offset);
    }
    TRY(check_zeros(program, end, section.offset, AIMC_ERROR_PADDING));
    end = section.offset + section.count;
  }
  REQUIRE(program, aligned(end) == limit, AIMC_ERROR_LAYOUT, end);
  return check_zeros(program, end, limit, AIMC_ERROR_PADDING);
}

/// Takes the note of `type` at the start of `rest`; returns its content.
static aimc_error next_note(aimc_program *program, aimc_span *rest, uint32_t type, aimc_span *content) {
  static const unsigned char owner[8] = {'A', 'I', 'M', 'C', 0, 0, 0, 0};
  unsigned char bytes[20];
  uint64_t start = rest->offset;
  REQUIRE(program, rest->count >= sizeof bytes, AIMC_ERROR_NOTE, start);
  TRY(load(program, start, bytes, sizeof bytes));
  uint64_t size = u32(bytes + 4), padded = (size + 3) / 4 * 4;
  REQUIRE(
      program,
      u32(bytes) == 5 && u32(bytes + 8) == type && memcmp(bytes + 12, owner, sizeof owner) == 0
          && padded <= rest->count - sizeof bytes,
      AIMC_ERROR_NOTE, start);
  content->offset = start + sizeof bytes;
  content->count = size;
  rest->offset = content->offset + padded;
  rest->count -= sizeof bytes + padded;
  return check_zeros(program, content->offset + size, rest->offset, AIMC_ERROR_NOTE);
}

static aimc_error read_notes(aimc_program *program) {
  aimc_span rest, note;
  unsigned char bytes[8];
  REQUIRE(program, program->section_count >= FIXED_SECTIONS, AIMC_ERROR_HEADER, HEADER_SIZE);
  TRY(section_at(program, 2, &rest));
  TRY(next_note(program, &rest, 0x101, &note));
  REQUIRE(program, note.count == 8, AIMC_ERROR_NOTE, note.offset);
  TRY(load(program, note.offset, bytes, 8));
  program->version_major = u32(bytes);
  program->version_minor = u32(bytes + 4);
  REQUIRE(
      program,
      program->version_major == AIMC_VERSION_MAJOR && program->version_minor <= AIMC_VERSION_MINOR,
      AIMC_ERROR_VERSION, note.offset);
  TRY(next_note(program, &rest, 0x102, &program->compiler));
  TRY(check_utf8(program, program->compiler, AIMC_ERROR_NOTE));
  TRY(next_note(program, &rest, 0x103, &program->network));
  TRY(check_utf8(program, program->network, AIMC_ERROR_NOTE));
  TRY(next_note(program, &rest, 0x104, &note));
  REQUIRE(program, note.count >= 4, AIMC_ERROR_NOTE, note.offset);
  TRY(load(program, note.offset, bytes, 4));
  program->chip_checksum = u32(bytes);
  program->chip_name.offset = note.offset + 4;
  program->chip_name.count = note.count - 4;
  TRY(check_utf8(program, program->chip_name, AIMC_ERROR_NOTE));
  TRY(next_note(program, &rest, 0x105, &note));
  REQUIRE(program, note.count == 8 && rest.count == 0, AIMC_ERROR_NOTE, note.offset);
  TRY(load(program, note.offset, bytes, 8));
  program->chip_count = u32(bytes);
  program->counter_count = u32(bytes + 4);
  REQUIRE(
      program, program->chip_count >= 1 && program->chip_count <= MAXIMUM_CHIPS, AIMC_ERROR_NOTE,
      note.offset);
  return AIMC_OK;
}

// MARK: Headers

/// What a section header says apart from place and size.
typedef struct {
  const char *name;
  /// SHT_PROGBITS 1, SHT_SYMTAB 2, SHT_STRTAB 3, SHT_NOTE 7.
  uint32_t type;
  /// SHF_ALLOC 2, SHF_EXECINSTR 4.
  uint32_t flags;
  uint32_t record_size;
  /// The span of the program that it becomes: its records are counted, or bytes where it has none.
  size_t span;
} layout;

#define SPAN(field) offsetof(aimc_program, field)
#define NO_SPAN SIZE_MAX

/// The sections before and after those of the chips, and the three of each chip.
static const layout first_layouts[] = {
  {".aimc.checksums", 1, 0, 0, NO_SPAN}, {".note.aimc", 7, 0, 0, NO_SPAN},
  {".aimc.chip", 1, 2, 0, SPAN(chip_text)}, {".aimc.ports", 1, 2, PORT_SIZE, SPAN(ports)},
  {".aimc.dimensions", 1, 2, DIMENSION_SIZE, SPAN(dimensions)},
  {".aimc.buffers", 1, 2, BUFFER_SIZE, SPAN(buffers)}, {".aimc.constants", 1, 2, 0, SPAN(constants)},
  {".aimc.blocks", 1, 2, BLOCK_SIZE, SPAN(blocks)}, {".aimc.scales", 1, 2, VALUE_SIZE, SPAN(scales)},
  {".aimc.affines", 1, 2, AFFINE_SIZE, SPAN(affines)}, {".aimc.gains", 1, 2, VALUE_SIZE, SPAN(gains)},
  {".aimc.descriptors", 1, 2, DESCRIPTOR_SIZE, SPAN(descriptors)},
  {".aimc.streams", 1, 2, STREAM_SIZE, SPAN(streams)},
  {".aimc.code.host", 1, 6, INSTRUCTION_SIZE, SPAN(host_code)},
};
static const layout chip_layouts[] = {
  {".aimc.tiles.", 1, 2, TILE_SIZE, NO_SPAN}, {".aimc.conductances.", 1, 2, 0, NO_SPAN},
  {".aimc.code.", 1, 6, INSTRUCTION_SIZE, NO_SPAN},
};
static const layout last_layouts[] = {
  {".aimc.probes", 1, 2, PROBE_SIZE, SPAN(probes)},
  {".aimc.probes.vectors", 1, 2, 0, SPAN(probe_vectors)},
  {".aimc.probes.figures", 1, 2, VALUE_SIZE, SPAN(probe_figures)},
  // Files of version 2.2 alone have this one.
  {".aimc.lines", 1, 2, VALUE_SIZE, SPAN(lines)},
  {".symtab", 2, 0, SYMBOL_SIZE, SPAN(symbols)}, {".aimc.operators", 1, 0, VALUE_SIZE, SPAN(operators)},
  {".strtab", 3, 0, 0, SPAN(names)}, {".shstrtab", 3, 0, 0, NO_SPAN},
};

enum {
  FIRST_LAYOUTS = sizeof first_layouts / sizeof *first_layouts,
  LAST_LAYOUTS = sizeof last_layouts / sizeof *last_layouts, LINES_LAYOUT = 3,
  TILES = 0, CONDUCTANCES = 1, CODE = 2
};

/// The number of a section of a chip: TILES, CONDUCTANCES or CODE.
static uint32_t chip_section(uint32_t chip, uint32_t kind) { return FIRST_CHIP_SECTION + 3 * chip + kind; }

/// Writes `text`, and `number` unless it is AIMC_NONE, with a NUL; returns the size with that.
static size_t put_name(char *target, const char *text, uint32_t number) {
  size_t size = 0;
  while (text[size] != 0) {
    target[size] = text[size];
    size += 1;
  }
  if (number != AIMC_NONE) {
    uint32_t unit = 1;
    while (number / unit >= 10) unit *= 10;
    for (; unit > 0; unit /= 10) target[size++] = (char)('0' + number / unit % 10);
  }
  target[size] = 0;
  return size + 1;
}

/// Checks one section header, and its name in the section of names, which begins with `names`.
static aimc_error check_header(
    aimc_program *program, uint32_t number, const layout *expected, uint32_t chip, aimc_span strings,
    uint64_t *next_name) {
  unsigned char header[SECTION_HEADER_SIZE];
  char name[32], actual[32];
  uint64_t place = program->source.size
      - (uint64_t)(program->section_count - number) * SECTION_HEADER_SIZE;
  TRY(load_section(program, number, header));
  bool is_symbols = expected->type == 2;
  uint64_t size = u64(header + 32);
  uint32_t record = expected->record_size;
  REQUIRE(
      program,
      u32(header) == *next_name && u32(header + 4) == expected->type
          && u64(header + 8) == expected->flags && is_zero(header + 16, 8)
          && u32(header + 40) == (is_symbols ? program->section_count - 2 : 0)
          && u32(header + 44) == (uint32_t)(is_symbols ? size / record : 0)
          && u64(header + 48) == (expected->type == 7 ? 4 : ALIGNMENT) && u64(header + 56) == record,
      AIMC_ERROR_HEADER, place);
  size_t length = put_name(name, expected->name, chip);
  REQUIRE(program, length <= strings.count - *next_name, AIMC_ERROR_HEADER, strings.offset);
  TRY(load(program, strings.offset + *next_name, actual, length));
  REQUIRE(program, memcmp(name, actual, length) == 0, AIMC_ERROR_HEADER, place);
  *next_name += length;
  REQUIRE(program, record == 0 || size % record == 0, AIMC_ERROR_RECORDS, u64(header + 24));
  REQUIRE(program, number > 1 || size == 20 + 4 * (uint64_t)program->section_count, AIMC_ERROR_HEADER, place);
  if (expected->span != NO_SPAN) {
    aimc_span span = {u64(header + 24), record == 0 ? size : size / record};
    memcpy((unsigned char *)program + expected->span, &span, sizeof span);
  }
  return AIMC_OK;
}

/// Whether files of the program's version have a section of lines.
static uint32_t has_lines(const aimc_program *program) { return program->version_minor >= 2; }

static aimc_error check_headers(aimc_program *program) {
  uint32_t count = program->section_count, number = 0;
  uint64_t table = program->source.size - (uint64_t)count * SECTION_HEADER_SIZE;
  REQUIRE(
      program, count == FIXED_SECTIONS + 3 * program->chip_count + has_lines(program), AIMC_ERROR_HEADER,
      HEADER_SIZE);
  unsigned char header[HEADER_SIZE];
  TRY(load(program, 0, header, HEADER_SIZE));
  REQUIRE(
      program,
      is_zero(header + 24, 16) && u64(header + 40) == table && u32(header + 48) == 0
          && u16(header + 52) == HEADER_SIZE && u32(header + 54) == 0
          && u16(header + 58) == SECTION_HEADER_SIZE && u16(header + 60) == count
          && u16(header + 62) == count - 1,
      AIMC_ERROR_HEADER, 0);
  TRY(load_section(program, number++, header));
  REQUIRE(program, is_zero(header, SECTION_HEADER_SIZE), AIMC_ERROR_HEADER, table);
  aimc_span strings;
  TRY(section_at(program, count - 1, &strings));
  unsigned char empty = 1;
  if (strings.count > 0) TRY(load(program, strings.offset, &empty, 1));
  REQUIRE(program, empty == 0, AIMC_ERROR_HEADER, strings.offset);
  uint64_t next = 1;
  for (size_t i = 0; i < FIRST_LAYOUTS; ++i) {
    TRY(check_header(program, number++, &first_layouts[i], AIMC_NONE, strings, &next));
  }
  for (uint32_t chip = 0; chip < program->chip_count; ++chip) {
    for (size_t i = 0; i < 3; ++i) {
      TRY(check_header(program, number++, &chip_layouts[i], chip, strings, &next));
    }
  }
  for (size_t i = 0; i < LAST_LAYOUTS; ++i) {
    if (i == LINES_LAYOUT && !has_lines(program)) continue;
    TRY(check_header(program, number++, &last_layouts[i], AIMC_NONE, strings, &next));
  }
  REQUIRE(program, next == strings.count, AIMC_ERROR_HEADER, strings.offset);
  return AIMC_OK;
}

// MARK: The chip

/// A link that carries partial sums: to a core, or to a GDPU slice where the highest bit is set.
typedef struct {
  uint32_t source, target;
} chip_link;

#define TO_SLICE 0x80000000u

/// A figure of the chip description: a key of a section, its range, and where it goes.
static const struct figure {
  const char *section, *key;
  uint32_t low, high;
  size_t field;
} chip_figures[] = {
  {"cores", "rows", 1, MAXIMUM_CORES, offsetof(aimc_chip, core_rows)},
  {"cores", "columns", 1, MAXIMUM_CORES, offsetof(aimc_chip, core_columns)},
  {"crossbar", "rows", 1, 65535, offsetof(aimc_chip, crossbar_rows)},
  {"crossbar", "columns", 1, 65535, offsetof(aimc_chip, crossbar_columns)},
  {"crossbar", "devices-per-polarity", 1, 16, offsetof(aimc_chip, devices_per_polarity)},
  {"dac", "bits", 2, 16, offsetof(aimc_chip, dac_bits)},
  {"gdpu", "count", 1, 1000000, offsetof(aimc_chip, gdpu_count)},
  {"gdpu", "maximum-inputs", 1, 1000000, offsetof(aimc_chip, gdpu_maximum_inputs)},
};
enum {
  FIGURES = sizeof chip_figures / sizeof *chip_figures,
  // Bits for what else has been seen, after those of the figures.
  SEEN_NAME = 1 << FIGURES, SEEN_G_MAX = SEEN_NAME << 1, SEEN_TOPOLOGY = SEEN_NAME << 2,
  SEEN_ALL = (SEEN_NAME << 3) - 1,
  SEEN_GDPU = 3 << 6
};

/// A word of the description, cut where it is too long for any that matters.
typedef struct {
  char text[MAXIMUM_VALUE];
  size_t size;
} chip_word;

static void add(chip_word *word, int byte) {
  if (word->size < MAXIMUM_VALUE) word->text[word->size++] = (char)byte;
}

static bool is_word(const chip_word *word, const char *text) {
  size_t size = 0;
  while (text[size] != 0) size += 1;
  return word->size == size && memcmp(word->text, text, size) == 0;
}

/// A whole number without leading zeros, of at most 9 digits.
static bool whole_number(const chip_word *word, uint32_t low, uint32_t high, uint32_t *number) {
  if (word->size == 0 || word->size > 9 || (word->text[0] == '0' && word->size > 1)) return false;
  *number = 0;
  for (size_t i = 0; i < word->size; ++i) {
    if (word->text[i] < '0' || word->text[i] > '9') return false;
    *number = *number * 10 + (uint32_t)(word->text[i] - '0');
  }
  return *number >= low && *number <= high;
}

/// `value` / 2^`shift` with at most `bits` bits, rounded to nearest, ties to even; `rest` tells whether there
/// is more than `value`.
static uint64_t rounded(uint64_t value, int *shift, int bits, bool rest) {
  int excess = 0;
  while (value >> excess >> bits != 0) excess += 1;
  if (excess == 0) return value;
  uint64_t half = (uint64_t)1 << (excess - 1), below = value & (2 * half - 1);
  value >>= excess;
  *shift -= excess;
  if (below > half || (below == half && (rest || value & 1))) value += 1;
  return value;
}

/// The number of the form `20.7`, from 0.001 to 1,000,000, as its shortest text has it: rounded to binary64,
/// then to binary32.
static bool decimal(const chip_word *word, float *number) {
  uint64_t digits = 0, divisor = 1, numerator, whole;
  int places = 0, point = -1;
  for (size_t i = 0; i < word->size; ++i) {
    char character = word->text[i];
    if (character == '.' && point < 0 && i > 0 && i + 1 < word->size) {
      point = (int)i;
      continue;
    }
    if (character < '0' || character > '9' || digits >= 100000000000000000) return false;
    digits = digits * 10 + (uint64_t)(character - '0');
    if (point >= 0) places += 1;
  }
  if (point < 0 || places > 24 || (word->text[0] == '0' && point > 1)) return false;
  // digits / 10^places is digits / 5^places / 2^places, where the divisor fits.
  for (int i = 0; i < places; ++i) divisor *= 5;
  numerator = digits;
  whole = numerator / divisor;
  uint64_t remainder = numerator % divisor;
  int shift = places;
  while (whole >> 55 == 0 && (whole != 0 || remainder != 0)) {
    remainder *= 2;
    whole = whole << 1 | (remainder >= divisor);
    if (remainder >= divisor) remainder -= divisor;
    shift += 1;
  }
  // Bits that are left beside half a unit of the last place have to count.
  whole = rounded(whole, &shift, 53, remainder != 0);
  whole = rounded(whole, &shift, 24, false);
  float value = (float)whole;
  for (; shift > 0; --shift) value /= 2;
  for (; shift < 0; ++shift) value *= 2;
  *number = value;
  return value >= 0.001f && value <= 1000000;
}

/// What is known while the lines of the description are read.
typedef struct {
  aimc_program *program;
  scanner scan;
  unsigned seen;
  chip_word section;
  bool lists_partial_sums;
  chip_link last;
  /// Where links go, or NULL.
  chip_link *links;
} chip_reader;

/// Reads `[1, 2, gdpu 0]` to the end of the line: what partial sums of core `source` reach, ascending.
static bool read_links(chip_reader *reader, uint32_t source) {
  aimc_chip *chip = &reader->program->chip;
  uint32_t cores = chip->core_rows * chip->core_columns;
  if (next_byte(&reader->scan) != ' ' || next_byte(&reader->scan) != '[') return false;
  for (;;) {
    chip_word word = {{0}, 0};
    int byte;
    while ((byte = next_byte(&reader->scan)) != ',' && byte != ']') {
      if (byte < 0 || byte == '\n') return false;
      add(&word, byte);
    }
    bool is_slice = word.size > 5 && memcmp(word.text, "gdpu ", 5) == 0;
    if (is_slice) {
      for (size_t i = 5; i < word.size; ++i) word.text[i - 5] = word.text[i];
      word.size -= 5;
    }
    chip_link link = {source, 0};
    uint32_t limit = is_slice ? chip->gdpu_count : cores;
    if (limit == 0 || !whole_number(&word, 0, limit - 1, &link.target)) return false;
    if (!is_slice && link.target == source) return false;
    if (is_slice) link.target |= TO_SLICE;
    bool is_next = chip->link_count == 0 || reader->last.source < source
        || (reader->last.source == source && reader->last.target < link.target);
    if (!is_next || chip->link_count == MAXIMUM_LINKS) return false;
    if (reader->links != NULL) reader->links[chip->link_count] = link;
    chip->link_count += 1;
    reader->last = link;
    if (byte == ']') return next_byte(&reader->scan) == '\n';
    if (next_byte(&reader->scan) != ' ') return false;
  }
}

/// Whether a text in quotes is the name of the chip in the note.
static bool is_name_of_chip(chip_reader *reader, const chip_word *text) {
  char name[MAXIMUM_NAME];
  aimc_span span = reader->program->chip_name;
  if (span.count < 1 || span.count > MAXIMUM_NAME || text->size != span.count + 2) return false;
  reader->scan.error = load(reader->program, span.offset, name, (size_t)span.count);
  return reader->scan.error == AIMC_OK && text->text[0] == '"' && text->text[text->size - 1] == '"'
      && memcmp(text->text + 1, name, (size_t)span.count) == 0;
}

/// Takes a figure; returns false if it is wrong or there twice.
static bool take(chip_reader *reader, const chip_word *key, const chip_word *value, unsigned indentation) {
  aimc_chip *chip = &reader->program->chip;
  unsigned what = 0;
  bool is_right = true;
  if (indentation == 0) {
    if (is_word(key, "gdpu") && is_word(value, "none")) what = SEEN_GDPU;
    if (is_word(key, "name")) {
      what = SEEN_NAME;
      is_right = is_name_of_chip(reader, value);
    }
  } else if (is_word(&reader->section, "crossbar") && is_word(key, "g-max")) {
    what = SEEN_G_MAX;
    is_right = decimal(value, &chip->g_max);
  } else if (is_word(&reader->section, "links") && is_word(key, "topology")) {
    what = SEEN_TOPOLOGY;
    chip->topology = is_word(value, "all") ? AIMC_TOPOLOGY_ALL
        : is_word(value, "mesh") ? AIMC_TOPOLOGY_MESH : AIMC_TOPOLOGY_LISTED;
    is_right = chip->topology != AIMC_TOPOLOGY_LISTED || value->size == 0 || is_word(value, "none");
  } else {
    for (size_t i = 0; i < FIGURES; ++i) {
      if (!is_word(&reader->section, chip_figures[i].section) || !is_word(key, chip_figures[i].key)) continue;
      uint32_t number;
      what = 1u << i;
      is_right = whole_number(value, chip_figures[i].low, chip_figures[i].high, &number);
      if (is_right) memcpy((unsigned char *)chip + chip_figures[i].field, &number, sizeof number);
    }
  }
  is_right = is_right && (reader->seen & what) == 0;
  reader->seen |= what;
  return is_right;
}

/// Reads a line of the canonical form; returns false if it is wrong.
static bool read_chip_line(chip_reader *reader, int byte) {
  unsigned indentation = 0;
  chip_word key = {{0}, 0}, value = {{0}, 0};
  for (; byte == ' '; byte = next_byte(&reader->scan)) indentation += 1;
  for (; byte >= 0 && byte != ':' && byte != '\n'; byte = next_byte(&reader->scan)) add(&key, byte);
  if (indentation <= 4) reader->lists_partial_sums = false;
  if (indentation == 6 && reader->lists_partial_sums) {
    uint32_t source, cores = reader->program->chip.core_rows * reader->program->chip.core_columns;
    return byte == ':' && cores > 0 && whole_number(&key, 0, cores - 1, &source)
        && read_links(reader, source);
  }
  if (byte == ':') byte = next_byte(&reader->scan);
  if (byte == ' ') byte = next_byte(&reader->scan);
  for (; byte >= 0 && byte != '\n'; byte = next_byte(&reader->scan)) add(&value, byte);
  if (indentation == 0) reader->section = key;
  if (indentation == 4) {
    reader->lists_partial_sums = is_word(&reader->section, "links") && is_word(&key, "partial-sum");
  }
  return indentation > 2 || take(reader, &key, &value, indentation);
}

/// Reads the figures of the chip, and its links where `links` is not NULL.
static aimc_error read_chip(aimc_program *program, chip_link *links) {
  chip_reader reader;
  memset(&reader, 0, sizeof reader);
  reader.program = program;
  reader.scan = scanner_of(program, program->chip_text);
  reader.links = links;
  memset(&program->chip, 0, sizeof program->chip);
  int byte;
  while ((byte = next_byte(&reader.scan)) >= 0) {
    bool is_right = read_chip_line(&reader, byte);
    TRY(reader.scan.error);
    REQUIRE(program, is_right, AIMC_ERROR_CHIP, program->chip_text.offset);
    // As many as there may be, so that numbers of cores fit everywhere.
    REQUIRE(
        program,
        (uint64_t)program->chip.core_rows * program->chip.core_columns <= MAXIMUM_CORES,
        AIMC_ERROR_CHIP, program->chip_text.offset);
  }
  TRY(reader.scan.error);
  REQUIRE(program, reader.seen == SEEN_ALL, AIMC_ERROR_CHIP, program->chip_text.offset);
  return AIMC_OK;
}

static uint32_t core_count(const aimc_program *program) {
  return program->chip.core_rows * program->chip.core_columns;
}

static bool has_core(const aimc_program *program, uint32_t chip, uint32_t core) {
  return chip < program->chip_count && core < core_count(program);
}

static bool has_slice(const aimc_program *program, uint32_t chip, uint32_t slice) {
  return chip < program->chip_count && slice < program->chip.gdpu_count;
}

/// Whether partial sums pass from core `source` over one link to a core or, with TO_SLICE, to a slice.
static bool is_linked(const aimc_program *program, const chip_link *links, uint32_t source, uint32_t target) {
  if (program->chip.topology != AIMC_TOPOLOGY_LISTED) return source != target;
  size_t low = 0, high = program->chip.link_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const chip_link *other = &links[middle];
    if (other->source == source && other->target == target) return true;
    if (other->source < source || (other->source == source && other->target < target)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

// MARK: Memory of a check

/// Where an `mvm` writes, and what.
typedef struct {
  uint32_t buffer, g_max;
  /// The columns of the block if it has a probe, else 0.
  uint32_t columns;
  uint64_t low, high;
} column_writer;

/// A tile of a chip, as its table has it, to be sorted by core and first word line.
typedef struct {
  uint32_t core, first_row, index;
} placed;

/// A program that is being checked.
typedef struct {
  aimc_program *program;
  /// By byte of the table of names: whether a UTF-8 string begins there.
  unsigned char *names;
  /// By memory: whether it holds an input. By block: whether it has a probe. By counter: whether code
  /// advances it.
  unsigned char *inputs, *probed, *advanced;
  /// The links for partial sums that the chip lists, in ascending order.
  chip_link *links;
  /// By block: how many vectors an `mvm` with it walks through.
  uint64_t *vectors;
  /// What one step of the check uses, and the next one again.
  void *scratch;
} checker;

/// Room for `count` elements of `size` bytes at `end`, which moves behind them. Every table starts at a
/// multiple of 8.
static void *room(unsigned char *memory, uint64_t *end, uint64_t count, uint64_t size) {
  void *place = memory == NULL ? NULL : memory + *end;
  *end += (count * size + 7) / 8 * 8;
  return place;
}

static uint64_t bytes_of_bits(uint64_t bits) { return bits / 8 + 1; }

/// Counters that can be in use: each is advanced through a descriptor of its own.
static uint64_t counters_in_use(const aimc_program *program) {
  return least(program->counter_count, program->descriptors.count);
}

/// Divides `memory`, or only tells the size where it is NULL.
static uint64_t divide(const aimc_program *program, unsigned char *memory, checker *check) {
  uint64_t end = 0, blocks = program->blocks.count;
  check->names = room(memory, &end, bytes_of_bits(program->names.count), 1);
  check->inputs = room(memory, &end, bytes_of_bits(program->buffers.count), 1);
  check->probed = room(memory, &end, bytes_of_bits(blocks), 1);
  check->advanced = room(memory, &end, bytes_of_bits(counters_in_use(program)), 1);
  check->links = room(memory, &end, program->chip.link_count, sizeof *check->links);
  check->vectors = room(memory, &end, program->probes.count > 0 ? blocks : 0, sizeof *check->vectors);
  check->scratch = room(memory, &end, 0, 1);
  // The steps, by what each takes of the same place.
  uint64_t steps[] = {
    // The order of names of ports.
    4 * program->ports.count,
    // What has been taken of the conductances, or of the code, of each chip.
    8 * (uint64_t)program->chip_count,
    // Which tiles there are, and the first of each block.
    4 * blocks + bytes_of_bits(program->tile_count),
    // Tiles in order, and down to which word line each bit line is in use.
    sizeof(placed) * (uint64_t)program->longest_tiles + 8 * (uint64_t)program->chip.crossbar_columns,
    // Which lines of a core there are.
    bytes_of_bits(greatest(program->chip.crossbar_rows, program->chip.crossbar_columns)),
    // By block: its tiles, its place in the order of columns, and how far columns reach without a gap.
    3 * 4 * blocks,
    // By instruction: loop, successor, stack and marks.
    13 * (uint64_t)program->longest_stream,
    sizeof(column_writer) * (uint64_t)program->longest_crossbar_stream,
  };
  uint64_t most = 0;
  for (size_t i = 0; i < sizeof steps / sizeof *steps; ++i) most = greatest(most, steps[i]);
  return end + (most + 7) / 8 * 8;
}

/// Finds the figures that the memory of a check depends on.
static aimc_error measure(aimc_program *program) {
  const aimc_span tables[] = {
    program->ports, program->dimensions, program->buffers, program->blocks, program->affines,
    program->descriptors, program->streams, program->probes, program->symbols,
  };
  for (size_t i = 0; i < sizeof tables / sizeof *tables; ++i) {
    REQUIRE(program, tables[i].count < AIMC_NONE, AIMC_ERROR_MEMORY, tables[i].offset);
  }
  uint64_t tiles = 0, longest_code = program->host_code.count;
  for (uint32_t chip = 0; chip < program->chip_count; ++chip) {
    aimc_span table, code;
    TRY(section_at(program, chip_section(chip, TILES), &table));
    TRY(section_at(program, chip_section(chip, CODE), &code));
    uint64_t count = table.count / TILE_SIZE;
    tiles += count;
    REQUIRE(program, tiles < AIMC_NONE, AIMC_ERROR_MEMORY, table.offset);
    program->longest_tiles = (uint32_t)greatest(program->longest_tiles, count);
    longest_code = greatest(longest_code, code.count / INSTRUCTION_SIZE);
  }
  program->tile_count = (uint32_t)tiles;
  for (uint64_t index = 0; index < program->streams.count; ++index) {
    unsigned char record[STREAM_SIZE];
    TRY(load(program, program->streams.offset + index * STREAM_SIZE, record, STREAM_SIZE));
    uint32_t count = (uint32_t)least(u32(record + 12), longest_code);
    program->longest_stream = (uint32_t)greatest(program->longest_stream, count);
    if (u32(record) != AIMC_UNIT_CROSSBAR) continue;
    program->longest_crossbar_stream = (uint32_t)greatest(program->longest_crossbar_stream, count);
  }
  checker check;
  // Some bytes more, so that the memory of the caller may begin anywhere.
  program->memory_needed = divide(program, NULL, &check) + 7;
  return AIMC_OK;
}

aimc_error aimc_open(aimc_program *program, const aimc_source *source) {
  if (program == NULL || source == NULL) return AIMC_ERROR_ARGUMENT;
  memset(program, 0, sizeof *program);
  program->source = *source;
  if (source->bytes == NULL
      && (source->read == NULL || source->buffer == NULL || source->buffer_size < AIMC_MINIMUM_BUFFER)) {
    return AIMC_ERROR_ARGUMENT;
  }
  if (source->size > INT64_MAX || (source->bytes != NULL && source->size > SIZE_MAX)) {
    return AIMC_ERROR_ARGUMENT;
  }
  TRY(check_checksums(program));
  TRY(check_sections(program));
  TRY(read_notes(program));
  TRY(check_headers(program));
  TRY(check_utf8(program, program->chip_text, AIMC_ERROR_CHIP));
  uint32_t crc = 0;
  TRY(checksum(program, program->chip_text.offset, program->chip_text.count, &crc));
  REQUIRE(program, crc == program->chip_checksum, AIMC_ERROR_CHIP, program->chip_text.offset);
  TRY(read_chip(program, NULL));
  return measure(program);
}

// MARK: Names

/// Finds where strings begin, from the end on: a string of UTF-8 is one from each of its characters on.
static aimc_error find_names(checker *check) {
  aimc_program *program = check->program;
  aimc_span names = program->names;
  memset(check->names, 0, (size_t)bytes_of_bits(names.count));
  // The three bytes behind the one that is looked at, and whether strings begin there.
  int next[3] = {-1, -1, -1};
  bool begins[4] = {false, false, false, false};
  uint64_t end = names.count;
  while (end > 0) {
    const unsigned char *bytes;
    size_t size;
    uint64_t most = program->source.bytes != NULL ? end : program->source.buffer_size / 8 * 8;
    uint64_t start = end - least(end, most);
    TRY(piece(program, names.offset + start, end - start, &bytes, &size));
    for (size_t i = size; i-- > 0;) {
      int low, high, byte = bytes[i];
      int rest = continuation(byte, &low, &high);
      bool is_string = byte == 0;
      if (byte != 0 && rest >= 0) {
        is_string = begins[rest] && (rest < 1 || (next[0] >= low && next[0] <= high));
        for (int k = 1; k < rest; ++k) is_string = is_string && next[k] >= 0x80 && next[k] <= 0xBF;
      }
      if (is_string) set_bit(check->names, start + i);
      for (int k = 3; k > 0; --k) begins[k] = begins[k - 1];
      begins[0] = is_string;
      next[2] = next[1];
      next[1] = next[0];
      next[0] = byte;
    }
    end = start;
  }
  return AIMC_OK;
}

static bool has_name(const checker *check, uint32_t name) {
  return name < check->program->names.count && bit(check->names, name);
}

/// Compares two names byte by byte: below, equal or above 0.
static aimc_error compare_names(const aimc_program *program, uint32_t a, uint32_t b, int *order) {
  *order = 0;
  if (a == b) return AIMC_OK;
  uint64_t size = program->names.count - greatest(a, b);
  for (uint64_t i = 0; i < size;) {
    unsigned char x[32], y[32];
    size_t count = (size_t)least(size - i, sizeof x);
    TRY(load(program, program->names.offset + a + i, x, count));
    TRY(load(program, program->names.offset + b + i, y, count));
    for (size_t k = 0; k < count; ++k) {
      *order = (int)x[k] - (int)y[k];
      if (*order != 0 || x[k] == 0) return AIMC_OK;
    }
    i += count;
  }
  return AIMC_OK;
}

/// Whether element `a` comes before `b`, in `is_before`.
typedef aimc_error (*comparison)(const checker *check, uint32_t a, uint32_t b, bool *is_before);

/// Restores a heap below `root`, whose largest element is the first.
static aimc_error sift(
    const checker *check, uint32_t *elements, uint64_t root, uint64_t count, comparison is_less) {
  for (;;) {
    uint64_t child = 2 * root + 1;
    bool is_before;
    if (child >= count) return AIMC_OK;
    if (child + 1 < count) {
      TRY(is_less(check, elements[child], elements[child + 1], &is_before));
      if (is_before) child += 1;
    }
    TRY(is_less(check, elements[root], elements[child], &is_before));
    if (!is_before) return AIMC_OK;
    uint32_t element = elements[root];
    elements[root] = elements[child];
    elements[child] = element;
    root = child;
  }
}

/// Sorts in place, in a time that does not depend on the order.
static aimc_error sort(const checker *check, uint32_t *elements, uint64_t count, comparison is_less) {
  for (uint64_t root = count / 2; root-- > 0;) TRY(sift(check, elements, root, count, is_less));
  for (uint64_t end = count; end-- > 1;) {
    uint32_t element = elements[0];
    elements[0] = elements[end];
    elements[end] = element;
    TRY(sift(check, elements, 0, end, is_less));
  }
  return AIMC_OK;
}

// MARK: Values

/// What values of f32 must be.
typedef enum { FINITE, WITHIN_ONE, ABOVE_ZERO, NOT_BELOW_ZERO, ZERO } requirement;

static bool satisfies(uint32_t bits, requirement what) {
  uint32_t magnitude = bits & 0x7FFFFFFF;
  switch (what) {
    case FINITE: return is_finite(bits);
    case WITHIN_ONE: return magnitude <= 0x3F800000;
    case ABOVE_ZERO: return bits == magnitude && magnitude != 0 && is_finite(bits);
    case NOT_BELOW_ZERO: return is_finite(bits) && (bits == magnitude || magnitude == 0);
    case ZERO: return magnitude == 0;
  }
  return false;
}

static aimc_error check_values(
    aimc_program *program, uint64_t offset, uint64_t count, requirement what, aimc_error error) {
  while (count > 0) {
    const unsigned char *bytes;
    size_t size;
    TRY(piece(program, offset, count * VALUE_SIZE, &bytes, &size));
    size -= size % VALUE_SIZE;
    for (size_t i = 0; i < size; i += VALUE_SIZE) {
      REQUIRE(program, satisfies(u32(bytes + i), what), error, offset + i);
    }
    offset += size;
    count -= size / VALUE_SIZE;
  }
  return AIMC_OK;
}

/// Takes `size` bytes of a section in which payloads follow each other at multiples of 64: from `place` on,
/// which must be `*next`.
static aimc_error take_payload(
    aimc_program *program, aimc_span section, uint64_t place, uint64_t size, uint64_t *next,
    uint64_t record, aimc_error error) {
  REQUIRE(
      program,
      place == *next && place <= section.count && size <= section.count - place
          && aligned(place + size) <= section.count,
      error, record);
  *next = aligned(place + size);
  return check_zeros(program, section.offset + place + size, section.offset + *next, error);
}

static bool multiply(uint64_t a, uint64_t b, uint64_t *product) {
  if (b != 0 && a > INT64_MAX / b) return false;
  *product = a * b;
  return true;
}

// MARK: Ports and memories

static bool is_element(uint32_t code) { return code >= AIMC_F16 && code <= AIMC_U2; }

uint32_t aimc_element_size(aimc_element element) {
  switch (element) {
    case AIMC_I8: case AIMC_U8: case AIMC_BOOL: case AIMC_I4: case AIMC_U4: case AIMC_I2: case AIMC_U2:
    case AIMC_F8E4M3FN: case AIMC_F8E4M3FNUZ: case AIMC_F8E5M2: case AIMC_F8E5M2FNUZ: case AIMC_F8E8M0:
    case AIMC_F4E2M1: return 1;
    case AIMC_F16: case AIMC_I16: case AIMC_U16: case AIMC_BF16: return 2;
    case AIMC_F32: case AIMC_I32: case AIMC_U32: return 4;
    case AIMC_F64: case AIMC_I64: case AIMC_U64: return 8;
  }
  return 0;
}

static bool is_floating(aimc_element element) {
  return element <= AIMC_F64 || (element >= AIMC_BF16 && element <= AIMC_F4E2M1);
}

static bool is_integer(aimc_element element) { return !is_floating(element) && element != AIMC_BOOL; }

static void decode_port(const unsigned char *record, aimc_port *port) {
  port->name = u32(record);
  port->is_output = record[4] != 0;
  port->element = (aimc_element)record[5];
  port->buffer = u32(record + 8);
  port->scale = f32(record + 12);
  port->first_dimension = u32(record + 16);
  port->rank = u32(record + 20);
  port->samples = u32(record + 24);
}

static void decode_buffer(const aimc_program *program, const unsigned char *record, aimc_buffer *buffer) {
  buffer->name = u32(record);
  buffer->space = (aimc_space)record[4];
  buffer->element = (aimc_element)record[5];
  buffer->is_constant = record[6] != 0;
  buffer->chip = u32(record + 8);
  buffer->core = u32(record + 12);
  buffer->receiver = u32(record + 16);
  buffer->count = u64(record + 24);
  buffer->capacity = u64(record + 32);
  buffer->content.offset = 0;
  buffer->content.count = 0;
  if (!buffer->is_constant) return;
  buffer->content.offset = program->constants.offset + u64(record + 40);
  buffer->content.count = buffer->count * aimc_element_size(buffer->element);
}

static aimc_error get_port(const aimc_program *program, uint64_t index, aimc_port *port) {
  unsigned char record[PORT_SIZE];
  TRY(load(program, program->ports.offset + index * PORT_SIZE, record, PORT_SIZE));
  decode_port(record, port);
  return AIMC_OK;
}

static aimc_error get_buffer(const aimc_program *program, uint64_t index, aimc_buffer *buffer) {
  unsigned char record[BUFFER_SIZE];
  TRY(load(program, program->buffers.offset + index * BUFFER_SIZE, record, BUFFER_SIZE));
  decode_buffer(program, record, buffer);
  return AIMC_OK;
}

/// Whether a memory is in a place that the chip has, and of a type that may be there.
static bool is_in_place(const checker *check, const aimc_buffer *buffer) {
  const aimc_program *program = check->program;
  switch (buffer->space) {
    case AIMC_HOST: return buffer->chip == 0 && buffer->core == 0 && buffer->receiver == 0;
    case AIMC_COLUMNS:
      return buffer->receiver == 0 && has_core(program, buffer->chip, buffer->core)
          && buffer->element == AIMC_F32;
    case AIMC_LINK:
      return has_core(program, buffer->chip, buffer->core)
          && has_core(program, buffer->chip, buffer->receiver)
          && is_linked(program, check->links, buffer->core, buffer->receiver);
    case AIMC_GDPU_SLICE: return buffer->receiver == 0 && has_slice(program, buffer->chip, buffer->core);
  }
  return false;
}

static aimc_error check_buffers(checker *check) {
  aimc_program *program = check->program;
  uint64_t next = 0;
  for (uint64_t index = 0; index < program->buffers.count; ++index) {
    uint64_t place = program->buffers.offset + index * BUFFER_SIZE;
    unsigned char record[BUFFER_SIZE];
    aimc_buffer buffer;
    TRY(load(program, place, record, BUFFER_SIZE));
    decode_buffer(program, record, &buffer);
    REQUIRE(program, has_name(check, buffer.name), AIMC_ERROR_NAME, place);
    REQUIRE(
        program,
        record[4] <= AIMC_GDPU_SLICE && is_element(record[5]) && record[5] != AIMC_F64 && record[6] <= 1
            && record[7] == 0 && u32(record + 20) == 0 && buffer.count <= MAXIMUM_COUNT
            && buffer.capacity >= least(buffer.count, 1) && buffer.capacity <= buffer.count
            && is_in_place(check, &buffer),
        AIMC_ERROR_BUFFER, place);
    if (!buffer.is_constant) {
      REQUIRE(program, u64(record + 40) == 0, AIMC_ERROR_BUFFER, place + 40);
      continue;
    }
    REQUIRE(program, buffer.space == AIMC_HOST, AIMC_ERROR_BUFFER, place);
    TRY(take_payload(
        program, program->constants, u64(record + 40), buffer.content.count, &next, place,
        AIMC_ERROR_CONSTANT));
  }
  REQUIRE(
      program, next == program->constants.count, AIMC_ERROR_CONSTANT, program->constants.offset + next);
  return AIMC_OK;
}

/// Checks the dimensions of a port; gives the product of their sizes.
static aimc_error check_dimensions(checker *check, const aimc_port *port, uint64_t record, uint64_t *count) {
  aimc_program *program = check->program;
  *count = 1;
  for (uint32_t i = 0; i < port->rank; ++i) {
    uint64_t place = program->dimensions.offset + ((uint64_t)port->first_dimension + i) * DIMENSION_SIZE;
    unsigned char dimension[DIMENSION_SIZE];
    TRY(load(program, place, dimension, DIMENSION_SIZE));
    uint64_t size = u64(dimension);
    uint32_t name = u32(dimension + 8);
    REQUIRE(
        program, size <= INT64_MAX && u32(dimension + 12) == 0, AIMC_ERROR_DIMENSION, place);
    REQUIRE(program, name == AIMC_NONE || has_name(check, name), AIMC_ERROR_NAME, place + 8);
    REQUIRE(program, multiply(*count, size, count), AIMC_ERROR_PORT, record);
  }
  return AIMC_OK;
}

/// Checks what a port says of memories; gives the number of samples of an input.
static aimc_error check_memories_of_port(
    checker *check, const aimc_port *port, uint64_t count, uint64_t place, uint64_t *samples) {
  aimc_program *program = check->program;
  aimc_buffer buffer;
  REQUIRE(program, port->buffer < program->buffers.count, AIMC_ERROR_PORT, place + 8);
  TRY(get_buffer(program, port->buffer, &buffer));
  REQUIRE(
      program, buffer.space == AIMC_HOST && buffer.element == port->element && buffer.count == count,
      AIMC_ERROR_PORT, place);
  *samples = 0;
  if (port->is_output) {
    REQUIRE(program, port->samples == AIMC_NONE, AIMC_ERROR_PORT, place + 24);
    return AIMC_OK;
  }
  REQUIRE(
      program, !buffer.is_constant && !bit(check->inputs, port->buffer), AIMC_ERROR_PORT, place + 8);
  set_bit(check->inputs, port->buffer);
  if (port->samples == AIMC_NONE) return AIMC_OK;
  REQUIRE(program, port->samples < program->buffers.count && count > 0, AIMC_ERROR_PORT, place + 24);
  TRY(get_buffer(program, port->samples, &buffer));
  *samples = buffer.count / count;
  REQUIRE(
      program,
      buffer.is_constant && buffer.space == AIMC_HOST && buffer.element == port->element && *samples > 0
          && buffer.count % count == 0,
      AIMC_ERROR_PORT, place + 24);
  return AIMC_OK;
}

static aimc_error is_name_before(const checker *check, uint32_t a, uint32_t b, bool *is_before) {
  aimc_port left, right;
  int order;
  TRY(get_port(check->program, a, &left));
  TRY(get_port(check->program, b, &right));
  TRY(compare_names(check->program, left.name, right.name, &order));
  *is_before = order < 0;
  return AIMC_OK;
}

/// Checks that ports `first` ..< `end` have names of their own.
static aimc_error check_names_of_ports(checker *check, uint32_t first, uint32_t end) {
  uint32_t *order = check->scratch;
  for (uint32_t i = first; i < end; ++i) order[i - first] = i;
  TRY(sort(check, order, end - first, is_name_before));
  for (uint32_t i = 1; i < end - first; ++i) {
    bool is_before;
    TRY(is_name_before(check, order[i - 1], order[i], &is_before));
    REQUIRE(
        check->program, is_before, AIMC_ERROR_NAME,
        check->program->ports.offset + (uint64_t)order[i] * PORT_SIZE);
  }
  return AIMC_OK;
}

static aimc_error check_ports(checker *check) {
  aimc_program *program = check->program;
  uint64_t next = 0;
  memset(check->inputs, 0, (size_t)bytes_of_bits(program->buffers.count));
  program->input_count = 0;
  for (uint64_t index = 0; index < program->ports.count; ++index) {
    uint64_t place = program->ports.offset + index * PORT_SIZE, count, samples;
    unsigned char record[PORT_SIZE];
    aimc_port port;
    TRY(load(program, place, record, PORT_SIZE));
    decode_port(record, &port);
    REQUIRE(program, has_name(check, port.name), AIMC_ERROR_NAME, place);
    REQUIRE(
        program,
        record[4] <= 1 && (record[4] == 1 || program->input_count == index) && is_element(record[5])
            && u16(record + 6) == 0 && port.first_dimension == next
            && port.rank <= program->dimensions.count - next
            && satisfies(u32(record + 12), NOT_BELOW_ZERO),
        AIMC_ERROR_PORT, place);
    next += port.rank;
    TRY(check_dimensions(check, &port, place, &count));
    TRY(check_memories_of_port(check, &port, count, place, &samples));
    if (port.is_output) continue;
    if (index == 0) program->sample_count = samples;
    REQUIRE(program, samples == program->sample_count, AIMC_ERROR_PORT, place + 24);
    program->input_count += 1;
  }
  REQUIRE(
      program, next == program->dimensions.count, AIMC_ERROR_DIMENSION,
      program->dimensions.offset + next * DIMENSION_SIZE);
  TRY(check_names_of_ports(check, 0, program->input_count));
  return check_names_of_ports(check, program->input_count, (uint32_t)program->ports.count);
}

// MARK: Blocks and tiles

static void decode_block(const unsigned char *record, aimc_block *block) {
  block->node = u32(record);
  block->first_row = u32(record + 4);
  block->end_row = u32(record + 8);
  block->first_column = u32(record + 12);
  block->end_column = u32(record + 16);
  block->residual_width = u32(record + 20);
  block->devices_per_polarity = u32(record + 24);
  block->g_max = f32(record + 28);
  block->chip = u32(record + 32);
  block->decoding_count = u32(record + 36);
  block->residual_column = u32(record + 48);
  block->residual_share = f32(record + 52);
  block->is_cut = u32(record + 56) != 0;
  // From the start of the section, until the section is known.
  block->conductances.offset = u64(record + 40);
  block->conductances.count = 0;
}

/// All but the place of the conductances.
static aimc_error get_block(const aimc_program *program, uint64_t index, aimc_block *block) {
  unsigned char record[BLOCK_SIZE];
  TRY(load(program, program->blocks.offset + index * BLOCK_SIZE, record, BLOCK_SIZE));
  decode_block(record, block);
  return AIMC_OK;
}

static uint32_t rows(const aimc_block *block) { return block->end_row - block->first_row; }
static uint32_t columns(const aimc_block *block) { return block->end_column - block->first_column; }

/// Checks the scales of a block and its decoding from `offset` on.
static aimc_error check_scales(aimc_program *program, const aimc_block *block, uint64_t offset) {
  TRY(check_values(program, offset, columns(block), FINITE, AIMC_ERROR_SCALE));
  uint64_t place = offset + (uint64_t)columns(block) * VALUE_SIZE;
  float before = 0;
  for (uint32_t i = 0; i < block->decoding_count; ++i) {
    unsigned char bytes[VALUE_SIZE];
    TRY(load(program, place + (uint64_t)i * VALUE_SIZE, bytes, VALUE_SIZE));
    float point = f32(bytes);
    bool is_last = i + 1 == block->decoding_count;
    REQUIRE(
        program, point >= before && (i > 0 || point <= 0) && (!is_last || (i > 0 && point == 1)),
        AIMC_ERROR_SCALE, place + (uint64_t)i * VALUE_SIZE);
    before = point;
  }
  return AIMC_OK;
}

/// Checks the conductances of a block: all of them, and that those of error columns are 0.
static aimc_error check_conductances(aimc_program *program, const aimc_block *block, uint64_t offset) {
  uint64_t width = columns(block);
  TRY(check_values(program, offset, rows(block) * width, WITHIN_ONE, AIMC_ERROR_CONDUCTANCE));
  if (block->residual_width == 0) return AIMC_OK;
  uint64_t first = greatest(block->residual_column, block->first_column);
  for (uint64_t row = 0; row < rows(block); ++row) {
    TRY(check_values(
        program, offset + (row * width + first - block->first_column) * VALUE_SIZE,
        block->end_column - first, ZERO, AIMC_ERROR_RESIDUAL));
  }
  return AIMC_OK;
}

/// Whether the fields of a block have values that the chip and the format allow.
static bool is_block(const aimc_program *program, const unsigned char *record, const aimc_block *block) {
  const aimc_chip *chip = &program->chip;
  uint32_t f = block->residual_column, w = block->residual_width;
  if (u32(record + 56) > 1 || u32(record + 60) != 0 || block->chip >= program->chip_count) return false;
  if (block->first_row >= block->end_row || rows(block) > chip->crossbar_rows) return false;
  if (block->first_column >= block->end_column || columns(block) > chip->crossbar_columns) return false;
  if (!(block->g_max > 0 && block->g_max <= chip->g_max)) return false;
  if (block->devices_per_polarity < 1 || block->devices_per_polarity > chip->devices_per_polarity) {
    return false;
  }
  if (w == 0) return f == 0 && u32(record + 52) == 0;
  return f >= w && f % w == 0 && f < block->end_column && block->end_column <= (uint64_t)f + w
      && f / w <= MAXIMUM_COPIES && block->residual_share > 0 && block->residual_share <= 1;
}

static aimc_error check_blocks(checker *check) {
  aimc_program *program = check->program;
  // How much has been taken of the conductances of each chip, and of all scales.
  uint64_t *taken = check->scratch, scales = 0;
  memset(taken, 0, (size_t)program->chip_count * sizeof *taken);
  for (uint64_t index = 0; index < program->blocks.count; ++index) {
    uint64_t place = program->blocks.offset + index * BLOCK_SIZE;
    unsigned char record[BLOCK_SIZE];
    aimc_block block;
    aimc_span section;
    TRY(load(program, place, record, BLOCK_SIZE));
    decode_block(record, &block);
    REQUIRE(program, has_name(check, block.node), AIMC_ERROR_NAME, place);
    REQUIRE(program, is_block(program, record, &block), AIMC_ERROR_BLOCK, place);
    uint64_t values = (uint64_t)columns(&block) + block.decoding_count;
    REQUIRE(program, values <= program->scales.count - scales, AIMC_ERROR_SCALE, place);
    TRY(check_scales(program, &block, program->scales.offset + scales * VALUE_SIZE));
    scales += values;
    TRY(section_at(program, chip_section(block.chip, CONDUCTANCES), &section));
    TRY(take_payload(
        program, section, block.conductances.offset,
        (uint64_t)rows(&block) * columns(&block) * VALUE_SIZE, &taken[block.chip], place,
        AIMC_ERROR_CONDUCTANCE));
    TRY(check_conductances(program, &block, section.offset + block.conductances.offset));
  }
  REQUIRE(
      program, scales == program->scales.count, AIMC_ERROR_SCALE,
      program->scales.offset + scales * VALUE_SIZE);
  for (uint32_t chip = 0; chip < program->chip_count; ++chip) {
    aimc_span section;
    TRY(section_at(program, chip_section(chip, CONDUCTANCES), &section));
    REQUIRE(
        program, taken[chip] == section.count, AIMC_ERROR_CONDUCTANCE, section.offset + taken[chip]);
  }
  return AIMC_OK;
}

static void decode_tile(const unsigned char *record, uint32_t chip, aimc_tile *tile) {
  tile->number = u32(record);
  tile->chip = chip;
  tile->core = u32(record + 4);
  tile->block = u32(record + 8);
  tile->first_row = u32(record + 12);
  tile->first_column = u32(record + 16);
}

static aimc_error get_tile(
    const aimc_program *program, aimc_span table, uint32_t chip, uint64_t index, aimc_tile *tile) {
  unsigned char record[TILE_SIZE];
  TRY(load(program, table.offset + index * TILE_SIZE, record, TILE_SIZE));
  decode_tile(record, chip, tile);
  return AIMC_OK;
}

/// The core table of a chip, counted in tiles.
static aimc_error tiles_of(const aimc_program *program, uint32_t chip, aimc_span *table) {
  TRY(section_at(program, chip_section(chip, TILES), table));
  table->count /= TILE_SIZE;
  return AIMC_OK;
}

/// The index of the tile of that number on a chip, or the number of tiles there.
static aimc_error find_tile(
    const aimc_program *program, uint32_t chip, uint32_t number, aimc_tile *tile, bool *is_there) {
  aimc_span table;
  TRY(tiles_of(program, chip, &table));
  uint64_t low = 0, high = table.count;
  *is_there = false;
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    TRY(get_tile(program, table, chip, middle, tile));
    if (tile->number == number) {
      *is_there = true;
      return AIMC_OK;
    }
    if (tile->number < number) low = middle + 1; else high = middle;
  }
  return AIMC_OK;
}

/// Checks that tiles are on cores, of blocks that there are, and numbered in order.
static aimc_error check_numbers_of_tiles(checker *check) {
  aimc_program *program = check->program;
  uint32_t *first = check->scratch;
  unsigned char *numbered = (unsigned char *)(first + program->blocks.count);
  const aimc_chip *crossbar = &program->chip;
  memset(first, 0xFF, (size_t)program->blocks.count * sizeof *first);
  memset(numbered, 0, (size_t)bytes_of_bits(program->tile_count));
  for (uint32_t chip = 0; chip < program->chip_count; ++chip) {
    aimc_span table;
    uint64_t next = 0;
    TRY(tiles_of(program, chip, &table));
    for (uint64_t index = 0; index < table.count; ++index) {
      uint64_t place = table.offset + index * TILE_SIZE;
      aimc_tile tile;
      aimc_block block;
      TRY(get_tile(program, table, chip, index, &tile));
      REQUIRE(
          program,
          tile.number >= next && tile.number < program->tile_count && !bit(numbered, tile.number)
              && has_core(program, chip, tile.core) && tile.block < program->blocks.count,
          AIMC_ERROR_TILE, place);
      next = (uint64_t)tile.number + 1;
      set_bit(numbered, tile.number);
      if (tile.number < first[tile.block]) first[tile.block] = tile.number;
      TRY(get_block(program, tile.block, &block));
      REQUIRE(
          program,
          tile.first_row <= crossbar->crossbar_rows - rows(&block)
              && tile.first_column <= crossbar->crossbar_columns - columns(&block),
          AIMC_ERROR_TILE, place);
    }
  }
  return AIMC_OK;
}

/// Checks that blocks lie with the first tile that names them, after check_numbers_of_tiles.
static aimc_error check_homes(checker *check) {
  aimc_program *program = check->program;
  const uint32_t *first = check->scratch;
  for (uint64_t index = 0; index < program->blocks.count; ++index) {
    aimc_block block;
    bool is_home;
    TRY(get_block(program, index, &block));
    if (first[index] == AIMC_NONE) {
      is_home = block.chip == 0;
    } else {
      aimc_tile tile;
      TRY(find_tile(program, block.chip, first[index], &tile, &is_home));
    }
    REQUIRE(program, is_home, AIMC_ERROR_BLOCK, program->blocks.offset + index * BLOCK_SIZE + 32);
  }
  return AIMC_OK;
}

static bool is_placed_before(const placed *a, const placed *b) {
  if (a->core != b->core) return a->core < b->core;
  return a->first_row < b->first_row;
}

static void sift_placed(placed *tiles, uint64_t root, uint64_t count) {
  for (;;) {
    uint64_t child = 2 * root + 1;
    if (child >= count) return;
    if (child + 1 < count && is_placed_before(&tiles[child], &tiles[child + 1])) child += 1;
    if (!is_placed_before(&tiles[root], &tiles[child])) return;
    placed tile = tiles[root];
    tiles[root] = tiles[child];
    tiles[child] = tile;
    root = child;
  }
}

/// Checks that no two tiles of a core overlap: from the first word line on, each bit line of a tile must have
/// been left by those before.
static aimc_error check_overlaps(checker *check, uint32_t chip) {
  aimc_program *program = check->program;
  uint64_t *end = check->scratch, core = 0;
  placed *tiles = (placed *)(void *)(end + program->chip.crossbar_columns);
  aimc_span table;
  TRY(tiles_of(program, chip, &table));
  if (table.count == 0) return AIMC_OK;
  for (uint64_t i = 0; i < table.count; ++i) {
    aimc_tile tile;
    TRY(get_tile(program, table, chip, i, &tile));
    tiles[i].core = tile.core;
    tiles[i].first_row = tile.first_row;
    tiles[i].index = (uint32_t)i;
  }
  for (uint64_t root = table.count / 2; root-- > 0;) sift_placed(tiles, root, table.count);
  for (uint64_t last = table.count; last-- > 1;) {
    placed tile = tiles[0];
    tiles[0] = tiles[last];
    tiles[last] = tile;
    sift_placed(tiles, 0, last);
  }
  memset(end, 0, program->chip.crossbar_columns * sizeof *end);
  for (uint64_t i = 0; i < table.count; ++i) {
    aimc_tile tile;
    aimc_block block;
    // The word lines of a core count on from those of the one before, so that nothing has to be cleared.
    if (i > 0 && tiles[i].core != tiles[i - 1].core) core += program->chip.crossbar_rows;
    TRY(get_tile(program, table, chip, tiles[i].index, &tile));
    TRY(get_block(program, tile.block, &block));
    for (uint32_t column = tile.first_column; column < tile.first_column + columns(&block); ++column) {
      REQUIRE(
          program, end[column] <= core + tile.first_row, AIMC_ERROR_OVERLAP,
          table.offset + (uint64_t)tiles[i].index * TILE_SIZE);
      end[column] = core + tile.first_row + rows(&block);
    }
  }
  return AIMC_OK;
}

static aimc_error check_tiles(checker *check) {
  TRY(check_numbers_of_tiles(check));
  TRY(check_homes(check));
  for (uint32_t chip = 0; chip < check->program->chip_count; ++chip) TRY(check_overlaps(check, chip));
  return AIMC_OK;
}

// MARK: Error columns

/// The values of `.aimc.lines` for each core.
static uint64_t lines_size(const aimc_program *program) {
  return 2 + (uint64_t)program->chip.crossbar_rows + program->chip.crossbar_columns;
}

/// Checks that lines are of cores in ascending order, and that each has every word line and every bit line once.
static aimc_error check_lines(checker *check) {
  aimc_program *program = check->program;
  const aimc_span *lines = &program->lines;
  uint64_t size = lines_size(program), last = 0;
  REQUIRE(program, lines->count % size == 0, AIMC_ERROR_LINES, lines->offset);
  for (uint64_t first = 0; first < lines->count; first += size) {
    uint64_t place = lines->offset + first * VALUE_SIZE;
    unsigned char bytes[8];
    TRY(load(program, place, bytes, sizeof bytes));
    uint64_t core = (uint64_t)u32(bytes) << 32 | u32(bytes + 4);
    REQUIRE(
        program, has_core(program, u32(bytes), u32(bytes + 4)) && (first == 0 || core > last),
        AIMC_ERROR_LINES, place);
    last = core;
    place += sizeof bytes;
    const uint32_t counts[] = {program->chip.crossbar_rows, program->chip.crossbar_columns};
    for (size_t kind = 0; kind < 2; ++kind) {
      memset(check->scratch, 0, (size_t)bytes_of_bits(counts[kind]));
      for (uint32_t i = 0; i < counts[kind]; ++i, place += VALUE_SIZE) {
        TRY(load(program, place, bytes, VALUE_SIZE));
        uint32_t line = u32(bytes);
        REQUIRE(
            program, line < counts[kind] && !bit(check->scratch, line), AIMC_ERROR_LINES, place);
        set_bit(check->scratch, line);
      }
    }
  }
  return AIMC_OK;
}

static aimc_error count_tiles(checker *check, uint32_t *tiles) {
  const aimc_program *program = check->program;
  memset(tiles, 0, (size_t)program->blocks.count * sizeof *tiles);
  for (uint32_t chip = 0; chip < program->chip_count; ++chip) {
    aimc_span table;
    TRY(tiles_of(program, chip, &table));
    for (uint64_t index = 0; index < table.count; ++index) {
      aimc_tile tile;
      TRY(get_tile(program, table, chip, index, &tile));
      tiles[tile.block] += 1;
    }
  }
  return AIMC_OK;
}

/// The order of blocks by what must be equal where one corrects another: rows, number of tiles, node.
static aimc_error compare_blocks(
    const checker *check, uint32_t a, const aimc_block *left, uint32_t b, const aimc_block *right,
    int *order) {
  const uint32_t *tiles = check->scratch;
  const uint32_t keys[][2] = {
    {left->first_row, right->first_row}, {left->end_row, right->end_row}, {tiles[a], tiles[b]},
  };
  for (size_t i = 0; i < sizeof keys / sizeof *keys; ++i) {
    *order = keys[i][0] < keys[i][1] ? -1 : keys[i][0] > keys[i][1];
    if (*order != 0) return AIMC_OK;
  }
  return compare_names(check->program, left->node, right->node, order);
}

static aimc_error is_block_before(const checker *check, uint32_t a, uint32_t b, bool *is_before) {
  aimc_block left, right;
  int order;
  TRY(get_block(check->program, a, &left));
  TRY(get_block(check->program, b, &right));
  TRY(compare_blocks(check, a, &left, b, &right, &order));
  *is_before = order < 0 || (order == 0 && left.first_column < right.first_column);
  return AIMC_OK;
}

/// Checks that blocks `first` ..< `end` in the order of `order` hold the columns that one of them corrects.
static aimc_error check_corrected(
    checker *check, const aimc_block *block, uint32_t number, const uint32_t *order, const uint32_t *reach,
    uint64_t first, uint64_t end) {
  const aimc_program *program = check->program;
  uint64_t f = block->residual_column, w = block->residual_width;
  uint64_t low = greatest(f, block->first_column) - f, high = block->end_column - f;
  for (uint64_t column = 0; column < f; column += w) {
    // The last block that begins at the column or before it.
    uint64_t from = first, to = end;
    while (from < to) {
      uint64_t middle = from + (to - from) / 2;
      aimc_block other;
      TRY(get_block(program, order[middle], &other));
      if (other.first_column <= column + low) from = middle + 1; else to = middle;
    }
    REQUIRE(
        check->program, from > first && reach[from - 1] >= column + high, AIMC_ERROR_RESIDUAL,
        program->blocks.offset + (uint64_t)number * BLOCK_SIZE);
  }
  return AIMC_OK;
}

/// Checks that the columns that error columns correct are there: in blocks of the same node and rows on as
/// many tiles.
static aimc_error check_residuals(checker *check) {
  aimc_program *program = check->program;
  uint64_t count = program->blocks.count;
  uint32_t *tiles = check->scratch, *order = tiles + count, *reach = order + count;
  aimc_block block, before, last;
  bool has_residuals = false;
  for (uint64_t index = 0; index < count; ++index) {
    TRY(get_block(program, index, &block));
    order[index] = (uint32_t)index;
    has_residuals = has_residuals || block.residual_width > 0;
  }
  if (!has_residuals) return AIMC_OK;
  TRY(count_tiles(check, tiles));
  TRY(sort(check, order, count, is_block_before));
  for (uint64_t first = 0, end; first < count; first = end) {
    // Blocks of the same rows, and in these those whose columns follow without a gap.
    uint64_t run = first;
    uint32_t run_end = 0;
    TRY(get_block(program, order[first], &before));
    for (end = first; end < count; ++end) {
      int difference;
      TRY(get_block(program, order[end], &last));
      TRY(compare_blocks(check, order[first], &before, order[end], &last, &difference));
      if (difference != 0) break;
      if (end > first && last.first_column > run_end) {
        for (; run < end; ++run) reach[run] = run_end;
        run_end = 0;
      }
      run_end = (uint32_t)greatest(run_end, last.end_column);
    }
    for (; run < end; ++run) reach[run] = run_end;
    for (uint64_t i = first; i < end; ++i) {
      TRY(get_block(program, order[i], &block));
      if (block.residual_width == 0) continue;
      TRY(check_corrected(check, &block, order[i], order, reach, first, end));
    }
  }
  return AIMC_OK;
}

// MARK: Affine functions and probes

static void decode_affine(const aimc_program *program, const unsigned char *record, aimc_affine *affine) {
  uint64_t offset = program->gains.offset + u64(record), count = u32(record + 8);
  uint32_t flags = u32(record + 12);
  aimc_span *lists[] = {&affine->gains, &affine->offsets, &affine->steps, &affine->partial_steps};
  const bool is_there[] = {true, true, (flags & 1) != 0, (flags & 2) != 0};
  for (size_t i = 0; i < 4; ++i) {
    lists[i]->offset = offset;
    lists[i]->count = is_there[i] ? count : 0;
    offset += lists[i]->count * VALUE_SIZE;
  }
}

static aimc_error get_affine(const aimc_program *program, uint64_t index, aimc_affine *affine) {
  unsigned char record[AFFINE_SIZE];
  TRY(load(program, program->affines.offset + index * AFFINE_SIZE, record, AFFINE_SIZE));
  decode_affine(program, record, affine);
  return AIMC_OK;
}

static aimc_error check_affines(checker *check) {
  aimc_program *program = check->program;
  uint64_t taken = 0;
  bool has_steps = false;
  for (uint64_t index = 0; index < program->affines.count; ++index) {
    uint64_t place = program->affines.offset + index * AFFINE_SIZE;
    unsigned char record[AFFINE_SIZE];
    aimc_affine affine;
    TRY(load(program, place, record, AFFINE_SIZE));
    decode_affine(program, record, &affine);
    uint64_t values =
        2 * affine.gains.count + affine.steps.count + affine.partial_steps.count;
    REQUIRE(
        program,
        u32(record + 12) <= 3 && affine.gains.count >= 1 && u64(record) == taken * VALUE_SIZE
            && values <= program->gains.count - taken,
        AIMC_ERROR_AFFINE, place);
    taken += values;
    has_steps = has_steps || affine.steps.count + affine.partial_steps.count > 0;
    TRY(check_values(
        program, affine.gains.offset, 2 * affine.gains.count, FINITE, AIMC_ERROR_AFFINE));
    TRY(check_values(
        program, affine.steps.offset, affine.steps.count + affine.partial_steps.count, ABOVE_ZERO,
        AIMC_ERROR_AFFINE));
  }
  REQUIRE(
      program, taken == program->gains.count, AIMC_ERROR_AFFINE,
      program->gains.offset + taken * VALUE_SIZE);
  // A program has the oldest version that can hold it: steps came with 2.1, lines with 2.2.
  uint32_t minor = program->lines.count > 0 ? 2 : has_steps;
  REQUIRE(program, program->version_minor == minor, AIMC_ERROR_VERSION, program->affines.offset);
  return AIMC_OK;
}

/// `block` is that of the probe.
static void decode_probe(
    const aimc_program *program, const unsigned char *record, const aimc_block *block, aimc_probe *probe) {
  uint64_t codes = program->probe_vectors.offset + u64(record + 8), size = u64(record + 16);
  uint64_t figures = program->probe_figures.offset + u64(record + 24);
  probe->block = u32(record);
  probe->routine = (aimc_routine)record[4];
  probe->codes.offset = codes;
  probe->codes.count = size / 2;
  probe->places.offset = aligned(codes + size);
  probe->places.count = record[5] != 0 ? size / (2 * (uint64_t)rows(block)) * 2 : 0;
  probe->means.offset = figures;
  probe->means.count = columns(block);
  probe->spreads.offset = figures + probe->means.count * VALUE_SIZE;
  probe->spreads.count = columns(block);
}

/// Checks that the codes of a probe are within those of the converters.
static aimc_error check_codes(aimc_program *program, aimc_span codes) {
  int32_t limit = (1 << (program->chip.dac_bits - 1)) - 1;
  while (codes.count > 0) {
    const unsigned char *bytes;
    size_t size;
    TRY(piece(program, codes.offset, codes.count * 2, &bytes, &size));
    for (size_t i = 0; i + 2 <= size; i += 2) {
      int32_t code = (int32_t)(u16(bytes + i) ^ 0x8000) - 0x8000;
      REQUIRE(
          program, code <= limit && code >= -limit, AIMC_ERROR_PROBE, codes.offset + i);
    }
    codes.offset += size;
    codes.count -= size / 2;
  }
  return AIMC_OK;
}

static aimc_error check_probes(checker *check) {
  aimc_program *program = check->program;
  uint64_t vectors = 0, figures = 0, next_block = 0;
  memset(check->probed, 0, (size_t)bytes_of_bits(program->blocks.count));
  for (uint64_t index = 0; index < program->probes.count; ++index) {
    uint64_t place = program->probes.offset + index * PROBE_SIZE;
    unsigned char record[PROBE_SIZE];
    aimc_block block;
    aimc_probe probe;
    TRY(load(program, place, record, PROBE_SIZE));
    uint32_t number = u32(record);
    REQUIRE(
        program,
        number >= next_block && number < program->blocks.count && record[4] <= AIMC_ROUTINE_LAYERS
            && record[5] <= 1 && u16(record + 6) == 0,
        AIMC_ERROR_PROBE, place);
    next_block = (uint64_t)number + 1;
    set_bit(check->probed, number);
    TRY(get_block(program, number, &block));
    decode_probe(program, record, &block, &probe);
    uint64_t size = u64(record + 16);
    TRY(take_payload(
        program, program->probe_vectors, u64(record + 8), size, &vectors, place, AIMC_ERROR_PROBE));
    REQUIRE(
        program,
        size > 0 && size % (2 * (uint64_t)rows(&block)) == 0 && u64(record + 24) == figures * VALUE_SIZE
            && 2 * (uint64_t)columns(&block) <= program->probe_figures.count - figures,
        AIMC_ERROR_PROBE, place);
    if (probe.places.count > 0) {
      TRY(take_payload(
          program, program->probe_vectors, vectors, probe.places.count * 4, &vectors, place,
          AIMC_ERROR_PROBE));
    }
    figures += 2 * (uint64_t)columns(&block);
    TRY(check_codes(program, probe.codes));
    TRY(check_values(program, probe.means.offset, probe.means.count, FINITE, AIMC_ERROR_PROBE));
    TRY(check_values(
        program, probe.spreads.offset, probe.spreads.count, NOT_BELOW_ZERO, AIMC_ERROR_PROBE));
  }
  REQUIRE(
      program, vectors == program->probe_vectors.count && figures == program->probe_figures.count,
      AIMC_ERROR_PROBE, program->probe_figures.offset + figures * VALUE_SIZE);
  return AIMC_OK;
}

/// Checks that the vectors of probes come up in samples and among those that their layers multiply, which the
/// code must have told.
static aimc_error check_places(checker *check) {
  aimc_program *program = check->program;
  for (uint64_t index = 0; index < program->probes.count; ++index) {
    unsigned char record[PROBE_SIZE];
    aimc_block block;
    aimc_probe probe;
    TRY(load(program, program->probes.offset + index * PROBE_SIZE, record, PROBE_SIZE));
    TRY(get_block(program, u32(record), &block));
    decode_probe(program, record, &block, &probe);
    while (probe.places.count > 0) {
      const unsigned char *bytes;
      size_t size;
      TRY(piece(program, probe.places.offset, probe.places.count * 4, &bytes, &size));
      for (size_t i = 0; i + 8 <= size; i += 8) {
        REQUIRE(
            program,
            u32(bytes + i) < program->sample_count && u32(bytes + i + 4) < check->vectors[probe.block],
            AIMC_ERROR_PROBE, probe.places.offset + i);
      }
      probe.places.offset += size;
      probe.places.count -= size / 4;
    }
  }
  return AIMC_OK;
}

// MARK: Descriptors

static void decode_descriptor(const unsigned char *record, aimc_descriptor *descriptor) {
  memset(descriptor, 0, sizeof *descriptor);
  descriptor->buffer = u32(record);
  descriptor->counter = u32(record + 4);
  descriptor->amount = u64(record + 8);
  descriptor->base = i64(record + 16);
  descriptor->advance = i64(record + 24);
  descriptor->first_vector = u32(record + 32);
  descriptor->end_vector = u32(record + 36);
  descriptor->first_element = u32(record + 40);
  descriptor->end_element = u32(record + 44);
  descriptor->fill = f32(record + 48);
  descriptor->axis_count = record[52];
  descriptor->loop_count = record[53];
  descriptor->inner_count = record[54];
  for (size_t i = 0; i < AIMC_MAXIMUM_RANK; ++i) {
    const unsigned char *axis = record + 64 + 12 * i, *loop = record + 160 + 12 * i;
    descriptor->axes[i].origin = i32(axis);
    descriptor->axes[i].extent = u32(axis + 4);
    descriptor->axes[i].stride = i32(axis + 8);
    descriptor->loops[i].count = u32(loop);
    descriptor->loops[i].axis = u32(loop + 4);
    descriptor->loops[i].step = i32(loop + 8);
  }
}

static aimc_error get_descriptor(const aimc_program *program, uint64_t index, aimc_descriptor *descriptor) {
  unsigned char record[DESCRIPTOR_SIZE];
  TRY(load(program, program->descriptors.offset + index * DESCRIPTOR_SIZE, record, DESCRIPTOR_SIZE));
  decode_descriptor(record, descriptor);
  return AIMC_OK;
}

static int64_t magnitude(int64_t value) { return value < 0 ? -value : value; }

/// The product of the counts of the outer or inner loops, which must be in their ranges.
static uint64_t steps(const aimc_descriptor *descriptor, bool inner) {
  uint32_t outer = descriptor->loop_count - descriptor->inner_count;
  uint64_t product = 1;
  for (uint32_t i = inner ? outer : 0; i < (inner ? descriptor->loop_count : outer); ++i) {
    product *= descriptor->loops[i].count;
  }
  return product;
}

static uint64_t vectors(const aimc_descriptor *descriptor) {
  return descriptor->end_vector - descriptor->first_vector;
}

static uint64_t elements(const aimc_descriptor *descriptor) {
  return descriptor->end_element - descriptor->first_element;
}

static uint64_t count_of(const aimc_descriptor *descriptor) {
  return vectors(descriptor) * elements(descriptor);
}

/// The distances from `base` between which all elements lie that a walk reaches.
typedef struct {
  bool is_empty;
  int64_t low, high;
} reached;

/// Finds the reach of a walk whose loops are in their ranges; false if coordinates or distances are not.
static bool find_reach(const aimc_descriptor *descriptor, reached *reach) {
  reach->is_empty = count_of(descriptor) == 0;
  reach->low = reach->high = 0;
  for (uint32_t i = 0; i < descriptor->axis_count; ++i) {
    const aimc_axis *axis = &descriptor->axes[i];
    if (axis->extent > MAXIMUM_COORDINATE || axis->origin < -MAXIMUM_COORDINATE
        || axis->stride < -MAXIMUM_COORDINATE) {
      return false;
    }
    int64_t low = axis->origin, high = axis->origin;
    for (uint32_t k = 0; k < descriptor->loop_count; ++k) {
      const aimc_loop *loop = &descriptor->loops[k];
      int64_t distance = (int64_t)(loop->count - 1) * loop->step;
      if (loop->axis != i) continue;
      if (distance < 0) low += distance; else high += distance;
    }
    if (low < -MAXIMUM_COORDINATE || high > MAXIMUM_COORDINATE) return false;
    if (low < 0) low = 0;
    if (high >= axis->extent) high = (int64_t)axis->extent - 1;
    if (low > high) {
      reach->is_empty = true;
      continue;
    }
    int64_t first = low * axis->stride, last = high * axis->stride;
    reach->low += first < last ? first : last;
    reach->high += first < last ? last : first;
    if (reach->low < -MAXIMUM_DISTANCE || reach->high > MAXIMUM_DISTANCE) return false;
  }
  return true;
}

/// Whether the loops of a descriptor are in their ranges, one by one and together.
static bool has_loops(const aimc_descriptor *descriptor) {
  uint64_t product = 1;
  for (uint32_t i = 0; i < descriptor->loop_count; ++i) {
    const aimc_loop *loop = &descriptor->loops[i];
    if (loop->axis >= descriptor->axis_count || loop->count < 1 || loop->count >= MAXIMUM_STEPS
        || magnitude(loop->step) >= MAXIMUM_STEPS) {
      return false;
    }
    product *= loop->count;
    if (product > MAXIMUM_COUNT) return false;
  }
  return descriptor->first_vector <= descriptor->end_vector
      && descriptor->first_element <= descriptor->end_element
      && descriptor->end_vector <= steps(descriptor, false)
      && descriptor->end_element <= steps(descriptor, true);
}

static aimc_error check_descriptors(checker *check) {
  aimc_program *program = check->program;
  for (uint64_t index = 0; index < program->descriptors.count; ++index) {
    uint64_t place = program->descriptors.offset + index * DESCRIPTOR_SIZE;
    unsigned char record[DESCRIPTOR_SIZE];
    aimc_descriptor descriptor;
    reached reach;
    TRY(load(program, place, record, DESCRIPTOR_SIZE));
    decode_descriptor(record, &descriptor);
    bool counts = descriptor.counter != AIMC_NONE;
    REQUIRE(
        program,
        descriptor.axis_count <= AIMC_MAXIMUM_RANK && descriptor.loop_count <= AIMC_MAXIMUM_RANK
            && descriptor.inner_count <= descriptor.loop_count && is_zero(record + 55, 9),
        AIMC_ERROR_DESCRIPTOR, place + 52);
    size_t axes = 12 * (size_t)descriptor.axis_count, loops = 12 * (size_t)descriptor.loop_count;
    REQUIRE(
        program, is_zero(record + 64 + axes, 96 - axes) && is_zero(record + 160 + loops, 96 - loops),
        AIMC_ERROR_DESCRIPTOR, place + 64);
    REQUIRE(
        program,
        descriptor.buffer < program->buffers.count
            && (counts ? descriptor.counter < program->counter_count : descriptor.amount == 0)
            && descriptor.amount >= counts && descriptor.amount <= MAXIMUM_COUNT
            && descriptor.base >= -MAXIMUM_DISTANCE && descriptor.base <= MAXIMUM_DISTANCE
            && descriptor.advance >= -MAXIMUM_DISTANCE && descriptor.advance <= MAXIMUM_DISTANCE,
        AIMC_ERROR_DESCRIPTOR, place);
    REQUIRE(
        program, has_loops(&descriptor) && find_reach(&descriptor, &reach), AIMC_ERROR_DESCRIPTOR,
        place + 64);
  }
  return AIMC_OK;
}

// MARK: Code

/// What an operand names; the letters of `opcodes`.
enum { DESTINATION = 'd', SOURCE = 's', OPTIONAL = 'o', TILE = 't', AFFINE = 'a', TARGET = 'j', COUNT = 'c' };

/// Kinds of units, a bit each by aimc_unit.
enum { HOST = 1, CROSSBAR = 2, LDPU = 4, GDPU = 8, DIGITAL = HOST | GDPU, ALL = 15 };

/// A row of the instruction table: units, operands, functions, flags and immediates.
typedef struct {
  uint8_t opcode, units;
  const char *operands;
  uint8_t functions, flags, immediates;
} opcode_row;

static const opcode_row opcodes[] = {
  {AIMC_END, ALL, "", 0, 0, 0}, {AIMC_WAIT, ALL, "s", 0, 0, 0}, {AIMC_JUMP, ALL, "j", 0, 0, 0},
  {AIMC_BRANCH, DIGITAL, "js", 2, 0, 0}, {AIMC_LOOP, ALL, "c", 0, 0, 0}, {AIMC_NEXT, ALL, "", 0, 0, 0},
  {AIMC_MVM, CROSSBAR, "dst", 0, 0, 1}, {AIMC_AFFINE, LDPU, "dsoa", 0, 3, 2},
  {AIMC_COPY, DIGITAL, "ds", 0, 0, 0}, {AIMC_FILL, DIGITAL, "d", 0, 0, 1},
  {AIMC_CAST, DIGITAL, "ds", 0, 0, 0}, {AIMC_MAP, DIGITAL, "ds", 17, 0, 2},
  {AIMC_ZIP, DIGITAL, "dss", 17, 0, 0}, {AIMC_REDUCE, DIGITAL, "ds", 4, 0, 0},
  {AIMC_CONTRACT, DIGITAL, "dss", 0, 0, 0}, {AIMC_GATHER, DIGITAL, "dss", 0, 0, 0},
  {AIMC_SELECT, DIGITAL, "dsss", 0, 0, 0}, {AIMC_SCATTER, DIGITAL, "dss", 5, 0, 0},
  {AIMC_SORT, DIGITAL, "ds", 2, 0, 0},
};

/// Functions of `zip`, as far as rules name them.
enum { ZIP_EQUAL = 10, ZIP_LESS = 11, ZIP_AND = 12 };

static const opcode_row *row_of(uint32_t opcode) {
  for (size_t i = 0; i < sizeof opcodes / sizeof *opcodes; ++i) {
    if (opcodes[i].opcode == opcode) return &opcodes[i];
  }
  return NULL;
}

static void decode_instruction(const unsigned char *record, aimc_instruction *instruction) {
  instruction->opcode = (aimc_opcode)record[0];
  instruction->function = record[1];
  instruction->flags = u16(record + 2);
  for (size_t i = 0; i < 4; ++i) instruction->operands[i] = u32(record + 4 + 4 * i);
  for (size_t i = 0; i < 3; ++i) instruction->immediates[i] = f32(record + 20 + 4 * i);
}

static aimc_error get_instruction(
    const aimc_program *program, const aimc_stream *stream, uint64_t index, aimc_instruction *instruction) {
  unsigned char record[INSTRUCTION_SIZE];
  TRY(load(program, stream->code.offset + index * INSTRUCTION_SIZE, record, INSTRUCTION_SIZE));
  decode_instruction(record, instruction);
  return AIMC_OK;
}

/// Whether 32 bytes are an instruction.
static bool is_instruction(const unsigned char *record) {
  const opcode_row *row = row_of(record[0]);
  if (row == NULL) return false;
  size_t operands = 0;
  while (row->operands[operands] != 0) operands += 1;
  uint32_t functions = row->functions == 0 ? 1 : row->functions;
  return record[1] < functions && (u16(record + 2) & ~(uint32_t)row->flags) == 0
      && is_zero(record + 4 + 4 * operands, 16 - 4 * operands)
      && is_zero(record + 20 + 4 * row->immediates, 12 - 4 * (size_t)row->immediates);
}

/// A stream whose code is being checked, and what is known of each instruction.
typedef struct {
  checker *check;
  aimc_stream stream;
  uint32_t count;
  /// The first instruction of the innermost loop around, or AIMC_NONE.
  uint32_t *enclosing;
} unit_code;

/// An operand that is a descriptor, and its memory.
typedef struct {
  aimc_descriptor descriptor;
  aimc_buffer buffer;
} walk_operand;

/// The section of the code of a unit, whose records count as instructions.
static aimc_error code_section(
    const aimc_program *program, aimc_unit unit, uint32_t chip, aimc_span *section) {
  *section = program->host_code;
  if (unit == AIMC_UNIT_HOST) return AIMC_OK;
  TRY(section_at(program, chip_section(chip, CODE), section));
  section->count /= INSTRUCTION_SIZE;
  return AIMC_OK;
}

static aimc_error get_stream(const aimc_program *program, uint64_t index, aimc_stream *stream) {
  unsigned char record[STREAM_SIZE];
  aimc_span section;
  TRY(load(program, program->streams.offset + index * STREAM_SIZE, record, STREAM_SIZE));
  stream->unit = (aimc_unit)u32(record);
  stream->chip = u32(record + 4);
  stream->core = u32(record + 8);
  TRY(code_section(program, stream->unit, stream->chip, &section));
  stream->code.offset = section.offset + u64(record + 16);
  stream->code.count = u32(record + 12);
  return AIMC_OK;
}

/// Checks the table of streams: units ascend, and all code belongs to one.
static aimc_error check_streams(checker *check) {
  aimc_program *program = check->program;
  // What has been taken of the code of each chip, and of the host; the unit before.
  uint64_t *taken = check->scratch, taken_of_host = 0;
  uint32_t before[3] = {0, 0, 0};
  memset(taken, 0, (size_t)program->chip_count * sizeof *taken);
  for (uint64_t index = 0; index < program->streams.count; ++index) {
    uint64_t place = program->streams.offset + index * STREAM_SIZE;
    unsigned char record[STREAM_SIZE];
    aimc_span section;
    TRY(load(program, place, record, STREAM_SIZE));
    uint32_t kind = u32(record), chip = u32(record + 4), core = u32(record + 8), count = u32(record + 12);
    bool exists = kind == AIMC_UNIT_HOST ? chip == 0 && core == 0
        : kind == AIMC_UNIT_GDPU ? has_slice(program, chip, core)
        : kind < AIMC_UNIT_GDPU && has_core(program, chip, core);
    bool follows = index == 0 || kind > before[0]
        || (kind == before[0] && (chip > before[1] || (chip == before[1] && core > before[2])));
    REQUIRE(program, exists && follows, AIMC_ERROR_STREAM, place);
    before[0] = kind;
    before[1] = chip;
    before[2] = core;
    TRY(code_section(program, (aimc_unit)kind, chip, &section));
    uint64_t *next = kind == AIMC_UNIT_HOST ? &taken_of_host : &taken[chip];
    REQUIRE(
        program, u64(record + 16) == *next * INSTRUCTION_SIZE && count <= section.count - *next,
        AIMC_ERROR_STREAM, place);
    *next += count;
  }
  REQUIRE(
      program, taken_of_host == program->host_code.count, AIMC_ERROR_STREAM, program->host_code.offset);
  for (uint32_t chip = 0; chip < program->chip_count; ++chip) {
    aimc_span section;
    TRY(code_section(program, AIMC_UNIT_CROSSBAR, chip, &section));
    REQUIRE(program, taken[chip] == section.count, AIMC_ERROR_STREAM, section.offset);
  }
  return AIMC_OK;
}

/// Checks that 32 bytes each are instructions, and how loops nest.
static aimc_error check_nesting(unit_code *code) {
  aimc_program *program = code->check->program;
  uint32_t open[MAXIMUM_DEPTH], depth = 0;
  uint64_t place = code->stream.code.offset;
  REQUIRE(program, code->count > 0, AIMC_ERROR_END, place);
  for (uint32_t number = 0; number < code->count; ++number, place += INSTRUCTION_SIZE) {
    unsigned char record[INSTRUCTION_SIZE];
    TRY(load(program, place, record, INSTRUCTION_SIZE));
    REQUIRE(program, is_instruction(record), AIMC_ERROR_OPCODE, place);
    REQUIRE(
        program, (record[0] == AIMC_END) == (number + 1 == code->count), AIMC_ERROR_END, place);
    code->enclosing[number] = depth == 0 ? AIMC_NONE : open[depth - 1];
    if (record[0] == AIMC_NEXT) {
      REQUIRE(program, depth > 0, AIMC_ERROR_LOOP, place);
      depth -= 1;
    }
    if (record[0] == AIMC_LOOP) {
      REQUIRE(program, depth < MAXIMUM_DEPTH, AIMC_ERROR_LOOP, place);
      open[depth++] = number;
    }
  }
  REQUIRE(program, depth == 0, AIMC_ERROR_LOOP, place - INSTRUCTION_SIZE);
  return AIMC_OK;
}

/// Whether a walk stays inside of its memory in all iterations of the innermost loop.
static bool stays_inside(const aimc_descriptor *descriptor, const aimc_buffer *buffer, uint64_t iterations) {
  // Beyond this, the last base is beyond what 62 bits hold, wherever the first one is.
  const uint64_t limit = ((uint64_t)1 << 62) + 2 * MAXIMUM_COUNT;
  const int64_t most = (int64_t)1 << 62;
  uint64_t moves = iterations > 0 ? iterations - 1 : 0;
  reached reach;
  if (moves > 0 && (uint64_t)magnitude(descriptor->advance) > limit / moves) return false;
  int64_t end = descriptor->base + descriptor->advance * (int64_t)moves;
  if (end >= most || end <= -most) return false;
  if (!find_reach(descriptor, &reach)) return false;
  if (reach.is_empty) return true;
  int64_t first = descriptor->base < end ? descriptor->base : end;
  int64_t last = descriptor->base < end ? end : descriptor->base;
  return first + reach.low >= 0 && last + reach.high < (int64_t)buffer->count;
}

/// Checks an operand that is a descriptor, apart from what the instruction asks for.
static aimc_error check_access(
    unit_code *code, uint32_t number, uint32_t operand, bool is_written, walk_operand *access) {
  checker *check = code->check;
  aimc_program *program = check->program;
  uint64_t place = code->stream.code.offset + (uint64_t)number * INSTRUCTION_SIZE, iterations = 1;
  REQUIRE(program, operand < program->descriptors.count, AIMC_ERROR_OPERAND, place);
  TRY(get_descriptor(program, operand, &access->descriptor));
  TRY(get_buffer(program, access->descriptor.buffer, &access->buffer));
  if (code->enclosing[number] != AIMC_NONE) {
    aimc_instruction loop;
    TRY(get_instruction(program, &code->stream, code->enclosing[number], &loop));
    iterations = loop.operands[0];
  }
  REQUIRE(
      program, stays_inside(&access->descriptor, &access->buffer, iterations), AIMC_ERROR_REACH, place);
  if (!is_written) return AIMC_OK;
  REQUIRE(
      program, !access->buffer.is_constant && !bit(check->inputs, access->descriptor.buffer),
      AIMC_ERROR_PLACE, place);
  if (access->descriptor.counter != AIMC_NONE) set_bit(check->advanced, access->descriptor.counter);
  return AIMC_OK;
}

/// Operands of one instruction, those that are descriptors in their order.
typedef struct {
  walk_operand accesses[4];
  size_t count;
  /// Whether the optional source of an `affine` is there.
  bool has_partial;
} operand_list;

/// Checks what each operand names.
static aimc_error check_operands(
    unit_code *code, uint32_t number, const aimc_instruction *instruction, operand_list *operands) {
  aimc_program *program = code->check->program;
  uint64_t place = code->stream.code.offset + (uint64_t)number * INSTRUCTION_SIZE;
  const char *kinds = row_of(instruction->opcode)->operands;
  operands->count = 0;
  operands->has_partial = false;
  for (size_t i = 0; kinds[i] != 0; ++i) {
    uint32_t operand = instruction->operands[i];
    switch (kinds[i]) {
      case OPTIONAL:
        operands->has_partial = operand != AIMC_NONE;
        if (operand == AIMC_NONE) break;
        // Falls through: what is there is a source.
        // fall through
      case DESTINATION:
      case SOURCE:
        TRY(check_access(
            code, number, operand, kinds[i] == DESTINATION, &operands->accesses[operands->count]));
        operands->count += 1;
        break;
      case AFFINE: REQUIRE(program, operand < program->affines.count, AIMC_ERROR_OPERAND, place); break;
      case TILE: break;
      case TARGET:
        REQUIRE(program, operand < code->count, AIMC_ERROR_OPERAND, place);
        REQUIRE(
            program, code->enclosing[operand] == code->enclosing[number], AIMC_ERROR_LOOP, place);
        break;
      case COUNT: REQUIRE(program, operand > 0, AIMC_ERROR_OPERAND, place); break;
    }
  }
  return AIMC_OK;
}

static bool is_at(const aimc_buffer *buffer, aimc_space space, const aimc_stream *stream) {
  return buffer->space == space && buffer->chip == stream->chip && buffer->core == stream->core;
}

/// The host reaches its own memories, a slice of a GDPU its own and those of the host.
static bool are_digital(const unit_code *code, const operand_list *operands) {
  for (size_t i = 0; i < operands->count; ++i) {
    const aimc_buffer *buffer = &operands->accesses[i].buffer;
    bool is_own = code->stream.unit == AIMC_UNIT_GDPU && is_at(buffer, AIMC_GDPU_SLICE, &code->stream);
    if (buffer->space != AIMC_HOST && !is_own) return false;
  }
  return true;
}

/// Whether operands `first` ..< `end` are of one element type.
static bool are_alike(const operand_list *operands, size_t first, size_t end) {
  for (size_t i = first; i < end; ++i) {
    if (operands->accesses[i].buffer.element != operands->accesses[first].buffer.element) return false;
  }
  return true;
}

/// Whether operands from `first` on are all of floating-point types.
static bool are_floating(const operand_list *operands, size_t first) {
  for (size_t i = first; i < operands->count; ++i) {
    if (!is_floating(operands->accesses[i].buffer.element)) return false;
  }
  return true;
}

/// Whether operands from `first` on are numeric: of floating-point types, or of one other type.
static bool are_numeric(const operand_list *operands, size_t first) {
  return are_floating(operands, first)
      || (!is_floating(operands->accesses[first].buffer.element)
          && are_alike(operands, first, operands->count));
}

/// Whether all operands have as many elements.
static bool are_equal_in_count(const operand_list *operands) {
  for (size_t i = 1; i < operands->count; ++i) {
    if (count_of(&operands->accesses[i].descriptor) != count_of(&operands->accesses[0].descriptor)) {
      return false;
    }
  }
  return true;
}

/// Whether a unit can take the vectors of a source: a slice of a GDPU takes only so many inputs to a result.
static bool are_inputs(const unit_code *code, const walk_operand *source) {
  return code->stream.unit != AIMC_UNIT_GDPU
      || elements(&source->descriptor) <= code->check->program->chip.gdpu_maximum_inputs;
}

static aimc_error check_zip(const aimc_instruction *instruction, const operand_list *operands) {
  bool compares = instruction->function == ZIP_EQUAL || instruction->function == ZIP_LESS;
  aimc_element result = operands->accesses[0].buffer.element;
  if (!are_numeric(operands, compares ? 1 : 0)) return AIMC_ERROR_TYPE;
  if (compares && result != AIMC_BOOL) return AIMC_ERROR_TYPE;
  if (instruction->function >= ZIP_AND && is_floating(result)) return AIMC_ERROR_TYPE;
  return are_equal_in_count(operands) ? AIMC_OK : AIMC_ERROR_EXTENT;
}

/// Checks an instruction of the host or a GDPU slice whose vectors matter.
static aimc_error check_vectors(
    const unit_code *code, const aimc_instruction *instruction, const operand_list *operands) {
  const walk_operand *result = &operands->accesses[0];
  const walk_operand *x = &operands->accesses[1], *y = &operands->accesses[2];
  const aimc_descriptor *to = &result->descriptor, *from = &x->descriptor, *other = &y->descriptor;
  switch (instruction->opcode) {
    case AIMC_REDUCE:
      if (!are_numeric(operands, 0)) return AIMC_ERROR_TYPE;
      return count_of(to) == vectors(from) && elements(from) > 0 && are_inputs(code, x)
          ? AIMC_OK : AIMC_ERROR_EXTENT;
    case AIMC_CONTRACT:
      if (!are_floating(operands, 0)) return AIMC_ERROR_TYPE;
      return vectors(from) == vectors(other) && elements(from) == elements(other)
          && count_of(to) == vectors(from) && are_inputs(code, x) ? AIMC_OK : AIMC_ERROR_EXTENT;
    case AIMC_GATHER:
    case AIMC_SCATTER:
      if (!are_alike(operands, 0, 2) || !is_integer(y->buffer.element)) return AIMC_ERROR_TYPE;
      return elements(to) == elements(from)
          && vectors(instruction->opcode == AIMC_GATHER ? to : from) == count_of(other)
          ? AIMC_OK : AIMC_ERROR_EXTENT;
    case AIMC_SORT:
      if (!is_integer(result->buffer.element)) return AIMC_ERROR_TYPE;
      return vectors(to) == vectors(from) && elements(to) <= elements(from) ? AIMC_OK : AIMC_ERROR_EXTENT;
    default: return AIMC_OK;
  }
}

/// Checks that the operands of an instruction of the host or a GDPU slice fit each other.
static aimc_error check_digital(
    const unit_code *code, const aimc_instruction *instruction, const operand_list *operands) {
  const walk_operand *first = &operands->accesses[0];
  if (!are_digital(code, operands)) return AIMC_ERROR_PLACE;
  switch (instruction->opcode) {
    case AIMC_BRANCH: return count_of(&first->descriptor) == 1 ? AIMC_OK : AIMC_ERROR_EXTENT;
    case AIMC_COPY:
      if (!are_alike(operands, 0, 2)) return AIMC_ERROR_TYPE;
      return are_equal_in_count(operands) ? AIMC_OK : AIMC_ERROR_EXTENT;
    case AIMC_MAP:
      if (!are_floating(operands, 0)) return AIMC_ERROR_TYPE;
      return are_equal_in_count(operands) ? AIMC_OK : AIMC_ERROR_EXTENT;
    case AIMC_CAST: return are_equal_in_count(operands) ? AIMC_OK : AIMC_ERROR_EXTENT;
    case AIMC_ZIP: return check_zip(instruction, operands);
    case AIMC_SELECT:
      if (operands->accesses[1].buffer.element != AIMC_BOOL || !are_alike(operands, 2, 4)
          || operands->accesses[2].buffer.element != first->buffer.element) {
        return AIMC_ERROR_TYPE;
      }
      return are_equal_in_count(operands) ? AIMC_OK : AIMC_ERROR_EXTENT;
    default: return check_vectors(code, instruction, operands);
  }
}

static aimc_error check_mvm(
    unit_code *code, const aimc_instruction *instruction, const operand_list *operands) {
  checker *check = code->check;
  const aimc_program *program = check->program;
  const walk_operand *to = &operands->accesses[0], *from = &operands->accesses[1];
  const aimc_stream *stream = &code->stream;
  aimc_tile tile;
  aimc_block block;
  bool is_there;
  TRY(find_tile(program, stream->chip, instruction->operands[2], &tile, &is_there));
  if (!is_there || tile.core != stream->core) return AIMC_ERROR_OPERAND;
  TRY(get_block(program, tile.block, &block));
  if (!is_at(&to->buffer, AIMC_COLUMNS, stream) || from->buffer.space != AIMC_HOST) return AIMC_ERROR_PLACE;
  if (!is_floating(from->buffer.element)) return AIMC_ERROR_TYPE;
  if (vectors(&to->descriptor) != vectors(&from->descriptor)
      || elements(&from->descriptor) != rows(&block) || elements(&to->descriptor) != columns(&block)) {
    return AIMC_ERROR_EXTENT;
  }
  if (program->probes.count > 0) {
    uint64_t *most = &check->vectors[tile.block];
    *most = greatest(*most, steps(&from->descriptor, false));
  }
  return AIMC_OK;
}

static aimc_error check_affine(
    unit_code *code, const aimc_instruction *instruction, const operand_list *operands) {
  const aimc_program *program = code->check->program;
  const walk_operand *to = &operands->accesses[0], *from = &operands->accesses[1];
  const aimc_stream *stream = &code->stream;
  aimc_affine affine;
  TRY(get_affine(program, instruction->operands[3], &affine));
  bool is_slice = to->buffer.space == AIMC_GDPU_SLICE && to->buffer.chip == stream->chip
      && is_linked(program, code->check->links, stream->core, to->buffer.core | TO_SLICE);
  if (!is_at(&from->buffer, AIMC_COLUMNS, stream)
      || (to->buffer.space != AIMC_HOST && !is_at(&to->buffer, AIMC_LINK, stream) && !is_slice)) {
    return AIMC_ERROR_PLACE;
  }
  if (operands->has_partial) {
    const aimc_buffer *partial = &operands->accesses[2].buffer;
    if (partial->space != AIMC_LINK || partial->chip != stream->chip || partial->receiver != stream->core) {
      return AIMC_ERROR_PLACE;
    }
    if (!(instruction->immediates[1] > 0)) return AIMC_ERROR_IMMEDIATE;
  } else if (instruction->immediates[1] > 0 || affine.partial_steps.count > 0) {
    return AIMC_ERROR_IMMEDIATE;
  }
  // The source holds f32, as all columns do.
  if (!are_floating(operands, 0)) return AIMC_ERROR_TYPE;
  for (size_t i = 0; i < operands->count; ++i) {
    const aimc_descriptor *descriptor = &operands->accesses[i].descriptor;
    if (vectors(descriptor) != vectors(&from->descriptor) || elements(descriptor) != affine.gains.count) {
      return AIMC_ERROR_EXTENT;
    }
  }
  return AIMC_OK;
}

static aimc_error check_instruction(unit_code *code, uint32_t number) {
  aimc_program *program = code->check->program;
  uint64_t place = code->stream.code.offset + (uint64_t)number * INSTRUCTION_SIZE;
  unsigned char record[INSTRUCTION_SIZE];
  aimc_instruction instruction;
  operand_list operands;
  TRY(load(program, place, record, INSTRUCTION_SIZE));
  decode_instruction(record, &instruction);
  uint32_t opcode = instruction.opcode;
  REQUIRE(program, row_of(opcode)->units >> code->stream.unit & 1, AIMC_ERROR_UNIT, place);
  bool is_analog = opcode == AIMC_MVM || opcode == AIMC_AFFINE;
  REQUIRE(
      program, !is_analog || satisfies(u32(record + 20), ABOVE_ZERO), AIMC_ERROR_IMMEDIATE, place + 20);
  REQUIRE(
      program, opcode != AIMC_AFFINE || satisfies(u32(record + 24), NOT_BELOW_ZERO),
      AIMC_ERROR_IMMEDIATE, place + 24);
  TRY(check_operands(code, number, &instruction, &operands));
  aimc_error error = AIMC_OK;
  switch (opcode) {
    case AIMC_END: case AIMC_JUMP: case AIMC_LOOP: case AIMC_NEXT: break;
    case AIMC_WAIT:
      if (operands.accesses[0].descriptor.counter == AIMC_NONE) error = AIMC_ERROR_OPERAND;
      break;
    case AIMC_MVM: error = check_mvm(code, &instruction, &operands); break;
    case AIMC_AFFINE: error = check_affine(code, &instruction, &operands); break;
    default: error = check_digital(code, &instruction, &operands);
  }
  return error == AIMC_OK ? AIMC_OK : fault(program, error, place);
}

/// What an instruction leads to: the next one unless it is `end` or `jump`, and its target or AIMC_NONE.
static aimc_error successors(const unit_code *code, uint32_t number, bool *goes_on, uint32_t *target) {
  aimc_instruction instruction;
  TRY(get_instruction(code->check->program, &code->stream, number, &instruction));
  *goes_on = instruction.opcode != AIMC_END && instruction.opcode != AIMC_JUMP;
  bool jumps = instruction.opcode == AIMC_JUMP || instruction.opcode == AIMC_BRANCH;
  *target = jumps ? instruction.operands[0] : AIMC_NONE;
  return AIMC_OK;
}

/// Marks of an instruction: it can be reached from the start, and the end from it.
enum { IS_REACHED = 1, LEADS_TO_END = 2, GOES_ON = 4 };

static void mark(
    unsigned char *marks, uint32_t number, unsigned char what, uint32_t *stack, uint32_t *depth) {
  if (marks[number] & what) return;
  marks[number] |= what;
  stack[(*depth)++] = number;
}

/// Checks that the end can be reached from every instruction that can be reached.
///
/// A loop ends at its `next`, so only jumps go back for ever. The room for loops is free by now.
static aimc_error check_ends(unit_code *code) {
  aimc_program *program = code->check->program;
  uint32_t count = code->count, depth = 0, jumps = 0;
  // By instruction, those that jump to it: a list, from the first on.
  uint32_t *first = code->enclosing, *next = first + count, *stack = next + count;
  unsigned char *marks = (unsigned char *)(stack + count);
  memset(marks, 0, count);
  memset(first, 0xFF, (size_t)count * sizeof *first);
  for (uint32_t number = 0; number < count; ++number) {
    bool goes_on;
    uint32_t target;
    TRY(successors(code, number, &goes_on, &target));
    if (goes_on) marks[number] |= GOES_ON; else jumps += 1;
    if (target == AIMC_NONE) continue;
    next[number] = first[target];
    first[target] = number;
  }
  // One is `end`.
  if (jumps == 1) return AIMC_OK;
  mark(marks, 0, IS_REACHED, stack, &depth);
  while (depth > 0) {
    uint32_t number = stack[--depth], target;
    bool goes_on;
    TRY(successors(code, number, &goes_on, &target));
    if (goes_on) mark(marks, number + 1, IS_REACHED, stack, &depth);
    if (target != AIMC_NONE) mark(marks, target, IS_REACHED, stack, &depth);
  }
  mark(marks, count - 1, LEADS_TO_END, stack, &depth);
  while (depth > 0) {
    uint32_t number = stack[--depth];
    if (number > 0 && marks[number - 1] & GOES_ON) mark(marks, number - 1, LEADS_TO_END, stack, &depth);
    for (uint32_t other = first[number]; other != AIMC_NONE; other = next[other]) {
      mark(marks, other, LEADS_TO_END, stack, &depth);
    }
  }
  for (uint32_t number = 0; number < count; ++number) {
    REQUIRE(
        program, (marks[number] & (IS_REACHED | LEADS_TO_END)) != IS_REACHED, AIMC_ERROR_END,
        code->stream.code.offset + (uint64_t)number * INSTRUCTION_SIZE);
  }
  return AIMC_OK;
}

static aimc_error check_code(checker *check) {
  aimc_program *program = check->program;
  memset(check->advanced, 0, (size_t)bytes_of_bits(program->counter_count));
  if (program->probes.count > 0) {
    memset(check->vectors, 0, (size_t)program->blocks.count * sizeof *check->vectors);
  }
  for (uint64_t index = 0; index < program->streams.count; ++index) {
    unit_code code;
    code.check = check;
    code.enclosing = check->scratch;
    TRY(get_stream(program, index, &code.stream));
    code.count = (uint32_t)code.stream.code.count;
    TRY(check_nesting(&code));
    for (uint32_t number = 0; number < code.count; ++number) TRY(check_instruction(&code, number));
    TRY(check_ends(&code));
  }
  for (uint32_t counter = 0; counter < program->counter_count; ++counter) {
    REQUIRE(
        program, bit(check->advanced, counter), AIMC_ERROR_COUNTER, program->descriptors.offset);
  }
  return AIMC_OK;
}

// MARK: Columns

/// The elements between which all lie that a walk reaches; all of the memory if it moves from time to time.
static bool find_elements(
    const aimc_descriptor *descriptor, const aimc_buffer *buffer, uint64_t *low, uint64_t *high) {
  reached reach;
  *low = 0;
  *high = buffer->count;
  if (descriptor->advance != 0) return *high > 0;
  if (!find_reach(descriptor, &reach) || reach.is_empty) return false;
  *low = (uint64_t)(descriptor->base + reach.low);
  *high = (uint64_t)(descriptor->base + reach.high) + 1;
  return true;
}

/// Lists where the `mvm` instructions of a stream write; those that write nothing are left out.
static aimc_error list_writers(checker *check, const aimc_stream *stream, uint32_t *count) {
  const aimc_program *program = check->program;
  column_writer *writers = check->scratch;
  *count = 0;
  for (uint64_t number = 0; number < stream->code.count; ++number) {
    aimc_instruction instruction;
    aimc_descriptor descriptor;
    aimc_buffer buffer;
    aimc_tile tile;
    aimc_block block;
    bool is_there;
    column_writer *writer = &writers[*count];
    TRY(get_instruction(program, stream, number, &instruction));
    if (instruction.opcode != AIMC_MVM) continue;
    TRY(get_descriptor(program, instruction.operands[0], &descriptor));
    TRY(get_buffer(program, descriptor.buffer, &buffer));
    if (!find_elements(&descriptor, &buffer, &writer->low, &writer->high)) continue;
    TRY(find_tile(program, stream->chip, instruction.operands[2], &tile, &is_there));
    TRY(get_block(program, tile.block, &block));
    writer->buffer = descriptor.buffer;
    writer->columns = bit(check->probed, tile.block) ? columns(&block) : 0;
    memcpy(&writer->g_max, &block.g_max, sizeof block.g_max);
    *count += 1;
  }
  return AIMC_OK;
}

/// Checks that an `affine` takes columns that an `mvm` writes, all of one g-max, and all columns of a block
/// that is calibrated.
static aimc_error check_taken_columns(
    checker *check, const aimc_instruction *instruction, uint64_t place, uint32_t count) {
  aimc_program *program = check->program;
  const column_writer *writers = check->scratch, *first = NULL;
  aimc_descriptor source;
  aimc_buffer buffer;
  aimc_affine affine;
  uint64_t low, high;
  TRY(get_descriptor(program, instruction->operands[1], &source));
  TRY(get_buffer(program, source.buffer, &buffer));
  TRY(get_affine(program, instruction->operands[3], &affine));
  // What reads nothing reads columns of a tile all the same.
  if (!find_elements(&source, &buffer, &low, &high)) {
    low = 0;
    high = buffer.count;
  }
  for (uint32_t i = 0; i < count; ++i) {
    const column_writer *other = &writers[i];
    if (other->buffer != source.buffer || other->low >= high || low >= other->high) continue;
    if (first == NULL) first = other;
    REQUIRE(
        program,
        other->g_max == first->g_max && (other->columns == 0 || other->columns == affine.gains.count),
        AIMC_ERROR_COLUMNS, place);
  }
  REQUIRE(program, first != NULL, AIMC_ERROR_COLUMNS, place);
  return AIMC_OK;
}

/// Checks what each `affine` takes from the crossbar of its core. Crossbars and LDPUs come in the same order.
static aimc_error check_columns(checker *check) {
  aimc_program *program = check->program;
  uint64_t crossbar = 0;
  for (uint64_t index = 0; index < program->streams.count; ++index) {
    aimc_stream stream, other;
    uint32_t count = 0;
    TRY(get_stream(program, index, &stream));
    if (stream.unit != AIMC_UNIT_LDPU) continue;
    for (; crossbar < index; ++crossbar) {
      TRY(get_stream(program, crossbar, &other));
      if (other.unit != AIMC_UNIT_CROSSBAR || other.chip < stream.chip) continue;
      if (other.chip > stream.chip || other.core >= stream.core) break;
    }
    if (crossbar < index && other.unit == AIMC_UNIT_CROSSBAR && other.chip == stream.chip
        && other.core == stream.core) {
      TRY(list_writers(check, &other, &count));
    }
    for (uint64_t number = 0; number < stream.code.count; ++number) {
      aimc_instruction instruction;
      TRY(get_instruction(program, &stream, number, &instruction));
      if (instruction.opcode != AIMC_AFFINE) continue;
      TRY(check_taken_columns(
          check, &instruction, stream.code.offset + number * INSTRUCTION_SIZE, count));
    }
  }
  return AIMC_OK;
}

// MARK: Symbols

/// Whether a range of code that begins at `start` of section `section` is in a stream.
static bool covers(const aimc_stream *stream, uint32_t section, aimc_span code) {
  uint32_t own = stream->unit == AIMC_UNIT_HOST
      ? FIRST_CHIP_SECTION - 1 : chip_section(stream->chip, CODE);
  return own == section && code.offset >= stream->code.offset
      && (code.offset - stream->code.offset) % INSTRUCTION_SIZE == 0
      && (code.offset - stream->code.offset) / INSTRUCTION_SIZE < stream->code.count
      && code.count
          <= stream->code.count - (code.offset - stream->code.offset) / INSTRUCTION_SIZE;
}

/// Checks that symbols are in order of the code that they cover.
static aimc_error check_symbols(checker *check) {
  aimc_program *program = check->program;
  aimc_stream stream;
  uint64_t current = 0, last = 0;
  unsigned char record[SYMBOL_SIZE], operation[VALUE_SIZE];
  REQUIRE(
      program, program->symbols.count >= 1 && program->operators.count == program->symbols.count,
      AIMC_ERROR_SYMBOL, program->symbols.offset);
  for (uint64_t index = 0; index < program->symbols.count; ++index) {
    uint64_t place = program->symbols.offset + index * SYMBOL_SIZE;
    TRY(load(program, place, record, SYMBOL_SIZE));
    TRY(load(program, program->operators.offset + index * VALUE_SIZE, operation, VALUE_SIZE));
    if (index == 0) {
      REQUIRE(
          program, is_zero(record, SYMBOL_SIZE) && u32(operation) == 0, AIMC_ERROR_SYMBOL, place);
      continue;
    }
    REQUIRE(
        program, has_name(check, u32(record)) && has_name(check, u32(operation)), AIMC_ERROR_NAME, place);
    uint32_t number = u16(record + 6);
    aimc_span section, code;
    REQUIRE(
        program,
        record[4] == 2 && record[5] == 0 && number < program->section_count && u64(record + 8) <= INT64_MAX
            && u64(record + 16) <= INT64_MAX && u64(record + 16) > 0
            && u64(record + 16) % INSTRUCTION_SIZE == 0,
        AIMC_ERROR_SYMBOL, place);
    TRY(section_at(program, number, &section));
    code.offset = section.offset + u64(record + 8);
    code.count = u64(record + 16) / INSTRUCTION_SIZE;
    // The stream of this symbol is that of the one before, or a later one.
    for (; current < program->streams.count; ++current) {
      TRY(get_stream(program, current, &stream));
      if (covers(&stream, number, code)) break;
      last = 0;
    }
    REQUIRE(
        program, current < program->streams.count && code.offset >= last, AIMC_ERROR_SYMBOL, place);
    last = code.offset;
  }
  return AIMC_OK;
}

aimc_error aimc_check(aimc_program *program, void *memory, size_t size) {
  // Only a program that has been opened needs memory.
  if (program == NULL || memory == NULL || program->memory_needed == 0) return AIMC_ERROR_ARGUMENT;
  program->is_checked = false;
  REQUIRE(program, size >= program->memory_needed, AIMC_ERROR_MEMORY, 0);
  checker check;
  check.program = program;
  unsigned char *start = memory;
  while ((uintptr_t)start % 8 != 0) start += 1;
  divide(program, start, &check);
  REQUIRE(
      program, program->counter_count <= program->descriptors.count, AIMC_ERROR_COUNTER,
      program->descriptors.offset);
  TRY(read_chip(program, check.links));
  TRY(find_names(&check));
  TRY(check_buffers(&check));
  TRY(check_ports(&check));
  TRY(check_blocks(&check));
  TRY(check_tiles(&check));
  TRY(check_lines(&check));
  TRY(check_residuals(&check));
  TRY(check_affines(&check));
  TRY(check_probes(&check));
  TRY(check_descriptors(&check));
  TRY(check_streams(&check));
  TRY(check_code(&check));
  TRY(check_symbols(&check));
  TRY(check_places(&check));
  TRY(check_columns(&check));
  program->is_checked = true;
  return AIMC_OK;
}

// MARK: What a checked program has

/// Ends the function unless the program is checked and has an element of the number.
#define REQUIRE_ELEMENT(program, index, count) \
  do { \
    if (!(program)->is_checked) return AIMC_ERROR_UNCHECKED; \
    if ((index) >= (count)) return AIMC_ERROR_INDEX; \
  } while (0)

/// Copies elements of `size` bytes, little endian as in the file.
static aimc_error read_elements(
    const aimc_program *program, aimc_span span, uint64_t first, size_t count, size_t size, void *elements) {
  uint64_t file = program->source.size;
  if (first > span.count || count > span.count - first) return AIMC_ERROR_INDEX;
  if (span.offset > file || span.count > (file - span.offset) / size) return AIMC_ERROR_INDEX;
  return load(program, span.offset + first * size, elements, count * size);
}

aimc_error aimc_read_bytes(
    const aimc_program *program, aimc_span span, uint64_t first, size_t count, void *bytes) {
  return read_elements(program, span, first, count, 1, bytes);
}

// The bytes of each element are put in order where they lie: it is as long as what they make.

aimc_error aimc_read_f32(
    const aimc_program *program, aimc_span span, uint64_t first, size_t count, float *values) {
  TRY(read_elements(program, span, first, count, sizeof *values, values));
  for (size_t i = 0; i < count; ++i) values[i] = f32((const unsigned char *)&values[i]);
  return AIMC_OK;
}

aimc_error aimc_read_i16(
    const aimc_program *program, aimc_span span, uint64_t first, size_t count, int16_t *values) {
  TRY(read_elements(program, span, first, count, sizeof *values, values));
  for (size_t i = 0; i < count; ++i) {
    values[i] = (int16_t)((int32_t)(u16((const unsigned char *)&values[i]) ^ 0x8000) - 0x8000);
  }
  return AIMC_OK;
}

aimc_error aimc_read_u32(
    const aimc_program *program, aimc_span span, uint64_t first, size_t count, uint32_t *values) {
  TRY(read_elements(program, span, first, count, sizeof *values, values));
  for (size_t i = 0; i < count; ++i) values[i] = u32((const unsigned char *)&values[i]);
  return AIMC_OK;
}

aimc_error aimc_name(const aimc_program *program, uint32_t name, char *text, size_t size) {
  if (size == 0) return AIMC_ERROR_ARGUMENT;
  text[0] = 0;
  REQUIRE_ELEMENT(program, name, program->names.count);
  size_t count = (size_t)least(program->names.count - name, size - 1);
  TRY(load(program, program->names.offset + name, text, count));
  text[count] = 0;
  return AIMC_OK;
}

aimc_error aimc_port_at(const aimc_program *program, uint32_t index, aimc_port *port) {
  REQUIRE_ELEMENT(program, index, program->ports.count);
  return get_port(program, index, port);
}

aimc_error aimc_dimension_at(
    const aimc_program *program, const aimc_port *port, uint32_t index, aimc_dimension *dimension) {
  unsigned char record[DIMENSION_SIZE];
  uint64_t number = (uint64_t)port->first_dimension + index;
  REQUIRE_ELEMENT(program, index, port->rank);
  REQUIRE_ELEMENT(program, number, program->dimensions.count);
  TRY(load(program, program->dimensions.offset + number * DIMENSION_SIZE, record, DIMENSION_SIZE));
  dimension->size = u64(record);
  dimension->name = u32(record + 8);
  return AIMC_OK;
}

aimc_error aimc_buffer_at(const aimc_program *program, uint32_t index, aimc_buffer *buffer) {
  REQUIRE_ELEMENT(program, index, program->buffers.count);
  return get_buffer(program, index, buffer);
}

aimc_error aimc_tile_count(const aimc_program *program, uint32_t chip, uint32_t *count) {
  aimc_span table;
  REQUIRE_ELEMENT(program, chip, program->chip_count);
  TRY(tiles_of(program, chip, &table));
  *count = (uint32_t)table.count;
  return AIMC_OK;
}

aimc_error aimc_tile_at(const aimc_program *program, uint32_t chip, uint32_t index, aimc_tile *tile) {
  aimc_span table;
  REQUIRE_ELEMENT(program, chip, program->chip_count);
  TRY(tiles_of(program, chip, &table));
  REQUIRE_ELEMENT(program, index, table.count);
  return get_tile(program, table, chip, index, tile);
}

aimc_error aimc_find_tile(const aimc_program *program, uint32_t chip, uint32_t number, aimc_tile *tile) {
  bool is_there;
  REQUIRE_ELEMENT(program, chip, program->chip_count);
  TRY(find_tile(program, chip, number, tile, &is_there));
  return is_there ? AIMC_OK : AIMC_ERROR_INDEX;
}

aimc_error aimc_next_core(const aimc_program *program, uint32_t chip, uint32_t *core) {
  aimc_span table;
  uint32_t next = AIMC_NONE;
  REQUIRE_ELEMENT(program, chip, program->chip_count);
  TRY(tiles_of(program, chip, &table));
  for (uint64_t index = 0; index < table.count; ++index) {
    aimc_tile tile;
    TRY(get_tile(program, table, chip, index, &tile));
    bool is_behind = *core == AIMC_NONE || tile.core > *core;
    if (is_behind && tile.core < next) next = tile.core;
  }
  *core = next;
  return AIMC_OK;
}

aimc_error aimc_core_lines(
    const aimc_program *program, uint32_t chip, uint32_t core, aimc_span *word_lines, aimc_span *bit_lines) {
  const aimc_span none = {0, 0};
  *word_lines = *bit_lines = none;
  REQUIRE_ELEMENT(program, chip, program->chip_count);
  if (!has_core(program, chip, core)) return AIMC_ERROR_INDEX;
  uint64_t size = lines_size(program);
  for (uint64_t first = 0; first + size <= program->lines.count; first += size) {
    uint64_t place = program->lines.offset + first * VALUE_SIZE;
    unsigned char bytes[8];
    TRY(load(program, place, bytes, sizeof bytes));
    if (u32(bytes) != chip || u32(bytes + 4) != core) continue;
    word_lines->offset = place + sizeof bytes;
    word_lines->count = program->chip.crossbar_rows;
    bit_lines->offset = word_lines->offset + word_lines->count * VALUE_SIZE;
    bit_lines->count = program->chip.crossbar_columns;
    break;
  }
  return AIMC_OK;
}

aimc_error aimc_block_at(const aimc_program *program, uint32_t index, aimc_block *block) {
  aimc_span section;
  REQUIRE_ELEMENT(program, index, program->blocks.count);
  TRY(get_block(program, index, block));
  TRY(section_at(program, chip_section(block->chip, CONDUCTANCES), &section));
  block->conductances.offset += section.offset;
  block->conductances.count = (uint64_t)rows(block) * columns(block);
  return AIMC_OK;
}

aimc_error aimc_block_scales(
    const aimc_program *program, uint32_t index, aimc_span *scales, aimc_span *decoding) {
  aimc_block block;
  uint64_t place = program->scales.offset;
  REQUIRE_ELEMENT(program, index, program->blocks.count);
  for (uint32_t i = 0; i <= index; ++i) {
    TRY(get_block(program, i, &block));
    scales->offset = place;
    scales->count = columns(&block);
    decoding->offset = place + scales->count * VALUE_SIZE;
    decoding->count = block.decoding_count;
    place = decoding->offset + decoding->count * VALUE_SIZE;
  }
  return AIMC_OK;
}

aimc_error aimc_stream_at(const aimc_program *program, uint32_t index, aimc_stream *stream) {
  REQUIRE_ELEMENT(program, index, program->streams.count);
  return get_stream(program, index, stream);
}

aimc_error aimc_instruction_at(
    const aimc_program *program, const aimc_stream *stream, uint32_t index, aimc_instruction *instruction) {
  unsigned char record[INSTRUCTION_SIZE];
  REQUIRE_ELEMENT(program, index, stream->code.count);
  TRY(read_elements(program, stream->code, index, 1, INSTRUCTION_SIZE, record));
  decode_instruction(record, instruction);
  return AIMC_OK;
}

aimc_error aimc_descriptor_at(
    const aimc_program *program, uint32_t index, aimc_descriptor *descriptor) {
  REQUIRE_ELEMENT(program, index, program->descriptors.count);
  return get_descriptor(program, index, descriptor);
}

aimc_error aimc_affine_at(const aimc_program *program, uint32_t index, aimc_affine *affine) {
  REQUIRE_ELEMENT(program, index, program->affines.count);
  return get_affine(program, index, affine);
}

aimc_error aimc_symbol_at(const aimc_program *program, uint32_t index, aimc_symbol *symbol) {
  unsigned char record[SYMBOL_SIZE], operation[VALUE_SIZE];
  aimc_span section;
  REQUIRE_ELEMENT(program, index, program->symbols.count);
  TRY(load(program, program->symbols.offset + (uint64_t)index * SYMBOL_SIZE, record, SYMBOL_SIZE));
  TRY(load(program, program->operators.offset + (uint64_t)index * VALUE_SIZE, operation, VALUE_SIZE));
  TRY(section_at(program, u16(record + 6), &section));
  symbol->node = u32(record);
  symbol->operation = u32(operation);
  symbol->code.offset = section.offset + u64(record + 8);
  symbol->code.count = u64(record + 16) / INSTRUCTION_SIZE;
  return AIMC_OK;
}

aimc_error aimc_probe_at(const aimc_program *program, uint32_t index, aimc_probe *probe) {
  unsigned char record[PROBE_SIZE];
  aimc_block block;
  REQUIRE_ELEMENT(program, index, program->probes.count);
  TRY(load(program, program->probes.offset + (uint64_t)index * PROBE_SIZE, record, PROBE_SIZE));
  TRY(get_block(program, u32(record), &block));
  // Only a file that has changed has such a block; its codes cannot be divided into vectors.
  if (rows(&block) == 0) return AIMC_ERROR_PROBE;
  decode_probe(program, record, &block, probe);
  return AIMC_OK;
}
