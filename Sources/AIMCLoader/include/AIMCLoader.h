/// AIMCLoader reads tile programs, the files that `aimcc compile` writes (`.aimc`), for hardware.
///
/// It is C99, needs no library but memcpy, memset and memcmp, and takes no memory but what the caller gives.
/// A program lies in memory or is read piece by piece through a function. The way to its content:
///
///     aimc_open     checks every byte against its checksum, then version, headers and chip
///     aimc_check    checks every field and every rule, in memory that the caller gives
///     the others    give what was checked: ports, cores, blocks, conductances, code, calibration
///
/// aimc_check accepts what `aimcc` accepts, but for the chip description: of that it checks the figures in
/// `aimc_chip`. Specs/loader.md says so exactly; names in quotes below are sections of Specs/program.md,
/// which defines the file, and of Specs/isa.md, which defines the code.
///
/// A file is data of somebody else: no content of it leads to a crash, a loop without end, or a read outside
/// of it. It must not change while aimc_check runs.

#ifndef AIMC_LOADER_H
#define AIMC_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The version of the file format ("Versions"): files of the same major version and up to this minor version
/// can be read.
#define AIMC_VERSION_MAJOR 2
#define AIMC_VERSION_MINOR 2

/// Stands for no counter, no operand, no name of a dimension, no samples, and no core.
#define AIMC_NONE 0xFFFFFFFFu

/// The most axes, and the most loops, of a descriptor.
#define AIMC_MAXIMUM_RANK 8

/// The least size of the buffer of a source that is read through a function, in bytes.
#define AIMC_MINIMUM_BUFFER 64

/// What is wrong; `aimc_error_text` says it in words.
typedef enum aimc_error {
  AIMC_OK = 0,
  // Of the use of the library.
  AIMC_ERROR_ARGUMENT,
  AIMC_ERROR_READ,
  AIMC_ERROR_MEMORY,
  AIMC_ERROR_UNCHECKED,
  AIMC_ERROR_INDEX,
  // Of the file as a whole: "Layout", "Checksums", "Versions".
  AIMC_ERROR_TRUNCATED,
  AIMC_ERROR_IDENTIFICATION,
  AIMC_ERROR_CHECKSUM,
  AIMC_ERROR_SIZE,
  AIMC_ERROR_LAYOUT,
  AIMC_ERROR_PADDING,
  AIMC_ERROR_NOTE,
  AIMC_ERROR_VERSION,
  AIMC_ERROR_HEADER,
  AIMC_ERROR_CHIP,
  // Of tables: "Records".
  AIMC_ERROR_RECORDS,
  AIMC_ERROR_NAME,
  AIMC_ERROR_PORT,
  AIMC_ERROR_DIMENSION,
  AIMC_ERROR_BUFFER,
  AIMC_ERROR_CONSTANT,
  AIMC_ERROR_BLOCK,
  AIMC_ERROR_SCALE,
  AIMC_ERROR_CONDUCTANCE,
  AIMC_ERROR_RESIDUAL,
  AIMC_ERROR_TILE,
  AIMC_ERROR_OVERLAP,
  AIMC_ERROR_LINES,
  AIMC_ERROR_AFFINE,
  AIMC_ERROR_PROBE,
  AIMC_ERROR_DESCRIPTOR,
  AIMC_ERROR_COUNTER,
  AIMC_ERROR_STREAM,
  AIMC_ERROR_SYMBOL,
  // Of code: Specs/isa.md.
  AIMC_ERROR_OPCODE,
  AIMC_ERROR_UNIT,
  AIMC_ERROR_LOOP,
  AIMC_ERROR_END,
  AIMC_ERROR_IMMEDIATE,
  AIMC_ERROR_OPERAND,
  AIMC_ERROR_REACH,
  AIMC_ERROR_PLACE,
  AIMC_ERROR_TYPE,
  AIMC_ERROR_EXTENT,
  AIMC_ERROR_COLUMNS
} aimc_error;

/// What `error` means, in a few words of English.
const char *aimc_error_text(aimc_error error);

// MARK: Sources

/// Copies `count` bytes from `offset` of the file on to `bytes`; returns whether it could.
typedef bool (*aimc_read)(void *context, uint64_t offset, void *bytes, size_t count);

/// Where a program comes from: `bytes`, or `read` where that is NULL.
typedef struct aimc_source {
  /// The size of the file, in bytes.
  uint64_t size;
  /// The bytes of the file, if they lie in memory.
  const void *bytes;
  /// Reads the file, and the first argument of that.
  aimc_read read;
  void *context;
  /// What `read` fills when many bytes are looked through, and its size, at least AIMC_MINIMUM_BUFFER.
  /// Calls with one program at the same time need programs, and buffers, of their own.
  void *buffer;
  size_t buffer_size;
} aimc_source;

/// Elements of one size that lie in the file one after the other.
typedef struct aimc_span {
  /// Where the first one is, in bytes from the start of the file.
  uint64_t offset;
  /// The number of elements: bytes, records, f32, i16 or u32.
  uint64_t count;
} aimc_span;

// MARK: Programs

/// Which cores are linked ("links.topology" of Specs/chip.md).
typedef enum aimc_topology { AIMC_TOPOLOGY_ALL, AIMC_TOPOLOGY_MESH, AIMC_TOPOLOGY_LISTED } aimc_topology;

/// The figures of the chip that rules refer to; Specs/chip.md has them by these names.
typedef struct aimc_chip {
  /// The grid of cores; a core is numbered row by row from 0.
  uint32_t core_rows, core_columns;
  /// Word lines and bit lines of a crossbar.
  uint32_t crossbar_rows, crossbar_columns;
  /// Devices on each side of a conductance pair.
  uint32_t devices_per_polarity;
  /// The largest conductance of one side of a pair, in µS, rounded to f32.
  float g_max;
  /// Bits of a DAC code, sign included: codes are within ±(2^(bits − 1) − 1).
  uint32_t dac_bits;
  /// GDPU slices, 0 if there are none, and the most inputs of one operation of a slice.
  uint32_t gdpu_count, gdpu_maximum_inputs;
  aimc_topology topology;
  /// The links that a list names for partial sums.
  uint32_t link_count;
} aimc_chip;

/// A tile program. All fields are to be read only.
typedef struct aimc_program {
  aimc_source source;
  /// After a fault of aimc_open or aimc_check: where it is, in bytes from the start of the file.
  uint64_t fault_offset;
  /// After aimc_open: the bytes of memory that aimc_check needs.
  uint64_t memory_needed;
  /// Whether aimc_check has accepted the program.
  bool is_checked;

  /// The version of the format.
  uint32_t version_major, version_minor;
  /// Name and version of the compiler, and the names of network and chip, in UTF-8.
  aimc_span compiler, network, chip_name;
  /// The chips in series, and the counters of all units.
  uint32_t chip_count, counter_count;
  /// CRC-32C of the chip description; the description, canonical YAML; and what it says.
  uint32_t chip_checksum;
  aimc_span chip_text;
  aimc_chip chip;
  /// After aimc_check: the number of inputs, which are the first ports, and of samples of each input.
  uint32_t input_count;
  uint64_t sample_count;

  /// The tables ("Sections"), whose counts are numbers of records.
  aimc_span ports, dimensions, buffers, blocks, affines, descriptors, streams, probes, symbols;
  /// What records refer to: `operators` and `lines` count u32, `scales`, `gains` and `probe_figures` f32, the others
  /// bytes, but `host_code` instructions.
  aimc_span constants, scales, gains, host_code, probe_vectors, probe_figures, lines, operators, names;
  /// The number of tiles on all chips.
  uint32_t tile_count;
  /// The number of sections, and the longest tables of tiles, stream, and stream of a crossbar.
  uint32_t section_count, longest_tiles, longest_stream, longest_crossbar_stream;
} aimc_program;

/// Opens the program in `source`: checks checksums, padding, version, headers and the figures of the chip.
///
/// `program` is overwritten. Whatever `source` names must stay as long as the program is used. On AIMC_OK
/// `program->memory_needed` says how much memory aimc_check needs.
aimc_error aimc_open(aimc_program *program, const aimc_source *source);

/// Checks everything else: every field of every record against the sizes of sections and tables, and all
/// rules of Specs/program.md and Specs/isa.md that do not depend on values.
///
/// Of `memory`, of any alignment, it needs `program->memory_needed` bytes, for the duration of the call.
/// The time grows with the size of the file times the logarithm of its number of records; besides, each
/// `affine` instruction is compared with each `mvm` of its core.
aimc_error aimc_check(aimc_program *program, void *memory, size_t size);

// MARK: Numbers and text

/// Copies elements `first` ..< `first` + `count` of a span, in the byte order of the machine.
///
/// Returns AIMC_ERROR_INDEX if the span has fewer.
aimc_error aimc_read_bytes(
    const aimc_program *program, aimc_span span, uint64_t first, size_t count, void *bytes);
aimc_error aimc_read_f32(
    const aimc_program *program, aimc_span span, uint64_t first, size_t count, float *values);
aimc_error aimc_read_i16(
    const aimc_program *program, aimc_span span, uint64_t first, size_t count, int16_t *values);
aimc_error aimc_read_u32(
    const aimc_program *program, aimc_span span, uint64_t first, size_t count, uint32_t *values);

/// Copies the name at `name` of the table of names (".strtab") to `text` and ends it with a NUL, after at
/// most `size` − 1 bytes; where it is cut it may end inside of a character. `size` is at least 1.
aimc_error aimc_name(const aimc_program *program, uint32_t name, char *text, size_t size);

/// The CRC-32C ("Checksums") of the bytes of which `before` is the checksum, and `count` bytes more. That of
/// no bytes is 0.
uint32_t aimc_crc32c(uint32_t before, const void *bytes, size_t count);

// MARK: Ports and memories

/// The type of an element ("Element types").
typedef enum aimc_element {
  AIMC_F16 = 1, AIMC_F32, AIMC_F64, AIMC_I8, AIMC_I16, AIMC_I32, AIMC_I64, AIMC_U8, AIMC_U16, AIMC_U32,
  AIMC_U64, AIMC_BOOL, AIMC_BF16, AIMC_F8E4M3FN, AIMC_F8E4M3FNUZ, AIMC_F8E5M2, AIMC_F8E5M2FNUZ, AIMC_F8E8M0,
  AIMC_F4E2M1, AIMC_I4, AIMC_U4, AIMC_I2, AIMC_U2
} aimc_element;

/// The size of an element in memory, in bytes; 0 if there is no such type.
uint32_t aimc_element_size(aimc_element element);

/// An input or output of the network (".aimc.ports").
typedef struct aimc_port {
  /// The name, as in the ONNX model.
  uint32_t name;
  bool is_output;
  aimc_element element;
  /// The memory that holds it.
  uint32_t buffer;
  /// The step of the first converter that reads it, in units of the port; 0 if there is none.
  float scale;
  /// Its dimensions, for aimc_dimension_at.
  uint32_t first_dimension, rank;
  /// The constant that holds samples of an input, or AIMC_NONE.
  uint32_t samples;
} aimc_port;

/// A dimension of a port (".aimc.dimensions").
typedef struct aimc_dimension {
  /// The number of elements along it.
  uint64_t size;
  /// Its name if it is open in the model, or AIMC_NONE.
  uint32_t name;
} aimc_dimension;

/// Where a memory is.
typedef enum aimc_space { AIMC_HOST, AIMC_COLUMNS, AIMC_LINK, AIMC_GDPU_SLICE } aimc_space;

/// A memory (".aimc.buffers").
typedef struct aimc_buffer {
  uint32_t name;
  aimc_space space;
  aimc_element element;
  bool is_constant;
  /// The chip; the core or slice, or the core that sends; the core that receives.
  uint32_t chip, core, receiver;
  /// The elements of one inference, and those that it holds at a time.
  uint64_t count, capacity;
  /// The bytes of a constant; nothing for others.
  aimc_span content;
} aimc_buffer;

/// Port `index`, of `program->ports.count`: inputs, then outputs.
aimc_error aimc_port_at(const aimc_program *program, uint32_t index, aimc_port *port);
/// Dimension `index` of a port, of `port->rank`.
aimc_error aimc_dimension_at(
    const aimc_program *program, const aimc_port *port, uint32_t index, aimc_dimension *dimension);
/// Memory `index`, of `program->buffers.count`.
aimc_error aimc_buffer_at(const aimc_program *program, uint32_t index, aimc_buffer *buffer);

// MARK: Cores and crossbars

/// A block of conductances in a crossbar (".aimc.tiles.N").
typedef struct aimc_tile {
  /// The number by which code names it, over all chips.
  uint32_t number;
  /// The chip, and the core on it.
  uint32_t chip, core;
  /// The block.
  uint32_t block;
  /// The first word line and the first bit line that it uses, in the order of the core's lines.
  uint32_t first_row, first_column;
} aimc_tile;

/// The conductances of one block of a layer's matrix (".aimc.blocks").
typedef struct aimc_block {
  /// The node whose weights it holds.
  uint32_t node;
  /// Rows and columns of the layer's matrix, without those at the ends.
  uint32_t first_row, end_row, first_column, end_column;
  /// Columns of the matrix from `residual_column` on hold the errors of the columns `residual_width`,
  /// 2 · `residual_width`, … before them, times `residual_share`; none do where the width is 0.
  uint32_t residual_column, residual_width;
  float residual_share;
  /// Devices on each side of a conductance pair.
  uint32_t devices_per_polarity;
  /// The conductance of |g| = 1, in µS.
  float g_max;
  /// Whether a g of ±1 also represents larger weights.
  bool is_cut;
  /// The chip in whose section the conductances lie, and the points of the decoding.
  uint32_t chip, decoding_count;
  /// g, f32 within −1 … 1, rows × columns, row by row: positive g on the positive side of the pair.
  aimc_span conductances;
} aimc_block;

/// The number of tiles on a chip.
aimc_error aimc_tile_count(const aimc_program *program, uint32_t chip, uint32_t *count);
/// Tile `index` of the core table of `chip`, of aimc_tile_count.
aimc_error aimc_tile_at(const aimc_program *program, uint32_t chip, uint32_t index, aimc_tile *tile);
/// The tile on `chip` that code calls `number`; AIMC_ERROR_INDEX if that is on none of its cores.
aimc_error aimc_find_tile(const aimc_program *program, uint32_t chip, uint32_t number, aimc_tile *tile);
/// Sets `core` to the next core of `chip` with a tile: to the first if it is AIMC_NONE, to AIMC_NONE after
/// the last. Looks through the core table.
aimc_error aimc_next_core(const aimc_program *program, uint32_t chip, uint32_t *core);
/// The lines of a core (".aimc.lines"), u32: which word line and which bit line each one is that tiles name. Both
/// are empty where each is itself. Looks through the cores before it.
aimc_error aimc_core_lines(
    const aimc_program *program, uint32_t chip, uint32_t core, aimc_span *word_lines, aimc_span *bit_lines);
/// Block `index`, of `program->blocks.count`.
aimc_error aimc_block_at(const aimc_program *program, uint32_t index, aimc_block *block);
/// The weight of g = 1 in each column of block `index`, f32, and the points of its decoding, f32 from 0 to 1.
/// Looks through the blocks before it.
aimc_error aimc_block_scales(
    const aimc_program *program, uint32_t index, aimc_span *scales, aimc_span *decoding);

// MARK: Code

/// What runs a stream.
typedef enum aimc_unit { AIMC_UNIT_HOST, AIMC_UNIT_CROSSBAR, AIMC_UNIT_LDPU, AIMC_UNIT_GDPU } aimc_unit;

/// The code of one unit (".aimc.streams").
typedef struct aimc_stream {
  aimc_unit unit;
  /// The chip, and the core or the slice on it; 0 for the host.
  uint32_t chip, core;
  /// The instructions: records of 32 bytes, the last of which is `end`.
  aimc_span code;
} aimc_stream;

/// Opcodes (Specs/isa.md, "Instructions").
typedef enum aimc_opcode {
  AIMC_END = 0x00, AIMC_WAIT, AIMC_JUMP, AIMC_BRANCH, AIMC_LOOP, AIMC_NEXT,
  AIMC_MVM = 0x10, AIMC_AFFINE = 0x20,
  AIMC_COPY = 0x30, AIMC_FILL, AIMC_CAST, AIMC_MAP, AIMC_ZIP, AIMC_REDUCE, AIMC_CONTRACT, AIMC_GATHER,
  AIMC_SELECT, AIMC_SCATTER, AIMC_SORT
} aimc_opcode;

/// An instruction: fields that its opcode does not use are 0.
typedef struct aimc_instruction {
  aimc_opcode opcode;
  /// The number of the function, and the flags.
  uint32_t function, flags;
  /// Numbers of descriptors, tiles, affine functions and instructions, and counts, as the opcode says.
  uint32_t operands[4];
  float immediates[3];
} aimc_instruction;

/// A dimension of the data in a memory: distances in elements.
typedef struct aimc_axis {
  int32_t origin;
  uint32_t extent;
  int32_t stride;
} aimc_axis;

/// A dimension of a walk.
typedef struct aimc_loop {
  uint32_t count, axis;
  int32_t step;
} aimc_loop;

/// How vectors lie in a memory (".aimc.descriptors"; Specs/isa.md, "Descriptors").
typedef struct aimc_descriptor {
  uint32_t buffer;
  /// The counter, or AIMC_NONE, and by how much it counts.
  uint32_t counter;
  uint64_t amount;
  /// The element at coordinates 0, and what it grows by with each iteration of the innermost loop.
  int64_t base, advance;
  /// The vectors and the elements of each vector that are taken, without those at the ends.
  uint32_t first_vector, end_vector, first_element, end_element;
  /// What is read outside the extents.
  float fill;
  /// The axes, the loops, and how many of these, counted from the last, run through one vector.
  uint32_t axis_count, loop_count, inner_count;
  aimc_axis axes[AIMC_MAXIMUM_RANK];
  aimc_loop loops[AIMC_MAXIMUM_RANK];
} aimc_descriptor;

/// The affine function of LDPU columns (".aimc.affines"): a value of f32 for each column. Steps and partial
/// steps have no elements where all are 1.
typedef struct aimc_affine {
  aimc_span gains, offsets, steps, partial_steps;
} aimc_affine;

/// The node that a range of code computes (".symtab").
typedef struct aimc_symbol {
  /// The name of the node, and that of its operator.
  uint32_t node, operation;
  /// Its instructions: records of 32 bytes.
  aimc_span code;
} aimc_symbol;

/// Stream `index`, of `program->streams.count`.
aimc_error aimc_stream_at(const aimc_program *program, uint32_t index, aimc_stream *stream);
/// Instruction `index` of a stream, of `stream->code.count`.
aimc_error aimc_instruction_at(
    const aimc_program *program, const aimc_stream *stream, uint32_t index,
    aimc_instruction *instruction);
/// Descriptor `index`, of `program->descriptors.count`.
aimc_error aimc_descriptor_at(
    const aimc_program *program, uint32_t index, aimc_descriptor *descriptor);
/// Affine function `index`, of `program->affines.count`.
aimc_error aimc_affine_at(const aimc_program *program, uint32_t index, aimc_affine *affine);
/// Symbol `index`, of `program->symbols.count`; the first one is empty.
aimc_error aimc_symbol_at(const aimc_program *program, uint32_t index, aimc_symbol *symbol);

// MARK: Calibration

/// What is corrected by what was measured.
typedef enum aimc_routine {
  AIMC_ROUTINE_NONE, AIMC_ROUTINE_GLOBAL, AIMC_ROUTINE_COLUMN, AIMC_ROUTINE_REFIT, AIMC_ROUTINE_LAYERS
} aimc_routine;

/// The vectors that calibrate a block, and what they should give (".aimc.probes").
typedef struct aimc_probe {
  uint32_t block;
  aimc_routine routine;
  /// Input codes, i16: vectors × rows of the block.
  aimc_span codes;
  /// Where each vector comes up, two u32: the sample, and the vector among those that the layer multiplies;
  /// nothing if that is unknown.
  aimc_span places;
  /// Mean and standard deviation of each column over the vectors, f32, in input codes · d(g).
  aimc_span means, spreads;
} aimc_probe;

/// Probe `index`, of `program->probes.count`; they ascend by block.
aimc_error aimc_probe_at(const aimc_program *program, uint32_t index, aimc_probe *probe);

#ifdef __cplusplus
}
#endif

#endif
