#define T double
#define T_BYTES 8
#define VECTOR_BYTES 16
#define TABLE delta_kernels_baseline_f64
#include "kernels.h"
