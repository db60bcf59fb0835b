#include "AIMCLink.h"

// A freestanding implementation has these two functions, but no header that declares them.
void *memcpy(void *restrict target, const void *restrict source, size_t count);
void *memset(void *target, int byte, size_t count);

/// The bytes with which a frame begins: "AIMC".
#define MARK 0x434D4941u
/// The bytes of a header that its checksum covers.
#define COVERED 32u

enum { ANNOUNCEMENT_SIZE = 16, TIME_PLACE = 16, STATE_SIZE = 64, REPORT_SIZE = 56 };

#define TRY(call) \
  do { \
    aimc_link_error error_ = (call); \
    if (error_ != AIMC_LINK_OK) return error_; \
  } while (0)

// MARK: Numbers

static uint32_t u16(const unsigned char *bytes) { return bytes[0] | (uint32_t)bytes[1] << 8; }
static uint32_t u32(const unsigned char *bytes) { return u16(bytes) | u16(bytes + 2) << 16; }
static uint64_t u64(const unsigned char *bytes) { return u32(bytes) | (uint64_t)u32(bytes + 4) << 32; }

static void put(unsigned char *bytes, uint64_t value, unsigned count) {
  for (unsigned i = 0; i < count; ++i) bytes[i] = (unsigned char)(value >> 8 * i & 0xFF);
}

static size_t least(uint64_t a, size_t b) { return a < b ? (size_t)a : b; }

// MARK: Frames

void aimc_frame_write(const aimc_frame *frame, unsigned char *bytes) {
  put(bytes, MARK, 4);
  put(bytes + 4, AIMC_LINK_VERSION, 1);
  put(bytes + 5, frame->kind, 1);
  put(bytes + 6, frame->status, 2);
  put(bytes + 8, frame->session, 4);
  put(bytes + 12, frame->sequence, 4);
  put(bytes + 16, frame->offset, 8);
  put(bytes + 24, frame->argument, 4);
  put(bytes + 28, frame->count, 4);
  put(bytes + COVERED, aimc_crc32c(0, bytes, COVERED), 4);
}

bool aimc_frame_read(aimc_frame *frame, const unsigned char *bytes) {
  if (u32(bytes) != MARK || bytes[4] != AIMC_LINK_VERSION) return false;
  if (u32(bytes + COVERED) != aimc_crc32c(0, bytes, COVERED)) return false;
  frame->kind = bytes[5];
  frame->status = u16(bytes + 6);
  frame->session = u32(bytes + 8);
  frame->sequence = u32(bytes + 12);
  frame->offset = u64(bytes + 16);
  frame->argument = u32(bytes + 24);
  frame->count = u32(bytes + 28);
  return frame->count <= AIMC_MAXIMUM_PAYLOAD;
}

uint32_t aimc_frame_checksum(const unsigned char *bytes, const void *payload, size_t count) {
  return aimc_crc32c(aimc_crc32c(0, bytes, COVERED), payload, count);
}

// MARK: Texts

const char *aimc_link_text(aimc_link_error error) {
  switch (error) {
    case AIMC_LINK_OK: return "no fault";
    case AIMC_LINK_ARGUMENT: return "an argument is missing or too small";
    case AIMC_LINK_LOST: return "the link is lost and cannot be opened again";
    case AIMC_LINK_SILENT: return "the device does not answer";
    case AIMC_LINK_ANSWER: return "the device answers something that the protocol does not allow";
    case AIMC_LINK_REFUSED: return "the device has refused a request";
    case AIMC_LINK_SOURCE: return "the program could not be read";
  }
  return "unknown error";
}

const char *aimc_status_text(uint32_t status) {
  switch (status) {
    case AIMC_DONE: return "done";
    case AIMC_WORKING: return "still working";
    case AIMC_UNKNOWN: return "there is no such request";
    case AIMC_OTHER_HOST: return "another host has taken the device";
    case AIMC_OUT_OF_ORDER: return "the request is not the next one";
    case AIMC_OUT_OF_RANGE: return "outside of the memory";
    case AIMC_NOT_NOW: return "not possible in this state";
    case AIMC_BAD_PROGRAM: return "not a program that the device can run";
    case AIMC_FAILED: return "the device has failed";
  }
  return "unknown status";
}

// MARK: Requests

/// What came of waiting for an answer.
typedef enum outcome { ANSWERED, NOTHING, BROKEN } outcome;

static size_t room_of_payload(const aimc_link *link) {
  return link->room - AIMC_FRAME_HEADER - AIMC_FRAME_TRAILER;
}

/// Drops the first `count` bytes that have come.
static void drop(aimc_link *link, size_t count) {
  for (size_t i = count; i < link->have; ++i) link->answer[i - count] = link->answer[i];
  link->have -= count;
}

/// The bytes before the next place, behind the first byte, at which a frame may begin.
static size_t before_next_mark(const aimc_link *link) {
  size_t place = 1;
  while (place + 4 <= link->have && u32(link->answer + place) != MARK) ++place;
  return place;
}

/// Waits until at least `count` bytes are there.
static outcome gather(aimc_link *link, size_t count) {
  while (link->have < count) {
    size_t received = 0;
    const aimc_transport *transport = &link->transport;
    if (!transport->receive(
            transport->context, link->answer + link->have, link->room - link->have, link->patience,
            &received))
      return BROKEN;
    if (received == 0 || received > link->room - link->have) return NOTHING;
    link->have += received;
  }
  return ANSWERED;
}

/// Waits for the answer to the request with this header; others, and what is no frame, are passed over.
///
/// At most `budget` bytes are looked at, moves counted, so that a device that sends for ever does not hold the host for
/// ever.
static outcome receive(aimc_link *link, const aimc_frame *request, aimc_frame *frame) {
  uint64_t budget = (uint64_t)1 << 24;
  for (;;) {
    outcome result = gather(link, AIMC_FRAME_HEADER);
    if (result != ANSWERED) return result;
    size_t size = 0;
    bool is_answer = false;
    if (aimc_frame_read(frame, link->answer) && frame->count <= room_of_payload(link)) {
      size = AIMC_FRAME_HEADER + (frame->count > 0 ? frame->count + AIMC_FRAME_TRAILER : 0);
      result = gather(link, size);
      if (result != ANSWERED) return result;
      const unsigned char *payload = link->answer + AIMC_FRAME_HEADER;
      bool is_whole =
          frame->count == 0
          || u32(payload + frame->count) == aimc_frame_checksum(link->answer, payload, frame->count);
      // Where the end is damaged, nothing says that the size is right.
      if (!is_whole) size = 0;
      is_answer = is_whole && frame->session == request->session && frame->sequence == request->sequence
                  && frame->kind == (request->kind | AIMC_ANSWER);
    }
    if (is_answer && frame->status != AIMC_WORKING) return ANSWERED;
    uint64_t work = link->have;
    drop(link, size > 0 ? size : before_next_mark(link));
    if (budget < work) return NOTHING;
    budget -= work;
  }
}

static aimc_link_error reopen(aimc_link *link) {
  const aimc_transport *transport = &link->transport;
  for (uint32_t i = 0; transport->reopen != NULL && i < link->tries; ++i) {
    if (!transport->reopen(transport->context)) continue;
    ++link->reopenings;
    return AIMC_LINK_OK;
  }
  return AIMC_LINK_LOST;
}

aimc_link_error aimc_link_request(
    aimc_link *link, uint32_t kind, uint64_t offset, uint32_t argument, const void *payload, size_t count,
    const unsigned char **answer, size_t *received) {
  if (count > room_of_payload(link)) return AIMC_LINK_ARGUMENT;
  aimc_frame request = {kind, 0, link->session, ++link->sequence, offset, argument, (uint32_t)count};
  aimc_frame_write(&request, link->request);
  size_t size = AIMC_FRAME_HEADER;
  if (count > 0) {
    memcpy(link->request + size, payload, count);
    put(link->request + size + count, aimc_frame_checksum(link->request, payload, count), 4);
    size += count + AIMC_FRAME_TRAILER;
  }
  link->have = 0;
  for (uint32_t i = 0; i < link->tries; ++i) {
    if (i > 0) ++link->repeats;
    outcome result = BROKEN;
    aimc_frame frame;
    if (link->transport.send(link->transport.context, link->request, size))
      result = receive(link, &request, &frame);
    if (result == BROKEN) {
      link->have = 0;
      TRY(reopen(link));
    }
    if (result != ANSWERED) continue;
    const unsigned char *bytes = link->answer + AIMC_FRAME_HEADER;
    if (frame.status != AIMC_DONE) {
      link->refusal = frame.status;
      link->refusal_text = bytes;
      link->refusal_count = frame.count;
      return AIMC_LINK_REFUSED;
    }
    *answer = bytes;
    *received = frame.count;
    return AIMC_LINK_OK;
  }
  return AIMC_LINK_SILENT;
}

// MARK: Single requests

aimc_link_error aimc_link_status(aimc_link *link) {
  const unsigned char *bytes;
  size_t count;
  TRY(aimc_link_request(link, AIMC_REQUEST_STATUS, 0, 0, NULL, 0, &bytes, &count));
  if (count != STATE_SIZE) return AIMC_LINK_ANSWER;
  aimc_device_state state = {
    u32(bytes), u32(bytes + 4), u64(bytes + 8), u64(bytes + 16), u32(bytes + 24), u32(bytes + 28),
    u64(bytes + 32), u64(bytes + 40), u32(bytes + 48), u32(bytes + 52), u32(bytes + 56), u32(bytes + 60),
  };
  bool is_possible = state.phase <= 4 && state.program_received <= state.program_size
                     && state.steps_done <= state.step_count && state.step_count <= AIMC_MAXIMUM_STEPS
                     && state.most_payload >= 64
                     && state.most_payload <= AIMC_MAXIMUM_PAYLOAD && state.most_inferences >= 1;
  if (!is_possible) return AIMC_LINK_ANSWER;
  link->state = state;
  return AIMC_LINK_OK;
}

aimc_link_error aimc_link_open(
    aimc_link *link, const aimc_transport *transport, uint32_t session, void *memory, size_t size) {
  if (memory == NULL || size < AIMC_MINIMUM_LINK_MEMORY || transport->send == NULL || transport->receive == NULL)
    return AIMC_LINK_ARGUMENT;
  memset(link, 0, sizeof *link);
  link->transport = *transport;
  link->patience = 10000;
  link->tries = 8;
  link->session = session;
  link->room = least(size / 2, AIMC_FRAME_HEADER + AIMC_MAXIMUM_PAYLOAD + AIMC_FRAME_TRAILER);
  link->request = memory;
  link->answer = link->request + link->room;
  return aimc_link_status(link);
}

/// The most bytes of a payload that both sides have room for.
static size_t most_payload(const aimc_link *link) {
  return least(link->state.most_payload, room_of_payload(link));
}

aimc_link_error aimc_link_write(
    aimc_link *link, aimc_memory memory, uint64_t offset, const void *bytes, size_t count) {
  const unsigned char *next = bytes;
  while (count > 0) {
    const unsigned char *answer;
    size_t part = least(count, most_payload(link)), received;
    TRY(aimc_link_request(link, AIMC_REQUEST_WRITE, offset, memory, next, part, &answer, &received));
    next += part;
    offset += part;
    count -= part;
  }
  return AIMC_LINK_OK;
}

aimc_link_error aimc_link_read(
    aimc_link *link, aimc_memory memory, uint64_t offset, void *bytes, size_t count) {
  unsigned char *next = bytes;
  while (count > 0) {
    unsigned char wanted[4];
    const unsigned char *answer;
    size_t part = least(count, most_payload(link)), received;
    put(wanted, part, 4);
    TRY(aimc_link_request(link, AIMC_REQUEST_READ, offset, memory, wanted, 4, &answer, &received));
    if (received != part) return AIMC_LINK_ANSWER;
    memcpy(next, answer, part);
    next += part;
    offset += part;
    count -= part;
  }
  return AIMC_LINK_OK;
}

static aimc_link_error step(aimc_link *link, uint32_t kind, uint32_t number, aimc_step_report *report) {
  const unsigned char *bytes;
  size_t count;
  TRY(aimc_link_request(link, kind, 0, number, NULL, 0, &bytes, &count));
  if (count != REPORT_SIZE) return AIMC_LINK_ANSWER;
  aimc_step_report found = {
    u32(bytes), u32(bytes + 4), u32(bytes + 8), u32(bytes + 12), u64(bytes + 16), u64(bytes + 24),
    u64(bytes + 32), u64(bytes + 40), u32(bytes + 48), u32(bytes + 52),
  };
  if (found.converged > found.cells) return AIMC_LINK_ANSWER;
  *report = found;
  return AIMC_LINK_OK;
}

aimc_link_error aimc_link_program(aimc_link *link, uint32_t number, aimc_step_report *report) {
  return step(link, AIMC_REQUEST_PROGRAM, number, report);
}

aimc_link_error aimc_link_verify(aimc_link *link, uint32_t number, aimc_step_report *report) {
  return step(link, AIMC_REQUEST_VERIFY, number, report);
}

aimc_link_error aimc_link_calibrate(aimc_link *link, uint64_t *multiplications) {
  const unsigned char *bytes;
  size_t count;
  TRY(aimc_link_request(link, AIMC_REQUEST_CALIBRATE, 0, 0, NULL, 0, &bytes, &count));
  if (count != 8) return AIMC_LINK_ANSWER;
  *multiplications = u64(bytes);
  return AIMC_LINK_OK;
}

aimc_link_error aimc_link_set_time(aimc_link *link, uint64_t milliseconds) {
  unsigned char bytes[8];
  put(bytes, milliseconds, sizeof bytes);
  return aimc_link_write(link, AIMC_MEMORY_REGISTERS, TIME_PLACE, bytes, sizeof bytes);
}

aimc_link_error aimc_link_test(aimc_link *link, uint32_t core, uint64_t pattern) {
  const unsigned char *bytes;
  size_t count;
  return aimc_link_request(link, AIMC_REQUEST_TEST, pattern, core, NULL, 0, &bytes, &count);
}

// MARK: Loading and running

/// Gives `count` bytes of the program: from memory, or read to `buffer`.
static aimc_link_error part_of(
    const aimc_source *source, uint64_t offset, size_t count, unsigned char *buffer,
    const unsigned char **bytes) {
  if (source->bytes != NULL) {
    *bytes = (const unsigned char *)source->bytes + offset;
    return AIMC_LINK_OK;
  }
  *bytes = buffer;
  return source->read(source->context, offset, buffer, count) ? AIMC_LINK_OK : AIMC_LINK_SOURCE;
}

static aimc_link_error checksum_of(aimc_link *link, const aimc_source *source, uint32_t *checksum) {
  *checksum = 0;
  for (uint64_t offset = 0; offset < source->size;) {
    const unsigned char *bytes;
    size_t count = least(source->size - offset, link->room);
    TRY(part_of(source, offset, count, link->answer, &bytes));
    *checksum = aimc_crc32c(*checksum, bytes, count);
    offset += count;
  }
  return AIMC_LINK_OK;
}

aimc_link_error aimc_link_load(
    aimc_link *link, const aimc_source *source, aimc_progress progress, void *context) {
  uint32_t checksum;
  unsigned char announcement[ANNOUNCEMENT_SIZE] = {0};
  if (source->bytes == NULL && source->read == NULL) return AIMC_LINK_ARGUMENT;
  TRY(checksum_of(link, source, &checksum));
  put(announcement, source->size, 8);
  put(announcement + 8, checksum, 4);
  TRY(aimc_link_write(link, AIMC_MEMORY_REGISTERS, 0, announcement, sizeof announcement));
  TRY(aimc_link_status(link));
  if (link->state.program_size != source->size || link->state.program_checksum != checksum)
    return AIMC_LINK_ANSWER;
  for (uint64_t offset = link->state.program_received; offset < source->size;) {
    const unsigned char *bytes;
    size_t count = least(source->size - offset, most_payload(link));
    TRY(part_of(source, offset, count, link->answer, &bytes));
    TRY(aimc_link_write(link, AIMC_MEMORY_PROGRAM, offset, bytes, count));
    offset += count;
    if (progress != NULL) progress(context, AIMC_LOAD_WRITING, offset, source->size, NULL);
  }
  TRY(aimc_link_status(link));
  for (uint32_t number = link->state.steps_done; number < link->state.step_count; ++number) {
    aimc_step_report report;
    TRY(aimc_link_program(link, number, &report));
    if (progress != NULL) progress(context, AIMC_LOAD_PROGRAMMING, number + 1, link->state.step_count, &report);
  }
  TRY(aimc_link_status(link));
  if (link->state.phase == 3) {
    uint64_t multiplications;
    TRY(aimc_link_calibrate(link, &multiplications));
    if (progress != NULL) progress(context, AIMC_LOAD_CALIBRATING, 1, 1, NULL);
    TRY(aimc_link_status(link));
  }
  return link->state.phase == 4 ? AIMC_LINK_OK : AIMC_LINK_ANSWER;
}

aimc_link_error aimc_link_run(
    aimc_link *link, uint64_t first, uint32_t count, const void *inputs, void *outputs) {
  uint64_t in = link->state.input_size, out = link->state.output_size;
  const unsigned char *from = inputs;
  unsigned char *to = outputs;
  while (count > 0) {
    const unsigned char *answer;
    uint32_t part = count < link->state.most_inferences ? count : link->state.most_inferences;
    size_t received;
    if ((in > 0 && in > (size_t)-1 / part) || (out > 0 && out > (size_t)-1 / part)) return AIMC_LINK_ARGUMENT;
    TRY(aimc_link_write(link, AIMC_MEMORY_INPUTS, 0, from, (size_t)in * part));
    TRY(aimc_link_request(link, AIMC_REQUEST_RUN, first, part, NULL, 0, &answer, &received));
    TRY(aimc_link_read(link, AIMC_MEMORY_OUTPUTS, 0, to, (size_t)out * part));
    from += (size_t)in * part;
    to += (size_t)out * part;
    first += part;
    count -= part;
  }
  return AIMC_LINK_OK;
}
