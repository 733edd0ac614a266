// The recurrence, one token after the other, on a state that stays where it is.

enum { STRIP = 4 * LANES };  // columns that are taken together

/// One token over `vectors` vectors of the state's rows, which are read twice and written once. Asks for the rows that lie
/// `ahead` of them.
INLINE void step(
    const delta_problem *p, long t, const T *k, const T *q, T qk, long column,
    const long vectors, long n, long ahead) {
  const long dk = p->key_width, dv = p->value_width;
  T *S = (T *)p->final_state + column;
  vec kS[4] = {{0}}, qS[4] = {{0}}, x[4];
  for (long i = 0; i < dk; i++) {
    for (long c = 0; c < vectors; c++) {
      vec s = load(S + i * dv + c * LANES, n);
      kS[c] += k[i] * s;
      qS[c] += q[i] * s;
    }
  }
  const matrix v = rows_at(p->v, t, 0), beta = rows_at(p->beta, t, 0);
  const matrix r = rows_at(p->residuals, t, 0), o = rows_at(p->o, t, 0);
  for (long c = 0; c < vectors; c++) {
    const long here = column + c * LANES;
    vec residual = load(v.start + here, n) - kS[c];
    x[c] = beta_of(p, beta, 0, here, n) * residual;
    if (r.start) store(r.start + here, residual, n);
    if (o.start) store(o.start + here, (T)p->scale * (qS[c] + qk * x[c]), n);
  }
  for (long i = 0; i < dk; i++) {
    for (long c = 0; c < vectors * LANES; c += LINE)
      __builtin_prefetch(S + i * dv + ahead + c, 1, 2);
    for (long c = 0; c < vectors; c++) {
      T *s = S + i * dv + c * LANES;
      store(s, load(s, n) + k[i] * x[c], n);
    }
  }
}

static long decode_workspace(long dk, long columns) { return 2 * dk; }

static void decode(const delta_problem *p, long first, long end, void *workspace) {
  const long dk = p->key_width, dv = p->value_width;
  const T *initial_state = p->initial_state;
  T *final_state = p->final_state;
  for (long i = 0; i < dk && initial_state != final_state; i++) {
    T *row = final_state + i * dv + first;
    if (initial_state)
      copy_row(row, initial_state + i * dv + first, end - first);
    else
      zero_row(row, end - first);
  }
  T *k = workspace, *q = k + dk;
  for (long t = 0; t < p->length; t++) {
    const T *k_row = rows_at(p->k, t, 0).start, *q_row = rows_at(p->q, t, 0).start;
    scale_row(k, k_row, reciprocal_length(p, k_row), dk);
    scale_row(q, q_row, reciprocal_length(p, q_row), dk);
    const T qk = dot(q, k, dk);
    // The last columns ask for the first of the state behind this one.
    long c = first;
    for (; end - c >= STRIP; c += STRIP)
      step(
          p, t, k, q, qk, c, STRIP / LANES, LANES,
          end - c >= 2 * STRIP ? STRIP : dk * dv - c + first);
    for (; c < end; c += LANES) step(p, t, k, q, qk, c, 1, end - c, LANES);
  }
}
