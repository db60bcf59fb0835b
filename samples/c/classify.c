// Loads a network onto a device and classifies one digit there. In the folder of the repository:
//
//     aimcc compile samples/digits/model.onnx -o digits.aimc
//     aimcc chip --listen chip.socket &
//     cc -std=c99 -ISources/AIMCLoader/include samples/c/classify.c Sources/AIMCLoader/*.c -o classify
//     ./classify digits.aimc chip.socket

#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "AIMCLink.h"

// The second image of samples/digits/test.npz, a 3: ink from 0 to 16, a letter each.
static const char image[] = "abmpfaaaaepipdaaaadboeaaaaeoqbaaaabkopeaaaaaamiaaeiekqeaacmqngaa";

static const char *path;
static int descriptor = -1;

static bool reopen(void *context) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  (void)context;
  if (descriptor >= 0) close(descriptor);
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
  return descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0;
}

static bool send_all(void *context, const void *bytes, size_t count) {
  (void)context;
  for (size_t sent = 0; sent < count;) {
    ssize_t part = send(descriptor, (const char *)bytes + sent, count - sent, MSG_NOSIGNAL);
    if (part <= 0) return false;
    sent += (size_t)part;
  }
  return true;
}

static bool receive(void *context, void *bytes, size_t count, uint32_t milliseconds, size_t *received) {
  struct pollfd polled = {descriptor, POLLIN, 0};
  (void)context;
  *received = 0;
  if (poll(&polled, 1, (int)milliseconds) == 0) return true;
  ssize_t part = recv(descriptor, bytes, count, 0);
  if (part <= 0) return false;
  *received = (size_t)part;
  return true;
}

static bool read_file(void *file, uint64_t offset, void *bytes, size_t count) {
  return fseek(file, (long)offset, SEEK_SET) == 0 && fread(bytes, 1, count, file) == count;
}

static void print_step(
    void *context, aimc_load_phase phase, uint64_t done, uint64_t total, const aimc_step_report *report) {
  (void)context;
  if (phase != AIMC_LOAD_PROGRAMMING) return;
  printf(
      "step %" PRIu64 " of %" PRIu64 ": core %" PRIu32 ".%" PRIu32 ", %" PRIu32 " cells\n", done, total, report->chip,
      report->core, report->cells);
}

int main(int count, char **arguments) {
  static unsigned char memory[16384];
  aimc_transport transport = {NULL, send_all, receive, reopen};
  aimc_link link;
  FILE *file = count == 3 ? fopen(arguments[1], "rb") : NULL;
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
    fprintf(stderr, "usage: classify PROGRAM.aimc SOCKET\n");
    return 64;
  }
  aimc_source source = {(uint64_t)ftell(file), NULL, read_file, file, NULL, 0};
  path = arguments[2];
  if (!reopen(NULL)) return perror(path), 1;
  aimc_link_error error = aimc_link_open(&link, &transport, (uint32_t)getpid(), memory, sizeof memory);
  if (error == AIMC_LINK_OK) error = aimc_link_load(&link, &source, print_step, NULL);
  float pixels[64], scores[10];
  for (int i = 0; i < 64; ++i) pixels[i] = (float)(image[i] - 'a');
  if (error == AIMC_LINK_OK && (link.state.input_size != sizeof pixels || link.state.output_size != sizeof scores)) {
    fprintf(stderr, "%s does not classify digits of 8 x 8 pixels\n", arguments[1]);
    return 1;
  }
  if (error == AIMC_LINK_OK) error = aimc_link_run(&link, 0, 1, pixels, scores);
  if (error != AIMC_LINK_OK) {
    fprintf(stderr, "%s: %s\n", aimc_link_text(error), aimc_status_text(link.refusal));
    return 1;
  }
  int best = 0;
  for (int i = 1; i < 10; ++i) best = scores[i] > scores[best] ? i : best;
  printf("this is a %d\n", best);
  return 0;
}
