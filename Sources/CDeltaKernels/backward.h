// The gradient, in two sweeps that each build a state up the way it was first computed, so that no digit is lost.
//
// Backwards, from the residuals r = v - k S of the forward pass, two tokens to a pass over dS:
//
//     dx = k dS + (q.k) do        dv = beta dx        dbeta = dx.r        dS += q^T do - k^T dv
//
// and, a chunk of tokens at a time, dK = X dS^T + tril(X dO^T)^T Q - tril(X dV^T, -1)^T K.
//
// Forwards, two tokens to a pass over the transposed state, S^T += x^T k, where x = beta r:
//
//     dq = do S^T        dk -= dv S^T
//
// Everywhere do stands for scale * do.

/// A block of tokens, of which some value columns are looked at.
typedef struct {
  block tokens;
  const delta_gradient *g;
  long columns;
  matrix r, beta, d_o, dv;   // from the first of the tokens and columns on
  T *x;                      // BLOCK x columns
  T *dx_r;                   // BLOCK x columns
  T *space;                  // 2 BLOCK x key_width, where there are normalised keys and queries
  T *dq, *dk;                // BLOCK x key_width: the gradients of those
  T *xT;                     // columns, as whole panels, x CHUNK
  T *x_do, *x_dv;            // CHUNK x CHUNK
  T *dS_x, *dkT;             // key_width, as whole panels, x CHUNK
} back_block;

static void look_back_at(back_block *b, long start, long first) {
  const delta_problem *p = b->tokens.p;
  look_at(&b->tokens, start, b->space);
  b->r = rows_at(p->residuals, start, first);
  b->beta = rows_at(p->beta, start, p->beta_is_vector ? first : 0);
  b->d_o = rows_at(b->g->d_o, start, first);
  b->dv = rows_at(b->g->dv, start, first);
}

/// x, or what is there and x.
INLINE void put(T *to, vec x, long n, bool adds) { store(to, adds ? load(to, n) + x : x, n); }

/// Takes rows of a gradient back through the normalisation y = x / length: dx = (dy - (dy.y) y) / length.
static void put_normalized(
    const delta_problem *p, const T *dy, matrix y, matrix x, matrix dx, long count, bool adds) {
  const long dk = p->key_width;
  for (long t = 0; t < count; t++, dy += dk) {
    const T *row = y.start + t * y.stride;
    const T along = dot(dy, row, dk), factor = reciprocal_length(p, x.start + t * x.stride);
    for (long i = 0; i < dk; i += LANES) {
      vec part = factor * (load(dy + i, dk - i) - along * load(row + i, dk - i));
      put(dx.start + t * dx.stride + i, part, dk - i, adds);
    }
  }
}

/// dS += q^T do - k^T dv for the pair before, which is later in time; then k dS for the pair now.
INLINE pair pass_back(
    T *S, long n, const bool wide, const bool writes, const bool reads, row_pair q, pair d_o,
    row_pair k, pair dv, row_pair now) {
  pair kS = {{0}, {0}, {0}, {0}};
  for (long i = 0; i < n; i++, S += WIDTH) {
    vec s0 = load(S, LANES), s1 = wide ? load(S + LANES, LANES) : (vec){0};
    if (writes) {
      s0 += q.first[i] * d_o.v00;
      if (wide) s1 += q.first[i] * d_o.v01;
      s0 += q.second[i] * d_o.v10;
      if (wide) s1 += q.second[i] * d_o.v11;
      s0 -= k.first[i] * dv.v00;
      if (wide) s1 -= k.first[i] * dv.v01;
      s0 -= k.second[i] * dv.v10;
      if (wide) s1 -= k.second[i] * dv.v11;
      store(S, s0, LANES);
      if (wide) store(S + LANES, s1, LANES);
    }
    if (reads) {
      kS.v00 += now.first[i] * s0;
      if (wide) kS.v01 += now.first[i] * s1;
      kS.v10 += now.second[i] * s0;
      if (wide) kS.v11 += now.second[i] * s1;
    }
  }
  return kS;
}

/// One vector of both tokens of a pair, the second first.
INLINE void solve_vector_back(
    const back_block *b, const bool is_whole, long t, long c, long n, vec k0, vec k1, vec do0,
    vec do1, vec *dv0, vec *dv1) {
  const delta_problem *p = b->tokens.p;
  const overlaps m = b->tokens.m[t / 2];
  const matrix r = from_row(b->r, t, c), dv = from_row(b->dv, t, c);
  T *dx_r = b->dx_r + t * b->columns + c;
  *dv1 = (vec){0};
  if (is_whole) {
    vec dx1 = k1 + m.b1w1 * do1;
    *dv1 = beta_of(p, b->beta, t + 1, c, n) * dx1;
    store(dx_r + b->columns, dx1 * load(r.start + r.stride, n), n);
    store(dv.start + dv.stride, *dv1, n);
  }
  vec dx0 = k0 + m.b1w0 * do1 - m.a1w0 * *dv1 + m.b0w0 * do0;
  *dv0 = beta_of(p, b->beta, t, c, n) * dx0;
  store(dx_r, dx0 * load(r.start, n), n);
  store(dv.start, *dv0, n);
}

INLINE pair solve_pair_back(
    const back_block *b, const bool is_whole, long t, long c, long n, pair kS, pair d_o) {
  pair dv = {{0}, {0}, {0}, {0}};
  solve_vector_back(
      b, is_whole, t, c, n, kS.v00, kS.v10, d_o.v00, d_o.v10, &dv.v00, &dv.v10);
  if (n > LANES)
    solve_vector_back(
        b, is_whole, t, c + LANES, n - LANES, kS.v01, kS.v11, d_o.v01, d_o.v11, &dv.v01, &dv.v11);
  return dv;
}

/// Tokens start..<end of a block, backwards over the panel of `n` columns from `column` on.
INLINE void sweep_back(
    const back_block *b, long start, long end, long column, long n, const bool wide, T *S) {
  const block *tokens = &b->tokens;
  const long dk = tokens->p->key_width;
  const T *zeros = tokens->zeros, scale = tokens->p->scale;
  const matrix dos = from_row(b->d_o, 0, column);
  pair d_o = {{0}, {0}, {0}, {0}}, dv = d_o;
  row_pair k = {zeros, zeros}, q = k;
  for (long t = (end - 1) / 2 * 2; t >= start; t -= 2) {
    const row_pair now = pair_of(tokens->k, t, end, zeros);
    const pair kS = t + 2 < end ? pass_back(S, dk, wide, true, true, q, d_o, k, dv, now)
                                : pass_back(S, dk, wide, false, true, q, d_o, k, dv, now);
    k = now;
    q = pair_of(tokens->q, t, end, zeros);
    d_o = load_pair(pair_of(dos, t, end, zeros), n);
    d_o = (pair){scale * d_o.v00, scale * d_o.v01, scale * d_o.v10, scale * d_o.v11};
    dv = t + 1 < end ? solve_pair_back(b, true, t, column, n, kS, d_o)
                     : solve_pair_back(b, false, t, column, n, kS, d_o);
    if (column < dk) {
      prefetch_pair(from_row(tokens->k, 0, column), t - BLOCK);
      prefetch_pair(from_row(tokens->q, 0, column), t - BLOCK);
    }
    prefetch_pair(dos, t - BLOCK);
    prefetch_pair(from_row(b->r, 0, column), t - BLOCK);
    prefetch_pair(from_row(b->dv, 0, column), t - BLOCK);
  }
  pass_back(S, dk, wide, true, false, q, d_o, k, dv, k);
}

/// X^T for tokens start..<end, with zeros for the tokens and columns that a chunk and whole panels have besides.
static void transpose_writes(const back_block *b, long start, long end) {
  for (long c = 0; c < padded(b->columns); c += LANES) {
    const long n = b->columns - c;
    for (long t = 0; t < CHUNK; t += LANES) {
      vec tile[LANES];
      for (long h = 0; h < LANES; h++) {
        const long at = start + t + h;
        tile[h] = at < end ? beta_of(b->tokens.p, b->beta, at, c, n)
                * load(b->r.start + at * b->r.stride + c, n)
                           : (vec){0};
      }
      transpose(tile);
      for (long h = 0; h < LANES; h++) store(b->xT + (c + h) * CHUNK + t, tile[h], LANES);
    }
  }
}

/// Puts the transpose of dkT into rows start..<end of dk.
static void put_keys(const back_block *b, long start, long end) {
  const delta_problem *p = b->tokens.p;
  const long dk = p->key_width;
  const matrix given = rows_at(b->g->dk, b->tokens.start + start, 0);
  const matrix to = p->normalizes ? (matrix){b->dk, dk} : given;
  for (long i = 0; i < dk; i += LANES) {
    for (long t = 0; t < end - start; t += LANES) {
      vec tile[LANES];
      for (long h = 0; h < LANES; h++) tile[h] = load(b->dkT + (i + h) * CHUNK + t, LANES);
      transpose(tile);
      for (long h = 0; h < LANES && t + h < end - start; h++)
        store(to.start + (t + h) * to.stride + i, tile[h], dk - i);
    }
  }
  if (p->normalizes)
    put_normalized(
        p, b->dk, from_row(b->tokens.k, start, 0), rows_at(p->k, b->tokens.start + start, 0),
        given, end - start, false);
}

/// Tokens start..<end of a block, at most a chunk: dv, what dk takes from dS, and dS.
static void chunk_back(const back_block *b, long start, long end, T *S) {
  const long dk = b->tokens.p->key_width, columns = b->columns, count = end - start;
  transpose_writes(b, start, end);
  factors panels[delta_backward_columns / WIDTH];
  for (long n = 0; n * WIDTH < columns; n++)
    panels[n] = (factors){S + n * WIDTH * dk, 1, b->xT + n * WIDTH * CHUNK};
  product(b->dS_x, NULL, dk, panels, padded(columns) / WIDTH, WIDTH, WIDTH);

  for (long c = 0; c < columns; c += WIDTH) {
    const long n = columns - c;
    if (n >= WIDTH)
      sweep_back(b, start, end, c, WIDTH, true, S + c * dk);
    else if (n > LANES)
      sweep_back(b, start, end, c, n, true, S + c * dk);
    else
      sweep_back(b, start, end, c, n, false, S + c * dk);
  }

  const matrix d_o = from_row(b->d_o, start, 0), dv = from_row(b->dv, start, 0);
  product(b->x_do, NULL, count, &(factors){d_o.start, 1, b->xT}, 1, d_o.stride, columns);
  product(b->x_dv, NULL, count, &(factors){dv.start, 1, b->xT}, 1, dv.stride, columns);
  for (long s = 0; s < count; s++) {
    for (long t = 0; t < CHUNK; t++) {
      T *x_do = b->x_do + s * CHUNK + t, *x_dv = b->x_dv + s * CHUNK + t;
      *x_do = s >= t ? (T)b->tokens.p->scale * *x_do : 0;
      *x_dv = s > t ? -*x_dv : 0;
    }
  }
  const matrix q = from_row(b->tokens.q, start, 0), k = from_row(b->tokens.k, start, 0);
  const factors later[] = {{q.start, q.stride, b->x_do}, {k.start, k.stride, b->x_dv}};
  product(b->dkT, b->dS_x, dk, later, 2, 1, count);
  put_keys(b, start, end);
}

/// From the last token to the first: dv, dbeta, the first part of dk, and the cotangent of the initial state.
static void backwards(back_block *b, long first, T *S) {
  const delta_problem *p = b->tokens.p;
  const delta_gradient *g = b->g;
  const long dk = p->key_width, dv = p->value_width, n = b->columns;
  const T *d_final_state = g->d_final_state;
  pack(S, d_final_state ? d_final_state + first : NULL, dk, dv, n);
  for (long end = p->length; end > 0; end = b->tokens.start) {
    look_back_at(b, (end - 1) / BLOCK * BLOCK, first);
    block *tokens = &b->tokens;
    find_overlaps(tokens, tokens->k, tokens->k, tokens->q, dk);
    for (long t = (tokens->count - 1) / CHUNK * CHUNK; t >= 0; t -= CHUNK)
      chunk_back(b, t, t + CHUNK < tokens->count ? t + CHUNK : tokens->count, S);
    for (long t = 0; t < tokens->count; t++) {
      T *dbeta = rows_at(g->dbeta, tokens->start + t, p->beta_is_vector ? first : 0).start;
      const T *dx_r = b->dx_r + t * n;
      if (p->beta_is_vector)
        copy_row(dbeta, dx_r, n);
      else
        *dbeta = row_total(dx_r, n);
    }
  }
  unpack((T *)g->d_initial_state + first, S, dk, dv, n);
}

/// One vector of dq and dk for both tokens of a pair: what they read in S^T, and what the first wrote.
INLINE void put_pair(
    const delta_problem *p, const bool is_whole, matrix dq, matrix dk, overlaps m, long n, vec k0,
    vec k1, vec dv0, vec dv1, vec do0, vec do1) {
  const T scale = p->scale;
  const bool adds = !p->normalizes;
  store(dq.start, scale * (do0 + m.b0w0 * k0), n);
  put(dk.start, -dv0, n, adds);
  if (!is_whole) return;
  store(dq.start + dq.stride, scale * (do1 + m.b1w0 * k0 + m.b1w1 * k1), n);
  put(dk.start + dk.stride, -dv1 - m.a1w0 * k0, n, adds);
}

/// A block, forwards over the panel of `n` keys from `column` on of the transposed state.
INLINE void sweep_again(const back_block *b, long column, long n, const bool wide, T *S) {
  const block *tokens = &b->tokens;
  const delta_problem *p = tokens->p;
  const long count = tokens->count;
  const T *zeros = tokens->zeros;
  const matrix keys = from_row(tokens->k, 0, column), x = {b->x, b->columns};
  const bool inside = p->normalizes;
  const matrix dq = inside ? from_row((matrix){b->dq, p->key_width}, 0, column)
                            : rows_at(b->g->dq, tokens->start, column);
  const matrix dk = inside ? from_row((matrix){b->dk, p->key_width}, 0, column)
                            : rows_at(b->g->dk, tokens->start, column);
  row_pair before = {zeros, zeros};
  pair k = {{0}, {0}, {0}, {0}}, dvS, doS;
  for (long t = 0; t < count; t += 2) {
    pass(
        S, b->columns, wide, before, k, pair_of(b->dv, t, count, zeros), pair_of(b->d_o, t, count, zeros),
        &dvS, &doS);
    before = pair_of(x, t, count, zeros);
    k = load_pair(pair_of(keys, t, count, zeros), n);
    const overlaps m = tokens->m[t / 2];
    const matrix dq0 = from_row(dq, t, 0), dk0 = from_row(dk, t, 0);
    put_pair(
        p, t + 1 < count, dq0, dk0, m, n, k.v00, k.v10, dvS.v00, dvS.v10, doS.v00, doS.v10);
    if (n > LANES)
      put_pair(
          p, t + 1 < count, from_row(dq0, 0, LANES), from_row(dk0, 0, LANES), m, n - LANES, k.v01,
          k.v11, dvS.v01, dvS.v11, doS.v01, doS.v11);
    if (column < b->columns) {
      prefetch_pair(from_row(b->r, 0, column), t + BLOCK);
      prefetch_pair(from_row(b->d_o, 0, column), t + BLOCK);
      prefetch_pair(from_row(b->dv, 0, column), t + BLOCK);
    }
    prefetch_pair(keys, t + BLOCK);
    prefetch_pair(dq, t + BLOCK);
    prefetch_pair(dk, t + BLOCK);
  }
  write(S, b->columns, before, k);
}

/// Puts the transpose of the first `columns` columns of a state into panels; zeros where there is none.
static void pack_transposed(T *S, const T *state, long dk, long width, long columns) {
  for (long i = 0; i < padded(dk); i += LANES) {
    T *panel = S + i / WIDTH * WIDTH * columns + i % WIDTH;
    for (long c = 0; c < columns; c += LANES) {
      vec tile[LANES];
      for (long h = 0; h < LANES; h++)
        tile[h] = state && i + h < dk ? load(state + (i + h) * width + c, columns - c) : (vec){0};
      transpose(tile);
      for (long h = 0; h < LANES && c + h < columns; h++)
        store(panel + (c + h) * WIDTH, tile[h], LANES);
    }
  }
}

/// From the first token to the last: dq, and the second part of dk.
static void forwards_again(back_block *b, long first, T *S) {
  const delta_problem *p = b->tokens.p;
  const long dk = p->key_width, dv = p->value_width, n = b->columns;
  const T *initial_state = p->initial_state;
  pack_transposed(S, initial_state ? initial_state + first : NULL, dk, dv, n);
  block *tokens = &b->tokens;
  for (long start = 0; start < p->length; start += BLOCK) {
    look_back_at(b, start, first);
    for (long t = 0; t < tokens->count; t++) {
      for (long c = 0; c < n; c += LANES) {
        vec r = load(b->r.start + t * b->r.stride + c, n - c);
        store(b->x + t * n + c, beta_of(p, b->beta, t, c, n - c) * r, n - c);
      }
    }
    find_overlaps(tokens, (matrix){b->x, n}, b->dv, b->d_o, n);
    for (long column = 0; column < dk; column += WIDTH) {
      const long left = dk - column;
      if (left >= WIDTH)
        sweep_again(b, column, WIDTH, true, S + column * n);
      else if (left > LANES)
        sweep_again(b, column, left, true, S + column * n);
      else
        sweep_again(b, column, left, false, S + column * n);
    }
    if (p->normalizes) {
      put_normalized(
          p, b->dq, tokens->q, rows_at(p->q, start, 0), rows_at(b->g->dq, start, 0), tokens->count,
          false);
      put_normalized(
          p, b->dk, tokens->k, rows_at(p->k, start, 0), rows_at(b->g->dk, start, 0), tokens->count,
          true);
    }
  }
}

/// A workspace as it is shared out; without a start, only its size is found.
typedef struct {
  T *start;
  long used;
} room;

/// Room for some numbers, on whole cache lines.
INLINE T *take(room *r, long numbers) {
  T *taken = r->start ? r->start + r->used : NULL;
  r->used += (numbers + LINE - 1) / LINE * LINE;
  return taken;
}

static back_block lay_out(room *r, long dk, long columns, T **S, T **zeros) {
  const long forwards = padded(dk) * columns, back = dk * padded(columns);
  *S = take(r, forwards > back ? forwards : back);
  *zeros = take(r, dk > columns ? dk : columns);
  return (back_block){
      .columns = columns,
      .x = take(r, BLOCK * columns),
      .dx_r = take(r, BLOCK * columns),
      .space = take(r, 2 * BLOCK * dk),
      .dq = take(r, BLOCK * dk),
      .dk = take(r, BLOCK * dk),
      .xT = take(r, padded(columns) * CHUNK),
      .x_do = take(r, CHUNK * CHUNK),
      .x_dv = take(r, CHUNK * CHUNK),
      .dS_x = take(r, padded(dk) * CHUNK),
      .dkT = take(r, padded(dk) * CHUNK),
  };
}

static long backward_workspace(long dk, long columns) {
  room r = {NULL, 0};
  T *S, *zeros;
  lay_out(&r, dk, columns, &S, &zeros);
  return r.used;
}

static void backward(
    const delta_problem *p, const delta_gradient *g, long first, long end, void *workspace) {
  room r = {workspace, 0};
  T *S, *zeros;
  back_block b = lay_out(&r, p->key_width, end - first, &S, &zeros);
  zero_row(zeros, p->key_width > b.columns ? p->key_width : b.columns);
  b.tokens.p = p;
  b.tokens.zeros = zeros;
  b.g = g;
  backwards(&b, first, S);
  forwards_again(&b, first, S);
}
