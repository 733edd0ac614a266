// What the kernels have in common: a chunk of C tokens of one head, widths of DK and DV with zeros behind dk and dv.
// The host gives C, DK, DV, NT (threads), PAD, ARENA_FLOATS, STORAGE, TENSOR_CORES, NORMALIZES and BETA_BY_COLUMN.
#define LDK (DK + PAD)
#define LDV (DV + PAD)
#define LDC (C + PAD)
#define PLAIN(ld) ld, 1
#define TRANSPOSED(ld) 1, ld

// The tokens of chunk `chunk` of sequence `n`, counted over the whole batch.
#define FIRST_TOKEN(chunk) (sequences[n] + (OFFSET)(chunk) * C)
#define TOKENS(first) ((int)(sequences[n + 1] - (first) < C ? sequences[n + 1] - (first) : C))
#define CHUNKS ((int)((sequences[n + 1] - sequences[n] + C - 1) / C))

// Where a token's key, value and β lie, and one head's state or inverse of a chunk.
#define KEY(token) (((token) * key_heads + key_head) * dk)
#define VALUE(token) (((token) * heads + head) * dv + column)
#if BETA_BY_COLUMN
#define STRENGTH(token) VALUE(token)
#define STRENGTHS (C * LDV)
#define BETA(r, c) b[(r) * LDV + (c)]
#else
#define STRENGTH(token) ((token) * heads + head)
#define STRENGTHS C
#define BETA(r, c) b[r]
#endif
#define STATE(i) ((((OFFSET)(i) * heads + head) * dk) * dv + column)
#define INVERSE(i) (((OFFSET)(i) * heads + head) * C * C)

// Fills a matrix in local memory with `value`, of row r and column c, and with zeros behind `rows` and `columns`.
#define FILL(to, ld, HEIGHT, WIDTH, rows, columns, value)                                         \
    for (int e_ = t; e_ < (HEIGHT) * (WIDTH); e_ += NT) {                                         \
        const int r = e_ / (WIDTH), c = e_ % (WIDTH);                                             \
        (to)[r * (ld) + c] = r < (rows) && c < (columns) ? (value) : 0.0f;                        \
    }
#define FILL_KEYS(to, from) FILL(to, LDK, C, DK, tokens, dk, LOAD(from, KEY(first + r) + c))
#define FILL_VALUES(to, from) FILL(to, LDV, C, DV, tokens, dv - column, LOAD(from, VALUE(first + r) + c))
#if BETA_BY_COLUMN
#define FILL_STRENGTHS(to) FILL(to, LDV, C, DV, tokens, dv - column, LOAD(beta, STRENGTH(first + r) + c))
#else
#define FILL_STRENGTHS(to) FILL(to, 1, C, 1, tokens, 1, LOAD(beta, STRENGTH(first + r)))
#endif

// Every row over √(sum of its squares + 10⁻⁶); the factors stay in `factors`.
FN void normalize(LOCAL float *X, LOCAL float *factors, int t)
{
    for (int r = t; r < C; r += NT) {
        float sum = 1e-6f;
        for (int c = 0; c < DK; c++) sum += X[r * LDK + c] * X[r * LDK + c];
        factors[r] = 1.0f / SQUARE_ROOT(sum);
    }
    BARRIER();
    for (int e = t; e < C * DK; e += NT) X[e / DK * LDK + e % DK] *= factors[e / DK];
    BARRIER();
}

// N = tril(K Kᵀ, −1).
FN void overlap(LOCAL float *N, LOCAL const float *K, int t)
{
    float n[TILE(C, C)];
    TILE_ZERO(C, C, n);
    TILE_ADD_PRODUCT(C, C, DK, n, K, PLAIN(LDK), K, TRANSPOSED(LDK));
    TILE_EACH(C, C, i) {
        const int r = ROW(C, C, i), c = COLUMN(C, C, i);
        N[r * LDC + c] = c < r ? n[i] : 0.0f;
    }
}

// P = tril(Q Kᵀ).
FN void score(LOCAL float *P, LOCAL const float *Q, LOCAL const float *K, int t)
{
    float p[TILE(C, C)];
    TILE_ZERO(C, C, p);
    TILE_ADD_PRODUCT(C, C, DK, p, Q, PLAIN(LDK), K, TRANSPOSED(LDK));
    TILE_EACH(C, C, i) {
        const int r = ROW(C, C, i), c = COLUMN(C, C, i);
        P[r * LDC + c] = c <= r ? p[i] : 0.0f;
    }
}

#if BETA_BY_COLUMN

// X = diag(β) (E − N X), row by row; β may differ from column to column, and a column belongs to one thread.
FN void substitute(LOCAL float *X, LOCAL const float *N, LOCAL const float *b, LOCAL const float *E, int t)
{
    for (int c = t; c < DV; c += NT)
        for (int i = 0; i < C; i++) {
            float x = E[i * LDV + c];
            for (int j = 0; j < i; j++) x -= N[i * LDC + j] * X[j * LDV + c];
            X[i * LDV + c] = BETA(i, c) * x;
        }
}

// D = dX − Nᵀ diag(β) D, from the last row to the first, in the place of dX.
FN void substitute_back(LOCAL float *D, LOCAL const float *N, LOCAL const float *b, int t)
{
    for (int c = t; c < DV; c += NT)
        for (int i = C - 1; i >= 0; i--) {
            float d = D[i * LDV + c];
            for (int j = i + 1; j < C; j++) d -= N[j * LDC + i] * BETA(j, c) * D[j * LDV + c];
            D[i * LDV + c] = d;
        }
}

#else

// M = (I + diag(β) N)⁻¹: blocks of 16 rows on the diagonal by substitution, a column to a thread; then two neighbours
// at a time are joined, M₂₁ = −M₂₂ (diag(β) N)₂₁ M₁₁. The rows of N are multiplied by β first.
FN void invert(LOCAL float *M, LOCAL float *N, LOCAL const float *b, LOCAL float *joined, int t)
{
    for (int e = t; e < C * C; e += NT) {
        N[e / C * LDC + e % C] *= b[e / C];
        M[e / C * LDC + e % C] = 0.0f;
    }
    BARRIER();
    for (int c = t; c < C; c += NT) {
        const int block = c / 16 * 16;
        float x[16];
        UNROLL for (int i = 0; i < 16; i++) {
            float sum = block + i == c ? 1.0f : 0.0f;
            UNROLL for (int j = 0; j < i; j++) sum -= N[(block + i) * LDC + block + j] * x[j];
            x[i] = sum;
            M[(block + i) * LDC + c] = sum;
        }
    }
    BARRIER();
    for (int s = 16; s < C; s *= 2) {
        for (int e = t; e < C * s / 2; e += NT) {
            const int pair = e / (s * s) * 2 * s, r = pair + s + e % (s * s) / s, c = pair + e % s;
            float sum = 0.0f;
            for (int p = pair; p < pair + s; p++) sum += N[r * LDC + p] * M[p * LDC + c];
            joined[e] = sum;
        }
        BARRIER();
        for (int e = t; e < C * s / 2; e += NT) {
            const int pair = e / (s * s) * 2 * s, r = pair + s + e % (s * s) / s, c = pair + e % s;
            float sum = 0.0f;
            for (int p = 0; p < s; p++) sum -= M[r * LDC + pair + s + p] * joined[e / (s * s) * s * s + p * s + e % s];
            M[r * LDC + c] = sum;
        }
        BARRIER();
    }
}

#endif
