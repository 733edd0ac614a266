#define T float
#define T_BYTES 4
#define VECTOR_BYTES 16
#define TABLE delta_kernels_baseline_f32
#include "kernels.h"
