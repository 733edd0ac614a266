// Products of a chunk's width, some rows at a time in registers.

enum {
  CHUNK = LINE,
  VECTORS = CHUNK / LANES,
  HEIGHT = VECTORS == 1 ? 8 : 12 / VECTORS,  // as many sums as hide the latency, and registers hold
};

/// Factors of a product: entry (i, p) of A lies at A + i * row + p * column, where `row` is for all factors the same; row p
/// of B lies at B + p * CHUNK.
typedef struct {
  const T *A;
  long column;
  const T *B;
} factors;

INLINE void product_rows(
    const int height, T *C, const T *start, long i, const factors *terms, long count, long row,
    long depth) {
  vec sum[HEIGHT][VECTORS];
  for (int h = 0; h < height; h++) {
    for (int j = 0; j < VECTORS; j++)
      sum[h][j] = start ? load(start + (i + h) * CHUNK + j * LANES, LANES) : (vec){0};
  }
  for (long n = 0; n < count; n++) {
    const T *A = terms[n].A + i * row, *B = terms[n].B;
    for (long p = 0; p < depth; p++, A += terms[n].column, B += CHUNK) {
      vec b[VECTORS];
      for (int j = 0; j < VECTORS; j++) b[j] = load(B + j * LANES, LANES);
      for (int h = 0; h < height; h++) {
        for (int j = 0; j < VECTORS; j++) sum[h][j] += A[h * row] * b[j];
      }
    }
  }
  for (int h = 0; h < height; h++) {
    for (int j = 0; j < VECTORS; j++) store(C + (i + h) * CHUNK + j * LANES, sum[h][j], LANES);
  }
}

/// C = start + the sum of the terms, `rows` x CHUNK; without a start, from zero. Some rows may be computed twice, so
/// that C must not be `start`.
INLINE void product(
    T *C, const T *start, long rows, const factors *terms, long count, long row, long depth) {
  long i = 0;
  for (; i + HEIGHT < rows; i += HEIGHT)
    product_rows(HEIGHT, C, start, i, terms, count, row, depth);
  if (rows >= HEIGHT) {
    product_rows(HEIGHT, C, start, rows - HEIGHT, terms, count, row, depth);
  } else {
    for (; i < rows; i++) product_rows(1, C, start, i, terms, count, row, depth);
  }
}
