#define _GNU_SOURCE

#include "image.h"

#include <dlfcn.h>
#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/// The size of the file that an ELF header belongs to: no section ends behind it, nor does the table of sections.
static size_t file_size(const Elf64_Ehdr *header) {
  const Elf64_Shdr *sections = (const void *)((const char *)header + header->e_shoff);
  size_t end = header->e_shoff + (size_t)header->e_shnum * sizeof *sections;
  for (int i = 0; i < header->e_shnum; i++) {
    const size_t stop = sections[i].sh_offset + sections[i].sh_size;
    if (sections[i].sh_type != SHT_NOBITS && stop > end) end = stop;
  }
  return end;
}

static bool write_all(int file, const uint8_t *bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = write(file, bytes, size);
    if (written <= 0) return false;
    bytes += written;
    size -= (size_t)written;
  }
  return true;
}

image *image_load(const void *bytes, const char **failure) {
  if (memcmp(bytes, ELFMAG, SELFMAG) != 0) return *failure = "the image is no ELF file", NULL;
  const size_t size = file_size(bytes);
  image *image = calloc(1, sizeof *image);
  uint8_t *copy = malloc(size);
  const int file = memfd_create("kernel", MFD_CLOEXEC);
  if (!image || !copy || file < 0 || !write_all(file, bytes, size)) {
    *failure = "no memory for the image";
    goto failed;
  }
  // The file stays open: its number is in the name by which the loader tells libraries apart.
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    *failure = dlerror();
    goto failed;
  }
  device_interface *device = dlsym(library, "emulated");
  if (!device || device->size != sizeof *device) {
    *failure = "the image was not compiled with this emulator's device header";
    dlclose(library);
    goto failed;
  }
  image->library = library;
  image->file = file;
  image->bytes = memcpy(copy, bytes, size);
  image->device = device;
  return image;
failed:
  if (file >= 0) close(file);
  free(copy);
  free(image);
  return NULL;
}

void image_unload(image *image) {
  dlclose(image->library);
  close(image->file);
  free(image->bytes);
  free(image);
}
