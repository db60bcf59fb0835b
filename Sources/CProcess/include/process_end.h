#pragma once

#include <stddef.h>

/// Lets signals end the process as its users expect: temporary files are removed, a trap asks for a report,
/// and a file that became shorter while it was read is named. What the parent process ignores stays ignored.
void catch_signals(void);

/// Remembers the file at `path`, to be removed when a signal ends the process. Returns its number, or -1
/// if there are too many.
int remember_temporary(const char *path);

/// Forgets the file of that number; -1 is none.
void forget_temporary(int number);

/// Remembers that the `count` bytes at `start` are those of the file `name`. Returns the number of the
/// mapping, or -1 if there are too many.
int remember_mapping(const void *start, size_t count, const char *name);

/// Forgets the mapping of that number; -1 is none.
void forget_mapping(int number);

/// From now on, the first SIGINT is only noted, with a line on standard error, and the second ends the process. Where
/// the parent ignores it, it stays ignored.
void keep_interrupts(void);

/// Whether a SIGINT has been noted.
int was_interrupted(void);

/// SIGINT ends the process again, once this was called as often as `keep_interrupts`.
void release_interrupts(void);

/// Ends the process as SIGINT does.
void end_by_interrupt(void);

/// Ends the process because `count` bytes of memory cannot be had: not its fault, but that of its input.
_Noreturn void end_without_memory(size_t count);

/// Locks the byte `place` of an open file for this process and threads of it; whoever closes the file, be it that a
/// signal ends it, gives the lock back. Returns 0, 1 if another has it, or -1 if the file system has no locks.
int lock_byte(int descriptor, long long place);
