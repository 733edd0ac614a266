#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define T float
#define T_BYTES 4
#define VECTOR_BYTES 32
#define TABLE delta_kernels_avx2_f32
#include "kernels.h"
#pragma clang attribute pop
#endif
