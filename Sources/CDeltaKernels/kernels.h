// The kernels for numbers of type T in vectors of VECTOR_BYTES, compiled once for every pair of them.
//
// The state is kept in panels of two vectors to a row, so that a panel stays in the first-level cache while the
// tokens of a block pass over it. One pass takes two tokens: every entry of the panel is loaded and stored once, takes
// the writes of the two tokens before, and is read by the keys and queries of the two tokens now.

#include <string.h>

#include "CDeltaKernels.h"

// a * b + c in one rounding where the instruction set has it.
#pragma clang fp contract(fast)

#define JOINED(a, b) a##b
#define NAMED(a, b) JOINED(a, b)
typedef NAMED(delta_problem_, SUFFIX) problem;

enum {
  LANES = VECTOR_BYTES / sizeof(T),
  WIDTH = 2 * LANES,  // columns to a panel
  BLOCK = 64,         // tokens to a block, whose keys and queries stay in the second-level cache
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
  for (; i + WIDTH <= n; i += WIDTH) {
    even += load(a + i, LANES) * load(b + i, LANES);
    odd += load(a + i + LANES, LANES) * load(b + i + LANES, LANES);
  }
  for (; i < n; i += LANES) even += load(a + i, n - i) * load(b + i, n - i);
  return total(even + odd);
}

/// The keys and queries of a block, one row after the other, an even number of them: after the last token stands one of
/// zeros.
typedef struct {
  const T *k, *q;
} pair;

/// What the keys and queries of a pair have in common.
typedef struct {
  T k1k0, q0k0, q1k0, q1k1;
} overlaps;

INLINE overlaps overlaps_of(pair now, long dk) {
  vec k1k0 = {0}, q0k0 = {0}, q1k0 = {0}, q1k1 = {0};
  for (long i = 0; i < dk; i += LANES) {
    vec k0 = load(now.k + i, dk - i), k1 = load(now.k + dk + i, dk - i);
    vec q0 = load(now.q + i, dk - i), q1 = load(now.q + dk + i, dk - i);
    k1k0 += k1 * k0;
    q0k0 += q0 * k0;
    q1k0 += q1 * k0;
    q1k1 += q1 * k1;
  }
  return (overlaps){total(k1k0), total(q0k0), total(q1k0), total(q1k1)};
}

/// The pseudo-values of a pair, for the columns of one panel.
typedef struct {
  vec x00, x01, x10, x11;
} writes;

/// What the keys and queries of a pair read.
typedef struct {
  vec k00, k01, k10, k11, q00, q01, q10, q11;
} reads;

/// S += k_before^T x for the pair before; then k S and q S for the pair now.
INLINE reads pass(T *S, long dk, const T *before, writes w, pair now) {
  reads r = {{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}};
  const T *k = now.k, *q = now.q;
  for (long i = 0; i < dk; i++, S += WIDTH) {
    vec s0 = load(S, LANES), s1 = load(S + LANES, LANES);
    s0 += before[i] * w.x00;
    s1 += before[i] * w.x01;
    s0 += before[i + dk] * w.x10;
    s1 += before[i + dk] * w.x11;
    store(S, s0, LANES);
    store(S + LANES, s1, LANES);
    r.k00 += k[i] * s0;
    r.k01 += k[i] * s1;
    r.q00 += q[i] * s0;
    r.q01 += q[i] * s1;
    r.k10 += k[i + dk] * s0;
    r.k11 += k[i + dk] * s1;
    r.q10 += q[i + dk] * s0;
    r.q11 += q[i + dk] * s1;
  }
  return r;
}

/// S += k^T x.
INLINE void write(T *S, long dk, const T *k, writes w) {
  for (long i = 0; i < dk; i++, S += WIDTH) {
    store(S, load(S, LANES) + k[i] * w.x00 + k[i + dk] * w.x10, LANES);
    store(S + LANES, load(S + LANES, LANES) + k[i] * w.x01 + k[i + dk] * w.x11, LANES);
  }
}

/// A block of tokens, copied together: rows of the problem may lie a page apart. Rows of values are padded with zeros to
/// whole panels, and there is an even number of rows: after the last token stands one of zeros.
typedef struct {
  long count, columns;
  bool beta_is_vector;
  T scale;
  T *k, *q;        // BLOCK x key_width
  T *values;       // BLOCK x columns; outputs take their place
  T *beta;         // BLOCK, or BLOCK x columns
  T *zeros;        // 2 x key_width
  overlaps m[BLOCK / 2];
} block;

/// One vector of both tokens of a pair: x = beta (v - k S), and the second token also sees what the first wrote.
INLINE void solve_pair(
    const block *b, long i, long column, vec k0, vec k1, vec q0, vec q1, vec *x0, vec *x1) {
  const overlaps m = b->m[i / 2];
  T *v0 = b->values + i * b->columns + column, *v1 = v0 + b->columns;
  const T *beta = b->beta + (b->beta_is_vector ? i * b->columns + column : i);
  vec r0 = load(v0, LANES) - k0;
  *x0 = (b->beta_is_vector ? load(beta, LANES) : splat(beta[0])) * r0;
  vec r1 = load(v1, LANES) - k1 - m.k1k0 * *x0;
  *x1 = (b->beta_is_vector ? load(beta + b->columns, LANES) : splat(beta[1])) * r1;
  store(v0, b->scale * (q0 + m.q0k0 * *x0), LANES);
  store(v1, b->scale * (q1 + m.q1k0 * *x0 + m.q1k1 * *x1), LANES);
}

/// Asks for the share of a panel at `column` in rows t and t + 1, for the block after this one.
INLINE void prefetch_pair(const problem *p, long t, long column) {
  for (long c = column; c < column + WIDTH; c += 64 / (long)sizeof(T)) {
    for (long next = t; next < t + 2 && next < p->length; next++) {
      if (c < p->key_width) {
        __builtin_prefetch(p->k + next * p->k_stride + c, 0, 2);
        __builtin_prefetch(p->q + next * p->q_stride + c, 0, 2);
      }
      if (c < p->value_width) {
        __builtin_prefetch(p->v + next * p->v_stride + c, 0, 2);
        __builtin_prefetch(p->o + next * p->o_stride + c, 1, 2);
      }
    }
  }
}

/// A block of tokens, of which `start` is the first, over one panel.
INLINE void sweep(const problem *p, const block *b, long start, long first, long column, T *S) {
  const long dk = p->key_width;
  const T *before = b->zeros;
  writes w = {{0}, {0}, {0}, {0}};
  for (long i = 0; i < b->count; i += 2) {
    pair now = {b->k + i * dk, b->q + i * dk};
    prefetch_pair(p, start + i + BLOCK, first + column);
    reads r = pass(S, dk, before, w, now);
    solve_pair(b, i, column, r.k00, r.k10, r.q00, r.q10, &w.x00, &w.x10);
    solve_pair(b, i, column + LANES, r.k01, r.k11, r.q01, r.q11, &w.x01, &w.x11);
    before = now.k;
  }
  write(S, dk, before, w);
}

static long padded(long columns) { return (columns + WIDTH - 1) / WIDTH * WIDTH; }

static long forward_workspace(long dk, long columns) {
  return padded(columns) * (dk + 2 * BLOCK) + 2 * (BLOCK + 1) * dk + BLOCK;
}

/// Copies `count` rows of `width` numbers.
INLINE void copy_rows(T *to, long to_stride, const T *from, long from_stride, long count, long width) {
  for (long t = 0; t < count; t++)
    memcpy(to + t * to_stride, from + t * from_stride, sizeof(T) * width);
}

static void read_block(block *b, const problem *p, long start, long first, long end) {
  const long dk = p->key_width, left = p->length - start;
  b->count = left < BLOCK ? left : BLOCK;
  copy_rows(b->k, dk, p->k + start * p->k_stride, p->k_stride, b->count, dk);
  copy_rows(b->q, dk, p->q + start * p->q_stride, p->q_stride, b->count, dk);
  copy_rows(
      b->values, b->columns, p->v + start * p->v_stride + first, p->v_stride, b->count,
      end - first);
  const T *beta = p->beta + start * p->beta_stride;
  if (b->beta_is_vector)
    copy_rows(b->beta, b->columns, beta + first, p->beta_stride, b->count, end - first);
  else
    copy_rows(b->beta, 1, beta, p->beta_stride, b->count, 1);
  if (b->count % 2) {
    memset(b->k + b->count * dk, 0, sizeof(T) * dk);
    memset(b->q + b->count * dk, 0, sizeof(T) * dk);
    memset(b->values + b->count * b->columns, 0, sizeof(T) * b->columns);
    const long width = b->beta_is_vector ? b->columns : 1;
    memset(b->beta + b->count * width, 0, sizeof(T) * width);
  }
  for (long t = 0; t < b->count; t += 2)
    b->m[t / 2] = overlaps_of((pair){b->k + t * dk, b->q + t * dk}, dk);
}

static void write_block(const block *b, const problem *p, long start, long first, long end) {
  copy_rows(
      p->o + start * p->o_stride + first, p->o_stride, b->values, b->columns, b->count,
      end - first);
}

/// Column `column` of the state in panels, whose rows lie WIDTH apart.
INLINE T *panel_column(T *S, long dk, long column) {
  return S + column / WIDTH * dk * WIDTH + column % WIDTH;
}

static void forward(const problem *p, long first, long end, T *workspace) {
  const long dk = p->key_width, dv = p->value_width, columns = padded(end - first);
  T *S = workspace;
  memset(workspace, 0, sizeof(T) * forward_workspace(dk, end - first));
  block b = {.columns = columns, .beta_is_vector = p->beta_is_vector, .scale = p->scale};
  b.k = S + dk * columns;
  b.q = b.k + BLOCK * dk;
  b.zeros = b.q + BLOCK * dk;
  b.values = b.zeros + 2 * dk;
  b.beta = b.values + BLOCK * columns;
  for (long c = first; p->initial_state && c < end; c++) {
    T *s = panel_column(S, dk, c - first);
    for (long i = 0; i < dk; i++) s[i * WIDTH] = p->initial_state[i * dv + c];
  }
  for (long start = 0; start < p->length; start += BLOCK) {
    read_block(&b, p, start, first, end);
    for (long c = 0; c < columns; c += WIDTH) sweep(p, &b, start, first, c, S + c * dk);
    write_block(&b, p, start, first, end);
  }
  for (long c = first; c < end; c++) {
    const T *s = panel_column(S, dk, c - first);
    for (long i = 0; i < dk; i++) p->final_state[i * dv + c] = s[i * WIDTH];
  }
}

/// One token over `vectors` vectors of the state's rows, which are read twice and written once.
INLINE void step(const problem *p, long t, T qk, long column, long vectors, long n) {
  const long dk = p->key_width, dv = p->value_width;
  const T *k = p->k + t * p->k_stride, *q = p->q + t * p->q_stride;
  T *S = p->final_state + column;
  vec read_k[4] = {{0}}, read_q[4] = {{0}}, x[4];
  for (long i = 0; i < dk; i++) {
    for (long c = 0; c < vectors; c++) {
      vec s = load(S + i * dv + c * LANES, n);
      read_k[c] += k[i] * s;
      read_q[c] += q[i] * s;
    }
  }
  for (long c = 0; c < vectors; c++) {
    const long here = column + c * LANES;
    const T *beta = p->beta + t * p->beta_stride;
    vec residual = load(p->v + t * p->v_stride + here, n) - read_k[c];
    x[c] = (p->beta_is_vector ? load(beta + here, n) : splat(*beta)) * residual;
    store(p->o + t * p->o_stride + here, p->scale * (read_q[c] + qk * x[c]), n);
  }
  for (long i = 0; i < dk; i++) {
    for (long c = 0; c < vectors; c++) {
      T *s = S + i * dv + c * LANES;
      store(s, load(s, n) + k[i] * x[c], n);
    }
  }
}

static void decode(const problem *p, long first, long end) {
  const long dk = p->key_width, dv = p->value_width;
  for (long i = 0; i < dk && p->initial_state != p->final_state; i++) {
    T *row = p->final_state + i * dv + first;
    if (p->initial_state)
      memcpy(row, p->initial_state + i * dv + first, sizeof(T) * (end - first));
    else
      memset(row, 0, sizeof(T) * (end - first));
  }
  for (long t = 0; t < p->length; t++) {
    T qk = dot(p->q + t * p->q_stride, p->k + t * p->k_stride, dk);
    long c = first;
    for (; end - c >= 4 * LANES; c += 4 * LANES) step(p, t, qk, c, 4, LANES);
    for (; end - c >= LANES; c += LANES) step(p, t, qk, c, 1, LANES);
    if (c < end) step(p, t, qk, c, 1, end - c);
  }
}

const NAMED(delta_kernels_, SUFFIX) TABLE = {
    .panel_width = WIDTH,
    .forward_workspace = forward_workspace,
    .forward = forward,
    .decode = decode,
};
