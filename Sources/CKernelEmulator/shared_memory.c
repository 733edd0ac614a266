#include "shared_memory.h"

#include <stdio.h>
#include <string.h>

#include "launch.h"

enum { guard_bytes = 1024, guard_value = 0xc5, poison = 0xff };

static _Alignas(1024) char arena[guard_bytes + most_shared_bytes + guard_bytes];
static char *const base = arena + guard_bytes;

/// The copy that is to write two bytes, if its line is not 0.
typedef struct {
  int32_t thread, line;
} copying;

static granule granules[most_shared_bytes / granule_bytes];
static copying copies[most_shared_bytes / granule_bytes];
/// How many of them have a line.
static int copies_open;

void shared_prepare(size_t bytes) {
  memset(granules, 0, granule_count(bytes) * sizeof *granules);
  memset(copies, 0, granule_count(bytes) * sizeof *copies);
  copies_open = 0;
}

char *shared_poison(size_t bytes) {
  memset(arena, guard_value, guard_bytes);
  memset(base, poison, bytes);
  memset(base + bytes, guard_value, guard_bytes);
  return base;
}

bool shared_damage(size_t bytes, char *words, size_t words_size) {
  for (int side = 0; side < 2; side++) {
    const char *guard = side ? base + bytes : arena;
    for (int i = 0; i < guard_bytes; i++) {
      const int byte = side ? i : guard_bytes - 1 - i;
      if ((uint8_t)guard[byte] == guard_value) continue;
      snprintf(
          words, words_size, "something wrote %s the block's %zu bytes of shared memory, at byte %td of it",
          side ? "behind" : "before", bytes, guard + byte - base);
      return true;
    }
  }
  return false;
}

bool shared_is_near(const void *address) {
  return (uintptr_t)address - (uintptr_t)arena < sizeof arena;
}

void shared_check_bounds(
    int thread, const void *address, size_t size, const char *verb, place place) {
  const ptrdiff_t offset = (const char *)address - base;
  const size_t bytes = running.launch.shared_bytes;
  if (offset >= 0 && (size_t)offset <= bytes && size <= bytes - (size_t)offset) return;
  launch_fail(
      "thread %d %s %zu bytes at byte %td of %zu bytes of shared memory: %s", thread, verb, size,
      offset, bytes, place_words(place));
}

void shared_note(int thread, const void *address, size_t size, bool writes, place place) {
  const size_t offset = (size_t)((const char *)address - base);
  for (size_t i = offset / granule_bytes; copies_open && i < granule_count(offset + size); i++)
    if (copies[i].line)
      launch_fail(
          "thread %d %s byte %zu of shared memory at %s, while thread %d's copy to it of %s has not "
          "been waited for",
          thread, writes ? "writes" : "reads", i * granule_bytes, place_words(place),
          copies[i].thread, line_words(copies[i].line));
  race found;
  if (races_note(granules, offset, size, thread, writes, place, false, &found))
    race_fail(&found, "shared");
}

void shared_set_copying(int thread, const void *address, int line) {
  copying *first = &copies[((const char *)address - base) / granule_bytes];
  for (int i = 0; i < 16 / granule_bytes; i++) {
    copies_open += (line != 0) - (first[i].line != 0);
    first[i] = (copying){thread, line};
  }
}
