#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,fma"))), apply_to = function)
#define T float
#define T_BYTES 4
#define VECTOR_BYTES 64
#define TABLE delta_kernels_avx512_f32
#include "kernels.h"
#pragma clang attribute pop
#endif
