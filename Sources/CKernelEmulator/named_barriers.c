#include "named_barriers.h"

#include <stdio.h>
#include <string.h>

#include "launch.h"

enum { most_names = 16 };

static struct named {
  /// How many threads it is for, and have come; the line that the first came to.
  int threads, arrived, line;
  /// A bit for every warp that came, and that waits.
  uint32_t came, waiting;
  past past;
} named[most_names];

void named_prepare(void) { memset(named, 0, sizeof named); }

void named_describe(int name, char *words, size_t size) {
  snprintf(
      words, size, "barrier %d, to which %d of %d threads have come", name, named[name].arrived,
      named[name].threads);
}

static void check(int warp, int name, int threads, int line) {
  const int most = (int)running.launch.threads;
  if (name < 1 || name >= most_names)
    launch_fail(
        "warp %d comes to barrier %d, and they have the names 1 to %d: %s", warp, name,
        most_names - 1, line_words(line));
  if (threads <= 0 || threads % lanes_per_warp != 0 || threads > most)
    launch_fail(
        "barrier %d of %d threads: it takes a multiple of %d, and the block has %d: %s", name,
        threads, lanes_per_warp, most, line_words(line));
  const struct named *b = &named[name];
  if (b->arrived > 0 && threads != b->threads)
    launch_fail(
        "barrier %d is one of %d threads at %s, and one of %d for warp %d at %s", name, b->threads,
        line_words(b->line), threads, warp, line_words(line));
  if (b->came >> warp & 1)
    launch_fail(
        "warp %d comes a second time to barrier %d before all have: %d of %d threads came, the "
        "first of them at %s, and now it at %s",
        warp, name, b->arrived, b->threads, line_words(b->line), line_words(line));
}

void named_come(int warp, int name, int threads, bool waits, int line) {
  check(warp, name, threads, line);
  struct named *b = &named[name];
  if (b->arrived == 0) b->line = line;
  b->threads = threads;
  b->arrived += lanes_per_warp;
  b->came |= 1u << warp;
  order_add(&b->past, warp);
  if (waits) {
    b->waiting |= 1u << warp;
    running.warps[warp].awaited = name;
  }
  if (b->arrived < threads) return;
  for (int w = 0; w < most_warps; w++) {
    if (!(b->waiting >> w & 1)) continue;
    order_behind(&b->past, w);
    warp_go_on(w);
  }
  *b = (struct named){0};
}

bool named_is_left(char *words, size_t size) {
  for (int name = 1; name < most_names; name++) {
    if (named[name].arrived == 0) continue;
    char barrier[100];
    named_describe(name, barrier, sizeof barrier);
    snprintf(
        words, size, "the block ends at %s, the first of them at %s", barrier,
        line_words(named[name].line));
    return true;
  }
  return false;
}
