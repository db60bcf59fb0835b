/* aimcc as a library: compiles neural networks to analog in-memory computing chips and simulates them.
 *
 * Every call returns a result, never NULL, which the caller releases. A result has a status, diagnostics, and, where
 * the work is done, a report, arrays, a network or a program. Networks, programs and results are handles: NULL, or a
 * handle that has been released, is a fault that the status tells. All functions may be called from several threads
 * at once, for the same network or program too. Nothing is printed, and no file is written.
 *
 * Reports are the JSON documents that the command line prints with --json; options are the words of the command line
 * (Specs/cli.md). Texts are UTF-8 and end in a zero byte. Specs/library.md describes all of it. */
#ifndef AIMCC_H
#define AIMCC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. A library with another number from aimcc_interface is another interface. */
#define AIMCC_INTERFACE 1

/* How a call ended, as the command line's exit codes say it. */
#define AIMCC_DONE 0            /* the work is done */
#define AIMCC_INPUT_FAULT 1     /* a network, a program or data have faults */
#define AIMCC_USAGE 64          /* the call makes no sense: arguments or options */
#define AIMCC_INTERNAL_ERROR 70 /* a fault of aimcc */
#define AIMCC_STOPPED 130       /* the progress function has asked for the end */

typedef struct aimcc_network aimcc_network;
typedef struct aimcc_program aimcc_program;
typedef struct aimcc_result aimcc_result;

/* A dense array in row-major order, elements little endian. */
typedef struct {
  const char *name;     /* that of an input, of an output, or "y" for labels */
  const char *type;     /* f16, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64 or bool */
  size_t rank;          /* the number of dimensions, at most 64 */
  const int64_t *shape; /* rank sizes; may be NULL if rank is 0 */
  const void *data;     /* byte_count bytes; may be NULL if that is 0 */
  size_t byte_count;    /* the size of an element times all sizes */
} aimcc_array;

/* Hears how far the work is: done of total steps of what title says, total being 0 where nobody knows. It may be called
 * from another thread than that of the call. Returns 0 to go on, anything else to stop. */
typedef int32_t aimcc_progress(void *context, const char *title, double done, uint64_t total);

/* What a call is told beside its subject; NULL for nothing. */
typedef struct {
  const char *const *words; /* options as words, such as "--copies", "2" */
  size_t word_count;
  aimcc_progress *progress; /* may be NULL */
  void *context;            /* handed to progress */
  const char *data_name;    /* the path of the arrays' file, for messages and reports; may be NULL */
} aimcc_options;

/* The version of the interface, and that of aimcc, such as "0.2.0". */
uint32_t aimcc_interface(void);
const char *aimcc_version(void);

/* Reads an ONNX model, or the text of a graph (.aim). The result has a network, and what it takes and gives as a
 * report. Bytes are those of an ONNX model whose weights are in it; messages call it by name. */
aimcc_result *aimcc_read_network(const char *path);
aimcc_result *aimcc_read_network_bytes(const void *bytes, size_t count, const char *name);

/* Reads a tile program (.aimc). The result has a program, and what it takes and gives as a report. */
aimcc_result *aimcc_read_program(const char *path);
aimcc_result *aimcc_read_program_bytes(const void *bytes, size_t count, const char *name);

/* Compiles a network, with the options of `aimcc compile`. The ranges of converters come from typical inputs, without
 * which data beside the model serve, or random inputs. The result has a program and the report of `aimcc compile`. */
aimcc_result *aimcc_compile(
    const aimcc_network *network, const aimcc_array *typical, size_t typical_count,
    const aimcc_options *options);

/* Evaluates a network in its own precision, with the options --dim and --input-shape. The result has the outputs and the
 * report of `aimcc run`. */
aimcc_result *aimcc_run(
    const aimcc_network *network, const aimcc_array *arrays, size_t count,
    const aimcc_options *options);

/* Runs a program on a simulated chip, with the options of `aimcc simulate`. The result has the outputs and the report of
 * `aimcc simulate`. */
aimcc_result *aimcc_simulate(
    const aimcc_program *program, const aimcc_array *arrays, size_t count,
    const aimcc_options *options);

/* Measures the accuracy of a network, which it compiles, or of a program, on many simulated chips over time, with the
 * options of `aimcc evaluate`. Labels are the array "y". The result has the report of `aimcc evaluate`. */
aimcc_result *aimcc_evaluate(
    const aimcc_network *network, const aimcc_array *arrays, size_t count,
    const aimcc_array *typical, size_t typical_count, const aimcc_options *options);
aimcc_result *aimcc_evaluate_program(
    const aimcc_program *program, const aimcc_array *arrays, size_t count,
    const aimcc_options *options);

/* What a result has. Texts and arrays are valid until the result is released. */
int32_t aimcc_status(const aimcc_result *result);
/* A JSON document; NULL if there is none. */
const char *aimcc_report(const aimcc_result *result);
/* A JSON list of what is to be told: errors, warnings, notes. */
const char *aimcc_diagnostics(const aimcc_result *result);
/* The number of arrays, and the array at index; AIMCC_USAGE if there is none. */
size_t aimcc_array_count(const aimcc_result *result);
int32_t aimcc_array_at(const aimcc_result *result, size_t index, aimcc_array *array);
/* The network or program of the result, a handle of its own that the caller releases; NULL if there is none. */
aimcc_network *aimcc_result_network(const aimcc_result *result);
aimcc_program *aimcc_result_program(const aimcc_result *result);

/* The bytes of the program's file, valid until the program is released; AIMCC_USAGE if there is no such program. */
int32_t aimcc_program_bytes(const aimcc_program *program, const void **bytes, size_t *count);

/* Releases a handle. NULL, and what is no handle or no longer one, is left alone. A call that is using what the handle
 * stood for goes on. */
void aimcc_release_network(aimcc_network *network);
void aimcc_release_program(aimcc_program *program);
void aimcc_release_result(aimcc_result *result);

#ifdef __cplusplus
}
#endif

#endif
