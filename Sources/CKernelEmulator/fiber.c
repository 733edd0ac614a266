#include "fiber.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

char *fiber_stacks(int count) {
  const size_t bytes = (size_t)count * fiber_stack_bytes, page = (size_t)sysconf(_SC_PAGESIZE);
  char *stacks = mmap(
      NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stacks == MAP_FAILED) return NULL;
  for (int i = 0; i < count; i++) mprotect(fiber_stack(stacks, i), page, PROT_NONE);
  return stacks;
}

// What a function must keep is pushed onto its own stack; the return address lies above it.

#if defined(__x86_64__)

__asm__(
    ".text\n"
    ".globl fiber_switch\n"
    ".hidden fiber_switch\n"
    ".type fiber_switch, @function\n"
    "fiber_switch:\n"
    "  pushq %rbp\n"
    "  pushq %rbx\n"
    "  pushq %r12\n"
    "  pushq %r13\n"
    "  pushq %r14\n"
    "  pushq %r15\n"
    "  movq %rsp, (%rdi)\n"
    "  movq %rsi, %rsp\n"
    "  popq %r15\n"
    "  popq %r14\n"
    "  popq %r13\n"
    "  popq %r12\n"
    "  popq %rbx\n"
    "  popq %rbp\n"
    "  retq\n"
    ".size fiber_switch, . - fiber_switch\n");

enum { return_word = 6, frame_words = 8 };

#elif defined(__aarch64__)

__asm__(
    ".text\n"
    ".globl fiber_switch\n"
    ".hidden fiber_switch\n"
    ".type fiber_switch, %function\n"
    "fiber_switch:\n"
    "  stp x29, x30, [sp, #-160]!\n"
    "  stp x19, x20, [sp, #16]\n"
    "  stp x21, x22, [sp, #32]\n"
    "  stp x23, x24, [sp, #48]\n"
    "  stp x25, x26, [sp, #64]\n"
    "  stp x27, x28, [sp, #80]\n"
    "  stp d8, d9, [sp, #96]\n"
    "  stp d10, d11, [sp, #112]\n"
    "  stp d12, d13, [sp, #128]\n"
    "  stp d14, d15, [sp, #144]\n"
    "  mov x9, sp\n"
    "  str x9, [x0]\n"
    "  mov sp, x1\n"
    "  ldp x19, x20, [sp, #16]\n"
    "  ldp x21, x22, [sp, #32]\n"
    "  ldp x23, x24, [sp, #48]\n"
    "  ldp x25, x26, [sp, #64]\n"
    "  ldp x27, x28, [sp, #80]\n"
    "  ldp d8, d9, [sp, #96]\n"
    "  ldp d10, d11, [sp, #112]\n"
    "  ldp d12, d13, [sp, #128]\n"
    "  ldp d14, d15, [sp, #144]\n"
    "  ldp x29, x30, [sp], #160\n"
    "  ret\n"
    ".size fiber_switch, . - fiber_switch\n");

enum { return_word = 1, frame_words = 20 };

#else
#error "fiber_switch is written for x86-64 and aarch64 on Linux"
#endif

void *fiber_prepare(char *stack, void (*function)(void)) {
  void **frame = (void **)(stack + fiber_stack_bytes) - frame_words;
  memset(frame, 0, frame_words * sizeof *frame);
  frame[return_word] = (void *)function;
  return frame;
}
