#include "crc32c.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)

bool has_crc32c(void) { return __builtin_cpu_supports("sse4.2"); }

__attribute__((target("sse4.2")))
uint32_t crc32c_after(uint32_t state, const void *bytes, size_t count) {
  const unsigned char *next = bytes;
  uint64_t crc = state;
  for (; count >= 8; count -= 8, next += 8) {
    uint64_t word;
    memcpy(&word, next, 8);
    crc = __builtin_ia32_crc32di(crc, word);
  }
  for (; count > 0; --count) crc = __builtin_ia32_crc32qi((uint32_t)crc, *next++);
  return (uint32_t)crc;
}

#else

bool has_crc32c(void) { return false; }

uint32_t crc32c_after(uint32_t state, const void *bytes, size_t count) { abort(); }

#endif
