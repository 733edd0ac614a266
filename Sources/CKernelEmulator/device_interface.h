#ifndef DEVICE_INTERFACE_H
#define DEVICE_INTERFACE_H

#include <stddef.h>
#include <stdint.h>

/// What an image and the runtime share, field by field the `emulated_interface` of the device header: the image's own
/// words first, then what the runtime fills in.
typedef struct {
  size_t size;
  const char *name, *text;
  const char *image_start, *image_end;
  void (*entry)(void **parameters);
  int parameter_count;
  /// The parameter of that index if it is a pointer, and null otherwise.
  const void *(*pointer)(void **parameters, int index);

  int exact, thread, group[3];
  char *shared;
  uintptr_t stack_start, stack_size;
  void (*access)(const void *address, size_t size, int writes, const void *place);
  void (*barrier)(int line);
  void (*warp)(int operation, void *operands, int line);
  void (*copy)(void *shared, const void *global, int valid, int line);
  void (*copy_commit)(void);
  void (*copy_wait)(int groups);
  float (*exp)(float), (*exp2)(float), (*log)(float), (*log2)(float);
  float (*fma)(float, float, float);
} device_interface;

#endif
