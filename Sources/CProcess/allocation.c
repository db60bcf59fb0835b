// Memory that cannot be had ends the process with a diagnostic: neither the runtime of Swift nor most
// libraries can go on without. These take the place of the functions of the C library; sanitizers bring their
// own, and valgrind finds these with --soname-synonyms=somalloc=NONE.

#include <errno.h>
#include <features.h>
#include <stdlib.h>

#include "process_end.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
    __has_feature(thread_sanitizer)
#define ALLOCATOR_IS_REPLACED
#endif
#endif

#if defined(__GLIBC__) && !defined(ALLOCATOR_IS_REPLACED)

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static void *had(void *memory, size_t size) {
  if (!memory && size) end_without_memory(size);
  return memory;
}

void *malloc(size_t size) { return had(__libc_malloc(size), size); }

void *calloc(size_t count, size_t size) {
  size_t whole;
  if (__builtin_mul_overflow(count, size, &whole)) whole = (size_t)-1;
  return had(__libc_calloc(count, size), whole);
}

void *realloc(void *memory, size_t size) { return had(__libc_realloc(memory, size), size); }

void *memalign(size_t alignment, size_t size) {
  return had(__libc_memalign(alignment, size), size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) || alignment & (alignment - 1) || !alignment) return EINVAL;
  *memory = memalign(alignment, size);
  return 0;
}

#endif
