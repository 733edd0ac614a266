#ifndef SYMBOLS_H
#define SYMBOLS_H

#include <stddef.h>

/// A function pointer to fill, and the name that a library has for it.
typedef struct {
  void *place;
  const char *name;
} symbol;

/// Fills all of them from a library that dlopen gave; returns null, or the name of the first that it lacks.
const char *find_symbols(void *library, const symbol *symbols, size_t count);

#endif
