// The two-token fused recurrence.

/// Where a token's values, strengths, outputs and residuals lie, and how far those of the next.
typedef struct {
  matrix v, beta, o, r;
} columns_of;

INLINE columns_of columns_at(const delta_problem *p, long t, long column) {
  return (columns_of){
      rows_at(p->v, t, column), rows_at(p->beta, t, p->beta_is_vector ? column : 0),
      rows_at(p->o, t, column), rows_at(p->residuals, t, column)};
}

/// One vector of both tokens of a pair: x = beta (v - k S), and the second token also sees what the first wrote.
INLINE void solve_vector(
    const delta_problem *p, columns_of at, const bool is_whole, overlaps m, long c, long n, vec k0,
    vec k1, vec q0, vec q1, vec *x0, vec *x1) {
  vec r0 = load(at.v.start + c, n) - k0;
  *x0 = beta_of(p, at.beta, 0, c, n) * r0;
  if (at.r.start) store(at.r.start + c, r0, n);
  if (at.o.start) store(at.o.start + c, (T)p->scale * (q0 + m.b0w0 * *x0), n);
  *x1 = (vec){0};
  if (!is_whole) return;
  vec r1 = load(at.v.start + at.v.stride + c, n) - k1 - m.a1w0 * *x0;
  *x1 = beta_of(p, at.beta, 1, c, n) * r1;
  if (at.r.start) store(at.r.start + at.r.stride + c, r1, n);
  if (at.o.start)
    store(at.o.start + at.o.stride + c, (T)p->scale * (q1 + m.b1w0 * *x0 + m.b1w1 * *x1), n);
}

INLINE pair solve_pair(
    const delta_problem *p, columns_of at, const bool is_whole, overlaps m, long n, pair kS, pair qS) {
  pair x = {{0}, {0}, {0}, {0}};
  solve_vector(
      p, at, is_whole, m, 0, n, kS.v00, kS.v10, qS.v00, qS.v10, &x.v00, &x.v10);
  if (n > LANES)
    solve_vector(
        p, at, is_whole, m, LANES, n - LANES, kS.v01, kS.v11, qS.v01, qS.v11, &x.v01, &x.v11);
  return x;
}

/// A block of tokens.
typedef struct {
  const delta_problem *p;
  long start, count;
  matrix k, q;
  const T *zeros;  // a row
  overlaps m[BLOCK / 2];
} block;

/// Looks at the block of tokens from `start` on; `space` is for normalised keys and queries, 2 BLOCK x key_width.
static void look_at(block *b, long start, T *space) {
  const delta_problem *p = b->p;
  b->start = start;
  b->count = start + BLOCK < p->length ? BLOCK : p->length - start;
  b->k = keys_of(p, p->k, start, b->count, space);
  b->q = keys_of(p, p->q, start, b->count, space + BLOCK * p->key_width);
}

/// The overlaps of all pairs of a block: of the rows w that write with the rows a and b that read.
static void find_overlaps(block *tokens, matrix w, matrix a, matrix b, long n) {
  const long count = tokens->count;
  const T *zeros = tokens->zeros;
  for (long t = 0; t < count; t += 2)
    tokens->m[t / 2] = overlaps_of(
        pair_of(w, t, count, zeros), pair_of(a, t, count, zeros), pair_of(b, t, count, zeros), n);
}

/// A block over the panel of `n` value columns from `column` on, the first but `share`. There are copies for whole panels
/// and for whole pairs, here as in the gradient, in which the compiler has dropped the tests.
INLINE void sweep(
    const block *b, long share, long column, long n, const bool wide, T *S) {
  const delta_problem *p = b->p;
  const long dk = p->key_width;
  columns_of at = columns_at(p, b->start, column);
  matrix k_ahead = rows_at(p->k, b->start, share), q_ahead = rows_at(p->q, b->start, share);
  row_pair before = {b->zeros, b->zeros};
  pair x = {{0}, {0}, {0}, {0}};
  for (long t = 0; t < b->count; t += 2) {
    const row_pair now = pair_of(b->k, t, b->count, b->zeros);
    pair kS, qS;
    pass(S, dk, wide, before, x, now, pair_of(b->q, t, b->count, b->zeros), &kS, &qS);
    x = t + 1 < b->count ? solve_pair(p, at, true, b->m[t / 2], n, kS, qS)
                         : solve_pair(p, at, false, b->m[t / 2], n, kS, qS);
    before = now;
    if (share < dk) {
      prefetch_pair(k_ahead, t + BLOCK);
      prefetch_pair(q_ahead, t + BLOCK);
    }
    prefetch_pair(at.v, BLOCK);
    prefetch_pair(at.o, BLOCK);
    at = (columns_of){
        from_row(at.v, 2, 0), from_row(at.beta, 2, 0), from_row(at.o, 2, 0), from_row(at.r, 2, 0)};
  }
  write(S, dk, before, x);
}

static long forward_workspace(long dk, long columns) {
  return padded(columns) * dk + (2 * BLOCK + 1) * dk;
}

static void forward(const delta_problem *p, long first, long end, void *workspace) {
  const long dk = p->key_width, dv = p->value_width, columns = padded(end - first);
  T *S = workspace, *zeros = S + dk * columns, *space = zeros + dk;
  zero_row(zeros, dk);
  const T *initial_state = p->initial_state;
  pack(S, initial_state ? initial_state + first : NULL, dk, dv, end - first);
  block b = {.p = p, .zeros = zeros};
  for (long start = 0; start < p->length; start += BLOCK) {
    look_at(&b, start, space);
    find_overlaps(&b, b.k, b.k, b.q, dk);
    for (long c = 0; c < end - first; c += WIDTH) {
      T *panel = S + c * dk;
      const long n = end - first - c;
      if (n >= WIDTH)
        sweep(&b, c, first + c, WIDTH, true, panel);
      else if (n > LANES)
        sweep(&b, c, first + c, n, true, panel);
      else
        sweep(&b, c, first + c, n, false, panel);
    }
  }
  unpack((T *)p->final_state + first, S, dk, dv, end - first);
}
