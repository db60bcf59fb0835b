#include "process_end.h"

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED
#include <sanitizer/asan_interface.h>
#endif
#endif

// The codes of Specs/cli.md.
enum { input_fault = 1, internal_error = 70 };

enum { temporary_count = 256, mapping_count = 4096, name_size = 256 };

// Handlers of signals read these, so that nothing in them is ever allocated or freed.
static struct {
  atomic_int is_used;
  char path[PATH_MAX];
} temporaries[temporary_count];

static struct {
  atomic_int is_used;
  const char *start;
  size_t count;
  char name[name_size];
} mappings[mapping_count];
static atomic_int has_unknown_mappings;

int remember_temporary(const char *path) {
  if (strlen(path) >= PATH_MAX) return -1;
  for (int i = 0; i < temporary_count; ++i) {
    int is_free = 0;
    // 1 while the path is written, 2 when it is.
    if (!atomic_compare_exchange_strong(&temporaries[i].is_used, &is_free, 1)) continue;
    strcpy(temporaries[i].path, path);
    atomic_store(&temporaries[i].is_used, 2);
    return i;
  }
  return -1;
}

void forget_temporary(int number) {
  if (number >= 0) atomic_store(&temporaries[number].is_used, 0);
}

// Behind the end of a file its last page holds zeros, which reading too far would pass unnoticed.
static void guard_end(int number, int is_guarded) {
#ifdef IS_SANITIZED
  const char *end = mappings[number].start + mappings[number].count;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t rest = (page - mappings[number].count % page) % page;
  if (is_guarded) __asan_poison_memory_region(end, rest);
  else __asan_unpoison_memory_region(end, rest);
#else
  (void)number, (void)is_guarded;
#endif
}

int remember_mapping(const void *start, size_t count, const char *name) {
  for (int i = 0; i < mapping_count; ++i) {
    int is_free = 0;
    if (!atomic_compare_exchange_strong(&mappings[i].is_used, &is_free, 1)) continue;
    mappings[i].start = start;
    mappings[i].count = count;
    strncpy(mappings[i].name, name, name_size - 1);
    guard_end(i, 1);
    atomic_store(&mappings[i].is_used, 2);
    return i;
  }
  atomic_store(&has_unknown_mappings, 1);
  return -1;
}

void forget_mapping(int number) {
  if (number < 0) return;
  guard_end(number, 0);
  atomic_store(&mappings[number].is_used, 0);
}

static void say(const char *text) { (void)!write(STDERR_FILENO, text, strlen(text)); }

static void remove_temporaries(void) {
  for (int i = 0; i < temporary_count; ++i)
    if (atomic_load(&temporaries[i].is_used) == 2) unlink(temporaries[i].path);
}

/// The name of the file that is mapped at `place`, or NULL.
static const char *mapped_file(const char *place) {
  for (int i = 0; i < mapping_count; ++i)
    if (atomic_load(&mappings[i].is_used) == 2 && place >= mappings[i].start &&
        place < mappings[i].start + mappings[i].count)
      return mappings[i].name;
  return atomic_load(&has_unknown_mappings) ? "an input" : NULL;
}

static void end_by_fault(int number, siginfo_t *info, void *context) {
  (void)context;
  // Several threads may read what a file has lost; the first one tells of it and ends them all.
  static atomic_int is_ending;
  if (atomic_exchange(&is_ending, 1))
    for (;;) pause();
  remove_temporaries();
  const char *file = number == SIGBUS ? mapped_file(info->si_addr) : NULL;
  if (file) {
    say(file);
    say(": error: cannot be read to its end: it became shorter meanwhile, or its device failed\n");
    _exit(input_fault);
  }
  say("aimcc: internal error: this is a fault of aimcc, not of your input; please report it\n");
  _exit(internal_error);
}

static void end_by_signal(int number) {
  remove_temporaries();
  // The signal is held back until this returns, and then ends the process in the usual way.
  raise(number);
}

static atomic_int interrupted, keepers;

static void note_interrupt(int number) {
  if (atomic_exchange(&interrupted, 1)) {
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigaction(number, &usual, NULL);
    end_by_signal(number);
    return;
  }
  say("\naimcc: stops, and prints what is done; again to stop at once\n");
}

void keep_interrupts(void) {
  if (atomic_fetch_add(&keepers, 1)) return;
  struct sigaction before, noting = {.sa_handler = note_interrupt, .sa_flags = SA_RESTART};
  sigaction(SIGINT, NULL, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGINT, &noting, NULL);
}

int was_interrupted(void) { return atomic_load(&interrupted); }

void release_interrupts(void) {
  if (atomic_fetch_sub(&keepers, 1) != 1) return;
  struct sigaction before, ending = {.sa_handler = end_by_signal, .sa_flags = SA_RESETHAND};
  sigaction(SIGINT, NULL, &before);
  if (before.sa_handler == note_interrupt) sigaction(SIGINT, &ending, NULL);
}

void end_by_interrupt(void) {
  remove_temporaries();
  signal(SIGINT, SIG_DFL);
  raise(SIGINT);
}

void end_without_memory(size_t count) {
  remove_temporaries();
  char digits[24];
  char *first = digits + sizeof digits - 1;
  *first = 0;
  do *--first = (char)('0' + count % 10);
  while (count /= 10);
  say("aimcc: error: there is not enough memory: ");
  say(first);
  say(" bytes more cannot be had\n  help: give it more memory (ulimit -v), or less data at a time\n");
  _exit(input_fault);
}

void catch_signals(void) {
  // A stack that overflowed cannot run a handler on itself.
  static char space[64 << 10];
  stack_t stack = {.ss_sp = space, .ss_size = sizeof space};
  sigaltstack(&stack, NULL);
  struct sigaction fault = {.sa_sigaction = end_by_fault};
  fault.sa_flags = SA_ONSTACK | SA_SIGINFO;
  // A fault of the handler itself then ends the process, and does not wait for it.
  sigfillset(&fault.sa_mask);
  const int faults[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; ++i) sigaction(faults[i], &fault, NULL);

  struct sigaction end = {.sa_handler = end_by_signal};
  end.sa_flags = SA_RESETHAND;
  const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU};
  // A parent that spawned this on a thread which blocks signals has left them blocked.
  sigset_t unblocked;
  sigemptyset(&unblocked);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; ++i) sigaddset(&unblocked, ends[i]);
  pthread_sigmask(SIG_UNBLOCK, &unblocked, NULL);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; ++i) {
    struct sigaction before;
    sigaction(ends[i], NULL, &before);
    if (before.sa_handler != SIG_IGN) sigaction(ends[i], &end, NULL);
  }
  // A closed pipe ends the process without a word, as it does other tools, even if the parent ignores it.
  sigaction(SIGPIPE, &end, NULL);
  // A file that would be too large is an error of the call that writes it.
  signal(SIGXFSZ, SIG_IGN);
}
