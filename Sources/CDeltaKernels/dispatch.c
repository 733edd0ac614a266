#include <stddef.h>

#include "CDeltaKernels.h"

static bool has(delta_instruction_set set) {
#if defined(__x86_64__)
  switch (set) {
    case delta_baseline: return true;
    case delta_avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case delta_avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
          && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma");
  }
  return false;
#else
  return set == delta_baseline;
#endif
}

#if defined(__x86_64__)
#define CHOICE(suffix)                                                                     \
  extern const delta_kernels_##suffix delta_kernels_baseline_##suffix,                     \
      delta_kernels_avx2_##suffix, delta_kernels_avx512_##suffix;                          \
  const delta_kernels_##suffix *delta_kernels_for_##suffix(delta_instruction_set set) {    \
    if (!has(set)) return NULL;                                                            \
    switch (set) {                                                                         \
      case delta_avx512: return &delta_kernels_avx512_##suffix;                            \
      case delta_avx2: return &delta_kernels_avx2_##suffix;                                \
      default: return &delta_kernels_baseline_##suffix;                                    \
    }                                                                                      \
  }
#else
#define CHOICE(suffix)                                                                     \
  extern const delta_kernels_##suffix delta_kernels_baseline_##suffix;                     \
  const delta_kernels_##suffix *delta_kernels_for_##suffix(delta_instruction_set set) {    \
    return has(set) ? &delta_kernels_baseline_##suffix : NULL;                             \
  }
#endif

CHOICE(f32)
CHOICE(f64)
