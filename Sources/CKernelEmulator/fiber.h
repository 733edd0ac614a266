#ifndef FIBER_H
#define FIBER_H

#include <stddef.h>

/// Stacks for `count` fibers of `fiber_stack_bytes` each, below every one a page that faults. Null if there is no memory.
char *fiber_stacks(int count);

enum { fiber_stack_bytes = 1 << 18 };

/// The stack of a fiber, by the number it has among `fiber_stacks`.
static inline char *fiber_stack(char *stacks, int number) {
  return stacks + (size_t)number * fiber_stack_bytes;
}

/// A stack pointer that starts `function` on a stack of `fiber_stack_bytes` when it is switched to.
void *fiber_prepare(char *stack, void (*function)(void));

/// Leaves this stack for another one, and puts where this one stands into `from`. Returns when it is switched back to.
void fiber_switch(void **from, void *to);

#endif
