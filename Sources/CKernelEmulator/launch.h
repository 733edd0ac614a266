#ifndef LAUNCH_H
#define LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CKernelEmulator.h"
#include "image.h"
#include "order.h"

enum { most_shared_bytes = 232448 };

/// An asynchronous copy that has not arrived.
typedef struct {
  char *shared;
  const char *global;
  uint32_t group;
  int line;
  /// Whether `bytes` are what will arrive; otherwise the source is read on arrival.
  bool is_read;
  char bytes[16];
} async_copy;

/// A thread of the block that runs.
typedef struct {
  enum { lane_ready, lane_at_barrier, lane_in_warp, lane_awaiting, lane_ended } state;
  /// Where it waits.
  int line;
  void *stack_pointer;
  void *operands;
  async_copy *copies;
  int copy_count, copy_capacity;
  uint32_t copy_groups;
} lane;

typedef struct {
  /// A bit for every lane that can run.
  uint32_t ready;
  /// The time of what its lanes do now.
  uint32_t time;
  /// What is ordered before that.
  past past;
  /// The operation that lanes wait at, of which `arrived` is the number.
  int operation, line, arrived;
  /// The barrier with a name that it waits at, if it is not 0.
  int awaited;
} warp;

/// A launch: a kernel, and how it is run.
typedef struct {
  const image *image;
  const char *name;
  const void *owner;
  emulator_settings settings;
  uint32_t groups[3], threads, shared_bytes;
  void **parameters;
} launch;

/// The launch that runs. There is one at a time in a process.
extern struct running {
  launch launch;
  device_interface *device;
  lane lanes[most_threads];
  warp warps[most_warps];
  char *stacks;
  void *scheduler;
  int current;
  /// Counts what orders something: starts of blocks, and who comes to barriers.
  uint32_t time;
  /// When the block that runs began.
  uint32_t block_time;
  uint64_t random;
  bool is_running, has_failed;
  char failure[2048];
} running;

/// Runs a launch to its end. Null, or what went wrong.
const char *launch_run(launch launch);

/// Ends the launch, from within a thread of it.
_Noreturn void launch_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// The launch's first parameter that points into these bytes, counted from 1; 0 if there is none.
int launch_parameter_within(const void *start, size_t bytes);

/// Lets other threads run until this one, whose state says what it waits for, is ready.
void lane_suspend(lane *lane);

/// Makes all lanes of a warp ready.
void warp_go_on(int warp);

/// The next of the launch's random numbers.
uint64_t random_next(void);

/// A line of the kernel's text, in words: its number and what it says. Good for the next four calls.
const char *line_words(int line);

// What kernels call.

void warp_operation(int operation, void *operands, int line);
void copy_issue(void *shared, const void *global, int valid, int line);
void copy_commit(void);
void copy_wait(int groups);
void access_check(const void *address, size_t size, int writes, const void *place);

/// Fails if the thread, which ends, has copies that it did not wait for.
void copies_check_end(lane *lane);

#endif
