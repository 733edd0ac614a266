#ifndef C_KERNEL_EMULATOR_H
#define C_KERNEL_EMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuda_driver.h"

#pragma clang assume_nonnull begin

/// How a device runs its kernels.
typedef struct {
  /// The order in which threads and blocks run, as far as barriers leave it open. 0: everyone in turn. Any other: blocks
  /// in random order, and of a block one warp at a time, picked at random, as far as it goes, its lanes in random order.
  uint64_t seed;
  /// Whether operands of mma_tf32 keep all bits of a float.
  bool is_exact;
  /// Whether races and accesses outside of buffers are looked for, where the image reports its loads and stores.
  bool checks_accesses;
} emulator_settings;

/// The ordinal of the device with these settings, under which the driver has it.
int32_t emulator_device(emulator_settings settings);

/// The emulator's part of CUDA's driver interface. Streams run in order and at once. The text of a status is that of the
/// calling thread's last failure.
const CUDADriver *emulator_driver(void);

/// What a compiler made: bytes, or else a message. To be freed with `emulator_free`.
typedef struct {
  uint8_t *_Nullable bytes;
  size_t count;
  /// What the compiler said instead, or what kept it from being asked.
  char *_Null_unspecified message;
  /// Whether that is that neither clang++ nor clang is on PATH.
  bool has_no_compiler;
} emulator_output;

/// Compiles a kernel's text, which has the device header in front, to an image for the driver.
///
/// With `reports_accesses` the image reports every load and store.
emulator_output emulator_compile(
    const char *text, size_t count, const char *name, bool reports_accesses);

/// All that an image depends on besides the text: the compiler's version, what it is told and what is added to the text.
emulator_output emulator_compiler_identity(bool reports_accesses);

void emulator_free(emulator_output output);

#pragma clang assume_nonnull end

#endif
