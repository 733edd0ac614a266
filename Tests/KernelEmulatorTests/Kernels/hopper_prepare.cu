// T = (I + A)⁻¹ diag(beta) of every chunk, A = tril(diag(beta) K Kᵀ, -1): a warp for each chunk and value head.
// Constants given by the host: DK (64 or 128), NT (threads, 32 a chunk).
//
// All matrices are cut into blocks of 16 x 16, and a block is two accumulators of 16 x 8 side by side. N stands for -A.
// The left operand and the transpose of the right one have an accumulator's layout, so no product leaves the registers;
// only the inverses on the diagonal pass through shared memory, solved in float32. Operands of the other products are
// sums of two bf16, 16 digits.
//
// -T is written as bf16, its ten blocks on and below the diagonal row by row, a block as 32 lanes x 16 bytes:
// what a lane needs to multiply by Tᵀ from the right. Chunk c of sequence n is number sequences[n] / C + n + c.

#define C 64
#define SIDE (C / 16)
#define BLOCKS (SIDE * (SIDE + 1) / 2)
#define ROW 20                               // floats: 16 and a gap, against bank conflicts
#define KEY_ROW (2 * DK)                     // bytes
#define WARP (C * KEY_ROW + 4 * C)           // bytes of shared memory

#define LOW(w) __uint_as_float((w) << 16)
#define HIGH(w) __uint_as_float((w) & 0xffff0000u)

// Offset of 16 bytes in a tile whose rows have `pieces` of them. Pieces change places from row to row, so that
// eight rows of a column lie in different banks, and so do the pieces of a row.
FN int place(int row, int piece, int pieces)
{
    int turn = pieces < 8 ? row / (8 / pieces) % pieces : row % 8;
    return 16 * (row * pieces + (piece ^ turn));
}

// Block (i, j) of 16 x 16 of K, near[j] being a place in block (0, j) for j < 4.
FN LOCAL char *block(LOCAL char *const *near, int i, int j) { return near[j % 4] + 16 * KEY_ROW * i + 128 * (j / 4); }

// A block as a left operand: its first digits in four words, the next in four.
FN void split(unsigned *w, const float b[2][4])
{
    UNROLL for (int i = 0; i < 4; i++) {
        float x = b[i / 2][i % 2 * 2], y = b[i / 2][i % 2 * 2 + 1];
        w[i] = pack_bf16(x, y);
        w[i + 4] = pack_bf16(x - LOW(w[i]), y - HIGH(w[i]));
    }
}

// A block as a right operand, transposed: the 16 x 8 halves one after the other.
FN void split_transposed(unsigned *w, const float b[2][4])
{
    unsigned a[8];
    split(a, b);
    UNROLL for (int i = 0; i < 8; i++) w[i] = a[i / 4 * 4 + i % 2 * 2 + i / 2 % 2];
}

// d += a b
FN void multiply(float d[2][4], const unsigned *a, const unsigned *b)
{
    UNROLL for (int n = 0; n < 2; n++) mma_bf16(d[n], a + 4, b + 2 * n);
    UNROLL for (int n = 0; n < 2; n++) mma_bf16(d[n], a, b + 4 + 2 * n);
    UNROLL for (int n = 0; n < 2; n++) mma_bf16(d[n], a, b + 2 * n);
}

KERNEL void hopper_prepare(GLOBAL const unsigned short *RESTRICT k, GLOBAL const unsigned short *RESTRICT beta,
    GLOBAL const OFFSET *RESTRICT sequences, GLOBAL Words *RESTRICT T, int count, int heads, int keyHeads)
{
    ARENA(arena);
    int warp = THREAD >> 5, lane = THREAD & 31, g = lane / 4, t = lane % 4;
    LOCAL char *K = (LOCAL char *)arena + warp * WARP;
    LOCAL float *diagonal = (LOCAL float *)K, *b = (LOCAL float *)(K + C * KEY_ROW);    // the first in place of K

    int item = GROUP_X * (NT / 32) + warp, chunk = item / heads, head = item % heads, sequence = 0;
    for (int end = count; end - sequence > 1;) {
        int middle = (sequence + end) / 2;
        if (sequences[middle] / C + middle <= chunk) sequence = middle; else end = middle;
    }
    OFFSET start = sequences[sequence] + (chunk - sequences[sequence] / C - sequence) * C;
    OFFSET length = sequences[sequence + 1] - start;
    if (length <= 0) return;                   // a number between two sequences
    int rows = length < C ? (int)length : C;

    OFFSET line = (OFFSET)keyHeads * DK, key = start * line + head / (heads / keyHeads) * DK;
    UNROLL for (int e = lane; e < C * DK / 8; e += 32) {
        int r = e / (DK / 8), piece = e % (DK / 8);
        copy_async_16(K + place(r, piece, DK / 8), k + key + r * line + 8 * piece, r < rows);
    }
    copy_async_commit();
    UNROLL for (int r = lane; r < C; r += 32) b[r] = r < rows ? from_bf16(beta[(start + r) * heads + head]) : 0.0f;
    copy_async_wait(0);
    WARP_BARRIER();

    // K Kᵀ above the diagonal: block (i, j) is Nᵀ of block (j, i).
    LOCAL char *left[4], *above[4];          // where a lane points ldmatrix, for left and for right operands
    UNROLL for (int i = 0; i < 4; i++) {
        left[i] = K + (place(lane % 16, lane / 16, DK / 8) ^ 32 * i);
        above[i] = K + (place(lane % 8 + lane / 16 * 8, lane / 8 % 2, DK / 8) ^ 32 * i);
    }
    float n[SIDE][SIDE][2][4];
    UNROLL for (int e = 0; e < SIDE * SIDE * 8; e++) (&n[0][0][0][0])[e] = 0.0f;
    UNROLL for (int d = 0; d < DK / 16; d++) {
        unsigned a[4], c[SIDE][4];
        UNROLL for (int j = 0; j < SIDE; j++) load_matrix_4(c[j], block(above, j, d));
        UNROLL for (int i = 0; i < SIDE; i++) {
            load_matrix_4(a, block(left, i, d));
            UNROLL for (int j = i; j < SIDE; j++)
                UNROLL for (int h = 0; h < 2; h++) mma_bf16(n[i][j][h], a, &c[j][2 * h]);
        }
    }
    WARP_BARRIER();
    unsigned right[SIDE][SIDE][8];           // N below the diagonal, block (j, i) in [i][j]
    UNROLL for (int i = 0; i < SIDE; i++)
        UNROLL for (int j = i; j < SIDE; j++) {
            UNROLL for (int e = 0; e < 8; e++) n[i][j][e / 4][e % 4] *= -b[16 * j + e / 4 * 8 + 2 * t + e % 2];
            if (i < j) split_transposed(right[i][j], n[i][j]);
        }

    // The diagonal: a lane solves for a column of two blocks.
    UNROLL for (int i = 0; i < SIDE; i++)
        UNROLL for (int e = 0; e < 8; e++)
            diagonal[(16 * i + e / 4 * 8 + 2 * t + e % 2) * ROW + g + e % 4 / 2 * 8] = n[i][i][e / 4][e % 4];
    WARP_BARRIER();
    float x[2][16];
    int column = lane % 16;
    UNROLL for (int h = 0; h < 2; h++)
        UNROLL for (int r = 0; r < 16; r++) {
            LOCAL const float *row = diagonal + (16 * (lane / 16 + 2 * h) + r) * ROW;
            float sum = r == column ? 1.0f : 0.0f;
            UNROLL for (int p = 0; p < r; p++) sum += row[p] * x[h][p];
            x[h][r] = sum;
        }
    WARP_BARRIER();
    UNROLL for (int h = 0; h < 2; h++)
        UNROLL for (int r = 0; r < 16; r++) diagonal[(16 * (lane / 16 + 2 * h) + r) * ROW + column] = x[h][r];
    WARP_BARRIER();

    GLOBAL Words *out = T + (OFFSET)item * (BLOCKS * 32) + lane;
    auto write = [&](int i, int j, float m[2][4]) {
        Words w;
        UNROLL for (int e = 0; e < 4; e++) {
            LOCAL const float *factor = b + 16 * j + e % 2 * 8 + 2 * t;
            w.word[e] = pack_bf16(m[e % 2][e / 2 * 2] * -factor[0], m[e % 2][e / 2 * 2 + 1] * -factor[1]);
        }
        out[(i * (i + 1) / 2 + j) * 32] = w;
    };

    // Below it: M_ij = (sum over l of M_il N_lj) M_jj, l from j + 1 to i, one diagonal after another.
    unsigned m[SIDE][SIDE][8];
    UNROLL for (int below = 0; below < SIDE; below++)
        UNROLL for (int i = below; i < SIDE; i++) {
            int j = i - below;
            float sum[2][4] = {}, product[2][4] = {};
            if (below) {
                unsigned first[8], last[8];
                UNROLL for (int l = j + 1; l <= i; l++) multiply(sum, m[i][l], right[j][l]);
                split(first, sum);
                UNROLL for (int e = 0; e < 8; e++)
                    sum[e / 4][e % 4] = diagonal[(16 * j + e / 4 * 8 + 2 * t + e % 2) * ROW + g + e % 4 / 2 * 8];
                split_transposed(last, sum);
                multiply(product, first, last);
            } else
                UNROLL for (int e = 0; e < 8; e++)
                    product[e / 4][e % 4] = diagonal[(16 * i + g + e % 4 / 2 * 8) * ROW + e / 4 * 8 + 2 * t + e % 2];
            write(i, j, product);
            split(m[i][j], product);
        }
}
