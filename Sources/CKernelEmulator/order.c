// What is ordered before what: vector clocks of the block's warps. Lanes of a warp come to barriers together, so that a
// time is one of all of them; but it orders nothing among them until the warp knows of it.

#include "order.h"

#include "launch.h"

static void join(past *into, const past *from) {
  for (int i = 0; i < most_warps; i++)
    if (from->times[i] > into->times[i]) into->times[i] = from->times[i];
}

void order_start(void) {
  running.block_time = ++running.time;
  for (int w = 0; w < most_warps; w++) {
    running.warps[w].time = running.block_time;
    for (int i = 0; i < most_warps; i++) running.warps[w].past.times[i] = running.block_time - 1;
  }
}

void order_add(past *past, int number) {
  warp *warp = &running.warps[number];
  join(past, &warp->past);
  past->times[number] = warp->time;
  warp->time = ++running.time;
}

void order_behind(const past *past, int warp) { join(&running.warps[warp].past, past); }

void order_warps(int first, int count) {
  past all = {0};
  for (int i = 0; i < count; i++) order_add(&all, first + i);
  for (int i = 0; i < count; i++) order_behind(&all, first + i);
}
