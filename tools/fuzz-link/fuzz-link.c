// What `run` builds: the host's end of the protocol, to which libFuzzer answers.
//
// The input is a list of answers. Each begins with a byte of flags: which fields are those of the request, whether the
// checksums are right, and whether the link is lost. The header and the payload follow; what is left out is 0.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "AIMCLink.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// The answers that hosts got, and the loads that went through.
static unsigned long answers, loads;

static void print_counts(void) { fprintf(stderr, "%lu answers, %lu whole loads\n", answers, loads); }

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count;
  (void)arguments;
  return atexit(print_counts);
}

enum { REAL_KIND = 1, REAL_NUMBERS = 2, REAL_CHECKSUMS = 4, IS_DONE = 8, IS_STATE = 16, IS_LOST = 32, IS_CUT = 64 };

/// What libFuzzer answers, and what of it is on the way.
typedef struct device {
  const uint8_t *data;
  size_t size;
  unsigned char request[AIMC_FRAME_HEADER], answer[AIMC_FRAME_HEADER + 4096 + AIMC_FRAME_TRAILER];
  size_t count, taken;
  bool is_lost;
} device;

static void put32(unsigned char *bytes, uint32_t value) {
  for (int i = 0; i < 4; ++i) bytes[i] = (unsigned char)(value >> 8 * i);
}

static size_t take(device *device, void *bytes, size_t count) {
  if (count > device->size) count = device->size;
  memcpy(bytes, device->data, count);
  device->data += count;
  device->size -= count;
  return count;
}

/// The program that the host loads.
static const unsigned char program[700] = {5, 6, 7};

/// Makes a payload a state that a host may believe.
static void make_possible(unsigned char *payload) {
  uint32_t received = (uint32_t)(payload[16] | payload[17] << 8) % (sizeof program + 1);
  uint32_t steps = payload[24] % 4u, done = payload[28] % (steps + 1);
  put32(payload, payload[0] % 5u);
  put32(payload + 4, aimc_crc32c(0, program, sizeof program));
  memset(payload + 8, 0, 24);
  put32(payload + 8, sizeof program);
  put32(payload + 16, received);
  put32(payload + 24, steps);
  put32(payload + 28, done);
  put32(payload + 48, 64u + payload[48] * 4u);
  put32(payload + 52, 1 + payload[52] % 8u);
}

static bool send_frame(void *context, const void *bytes, size_t count) {
  device *device = context;
  unsigned char flags = 0;
  if (device->is_lost || count < AIMC_FRAME_HEADER) return false;
  memcpy(device->request, bytes, AIMC_FRAME_HEADER);
  take(device, &flags, 1);
  if (flags & IS_LOST) {
    device->is_lost = true;
    return false;
  }
  aimc_frame frame = {0}, request = {0};
  if (!aimc_frame_read(&request, device->request)) abort();
  unsigned char fields[12] = {0};
  take(device, fields, sizeof fields);
  frame.kind = flags & REAL_KIND ? request.kind | AIMC_ANSWER : fields[0];
  frame.status = flags & IS_DONE ? 0 : fields[1];
  frame.session = flags & REAL_NUMBERS ? request.session : fields[2];
  frame.sequence = flags & REAL_NUMBERS ? request.sequence : request.sequence - fields[3];
  frame.count = (uint32_t)(fields[4] | fields[5] << 8) % 4097;
  if (flags & IS_STATE) {
    static const uint32_t sizes[8] = {0, 64, 0, 0, 56, 56, 8, 0};
    frame.count = sizes[request.kind & 7];
  }
  unsigned char *payload = device->answer + AIMC_FRAME_HEADER;
  memset(payload, 0, frame.count);
  take(device, payload, frame.count);
  if (flags & IS_STATE && request.kind == AIMC_REQUEST_STATUS) make_possible(payload);
  aimc_frame_write(&frame, device->answer);
  put32(payload + frame.count, aimc_frame_checksum(device->answer, payload, frame.count));
  device->count = AIMC_FRAME_HEADER + (frame.count > 0 ? frame.count + AIMC_FRAME_TRAILER : 0);
  if (!(flags & REAL_CHECKSUMS)) device->answer[fields[6] % device->count] ^= fields[7];
  if (flags & IS_CUT) device->count = fields[8] % device->count;
  device->taken = 0;
  ++answers;
  return true;
}

static bool receive(void *context, void *bytes, size_t count, uint32_t milliseconds, size_t *received) {
  device *device = context;
  (void)milliseconds;
  *received = 0;
  if (device->is_lost) return false;
  size_t left = device->count - device->taken;
  if (count > left) count = left;
  // Parts of any size.
  if (count > 7 && device->size % 3 == 0) count = 7;
  memcpy(bytes, device->answer + device->taken, count);
  device->taken += count;
  *received = count;
  return true;
}

static bool reopen(void *context) {
  device *device = context;
  device->is_lost = false;
  return device->size > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  device *device = calloc(1, sizeof *device);
  device->data = data;
  device->size = size;
  uint16_t room = 0;
  take(device, &room, sizeof room);
  size_t memory_size = AIMC_MINIMUM_LINK_MEMORY + room % 4096;
  // Of exactly this size, so that a write behind it is seen.
  unsigned char *memory = malloc(memory_size);
  aimc_transport transport = {device, send_frame, receive, reopen};
  aimc_link link;
  aimc_source source = {sizeof program, program, NULL, NULL, NULL, 0};
  if (aimc_link_open(&link, &transport, 1, memory, memory_size) == AIMC_LINK_OK) {
    link.tries = 3;
    // What a device says of sizes is what it says: nobody has room for all of it.
    if (aimc_link_load(&link, &source, NULL, NULL) == AIMC_LINK_OK && link.state.input_size <= 4096
        && link.state.output_size <= 4096) {
      ++loads;
      unsigned char *in = calloc(3, (size_t)link.state.input_size + 1);
      unsigned char *out = malloc(3 * (size_t)link.state.output_size + 1);
      aimc_link_run(&link, 0, 3, in, out);
      free(in);
      free(out);
    }
    aimc_step_report report;
    uint64_t multiplications;
    aimc_link_verify(&link, 0, &report);
    aimc_link_calibrate(&link, &multiplications);
    aimc_link_set_time(&link, 1000);
    if (aimc_link_test(&link, 0, 1) == AIMC_LINK_OK) {
      unsigned char *cells = malloc(300);
      aimc_link_read(&link, AIMC_MEMORY_CELLS, 0, cells, 300);
      free(cells);
    }
    // What a device has said stays within the memory.
    if (link.refusal_count > 0
        && (link.refusal_text < memory || link.refusal_text + link.refusal_count > memory + memory_size))
      abort();
  }
  free(memory);
  free(device);
  return 0;
}
