// Loads and stores, of which an image reports every one that is not to the thread's own stack.

#include "global_memory.h"
#include "launch.h"
#include "shared_memory.h"

static bool is_constant(const char *address, size_t size) {
  const device_interface *device = running.device;
  return device->image_start <= address && address + size <= device->image_end;
}

void access_check(const void *address, size_t size, int writes, const void *pc) {
  if (!running.launch.settings.checks_accesses || size == 0) return;
  const place place = (uint32_t)((const char *)pc - running.device->image_start);
  const void *owner = running.launch.owner;
  const uintptr_t number = (uintptr_t)address;
  const int thread = running.current;
  const char *verb = writes ? "writes" : "reads";
  const bool is_shared = shared_is_near(address);
  if (is_shared) {
    shared_check_bounds(thread, address, size, verb, place);
  } else if (!global_holds(owner, number, size)) {
    if (!writes && is_constant(address, size)) return;
    launch_fail(
        "thread %d %s %zu bytes of global memory outside of every buffer, %s: %s", thread, verb,
        size, global_describe(owner, number).text, place_words(place));
  }
  if ((size == 2 || size == 4 || size == 8 || size == 16) && number % size != 0)
    launch_fail(
        "thread %d %s %zu bytes of %s memory at an address that is no multiple of %zu: %s", thread,
        verb, size, is_shared ? "shared" : "global", size, place_words(place));
  if (is_shared) {
    shared_note(thread, address, size, writes, place);
  } else {
    global_note(thread, number, size, writes, place);
  }
}
