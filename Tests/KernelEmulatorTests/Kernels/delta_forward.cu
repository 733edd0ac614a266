// The forward pass of the delta rule, chunk by chunk, on tensor cores: a workload. The numbers C, D, DV and NT are defined
// in front.

#define PAD 4
#define FRAGMENTS(M, N) (((M) / 16) * ((N) / 8) / (NT / 32))
#define TILE(M, N) (FRAGMENTS(M, N) * 4)
#define TILE_EACH(M, N, i) UNROLL for (int i = 0; i < TILE(M, N); i++)
#define FRAGMENT(M, N, f) ((t / 32) * FRAGMENTS(M, N) + (f))
#define ROW(M, N, i) ((FRAGMENT(M, N, (i) / 4) / ((N) / 8)) * 16 + (t & 31) / 4 + ((i) & 2) * 4)
#define COLUMN(M, N, i) ((FRAGMENT(M, N, (i) / 4) % ((N) / 8)) * 8 + (t & 3) * 2 + ((i) & 1))
#define TILE_ZERO(M, N, acc) TILE_EACH(M, N, i_) acc[i_] = 0.0f

template <int M, int N, int KK>
FN void tile_mma(float *acc, const float *A, int ar, int ap, const float *B, int bp, int bc, int t) {
  int g = (t & 31) / 4, c = t & 3;
  UNROLL for (int f = 0; f < FRAGMENTS(M, N); f++) {
    const float *Af = A + ((FRAGMENT(M, N, f) / (N / 8)) * 16 + g) * ar;
    const float *Bf = B + ((FRAGMENT(M, N, f) % (N / 8)) * 8 + g) * bc;
    UNROLL for (int p = c; p < c + KK; p += 8) {
      unsigned a[4] = {
          to_tf32(Af[p * ap]), to_tf32(Af[8 * ar + p * ap]), to_tf32(Af[(p + 4) * ap]),
          to_tf32(Af[8 * ar + (p + 4) * ap])};
      unsigned b[2] = {to_tf32(Bf[p * bp]), to_tf32(Bf[(p + 4) * bp])};
      mma_tf32(acc + f * 4, a, b);
    }
  }
}
#define TILE_MMA(M, N, KK, acc, A, ar, ap, B, bp, bc) tile_mma<M, N, KK>(acc, A, ar, ap, B, bp, bc, t)

#define LDK (D + PAD)      // row lengths in local memory, padded against bank conflicts
#define LDV (DV + PAD)
#define LDC (C + PAD)

// Inverse of a unit lower triangular matrix: 16-row blocks on the diagonal by substitution, a column
// to a thread; then blocks joined two by two, T21 = -T22 (A21 T11).
FN void invert_lower(LOCAL float *A, LOCAL float *T, LOCAL float *tmp, int t)
{
  for (int e = t; e < C * C; e += NT) T[(e / C) * LDC + e % C] = 0.0f;
  BARRIER();
  for (int c = t; c < C; c += NT) {
    int base = c & ~15, j = c & 15;
    float x[16];
    UNROLL for (int i = 0; i < 16; i++) {
      float s = (i == j) ? 1.0f : 0.0f;
      UNROLL for (int p = 0; p < i; p++) s -= A[(base + i) * LDC + base + p] * x[p];
      x[i] = s;
      T[(base + i) * LDC + c] = s;
    }
  }
  BARRIER();
  for (int s = 16; s < C; s *= 2) {
    for (int e = t; e < s * C / 2; e += NT) {            // tmp = A21 T11 for every pair
      int pair = e / (s * s), r = e % (s * s) / s, c = e % s, at = pair * 2 * s;
      float sum = 0.0f;
      for (int p = 0; p < s; p++) sum += A[(at + s + r) * LDC + at + p] * T[(at + p) * LDC + at + c];
      tmp[e] = sum;
    }
    BARRIER();
    for (int e = t; e < s * C / 2; e += NT) {            // T21 = -T22 tmp
      int pair = e / (s * s), r = e % (s * s) / s, c = e % s, at = pair * 2 * s;
      float sum = 0.0f;
      for (int p = 0; p < s; p++) sum -= T[(at + s + r) * LDC + at + s + p] * tmp[pair * s * s + p * s + c];
      T[(at + s + r) * LDC + at + c] = sum;
    }
    BARRIER();
  }
}

KERNEL void delta_forward(
  GLOBAL const float *q, GLOBAL const float *k, GLOBAL const float *v,
  GLOBAL const float *beta, GLOBAL float *o, GLOBAL float *state,
  int length, int values, float scale)
{
  ARENA(smem);
  LOCAL float *Q = smem,          *K = Q + C * LDK,  *S = K + C * LDK;
  LOCAL float *V = S + D * LDV,   *U = V + C * LDV;
  LOCAL float *A = U + C * LDV,   *T = A + C * LDC,  *P = T + C * LDC;
  LOCAL float *tmp = P + C * LDC, *b = tmp + C * C / 2;
  int t = THREAD, head = GROUP_X, column = GROUP_Y * DV;
  GLOBAL const float *qh = q + (size_t)head * length * D;
  GLOBAL const float *kh = k + (size_t)head * length * D;
  GLOBAL const float *vh = v + (size_t)head * length * values + column;
  GLOBAL float *oh = o + (size_t)head * length * values + column;

  float s[TILE(D, DV)];                                     // the state, in the tile's own layout
  TILE_EACH(D, DV, i) s[i] = state[(head * D + ROW(D, DV, i)) * values + column + COLUMN(D, DV, i)];

  for (int start = 0; start < length; start += C) {
    BARRIER();
    for (int e = t; e < C * D; e += NT) {
      int r = e / D, c = e % D, in = start + r < length;
      Q[r * LDK + c] = in ? qh[(start + r) * D + c] : 0.0f;
      K[r * LDK + c] = in ? kh[(start + r) * D + c] : 0.0f;
    }
    for (int e = t; e < C * DV; e += NT) {
      int r = e / DV, c = e % DV;
      V[r * LDV + c] = start + r < length ? vh[(size_t)(start + r) * values + c] : 0.0f;
    }
    for (int r = t; r < C; r += NT) b[r] = start + r < length ? beta[head * length + start + r] : 0.0f;
    TILE_EACH(D, DV, i) S[ROW(D, DV, i) * LDV + COLUMN(D, DV, i)] = s[i];
    BARRIER();

    float a[TILE(C, C)];
    TILE_ZERO(C, C, a);
    TILE_MMA(C, C, D, a, K, LDK, 1, K, 1, LDK);           // K Kᵀ
    TILE_EACH(C, C, i) {
      int r = ROW(C, C, i), c = COLUMN(C, C, i);
      A[r * LDC + c] = c < r ? b[r] * a[i] : 0.0f;
    }
    TILE_ZERO(C, C, a);
    TILE_MMA(C, C, D, a, Q, LDK, 1, K, 1, LDK);           // Q Kᵀ
    TILE_EACH(C, C, i) {
      int r = ROW(C, C, i), c = COLUMN(C, C, i);
      P[r * LDC + c] = c <= r ? a[i] : 0.0f;
    }
    float u[TILE(C, DV)];
    TILE_ZERO(C, DV, u);
    TILE_MMA(C, DV, D, u, K, LDK, 1, S, LDV, 1);          // K S
    TILE_EACH(C, DV, i) {
      int r = ROW(C, DV, i), at = r * LDV + COLUMN(C, DV, i);
      V[at] = b[r] * (V[at] - u[i]);
    }
    invert_lower(A, T, tmp, t);
    TILE_ZERO(C, DV, u);
    TILE_MMA(C, DV, C, u, T, LDC, 1, V, LDV, 1);          // T diag(beta) (V - K S)
    TILE_EACH(C, DV, i) U[ROW(C, DV, i) * LDV + COLUMN(C, DV, i)] = u[i];
    BARRIER();
    TILE_ZERO(C, DV, u);
    TILE_MMA(C, DV, D, u, Q, LDK, 1, S, LDV, 1);
    TILE_MMA(C, DV, C, u, P, LDC, 1, U, LDV, 1);
    TILE_EACH(C, DV, i) {
      int r = start + ROW(C, DV, i);
      if (r < length) oh[(size_t)r * values + COLUMN(C, DV, i)] = scale * u[i];
    }
    TILE_MMA(D, DV, C, s, K, 1, LDK, U, LDV, 1);          // S += Kᵀ U
  }
  TILE_EACH(D, DV, i) state[(head * D + ROW(D, DV, i)) * values + column + COLUMN(D, DV, i)] = s[i];
}
