#include "global_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launch.h"

enum { guard_bytes = 256, guard_value = 0xc5, poison = 0xff };

typedef struct {
  uint8_t *start;
  size_t bytes;
  const void *owner;
  /// What threads did to it, from the first access on that is noted.
  granule *granules;
} buffer;

/// All buffers, by address.
static buffer *buffers;
static size_t count, capacity;

/// How many buffers start at the address or below it.
static size_t up_to(uintptr_t address) {
  size_t low = 0, high = count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if ((uintptr_t)buffers[middle].start <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

uintptr_t global_allocate(const void *owner, size_t bytes) {
  if (bytes > SIZE_MAX / 2) return 0;
  if (count == capacity) {
    const size_t more = capacity ? 2 * capacity : 64;
    buffer *grown = realloc(buffers, more * sizeof *grown);
    if (!grown) return 0;
    buffers = grown;
    capacity = more;
  }
  const size_t rounded = (bytes + guard_bytes - 1) / guard_bytes * guard_bytes;
  uint8_t *whole = aligned_alloc(guard_bytes, rounded + 2 * guard_bytes);
  if (!whole) return 0;
  uint8_t *start = whole + guard_bytes;
  memset(whole, guard_value, guard_bytes);
  memset(start, poison, bytes);
  memset(start + bytes, guard_value, rounded - bytes + guard_bytes);
  const size_t place = up_to((uintptr_t)start);
  memmove(buffers + place + 1, buffers + place, (count - place) * sizeof *buffers);
  buffers[place] = (buffer){start, bytes, owner, NULL};
  count++;
  return (uintptr_t)start;
}

/// A buffer, by the launch's parameter that points to it.
static memory_words words_of(const buffer *b) {
  memory_words words;
  const int parameter = launch_parameter_within(b->start, b->bytes);
  if (parameter > 0) {
    snprintf(
        words.text, sizeof words.text, "parameter %d's buffer of %zu bytes", parameter, b->bytes);
  } else {
    snprintf(words.text, sizeof words.text, "a buffer of %zu bytes", b->bytes);
  }
  return words;
}

/// Whether a guard was written to, which is mended then.
static bool is_damaged(const buffer *b, memory_words *damage) {
  bool result = false;
  for (int side = 0; side < 2; side++) {
    uint8_t *guard = side ? b->start + b->bytes : b->start - guard_bytes;
    for (int i = 0; i < guard_bytes; i++) {
      const int byte = side ? i : guard_bytes - 1 - i;
      if (guard[byte] == guard_value) continue;
      snprintf(
          damage->text, sizeof damage->text, "something wrote %s %s, at byte %td of it",
          side ? "behind" : "before", words_of(b).text, guard + byte - b->start);
      memset(guard, guard_value, guard_bytes);
      result = true;
      break;
    }
  }
  return result;
}

bool global_free(uintptr_t address, memory_words *damage) {
  damage->text[0] = 0;
  const size_t place = up_to(address);
  if (place == 0 || (uintptr_t)buffers[place - 1].start != address) return false;
  const buffer freed = buffers[place - 1];
  is_damaged(&freed, damage);
  memmove(buffers + place - 1, buffers + place, (count - place) * sizeof *buffers);
  count--;
  free(freed.granules);
  free(freed.start - guard_bytes);
  return true;
}

bool global_holds(const void *owner, uintptr_t address, size_t bytes) {
  if (bytes == 0) return true;
  const size_t place = up_to(address);
  if (place == 0) return false;
  const buffer *b = &buffers[place - 1];
  const size_t offset = address - (uintptr_t)b->start;
  return b->owner == owner && offset <= b->bytes && bytes <= b->bytes - offset;
}

memory_words global_describe(const void *owner, uintptr_t address) {
  enum { near = 1 << 20 };
  memory_words words;
  const size_t size = sizeof words.text, place = up_to(address);
  const buffer *below = place > 0 ? &buffers[place - 1] : NULL;
  const buffer *above = place < count ? &buffers[place] : NULL;
  const size_t offset = below ? address - (uintptr_t)below->start : SIZE_MAX;
  const size_t before = above ? (uintptr_t)above->start - address : SIZE_MAX;
  if (below && offset < below->bytes) {
    snprintf(
        words.text, size, "byte %zu of %s%s", offset, words_of(below).text,
        below->owner == owner ? "" : ", which is another device's");
  } else if (below && offset - below->bytes < near && offset - below->bytes <= before) {
    snprintf(
        words.text, size, "%zu bytes behind the end of %s", offset - below->bytes,
        words_of(below).text);
  } else if (above && before < near) {
    snprintf(words.text, size, "%zu bytes before %s", before, words_of(above).text);
  } else {
    snprintf(words.text, size, "address 0x%zx, near no buffer", (size_t)address);
  }
  return words;
}

bool global_damage(const void *owner, memory_words *damage) {
  bool result = false;
  for (size_t i = 0; i < count; i++)
    if (buffers[i].owner == owner && is_damaged(&buffers[i], damage)) result = true;
  return result;
}

void global_note(int thread, uintptr_t address, size_t size, bool writes, place place) {
  buffer *b = &buffers[up_to(address) - 1];
  if (!b->granules) b->granules = calloc(granule_count(b->bytes), sizeof *b->granules);
  if (!b->granules) launch_fail("no memory to note accesses to a buffer of %zu bytes", b->bytes);
  race found;
  const size_t offset = address - (uintptr_t)b->start;
  if (!races_note(b->granules, offset, size, thread, writes, place, true, &found)) return;
  char memory[200];
  snprintf(memory, sizeof memory, "%s,", words_of(b).text);
  race_fail(&found, memory);
}

void global_forget(void) {
  for (size_t i = 0; i < count; i++) {
    free(buffers[i].granules);
    buffers[i].granules = NULL;
  }
}
