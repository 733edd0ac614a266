#ifndef RACES_H
#define RACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Of every two bytes of memory it is known which threads touched them last, so that two accesses that no barrier orders
// are found whatever the schedule.

/// A place in the kernel: an instruction's distance from the image's start, or a line with `place_is_line`.
typedef uint32_t place;

static const place place_is_line = 1u << 21;

const char *place_words(place place);

/// An access: none if its time is 0. Its time is that of its warp.
typedef struct {
  uint32_t time;
  uint32_t thread : 10, place : 22;
} access;

/// What is known of two bytes: the last write, and the reads since that a later write may race with, the newest first.
typedef struct {
  access write, reads[2];
  /// The number of a list of further reads.
  uint32_t more;
} granule;

enum { granule_bytes = 2 };

static inline size_t granule_count(size_t bytes) {
  return (bytes + granule_bytes - 1) / granule_bytes;
}

/// Two accesses to the same two bytes that nothing orders.
typedef struct {
  size_t byte;
  access first, second;
  bool first_writes, second_writes;
} race;

/// Forgets all reads, and with them the lists of all granules: at the start of a launch.
void races_forget(void);

/// Takes note of an access to bytes of memory that begins with these granules. Whether it races with another: with which.
/// Global memory is shared by the launch's blocks.
bool races_note(
    granule *granules, size_t offset, size_t size, int thread, bool writes, place place,
    bool is_global, race *found);

/// Ends the launch. The memory is named as in "shared word 12".
_Noreturn void race_fail(const race *found, const char *memory);

#endif
