#include <dlfcn.h>
#include <pthread.h>

#include "COpenBLAS.h"

#define EVERY_ROUTINE(_) \
  _(openblas_set_num_threads) _(cblas_sgemm) _(cblas_dgemm) _(cblas_strsm) _(cblas_dtrsm)

/// A pointer to each routine of the library.
static struct {
#define POINTER(routine) __typeof__(routine) *routine;
  EVERY_ROUTINE(POINTER)
} library;

static bool is_available = false;

static void look(void) {
  void *const handle = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
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
