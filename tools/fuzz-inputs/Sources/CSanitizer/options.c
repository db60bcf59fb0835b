#include "options.h"

// What the process keeps to its end is no leak. Little of what was freed is kept, so that it does not count as
// memory that an input takes.
__attribute__((no_sanitize("address", "coverage")))
const char *__asan_default_options(void) {
  return "detect_leaks=0:quarantine_size_mb=16:allocator_release_to_os_interval_ms=500";
}
