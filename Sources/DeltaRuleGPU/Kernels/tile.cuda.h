// A tile is a matrix held in registers by the whole block: 16 × 8 fragments, as the tensor cores' accumulators
// have them, dealt out to the warps in order. ROW and COLUMN say which element of its tile accumulator i is.
#define WARPS (NT / 32)
#define FRAGMENTS(M, N) ((M) / 16 * ((N) / 8) < WARPS ? 1 : (M) / 16 * ((N) / 8) / WARPS)
#define TILE(M, N) (4 * FRAGMENTS(M, N))

// The block of 16 rows that this warp's fragments cover, side by side, and that of 8 columns of fragment f.
#define ROW_BLOCK(M, N) (t / 32 / ((N) / 8 / FRAGMENTS(M, N)))
#define COLUMN_BLOCK(M, N, f) (t / 32 % ((N) / 8 / FRAGMENTS(M, N)) * FRAGMENTS(M, N) + (f))
#define IS_OWNED(M, N, i) (t / 32 * FRAGMENTS(M, N) < (M) / 16 * ((N) / 8))
#define ROW(M, N, i) (ROW_BLOCK(M, N) * 16 + t % 32 / 4 + ((i) & 2) * 4)
#define COLUMN(M, N, i) (COLUMN_BLOCK(M, N, (i) / 4) * 8 + t % 4 * 2 + ((i) & 1))
#define TILE_EACH(M, N, i) UNROLL for (int i = 0; i < TILE(M, N); i++) if (IS_OWNED(M, N, i))
#define TILE_ZERO(M, N, tile) UNROLL for (int i_ = 0; i_ < TILE(M, N); i_++) (tile)[i_] = 0.0f

// tile += A B, with element (r, p) of A at A[r * ar + p * ap] and element (p, c) of B at B[p * bp + c * bc].
template <int M, int N, int DEPTH>
FN void tile_add_product(float *tile, const float *A, int ar, int ap, const float *B, int bp, int bc, int t)
{
    static_assert(FRAGMENTS(M, N) <= N / 8, "a warp has no more than 16 rows of a tile");
    if (!IS_OWNED(M, N, 0)) return;
    const int g = t % 32 / 4, c = t % 4;
#if TENSOR_CORES
#pragma unroll 2
    for (int p = c; p < DEPTH; p += 8) {
        UNROLL for (int f = 0; f < FRAGMENTS(M, N); f++) {
            const float *Af = A + (ROW_BLOCK(M, N) * 16 + g) * ar + p * ap;
            const float *Bf = B + p * bp + (COLUMN_BLOCK(M, N, f) * 8 + g) * bc;
            const unsigned a[4] = {to_tf32(Af[0]), to_tf32(Af[8 * ar]), to_tf32(Af[4 * ap]), to_tf32(Af[8 * ar + 4 * ap])};
            const unsigned b[2] = {to_tf32(Bf[0]), to_tf32(Bf[4 * bp])};
            mma_tf32(tile + 4 * f, a, b);
        }
    }
#else
#pragma unroll 2
    for (int p = 0; p < DEPTH; p++) {
        UNROLL for (int f = 0; f < FRAGMENTS(M, N); f++) {
            const float *Af = A + (ROW_BLOCK(M, N) * 16 + g) * ar + p * ap;
            const float *Bf = B + p * bp + (COLUMN_BLOCK(M, N, f) * 8 + 2 * c) * bc;
            tile[4 * f] += Af[0] * Bf[0];
            tile[4 * f + 1] += Af[0] * Bf[bc];
            tile[4 * f + 2] += Af[8 * ar] * Bf[0];
            tile[4 * f + 3] += Af[8 * ar] * Bf[bc];
        }
    }
#endif
}
#define TILE_ADD_PRODUCT(M, N, DEPTH, tile, A, a, B, b) tile_add_product<M, N, DEPTH>(tile, A, a, B, b, t)
