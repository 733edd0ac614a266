// cp.async: the bytes arrive when they are waited for, and not before.

#include <stdlib.h>
#include <string.h>

#include "global_memory.h"
#include "launch.h"
#include "shared_memory.h"

static async_copy *added(lane *lane) {
  if (lane->copy_count == lane->copy_capacity) {
    const int capacity = lane->copy_capacity ? 2 * lane->copy_capacity : 16;
    async_copy *grown = realloc(lane->copies, (size_t)capacity * sizeof *grown);
    if (!grown) launch_fail("no memory for the asynchronous copies");
    lane->copies = grown;
    lane->copy_capacity = capacity;
  }
  return &lane->copies[lane->copy_count++];
}

static void read_source(async_copy *copy) {
  if (copy->global) {
    if (running.launch.settings.checks_accesses)
      global_note(
          running.current, (uintptr_t)copy->global, 16, false, place_is_line | (uint32_t)copy->line);
    memcpy(copy->bytes, copy->global, 16);
  } else {
    memset(copy->bytes, 0, 16);
  }
  copy->is_read = true;
}

void copy_issue(void *shared, const void *global, int valid, int line) {
  const int thread = running.current;
  const char *words = line_words(line);
  if (!shared_is_near(shared))
    launch_fail("thread %d copies to an address that is not shared memory: %s", thread, words);
  shared_check_bounds(thread, shared, 16, "copies", place_is_line | (uint32_t)line);
  if ((uintptr_t)shared % 16 != 0 || (uintptr_t)global % 16 != 0)
    launch_fail(
        "thread %d copies %s an address that is no multiple of 16: %s", thread,
        (uintptr_t)shared % 16 != 0 ? "to" : "from", words);
  const void *owner = running.launch.owner;
  if (valid && !global_holds(owner, (uintptr_t)global, 16))
    launch_fail(
        "thread %d copies 16 bytes of global memory outside of every buffer, %s: %s", thread,
        global_describe(owner, (uintptr_t)global).text, words);
  shared_note(thread, shared, 16, true, place_is_line | (uint32_t)line);
  shared_set_copying(thread, shared, line);
  memset(shared, 0xff, 16);
  lane *lane = &running.lanes[thread];
  async_copy *copy = added(lane);
  *copy = (async_copy){
      .shared = shared, .global = valid ? global : NULL, .group = lane->copy_groups, .line = line};
  if (running.launch.settings.seed != 0 && random_next() & 1) read_source(copy);
}

void copy_commit(void) { running.lanes[running.current].copy_groups++; }

void copy_wait(int groups) {
  lane *lane = &running.lanes[running.current];
  int kept = 0;
  for (int i = 0; i < lane->copy_count; i++) {
    async_copy *copy = &lane->copies[i];
    if ((int64_t)copy->group >= (int64_t)lane->copy_groups - groups) {
      lane->copies[kept++] = *copy;
      continue;
    }
    if (!copy->is_read) read_source(copy);
    memcpy(copy->shared, copy->bytes, 16);
    shared_set_copying(running.current, copy->shared, 0);
    shared_note(running.current, copy->shared, 16, true, place_is_line | (uint32_t)copy->line);
  }
  lane->copy_count = kept;
}

void copies_check_end(lane *lane) {
  if (lane->copy_count > 0)
    launch_fail(
        "thread %d ends with %d copies that it did not wait for, the first of %s", running.current,
        lane->copy_count, line_words(lane->copies[0].line));
}
