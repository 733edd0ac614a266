#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#include "COpenBLAS.h"

#define EVERY_ROUTINE(_) \
  _(openblas_set_num_threads) _(cblas_sgemm) _(cblas_dgemm) _(cblas_sgemv) _(cblas_dgemv) \
  _(cblas_strsm) _(cblas_dtrsm)

/// A pointer to each routine of the library.
static struct {
#define POINTER(routine) __typeof__(routine) *routine;
  EVERY_ROUTINE(POINTER)
} library;

static bool is_available = false;

/// What this processor's kernels are called, for a library that is older than the processor; NULL where there is nothing to say.
static const char *core_type(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return NULL;
}

/// The library takes kernels of twenty years ago for processors that it does not know.
static bool is_outdated(void *handle) {
  char *(*const core_name)(void) = (char *(*)(void))dlsym(handle, "openblas_get_corename");
  if (!core_name) return false;
  const char *const known[] = {"Prescott", "Core2", "Penryn", "Nehalem", "Generic"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!strcasecmp(core_name(), known[i])) return true;
  return false;
}

static void *open_library(void) { return dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL); }

static void look(void) {
  void *handle = open_library();
  if (handle && is_outdated(handle) && core_type() && !getenv("OPENBLAS_CORETYPE")) {
    // It asks for this when it is loaded.
    dlclose(handle);
    setenv("OPENBLAS_CORETYPE", core_type(), 0);
    handle = open_library();
    unsetenv("OPENBLAS_CORETYPE");
  }
  if (!handle) return;
  is_available = true;
#define FIND(routine) \
  library.routine = (__typeof__(routine) *)dlsym(handle, #routine); \
  is_available = is_available && library.routine;
  EVERY_ROUTINE(FIND)
}

bool openblas_is_available(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, look);
  return is_available;
}

void openblas_set_num_threads(int threads) { library.openblas_set_num_threads(threads); }

void cblas_sgemm(
    CBLAS_ORDER order, CBLAS_TRANSPOSE a_order, CBLAS_TRANSPOSE b_order, blasint m, blasint n,
    blasint k, float alpha, const float *a, blasint lda, const float *b, blasint ldb, float beta,
    float *c, blasint ldc) {
  library.cblas_sgemm(order, a_order, b_order, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void cblas_dgemm(
    CBLAS_ORDER order, CBLAS_TRANSPOSE a_order, CBLAS_TRANSPOSE b_order, blasint m, blasint n,
    blasint k, double alpha, const double *a, blasint lda, const double *b, blasint ldb,
    double beta, double *c, blasint ldc) {
  library.cblas_dgemm(order, a_order, b_order, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void cblas_sgemv(
    CBLAS_ORDER order, CBLAS_TRANSPOSE a_order, blasint m, blasint n, float alpha, const float *a,
    blasint lda, const float *x, blasint incx, float beta, float *y, blasint incy) {
  library.cblas_sgemv(order, a_order, m, n, alpha, a, lda, x, incx, beta, y, incy);
}

void cblas_dgemv(
    CBLAS_ORDER order, CBLAS_TRANSPOSE a_order, blasint m, blasint n, double alpha, const double *a,
    blasint lda, const double *x, blasint incx, double beta, double *y, blasint incy) {
  library.cblas_dgemv(order, a_order, m, n, alpha, a, lda, x, incx, beta, y, incy);
}

void cblas_strsm(
    CBLAS_ORDER order, CBLAS_SIDE side, CBLAS_UPLO triangle, CBLAS_TRANSPOSE a_order,
    CBLAS_DIAG diagonal, blasint m, blasint n, float alpha, const float *a, blasint lda, float *b,
    blasint ldb) {
  library.cblas_strsm(order, side, triangle, a_order, diagonal, m, n, alpha, a, lda, b, ldb);
}

void cblas_dtrsm(
    CBLAS_ORDER order, CBLAS_SIDE side, CBLAS_UPLO triangle, CBLAS_TRANSPOSE a_order,
    CBLAS_DIAG diagonal, blasint m, blasint n, double alpha, const double *a, blasint lda,
    double *b, blasint ldb) {
  library.cblas_dtrsm(order, side, triangle, a_order, diagonal, m, n, alpha, a, lda, b, ldb);
}
