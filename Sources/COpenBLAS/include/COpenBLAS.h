#ifndef C_OPENBLAS_H
#define C_OPENBLAS_H

#include <stdbool.h>

/// Whether this machine has libopenblas.so.0, which is looked for once, at the first call. Nothing below may be called
/// before this has said so.
bool openblas_is_available(void);

// Out of others' sight, as OpenBLAS calls itself by these names.
#pragma GCC visibility push(hidden)

typedef int blasint;
typedef enum { CblasRowMajor = 101, CblasColMajor = 102 } CBLAS_ORDER;
typedef enum { CblasNoTrans = 111, CblasTrans = 112 } CBLAS_TRANSPOSE;
typedef enum { CblasUpper = 121, CblasLower = 122 } CBLAS_UPLO;
typedef enum { CblasNonUnit = 131, CblasUnit = 132 } CBLAS_DIAG;
typedef enum { CblasLeft = 141, CblasRight = 142 } CBLAS_SIDE;

void openblas_set_num_threads(int threads);

/// C <- alpha op(A) op(B) + beta C, of m x n numbers and k terms each.
void cblas_sgemm(
    CBLAS_ORDER, CBLAS_TRANSPOSE a_order, CBLAS_TRANSPOSE b_order, blasint m, blasint n, blasint k,
    float alpha, const float *a, blasint lda, const float *b, blasint ldb, float beta, float *c,
    blasint ldc);
void cblas_dgemm(
    CBLAS_ORDER, CBLAS_TRANSPOSE a_order, CBLAS_TRANSPOSE b_order, blasint m, blasint n, blasint k,
    double alpha, const double *a, blasint lda, const double *b, blasint ldb, double beta,
    double *c, blasint ldc);

/// y <- alpha op(A) x + beta y, A of m x n numbers.
void cblas_sgemv(
    CBLAS_ORDER, CBLAS_TRANSPOSE a_order, blasint m, blasint n, float alpha, const float *a,
    blasint lda, const float *x, blasint incx, float beta, float *y, blasint incy);
void cblas_dgemv(
    CBLAS_ORDER, CBLAS_TRANSPOSE a_order, blasint m, blasint n, double alpha, const double *a,
    blasint lda, const double *x, blasint incx, double beta, double *y, blasint incy);

/// B <- alpha op(A)^-1 B, or alpha B op(A)^-1, for a triangle of A, of m x n numbers.
void cblas_strsm(
    CBLAS_ORDER, CBLAS_SIDE, CBLAS_UPLO, CBLAS_TRANSPOSE a_order, CBLAS_DIAG, blasint m, blasint n,
    float alpha, const float *a, blasint lda, float *b, blasint ldb);
void cblas_dtrsm(
    CBLAS_ORDER, CBLAS_SIDE, CBLAS_UPLO, CBLAS_TRANSPOSE a_order, CBLAS_DIAG, blasint m, blasint n,
    double alpha, const double *a, blasint lda, double *b, blasint ldb);

#pragma GCC visibility pop

#endif
