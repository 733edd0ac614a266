#ifndef IMAGE_H
#define IMAGE_H

#include <stdint.h>

#include "device_interface.h"

/// A kernel's image: an ELF shared object, loaded.
typedef struct {
  void *library;
  int file;
  uint8_t *bytes;
  device_interface *device;
} image;

/// Loads the ELF that begins at `bytes`. Null, with the reason in `failure`, if it is none or of another device header.
image *image_load(const void *bytes, const char **failure);

void image_unload(image *image);

/// The line of the kernel's text that the instruction at this distance from the image's start is of; 0 if unknown.
int image_line(const image *image, uint64_t offset);

#endif
