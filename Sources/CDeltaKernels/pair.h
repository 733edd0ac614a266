// A pair of tokens on one panel: what the fused recurrence and both sweeps of its gradient are made of.
//
// A state is kept in panels of two vectors to a row, so that a panel stays in the first-level cache while the tokens of a
// block pass over it. One pass takes two tokens: every entry of the panel is loaded and stored once, takes the writes
// of the two tokens before, and is read by the two tokens now.

enum {
  WIDTH = 2 * LANES,  // columns to a panel
  BLOCK = 64,         // tokens to a block, whose rows stay in the second-level cache
};

/// The row of a pair's first token, and of its second behind it.
typedef struct {
  const T *first, *second;
} row_pair;

/// What the rows of a pair have in common: of those that write with those that read.
typedef struct {
  T a1w0, b0w0, b1w0, b1w1;
} overlaps;

INLINE overlaps overlaps_of(row_pair w, row_pair a, row_pair b, long n) {
  vec a1w0 = {0}, b0w0 = {0}, b1w0 = {0}, b1w1 = {0};
  for (long i = 0; i < n; i += LANES) {
    vec w0 = load(w.first + i, n - i), w1 = load(w.second + i, n - i);
    vec b0 = load(b.first + i, n - i), b1 = load(b.second + i, n - i);
    a1w0 += load(a.second + i, n - i) * w0;
    b0w0 += b0 * w0;
    b1w0 += b1 * w0;
    b1w1 += b1 * w1;
  }
  return (overlaps){total(a1w0), total(b0w0), total(b1w0), total(b1w1)};
}

/// One row of a panel for each token of a pair.
typedef struct {
  vec v00, v01, v10, v11;
} pair;

/// S += w^T x for the pair before; then a S and b S for the pair now. A panel that is not wide has columns in the first
/// of its vectors alone. Both are loaded before either is stored: for all that the compiler knows, rows may overlap.
INLINE void pass(
    T *S, long n, const bool wide, row_pair w, pair x, row_pair a, row_pair b, pair *aS, pair *bS) {
  pair ra = {{0}, {0}, {0}, {0}}, rb = ra;
  for (long i = 0; i < n; i++, S += WIDTH) {
    vec s0 = load(S, LANES), s1 = wide ? load(S + LANES, LANES) : (vec){0};
    s0 += w.first[i] * x.v00;
    if (wide) s1 += w.first[i] * x.v01;
    s0 += w.second[i] * x.v10;
    if (wide) s1 += w.second[i] * x.v11;
    store(S, s0, LANES);
    if (wide) store(S + LANES, s1, LANES);
    ra.v00 += a.first[i] * s0;
    if (wide) ra.v01 += a.first[i] * s1;
    rb.v00 += b.first[i] * s0;
    if (wide) rb.v01 += b.first[i] * s1;
    ra.v10 += a.second[i] * s0;
    if (wide) ra.v11 += a.second[i] * s1;
    rb.v10 += b.second[i] * s0;
    if (wide) rb.v11 += b.second[i] * s1;
  }
  *aS = ra;
  *bS = rb;
}

/// S += w^T x.
INLINE void write(T *S, long n, row_pair w, pair x) {
  for (long i = 0; i < n; i++, S += WIDTH) {
    store(S, load(S, LANES) + w.first[i] * x.v00 + w.second[i] * x.v10, LANES);
    store(S + LANES, load(S + LANES, LANES) + w.first[i] * x.v01 + w.second[i] * x.v11, LANES);
  }
}

/// Columns as whole panels.
INLINE long padded(long columns) { return (columns + WIDTH - 1) / WIDTH * WIDTH; }

/// Puts the first `columns` columns of a state, whose rows are `width` numbers, into panels; zeros where there is none.
static void pack(T *S, const T *state, long rows, long width, long columns) {
  for (long c = 0; c < padded(columns); c += WIDTH) {
    for (long i = 0; i < rows; i++, S += WIDTH) {
      for (long half = c; half < c + WIDTH; half += LANES) {
        const vec x = state ? load(state + i * width + half, columns - half) : (vec){0};
        store(S + half - c, x, LANES);
      }
    }
  }
}

/// Puts panels back into columns of a state.
static void unpack(T *state, const T *S, long rows, long width, long columns) {
  for (long c = 0; c < padded(columns); c += WIDTH) {
    for (long i = 0; i < rows; i++, S += WIDTH) {
      for (long half = c; half < c + WIDTH; half += LANES)
        store(state + i * width + half, load(S + half - c, LANES), columns - half);
    }
  }
}

/// Rows of a matrix: row t begins at start + t * stride. Inputs are only read.
typedef struct {
  T *start;
  long stride;
} matrix;

/// The rows from row t and column `column` on; nothing where there are none.
INLINE matrix from_row(matrix x, long t, long column) {
  return (matrix){x.start ? x.start + t * x.stride + column : NULL, x.stride};
}

INLINE matrix rows_at(delta_rows x, long t, long column) {
  return from_row((matrix){x.start, x.stride}, t, column);
}

/// Rows t and t + 1 of `count`; the zeros where there is no second.
INLINE row_pair pair_of(matrix x, long t, long count, const T *zeros) {
  const T *first = x.start + t * x.stride;
  return (row_pair){first, t + 1 < count ? first + x.stride : zeros};
}

INLINE pair load_pair(row_pair x, long n) {
  return (pair){
      load(x.first, n), load(x.first + LANES, n - LANES), load(x.second, n),
      load(x.second + LANES, n - LANES)};
}

/// Asks for a panel's share of rows t and t + 1.
INLINE void prefetch_pair(matrix x, long t) {
  if (!x.start) return;
  for (long next = t; next < t + 2; next++) {
    for (long line = 0; line < WIDTH; line += LINE)
      __builtin_prefetch(x.start + next * x.stride + line, 0, 2);
  }
}

INLINE vec beta_of(const delta_problem *p, matrix beta, long t, long c, long n) {
  const T *row = beta.start + t * beta.stride;
  return p->beta_is_vector ? load(row + c, n) : splat(*row);
}

/// The reciprocal of a query's or key's length where the problem normalises, and 1 where it does not.
INLINE T reciprocal_length(const delta_problem *p, const T *row) {
  return p->normalizes ? 1 / (T)sqrt(dot(row, row, p->key_width) + (T)1e-6) : 1;
}

/// Rows start..<start + count of queries or keys, as the recurrence takes them. Normalised ones are put in `space`.
INLINE matrix keys_of(const delta_problem *p, delta_rows x, long start, long count, T *space) {
  const matrix given = rows_at(x, start, 0);
  if (!p->normalizes) return given;
  for (long t = 0; t < count; t++) {
    const T *row = given.start + t * given.stride;
    scale_row(space + t * p->key_width, row, reciprocal_length(p, row), p->key_width);
  }
  return (matrix){space, p->key_width};
}
