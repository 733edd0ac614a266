// A tile is a matrix held in private memory by the whole work-group: item t of NT has elements t, t + NT, …
#define TILE(M, N) (((M) * (N) + NT - 1) / NT)
#define IS_OWNED(M, N, i) ((i) * NT + t < (M) * (N))
#define ROW(M, N, i) (((i) * NT + t) / (N))
#define COLUMN(M, N, i) (((i) * NT + t) % (N))
#define TILE_EACH(M, N, i) for (int i = 0; i < TILE(M, N); i++) if (IS_OWNED(M, N, i))
#define TILE_ZERO(M, N, tile) for (int i_ = 0; i_ < TILE(M, N); i_++) (tile)[i_] = 0.0f

// tile += A B, with element (r, p) of A at A[r * ar + p * ap] and element (p, c) of B at B[p * bp + c * bc].
FN void tile_add_product(int M, int N, int depth, float *tile, LOCAL const float *A, int ar, int ap,
                         LOCAL const float *B, int bp, int bc, int t)
{
    TILE_EACH(M, N, i) {
        LOCAL const float *a = A + ROW(M, N, i) * ar, *b = B + COLUMN(M, N, i) * bc;
        float sum = tile[i];
        for (int p = 0; p < depth; p++) sum += a[p * ap] * b[p * bp];
        tile[i] = sum;
    }
}
#define TILE_ADD_PRODUCT(M, N, DEPTH, tile, A, a, B, b) tile_add_product(M, N, DEPTH, tile, A, a, B, b, t)
