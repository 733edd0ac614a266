// Vectors of LANES numbers of type T.

#include <math.h>
#include <string.h>

// a * b + c in one rounding where the instruction set has it.
#pragma clang fp contract(fast)

_Static_assert(T_BYTES == sizeof(T), "T_BYTES is for the preprocessor");

enum {
  LANES = VECTOR_BYTES / sizeof(T),
  LINE = 64 / sizeof(T),  // numbers to a cache line
};

#define INLINE static inline __attribute__((always_inline))

typedef T vec __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T)), may_alias));

/// The first n of the numbers at p, and zeros.
INLINE vec load(const T *p, long n) {
  if (n >= LANES) return *(const vec *)p;
  vec x = {0};
  for (long i = 0; i < n; i++) x[i] = p[i];
  return x;
}

/// Stores the first n numbers of x.
INLINE void store(T *p, vec x, long n) {
  if (n >= LANES) {
    *(vec *)p = x;
  } else {
    for (long i = 0; i < n; i++) p[i] = x[i];
  }
}

INLINE vec splat(T x) { return x - (vec){0}; }

INLINE T total(vec x) {
  T sums[LANES];
  store(sums, x, LANES);
  for (int n = LANES / 2; n > 0; n /= 2) {
    for (int i = 0; i < n; i++) sums[i] += sums[i + n];
  }
  return sums[0];
}

INLINE T dot(const T *a, const T *b, long n) {
  vec even = {0}, odd = {0};
  long i = 0;
  for (; i + 2 * LANES <= n; i += 2 * LANES) {
    even += load(a + i, LANES) * load(b + i, LANES);
    odd += load(a + i + LANES, LANES) * load(b + i + LANES, LANES);
  }
  for (; i < n; i += LANES) even += load(a + i, n - i) * load(b + i, n - i);
  return total(even + odd);
}

INLINE T row_total(const T *row, long n) {
  vec sum = {0};
  for (long i = 0; i < n; i += LANES) sum += load(row + i, n - i);
  return total(sum);
}

/// to = factor * from.
INLINE void scale_row(T *to, const T *from, T factor, long n) {
  long i = 0;
  for (; i + LANES <= n; i += LANES) store(to + i, factor * load(from + i, LANES), LANES);
  for (; i < n; i++) to[i] = factor * from[i];
}

INLINE void copy_row(T *to, const T *from, long n) { memcpy(to, from, sizeof(T) * n); }

INLINE void zero_row(T *to, long n) { memset(to, 0, sizeof(T) * n); }

// The numbers of the lower and of the upper halves of two vectors in turn.
#if VECTOR_BYTES == 16 && T_BYTES == 8
#define LOWER 0, 2
#define UPPER 1, 3
#elif VECTOR_BYTES / T_BYTES == 4
#define LOWER 0, 4, 1, 5
#define UPPER 2, 6, 3, 7
#elif VECTOR_BYTES / T_BYTES == 8
#define LOWER 0, 8, 1, 9, 2, 10, 3, 11
#define UPPER 4, 12, 5, 13, 6, 14, 7, 15
#else
#define LOWER 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define UPPER 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#endif

/// Exchanges rows and columns.
INLINE void transpose(vec x[LANES]) {
  for (int round = 1; round < LANES; round *= 2) {
    vec y[LANES];
    for (int i = 0; i < LANES / 2; i++) {
      y[2 * i] = __builtin_shufflevector(x[i], x[i + LANES / 2], LOWER);
      y[2 * i + 1] = __builtin_shufflevector(x[i], x[i + LANES / 2], UPPER);
    }
    for (int i = 0; i < LANES; i++) x[i] = y[i];
  }
}
