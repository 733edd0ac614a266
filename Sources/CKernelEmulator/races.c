#include "races.h"

#include "launch.h"

const char *place_words(place place) {
  if (place & place_is_line) return line_words((int)(place & ~place_is_line));
  return line_words(image_line(running.launch.image, place - 1));  // behind the call: within it
}

static uint32_t warp_of(access a) { return a.thread / lanes_per_warp; }

/// Whether an access was made by another block of this launch: blocks run one after another.
static bool is_of_other_block(access then) {
  return running.launch_time <= then.time && then.time < running.block_time;
}

/// Whether nothing orders an access with one that is made now.
static bool is_concurrent(access then, access now, bool is_global) {
  if (is_global && is_of_other_block(then)) return true;
  if (then.thread == now.thread) return false;
  return warp_of(then) == warp_of(now) ? then.time == now.time : then.time >= running.barrier_time;
}

void race_fail(const race *found, const char *memory) {
  launch_fail(
      "race on %s word %zu (byte %zu): thread %d%s %s it at %s; thread %d %s it at %s, and no "
      "barrier lies between",
      memory, found->byte / 4, found->byte, found->first.thread,
      is_of_other_block(found->first) ? " of another block" : "",
      found->first_writes ? "writes" : "reads", place_words(found->first.place),
      found->second.thread, found->second_writes ? "writes" : "reads",
      place_words(found->second.place));
}

bool races_note(
    granule *granules, size_t offset, size_t size, int thread, bool writes, place place,
    bool is_global, race *found) {
  const access now = {running.warps[thread / lanes_per_warp].time, (uint32_t)thread, place};
  const size_t last = (offset + size - 1) / granule_bytes;
  for (size_t i = offset / granule_bytes; i <= last; i++) {
    granule *g = &granules[i];
    const access *racing = is_concurrent(g->write, now, is_global)            ? &g->write
                           : writes && is_concurrent(g->read, now, is_global) ? &g->read
                                                                              : NULL;
    if (racing) {
      *found = (race){i * granule_bytes, *racing, now, racing == &g->write, writes};
      return true;
    }
    if (writes) {
      g->write = now;
    } else if (!is_concurrent(g->read, now, is_global)) {
      g->read = now;
    }
  }
  return false;
}
