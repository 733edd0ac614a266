#ifndef NAMED_BARRIERS_H
#define NAMED_BARRIERS_H

#include <stdbool.h>
#include <stddef.h>

// Barriers with a name, which complete when as many threads have come to them as they are for. Whole warps come.

/// Forgets who came: at the start of a block.
void named_prepare(void);

/// Has a warp come to a barrier of so many threads. If it waits, and others are still to come, it awaits the barrier from
/// now on; the last one lets all go on that do.
void named_come(int warp, int name, int threads, bool waits, int line);

/// How many threads of how many have come, in words.
void named_describe(int name, char *words, size_t size);

/// Whether threads came to a barrier that has not completed; to which, in words.
bool named_is_left(char *words, size_t size);

#endif
