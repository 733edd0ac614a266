#ifndef SHARED_MEMORY_H
#define SHARED_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "races.h"

// Shared memory of the block that runs: poisoned, with guards before and behind.

/// Forgets all accesses: at the start of a launch of so many bytes.
void shared_prepare(size_t bytes);

/// Poisons the memory and sets the guards: at the start of a block.
char *shared_poison(size_t bytes);

/// Whether a guard was written to; where, in words.
bool shared_damage(size_t bytes, char *words, size_t words_size);

/// Whether the address lies in shared memory or its guards.
bool shared_is_near(const void *address);

/// Fails unless shared memory holds all these bytes. `verb` is what the thread does with them.
void shared_check_bounds(
    int thread, const void *address, size_t size, const char *verb, place place);

/// Takes note of an access by a thread, and fails if it races with another or with a copy.
void shared_note(int thread, const void *address, size_t size, bool writes, place place);

/// Marks 16 bytes as to be written by a thread's copy of that line; or, with line 0, as no longer.
void shared_set_copying(int thread, const void *address, int line);

#endif
