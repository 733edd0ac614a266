#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define T double
#define T_BYTES 8
#define VECTOR_BYTES 32
#define TABLE delta_kernels_avx2_f64
#include "kernels.h"
#pragma clang attribute pop
#endif
