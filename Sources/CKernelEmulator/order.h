#ifndef ORDER_H
#define ORDER_H

#include <stdint.h>

enum { most_threads = 1024, lanes_per_warp = 32, most_warps = most_threads / lanes_per_warp };

/// Of every warp the time up to which what its lanes did is ordered before something.
typedef struct {
  uint32_t times[most_warps];
} past;

/// Begins a block: none of its warps has done anything, and what other blocks did to its shared memory is over.
void order_start(void);

/// Adds what a warp's lanes have done, and what that is ordered behind. What they do from now on is of a new time.
void order_add(past *past, int warp);

/// Orders all of it before what a warp's lanes do from now on.
void order_behind(const past *past, int warp);

/// Orders what the lanes of some warps have done before what they all do from now on.
void order_warps(int first, int count);

#endif
