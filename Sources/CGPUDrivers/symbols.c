#include "symbols.h"

#include <dlfcn.h>
#include <string.h>

const char *find_symbols(void *library, const symbol *symbols, size_t count) {
  for (size_t i = 0; i < count; i++) {
    void *function = dlsym(library, symbols[i].name);
    if (!function) return symbols[i].name;
    memcpy(symbols[i].place, &function, sizeof function);
  }
  return NULL;
}
