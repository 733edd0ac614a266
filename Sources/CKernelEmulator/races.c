#include "races.h"

#include <stdlib.h>

#include "launch.h"

const char *place_words(place place) {
  if (place & place_is_line) return line_words((int)(place & ~place_is_line));
  return line_words(image_line(running.launch.image, place - 1));  // behind the call: within it
}

static uint32_t warp_of(access a) { return a.thread / lanes_per_warp; }

/// Whether an access was made by another block: blocks run one after another.
static bool is_of_other_block(access then) {
  return then.time != 0 && then.time < running.block_time;
}

/// Whether nothing orders an access with one that is made now.
static bool is_concurrent(access then, access now, bool is_global) {
  if (is_global && is_of_other_block(then)) return true;
  return then.thread != now.thread
         && then.time > running.warps[warp_of(now)].past.times[warp_of(then)];
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

/// Lists of reads. Number 0 is none.
static struct node {
  access read;
  uint32_t next;
} *nodes;
static uint32_t node_count, node_capacity, first_free;

void races_forget(void) {
  node_count = 1;
  first_free = 0;
}

static uint32_t node_with(access read, uint32_t next) {
  uint32_t number = first_free;
  if (number != 0) {
    first_free = nodes[number].next;
  } else {
    if (node_count >= node_capacity) {
      const uint32_t capacity = node_capacity ? 2 * node_capacity : 1 << 16;
      struct node *grown = realloc(nodes, (size_t)capacity * sizeof *grown);
      if (!grown) launch_fail("no memory to note who reads what");
      nodes = grown;
      node_capacity = capacity;
    }
    number = node_count++;
  }
  nodes[number] = (struct node){read, next};
  return number;
}

/// Takes a list's first read away.
static void remove_first(uint32_t *list) {
  const uint32_t number = *list;
  *list = nodes[number].next;
  nodes[number].next = first_free;
  first_free = number;
}

/// Whether another read by the warp adds nothing: this thread or two others of it have just read.
static bool is_known(const access reads[2], access now) {
  int known = 0;
  for (int i = 0; i < 2; i++) {
    if (reads[i].time != now.time || warp_of(reads[i]) != warp_of(now)) continue;
    if (reads[i].thread == now.thread || ++known == 2) return true;
  }
  return false;
}

/// Of older reads, seen from the newest on.
typedef struct {
  bool other_block, other_lane;
} seen;

/// Whether an older read is to be known beside one that is made now, so that whoever writes later races with a known one
/// if with any. None is that is ordered before this one. Of other blocks one is enough, and of the warp the newest by another
/// thread: it is the last to be ordered before anything, and one of two threads is not the one that writes.
static bool is_kept(access read, access now, bool is_global, seen *seen) {
  if (!is_concurrent(read, now, is_global)) return false;
  bool *other = is_of_other_block(read) ? &seen->other_block : &seen->other_lane;
  if (other == &seen->other_lane && warp_of(read) != warp_of(now)) return true;
  const bool is_first = !*other;
  *other = true;
  return is_first;
}

static void note_read(granule *g, access now, bool is_global) {
  if (is_known(g->reads, now)) return;
  seen seen = {false, false};
  const bool keeps_first = is_kept(g->reads[0], now, is_global, &seen);
  const bool keeps_second = is_kept(g->reads[1], now, is_global, &seen);
  for (uint32_t *link = &g->more; *link != 0;) {
    if (is_kept(nodes[*link].read, now, is_global, &seen)) {
      link = &nodes[*link].next;
    } else {
      remove_first(link);
    }
  }
  if (keeps_first && keeps_second) g->more = node_with(g->reads[1], g->more);
  if (keeps_first) {
    g->reads[1] = g->reads[0];
  } else if (!keeps_second) {
    g->reads[1] = (access){0};
  }
  g->reads[0] = now;
}

static void note_write(granule *g, access now) {
  *g = (granule){.write = now, .more = g->more};
  while (g->more != 0) remove_first(&g->more);
}

/// An access that one now races with, if there is one.
static const access *racing(const granule *g, access now, bool writes, bool is_global) {
  if (is_concurrent(g->write, now, is_global)) return &g->write;
  if (!writes) return NULL;
  for (int i = 0; i < 2; i++)
    if (is_concurrent(g->reads[i], now, is_global)) return &g->reads[i];
  for (uint32_t i = g->more; i != 0; i = nodes[i].next)
    if (is_concurrent(nodes[i].read, now, is_global)) return &nodes[i].read;
  return NULL;
}

bool races_note(
    granule *granules, size_t offset, size_t size, int thread, bool writes, place place,
    bool is_global, race *found) {
  const access now = {running.warps[thread / lanes_per_warp].time, (uint32_t)thread, place};
  const size_t last = (offset + size - 1) / granule_bytes;
  for (size_t i = offset / granule_bytes; i <= last; i++) {
    granule *g = &granules[i];
    const access *other = racing(g, now, writes, is_global);
    if (other) {
      *found = (race){i * granule_bytes, *other, now, other == &g->write, writes};
      return true;
    }
    if (writes) {
      note_write(g, now);
    } else {
      note_read(g, now, is_global);
    }
  }
  return false;
}
