/// AIMCLink hands a tile program to a device and runs inferences there, over any stream of bytes: a serial line,
/// a socket, a pipe. Specs/loader.md, "The protocol", defines what goes over the stream.
///
/// It is C99, needs no library but memcpy and memset, uses no memory but what the caller gives, and one thread. It
/// needs AIMCLoader.c beside it. A link may be lost at any byte: functions open it again and go on, so that
/// the device does everything once.
///
/// What a device sends is data of somebody else: none of it leads to a crash, a write outside of the buffers, or
/// a loop without end.

#ifndef AIMC_LINK_H
#define AIMC_LINK_H

#include "AIMCLoader.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The version of the protocol.
#define AIMC_LINK_VERSION 1

/// The bytes of a frame before its payload, and the checksum behind a payload.
#define AIMC_FRAME_HEADER 36
#define AIMC_FRAME_TRAILER 4

/// The most bytes of a payload.
#define AIMC_MAXIMUM_PAYLOAD 65536u

/// The most steps in which a device programs conductances.
#define AIMC_MAXIMUM_STEPS 4194304u

/// The least size of the memory of a link, in bytes.
#define AIMC_MINIMUM_LINK_MEMORY 512

// MARK: Frames

/// What a request asks for; an answer has the same kind and AIMC_ANSWER.
typedef enum aimc_request {
  AIMC_REQUEST_STATUS = 1, AIMC_REQUEST_WRITE, AIMC_REQUEST_READ, AIMC_REQUEST_PROGRAM, AIMC_REQUEST_VERIFY,
  AIMC_REQUEST_CALIBRATE, AIMC_REQUEST_RUN, AIMC_REQUEST_TEST
} aimc_request;

#define AIMC_ANSWER 0x80u

/// What a device says of a request; AIMC_WORKING comes before the answer, as often as a device likes.
typedef enum aimc_status {
  AIMC_DONE = 0, AIMC_WORKING, AIMC_UNKNOWN, AIMC_OTHER_HOST, AIMC_OUT_OF_ORDER, AIMC_OUT_OF_RANGE,
  AIMC_NOT_NOW, AIMC_BAD_PROGRAM, AIMC_FAILED
} aimc_status;

/// The memories of a device.
typedef enum aimc_memory {
  AIMC_MEMORY_REGISTERS = 0, AIMC_MEMORY_PROGRAM, AIMC_MEMORY_INPUTS, AIMC_MEMORY_OUTPUTS,
  AIMC_MEMORY_CHIP, AIMC_MEMORY_CELLS
} aimc_memory;

/// The fields of a frame.
typedef struct aimc_frame {
  uint32_t kind, status;
  /// The host, and the number of the request.
  uint32_t session, sequence;
  uint64_t offset;
  uint32_t argument;
  /// The bytes of the payload.
  uint32_t count;
} aimc_frame;

/// Writes the header of `frame` to `bytes`, which has room for AIMC_FRAME_HEADER.
void aimc_frame_write(const aimc_frame *frame, unsigned char *bytes);
/// Reads a header; returns whether it is one: mark, version, checksum and the size of the payload.
bool aimc_frame_read(aimc_frame *frame, const unsigned char *bytes);
/// The checksum of a payload behind the header `bytes`.
uint32_t aimc_frame_checksum(const unsigned char *bytes, const void *payload, size_t count);

// MARK: Links

/// What is wrong; `aimc_link_text` says it in words.
typedef enum aimc_link_error {
  AIMC_LINK_OK = 0,
  AIMC_LINK_ARGUMENT,
  /// The link is lost and cannot be opened again, or no answer has come in all tries.
  AIMC_LINK_LOST,
  AIMC_LINK_SILENT,
  /// An answer is not what the protocol allows.
  AIMC_LINK_ANSWER,
  /// The device has refused: `refusal` of the link, and the text behind it, say why.
  AIMC_LINK_REFUSED,
  /// The program could not be read.
  AIMC_LINK_SOURCE
} aimc_link_error;

const char *aimc_link_text(aimc_link_error error);
const char *aimc_status_text(uint32_t status);

/// The way to a device.
typedef struct aimc_transport {
  /// The first argument of the functions.
  void *context;
  /// Sends all bytes; returns whether it could. `false` means that the link is lost.
  bool (*send)(void *context, const void *bytes, size_t count);
  /// Waits for at most so many milliseconds for at least one byte and at most `count`, and sets `received` to their
  /// number, 0 if none came. Returns whether the link is still there.
  bool (*receive)(void *context, void *bytes, size_t count, uint32_t milliseconds, size_t *received);
  /// Opens the link again; returns whether it could. May be NULL.
  bool (*reopen)(void *context);
} aimc_transport;

/// The state of a device: the answer to AIMC_REQUEST_STATUS.
typedef struct aimc_device_state {
  /// What its program is: 0 none, 1 partly there, 2 whole, 3 programmed, 4 calibrated.
  uint32_t phase;
  /// The program that it has or expects: checksum of all bytes, size, and the bytes that are there.
  uint32_t program_checksum;
  uint64_t program_size, program_received;
  /// The steps in which conductances are programmed, AIMC_MAXIMUM_STEPS at most, and those that are done.
  uint32_t step_count, steps_done;
  /// The bytes of all inputs and of all outputs of one inference.
  uint64_t input_size, output_size;
  /// The most bytes of a payload, and the most inferences of one request.
  uint32_t most_payload, most_inferences;
  /// The chips in series, and the bytes of their description; 0 if the device does not tell.
  uint32_t chip_count, chip_size;
} aimc_device_state;

/// What programming or verifying a step gives.
typedef struct aimc_step_report {
  uint32_t chip, core;
  /// Sides of pairs, those of them that have reached their targets, and the pulses and reads that they took.
  uint32_t cells, converged;
  uint64_t pulses, reads;
  /// The time on the device in ns, and the energy in pJ.
  uint64_t nanoseconds, picojoules;
  /// CRC-32C of the targets (f32), row by row, tile by tile; how often the step has been programmed.
  uint32_t checksum, times;
} aimc_step_report;

/// What a load is doing.
typedef enum aimc_load_phase { AIMC_LOAD_WRITING, AIMC_LOAD_PROGRAMMING, AIMC_LOAD_CALIBRATING } aimc_load_phase;

/// A link. All fields but those marked are to be read only.
typedef struct aimc_link {
  aimc_transport transport;
  /// May be changed: how long an answer may take in ms, and how often a request is sent or a lost link opened again
  /// before it is given up.
  uint32_t patience, tries;
  uint32_t session, sequence;
  /// The state of the device when it was last asked.
  aimc_device_state state;
  /// After AIMC_LINK_REFUSED: the status, and `refusal_count` bytes of UTF-8, which stay until the next request.
  uint32_t refusal;
  const unsigned char *refusal_text;
  size_t refusal_count;
  /// The requests that were sent again, and the times that the link was opened again.
  uint32_t repeats, reopenings;
  unsigned char *request, *answer;
  size_t room, have;
} aimc_link;

/// Takes up a link, which is open, and asks for the state of the device.
///
/// `session` names this host: a number that no other host has lately used. Another host's session ends. What it
/// has loaded stays. `memory`, of at least AIMC_MINIMUM_LINK_MEMORY bytes, is used as long as the link is. More
/// of it allows larger payloads, so fewer frames.
aimc_link_error aimc_link_open(
    aimc_link *link, const aimc_transport *transport, uint32_t session, void *memory, size_t size);

/// Sends one request with its payload and waits for the answer, as often and as long as `tries` and `patience` say.
///
/// Of the answer, `payload` gets the bytes, which stay until the next request, and `received` their number.
aimc_link_error aimc_link_request(
    aimc_link *link, uint32_t kind, uint64_t offset, uint32_t argument, const void *payload, size_t count,
    const unsigned char **answer, size_t *received);

/// Asks for the state of the device.
aimc_link_error aimc_link_status(aimc_link *link);
/// Writes to a memory, in as many frames as it takes.
aimc_link_error aimc_link_write(
    aimc_link *link, aimc_memory memory, uint64_t offset, const void *bytes, size_t count);
/// Reads from a memory, in as many frames as it takes.
aimc_link_error aimc_link_read(aimc_link *link, aimc_memory memory, uint64_t offset, void *bytes, size_t count);
/// Programs step `step`, the next one or one that is done, whose report comes again.
aimc_link_error aimc_link_program(aimc_link *link, uint32_t step, aimc_step_report *report);
/// Reads the cells of step `step`, which is done, without changing them.
aimc_link_error aimc_link_verify(aimc_link *link, uint32_t step, aimc_step_report *report);
/// Calibrates the chips as the program says, and gives the vectors that were multiplied for that.
aimc_link_error aimc_link_calibrate(aimc_link *link, uint64_t *multiplications);

/// Tells a simulated device how many milliseconds have passed since it was programmed; others refuse that.
aimc_link_error aimc_link_set_time(aimc_link *link, uint64_t milliseconds);
/// Tests core `core`, counted over all chips: resets every device, sets device `pattern` − 1 of every side unless
/// `pattern` is 0, and reads every side into AIMC_MEMORY_CELLS. The device forgets its program.
aimc_link_error aimc_link_test(aimc_link *link, uint32_t core, uint64_t pattern);

/// Called after each part of a load: `done` of `total` bytes, steps or calibrations; `report` after a step.
typedef void (*aimc_progress)(
    void *context, aimc_load_phase phase, uint64_t done, uint64_t total, const aimc_step_report *report);

/// Loads the program in `source`: writes what of it the device does not have, programs the steps that are not
/// done, and calibrates. A program that is there already stays. `progress` may be NULL.
aimc_link_error aimc_link_load(
    aimc_link *link, const aimc_source *source, aimc_progress progress, void *context);

/// Runs `count` inferences, the first of which has number `first`, from which the noise of each follows.
///
/// `inputs` holds `count` × `state.input_size` bytes: of each inference, the elements of all inputs in order, row
/// by row, little endian, elements of less than a byte in a byte each. `outputs` gets the same of the outputs.
aimc_link_error aimc_link_run(
    aimc_link *link, uint64_t first, uint32_t count, const void *inputs, void *outputs);

#ifdef __cplusplus
}
#endif

#endif
