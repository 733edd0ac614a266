#include "launch.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fiber.h"
#include "global_memory.h"
#include "named_barriers.h"
#include "shared_memory.h"

struct running running;

uint64_t random_next(void) {  // SplitMix64
  uint64_t z = running.random += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static uint32_t random_below(uint32_t bound) { return (uint32_t)(random_next() % bound); }

const char *line_words(int line) {
  enum { most = 100 };
  static char buffers[4][most + 40];
  static int turn;
  char *words = buffers[turn++ % 4];
  const char *text = running.device->text;
  for (int i = 1; i < line && text; i++) {
    text = strchr(text, '\n');
    if (text) text++;
  }
  if (line <= 0 || !text) {
    strcpy(words, "a line that is not known");
    return words;
  }
  while (*text == ' ' || *text == '\t') text++;
  int length = (int)strcspn(text, "\n");
  if (length > most) length = most;
  snprintf(words, sizeof buffers[0], "line %d `%.*s`", line, length, text);
  return words;
}

void lane_suspend(lane *lane) {
  const int thread = (int)(lane - running.lanes);
  running.warps[thread / lanes_per_warp].ready &= ~(1u << thread % lanes_per_warp);
  fiber_switch(&lane->stack_pointer, running.scheduler);
}

static void set_failure(const char *format, va_list arguments) {
  running.has_failed = true;
  const int *group = running.device->group;
  const size_t size = sizeof running.failure;
  int length = vsnprintf(running.failure, size, format, arguments);
  if (length >= (int)size) length = (int)size - 1;
  snprintf(
      running.failure + length, size - (size_t)length, " (%s, block %d, %d, %d)",
      running.launch.name, group[0], group[1], group[2]);
}

void launch_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  set_failure(format, arguments);
  va_end(arguments);
  void *left;
  fiber_switch(&left, running.scheduler);
  abort();
}

/// Ends the launch, from outside of its threads.
static void __attribute__((format(printf, 1, 2))) fail_block(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  set_failure(format, arguments);
  va_end(arguments);
}

int launch_parameter_within(const void *start, size_t bytes) {
  if (!running.is_running) return 0;
  for (int i = 0; i < running.device->parameter_count; i++) {
    const void *pointer = running.device->pointer(running.launch.parameters, i);
    if (pointer && (uintptr_t)pointer - (uintptr_t)start < bytes) return i + 1;
  }
  return 0;
}

static void barrier(int line) {
  lane *lane = &running.lanes[running.current];
  lane->state = lane_at_barrier;
  lane->line = line;
  lane_suspend(lane);
}

/// What a thread does.
static void run_thread(void) {
  running.device->entry(running.launch.parameters);
  lane *lane = &running.lanes[running.current];
  copies_check_end(lane);
  lane->state = lane_ended;
  lane_suspend(lane);
}

static void resume(int thread) {
  running.current = thread;
  running.device->thread = thread;
  running.device->stack_start = (uintptr_t)fiber_stack(running.stacks, thread);
  fiber_switch(&running.scheduler, running.lanes[thread].stack_pointer);
}

static int warp_count(void) {
  return ((int)running.launch.threads + lanes_per_warp - 1) / lanes_per_warp;
}

/// Runs every thread in turn as far as it goes. False when none could run.
static bool run_in_turn(void) {
  bool ran = false;
  for (int w = 0; w < warp_count(); w++) {
    while (running.warps[w].ready) {
      for (int lane = 0; lane < lanes_per_warp; lane++) {
        if (!(running.warps[w].ready >> lane & 1)) continue;
        resume(w * lanes_per_warp + lane);
        if (running.has_failed) return false;
        ran = true;
      }
    }
  }
  return ran;
}

/// Runs one warp, picked at random, as far as it goes. False when none could run.
static bool run_at_random(void) {
  int able[most_warps], count = 0;
  for (int w = 0; w < warp_count(); w++)
    if (running.warps[w].ready) able[count++] = w;
  if (count == 0) return false;
  const int picked = able[random_below((uint32_t)count)];
  const warp *warp = &running.warps[picked];
  while (warp->ready) {
    const uint32_t turn = random_below(lanes_per_warp);
    const uint32_t ready = warp->ready, rest = ready >> turn << turn;
    const int lane = __builtin_ctz(rest ? rest : ready);
    resume(picked * lanes_per_warp + lane);
    if (running.has_failed) return false;
  }
  return true;
}

/// The barrier with a name that a lane waits at, or 0.
static int awaited(const lane *lane) {
  return running.warps[(lane - running.lanes) / lanes_per_warp].awaited;
}

/// Fails with how many threads are where.
static void fail_to_meet(void) {
  char words[1024] = "";
  size_t length = 0;
  bool is_told[most_threads] = {false};
  const int threads = (int)running.launch.threads;
  for (int i = 0; i < threads && length < sizeof words - 256; i++) {
    if (is_told[i]) continue;
    const lane *first = &running.lanes[i];
    int count = 0;
    for (int j = i; j < threads; j++) {
      const lane *other = &running.lanes[j];
      if (other->state != first->state) continue;
      if (first->state != lane_ended && other->line != first->line) continue;
      if (awaited(other) != awaited(first)) continue;
      is_told[j] = true;
      count++;
    }
    length += (size_t)snprintf(words + length, sizeof words - length, "%s%d ", length ? ", " : "", count);
    if (first->state == lane_ended) {
      length += (size_t)snprintf(words + length, sizeof words - length, "have ended");
    } else {
      char where[100] = "the barrier";
      if (first->state == lane_in_warp) strcpy(where, "the warp's operation");
      if (first->state == lane_awaiting) named_describe(awaited(first), where, sizeof where);
      length += (size_t)snprintf(
          words + length, sizeof words - length, "wait at %s%s of %s", where,
          first->state == lane_awaiting ? "," : "", line_words(first->line));
    }
  }
  fail_block("threads do not meet: %s", words);
}

/// Lets all threads go on, at a barrier or the block's start.
static void make_ready(void) {
  for (int i = 0; i < (int)running.launch.threads; i++) {
    running.lanes[i].state = lane_ready;
    running.warps[i / lanes_per_warp].ready |= 1u << i % lanes_per_warp;
  }
}

/// When no thread can run: whether all have ended. If all wait at one barrier they go on; otherwise the launch fails.
static bool has_ended(void) {
  const int threads = (int)running.launch.threads;
  const lane *first = &running.lanes[0];
  for (int i = 0; i < threads; i++) {
    const lane *lane = &running.lanes[i];
    if (lane->state != first->state || lane->state == lane_in_warp || lane->state == lane_awaiting
        || (lane->state == lane_at_barrier && lane->line != first->line)) {
      fail_to_meet();
      return true;
    }
  }
  if (first->state == lane_ended) return true;
  order_warps(0, warp_count());
  make_ready();
  return false;
}

static void run_block(uint32_t x, uint32_t y, uint32_t z) {
  device_interface *device = running.device;
  device->group[0] = (int)x;
  device->group[1] = (int)y;
  device->group[2] = (int)z;
  device->shared = shared_poison(running.launch.shared_bytes);
  memset(running.warps, 0, sizeof running.warps);
  for (int i = 0; i < (int)running.launch.threads; i++) {
    lane *lane = &running.lanes[i];
    lane->copy_count = 0;
    lane->copy_groups = 0;
    lane->stack_pointer = fiber_prepare(fiber_stack(running.stacks, i), run_thread);
  }
  named_prepare();
  order_start();
  make_ready();
  const bool is_random = running.launch.settings.seed != 0;
  for (;;) {
    const bool ran = is_random ? run_at_random() : run_in_turn();
    if (running.has_failed) return;
    if (!ran && has_ended()) break;
  }
  char words[320];
  if (!running.has_failed
      && (named_is_left(words, sizeof words)
          || shared_damage(running.launch.shared_bytes, words, sizeof words)))
    fail_block("%s", words);
}

static void run_blocks(void) {
  const uint32_t *groups = running.launch.groups;
  const size_t count = (size_t)groups[0] * groups[1] * groups[2];
  uint32_t *order = malloc(count * sizeof *order);
  if (!order) return fail_block("no memory for the order of %zu blocks", count);
  for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
  if (running.launch.settings.seed != 0)
    for (size_t i = count; i > 1; i--) {
      const size_t j = random_below((uint32_t)i);
      const uint32_t swapped = order[i - 1];
      order[i - 1] = order[j];
      order[j] = swapped;
    }
  for (size_t i = 0; i < count && !running.has_failed; i++)
    run_block(
        order[i] % groups[0], order[i] / groups[0] % groups[1], order[i] / groups[0] / groups[1]);
  free(order);
}

static void prepare_device(void) {
  device_interface *device = running.device;
  device->exact = running.launch.settings.is_exact;
  memset(device->group, 0, sizeof device->group);
  device->stack_size = fiber_stack_bytes;
  device->access = access_check;
  device->barrier = barrier;
  device->warp = warp_operation;
  device->copy = copy_issue;
  device->copy_commit = copy_commit;
  device->copy_wait = copy_wait;
  device->exp = expf;
  device->exp2 = exp2f;
  device->log = logf;
  device->log2 = log2f;
  device->fma = fmaf;
}

const char *launch_run(launch launch) {
  if (!running.stacks) running.stacks = fiber_stacks(most_threads);
  if (!running.stacks) return "no memory for the threads' stacks";
  running.launch = launch;
  running.device = launch.image->device;
  running.random = launch.settings.seed;
  running.time = 0;
  running.has_failed = false;
  running.is_running = true;
  prepare_device();
  races_forget();
  global_forget();
  shared_prepare(launch.shared_bytes);
  run_blocks();
  memory_words damage;
  if (global_damage(launch.owner, &damage) && !running.has_failed) fail_block("%s", damage.text);
  running.is_running = false;
  return running.has_failed ? running.failure : NULL;
}
