#ifndef GLOBAL_MEMORY_H
#define GLOBAL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "races.h"

// Global memory: buffers of the host's memory, with guards before and behind, poisoned when fresh. Every buffer belongs
// to an owner, a context.

/// Room for words on where something lies.
typedef struct {
  char text[160];
} memory_words;

/// The address of a new buffer, 256-byte aligned; 0 if there is no memory.
uintptr_t global_allocate(const void *owner, size_t bytes);

/// Whether the address was a buffer's start, which is freed now. Words are of a damaged guard, or empty.
bool global_free(uintptr_t address, memory_words *damage);

/// Whether a buffer of this owner holds all these bytes.
bool global_holds(const void *owner, uintptr_t address, size_t bytes);

/// Where an address lies next to the owner's buffers.
memory_words global_describe(const void *owner, uintptr_t address);

/// Whether a guard of this owner's buffers was written to: of which. The guards are mended.
bool global_damage(const void *owner, memory_words *damage);

/// Takes note of an access by a thread of the launch to bytes that a buffer holds, and fails if it races with another.
void global_note(int thread, uintptr_t address, size_t size, bool writes, place place);

/// Forgets all accesses: at the start of a launch.
void global_forget(void);

#endif
