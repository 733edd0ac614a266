#include <stddef.h>

#include "CDeltaKernels.h"

extern const delta_kernels delta_kernels_baseline_f32, delta_kernels_baseline_f64;

#if defined(__x86_64__)

extern const delta_kernels delta_kernels_avx2_f32, delta_kernels_avx2_f64,
    delta_kernels_avx512_f32, delta_kernels_avx512_f64;

const delta_kernels *delta_kernels_for(delta_number number, delta_instruction_set set) {
  const bool has_fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool is_single = number == delta_f32;
  switch (set) {
    case delta_baseline:
      return is_single ? &delta_kernels_baseline_f32 : &delta_kernels_baseline_f64;
    case delta_avx2:
      if (!has_fma) return NULL;
      return is_single ? &delta_kernels_avx2_f32 : &delta_kernels_avx2_f64;
    case delta_avx512:
      if (!has_fma || !__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512vl")
          || !__builtin_cpu_supports("avx512dq"))
        return NULL;
      return is_single ? &delta_kernels_avx512_f32 : &delta_kernels_avx512_f64;
  }
  return NULL;
}

#else

const delta_kernels *delta_kernels_for(delta_number number, delta_instruction_set set) {
  if (set != delta_baseline) return NULL;
  return number == delta_f32 ? &delta_kernels_baseline_f32 : &delta_kernels_baseline_f64;
}

#endif
