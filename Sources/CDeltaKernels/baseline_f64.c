#define T double
#define SUFFIX f64
#define VECTOR_BYTES 16
#define TABLE delta_kernels_baseline_f64
#include "kernels.h"
