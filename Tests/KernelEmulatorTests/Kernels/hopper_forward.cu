// The delta rule, chunk after chunk, from the T that hopper_prepare wrote:
//
//   X = T (V - K S)      O = scale (Q S + P X), P = tril(Q Kᵀ)      S ← S + Kᵀ X
//
// Constants given by the host: DK, DV (64 or 128), DVB (value columns of a block: 32, 64 or 128),
// NT (threads: 256 for DVB = 32, else 384).
//
// All of it is carried out transposed. A walking warp owns 16 or 32 columns of S, rows of Sᵀ, and the left operands
// of its products, Sᵀ, Yᵀ = (V - K S)ᵀ and Xᵀ, are its own accumulators: the walk needs nothing from other warps.
// Each walker hands Sᵀ and Xᵀ to a writing warp, which computes O. Four copying warps fetch chunks ahead of the walk,
// compute P one chunk ahead and store O one chunk behind. K, Q, V, T and P are read from shared memory.
// S and X are kept negated, and T comes negated: so V starts the sum V - K S.

#define C 64
#define SIDE (C / 16)
#define BLOCKS (SIDE * (SIDE + 1) / 2)
#define TALL (DVB < 128 ? 1 : 2)             // blocks of 16 columns that a walker owns
#define WALKERS (DVB / (16 * TALL))          // warps

// Bytes in shared memory: stages, then P twice, then a handover for each walker.
#define KEY_ROW (2 * DK)                     // bytes
#define VALUE_ROW (2 * DVB)
#define SQUARES (BLOCKS * 512)               // T or P: blocks in the order of operands, see hopper_prepare
#define STAGES (DVB < 128 ? 4 : 3)           // chunks: K, Q, V (later O) and T of each
#define QUERIES (C * KEY_ROW)
#define VALUES (2 * C * KEY_ROW)
#define TRIANGLE (VALUES + C * VALUE_ROW)
#define STAGE (TRIANGLE + SQUARES)
#define HANDOVER (TALL * (DK / 16 + SIDE) * 512)  // a walker's Sᵀ, then Xᵀ

#define STATE_READY(walker) (1 + (walker))   // named barriers of a walker and its writer
#define X_READY(walker) (5 + (walker))

#define LOW(w) __uint_as_float((w) << 16)
#define HIGH(w) __uint_as_float((w) & 0xffff0000u)

// Offset of 16 bytes in a tile whose rows have `pieces` of them. Pieces change places from row to row, so that
// eight rows of a column lie in different banks, and so do the pieces of a row.
FN int place(int row, int piece, int pieces)
{
    int turn = pieces < 8 ? row / (8 / pieces) % pieces : row % 8;
    return 16 * (row * pieces + (piece ^ turn));
}

// Block (i, j) of 16 x 16 of K or Q, near[j] being a place in block (0, j) for j < 4.
FN LOCAL char *block(LOCAL char *const *near, int i, int j) { return near[j % 4] + 16 * KEY_ROW * i + 128 * (j / 4); }

// Two accumulators of 16 x 8, side by side and times a factor, as a left operand of 16 x 16.
FN void pack(unsigned *a, const float *left, const float *right, float factor)
{
    a[0] = pack_bf16(factor * left[0], factor * left[1]);
    a[1] = pack_bf16(factor * left[2], factor * left[3]);
    a[2] = pack_bf16(factor * right[0], factor * right[1]);
    a[3] = pack_bf16(factor * right[2], factor * right[3]);
}

// d [16 x 16] += a [16 x 16] b, b one 16 x 8 operand after the other.
FN void multiply(float d[2][4], const unsigned *a, const unsigned *b)
{
    mma_bf16(d[0], a, b);
    mma_bf16(d[1], a, b + 2);
}

// One line where all warps meet, once a chunk.
FN void meet() { BARRIER(); }

KERNEL void hopper_forward(GLOBAL const unsigned short *RESTRICT q, GLOBAL const unsigned short *RESTRICT k,
    GLOBAL const unsigned short *RESTRICT v, GLOBAL const Words *RESTRICT T, GLOBAL const OFFSET *RESTRICT sequences,
    GLOBAL const float *RESTRICT initial, GLOBAL unsigned short *RESTRICT o, GLOBAL float *RESTRICT final,
    int heads, int keyHeads, float scale)
{
    ARENA(arena);
    LOCAL char *stages = (LOCAL char *)arena, *squares = stages + STAGES * STAGE, *handover = squares + 2 * SQUARES;
    int warp = THREAD >> 5, lane = THREAD & 31, g = lane / 4, t = lane % 4;

    // Where a lane points ldmatrix in a block: for quarters in the order of two right operands, and of a left operand.
    int row = lane % 8 + lane / 16 * 8, piece = lane / 8 % 2, leftRow = lane % 16, leftPiece = lane / 16;

    int sequence = GROUP_X / (DV / DVB), slice = GROUP_X % (DV / DVB) * DVB, head = GROUP_Y;
    OFFSET start = sequences[sequence], length = sequences[sequence + 1] - start;
    int chunks = (int)((length + C - 1) / C);

    int keyRow = keyHeads * DK, valueRow = heads * DV;
    OFFSET keys = head / (heads / keyHeads) * DK, values = head * DV + slice;
    auto left = [&](int chunk) {                                  // rows of a chunk
        OFFSET rows = length - (OFFSET)chunk * C;
        return rows < C ? (int)rows : C;
    };
    auto copy = [&](int chunk) {                                  // by 128 threads, zeros past the end
        LOCAL char *stage = stages + chunk % STAGES * STAGE;
        int part = THREAD & 127, rows = left(chunk);
        OFFSET token = start + (OFFSET)chunk * C;
        int line = part / (DK / 8), column = part % (DK / 8);
        OFFSET from = (token + line) * keyRow + keys + 8 * column;
        LOCAL char *to = stage + place(line, column, DK / 8);
        UNROLL for (int r = 0; r < C; r += 1024 / DK) {           // by 8 rows or more: pieces keep their places
            copy_async_16(to + r * KEY_ROW, k + from + r * keyRow, line + r < rows);
            copy_async_16(to + r * KEY_ROW + QUERIES, q + from + r * keyRow, line + r < rows);
        }
        line = part / (DVB / 8), column = part % (DVB / 8);
        from = (token + line) * valueRow + values + 8 * column;
        to = stage + VALUES + place(line, column, DVB / 8);
        UNROLL for (int r = 0; r < C; r += 1024 / DVB)
            copy_async_16(to + r * VALUE_ROW, v + from + r * valueRow, line + r < rows);
        from = ((start / C + sequence + chunk) * heads + head) * (SQUARES / 16) + part;
        UNROLL for (int e = 0; e < SQUARES / 16; e += 128)
            if (part + e < SQUARES / 16) copy_async_16(stage + TRIANGLE + 16 * (part + e), T + from + e, 1);
    };
    auto triangle = [&](int chunk, int own) {                     // P, the warp's 16 rows
        LOCAL char *stage = stages + chunk % STAGES * STAGE, *key[4], *query[4];
        UNROLL for (int i = 0; i < 4; i++) {
            key[i] = stage + (place(row, piece, DK / 8) ^ 32 * i);
            query[i] = stage + QUERIES + (place(leftRow, leftPiece, DK / 8) ^ 32 * i);
        }
        LOCAL Words *P = (LOCAL Words *)(squares + chunk % 2 * SQUARES) + lane;
        unsigned a[DK / 16][4], b[4];
        UNROLL for (int d = 0; d < DK / 16; d++) load_matrix_4(a[d], block(query, own, d));
        UNROLL for (int pair = 0; pair < SIDE; pair += 2) {
            if (pair > own) continue;
            float p[2][2][4] = {};
            UNROLL for (int d = 0; d < DK / 16; d++)
                UNROLL for (int i = 0; i < 2; i++) {
                    load_matrix_4(b, block(key, pair + i, d));
                    multiply(p[i], a[d], b);
                }
            UNROLL for (int i = 0; i < 2; i++) {
                if (pair + i > own) continue;
                Words w;
                UNROLL for (int e = 0; e < 8; e++)
                    if (pair + i == own && e / 4 * 8 + 2 * t + e % 2 > g + e % 4 / 2 * 8) p[i][e / 4][e % 4] = 0.0f;
                UNROLL for (int e = 0; e < 4; e++)
                    w.word[e] = pack_bf16(p[i][e % 2][e / 2 * 2], p[i][e % 2][e / 2 * 2 + 1]);
                P[(own * (own + 1) / 2 + pair + i) * 32] = w;
            }
        }
    };
    auto output = [&](int chunk, int own) {                       // Oᵀ = -scale (Sᵀ Qᵀ + Xᵀ Pᵀ) of a walker's columns
        LOCAL char *stage = stages + chunk % STAGES * STAGE, *query[4];
        UNROLL for (int i = 0; i < 4; i++) query[i] = stage + QUERIES + (place(row, piece, DK / 8) ^ 32 * i);
        LOCAL const Words *P = (LOCAL const Words *)(squares + chunk % 2 * SQUARES) + lane;
        LOCAL const Words *S = (LOCAL const Words *)(handover + own * HANDOVER) + lane, *X = S + TALL * DK / 16 * 32;
        float u[TALL][C / 8][4] = {};
        AWAIT(STATE_READY(own), 64);
        UNROLL for (int d = 0; d < DK / 16; d++) {
            Words a[TALL];
            unsigned b[4];
            UNROLL for (int m = 0; m < TALL; m++) a[m] = S[(d * TALL + m) * 32];
            UNROLL for (int j = 0; j < SIDE; j++) {
                load_matrix_4(b, block(query, j, d));
                UNROLL for (int m = 0; m < TALL; m++) multiply(&u[m][2 * j], a[m].word, b);
            }
        }
        AWAIT(X_READY(own), 64);
        UNROLL for (int i = 0; i < SIDE; i++) {
            Words a[TALL];
            UNROLL for (int m = 0; m < TALL; m++) a[m] = X[(i * TALL + m) * 32];
            UNROLL for (int j = i; j < SIDE; j++) {
                Words b = P[(j * (j + 1) / 2 + i) * 32];
                UNROLL for (int m = 0; m < TALL; m++) multiply(&u[m][2 * j], a[m].word, b.word);
            }
        }
        UNROLL for (int m = 0; m < TALL; m++)                     // in place of the same columns of V
            UNROLL for (int j = 0; j < SIDE; j++) {
                unsigned w[4];
                pack(w, u[m][2 * j], u[m][2 * j + 1], -scale);
                int at = place(16 * j + row, 2 * (own * TALL + m) + piece, DVB / 8);
                store_matrix_4_transposed(stage + VALUES + at, w);
            }
    };
    auto store = [&](int chunk) {                                 // O, by the threads that copied V to its place
        int part = THREAD & 127, rows = left(chunk), line = part / (DVB / 8), column = part % (DVB / 8);
        LOCAL const char *from = stages + chunk % STAGES * STAGE + VALUES + place(line, column, DVB / 8);
        OFFSET to = (start + (OFFSET)chunk * C + line) * valueRow + values + 8 * column;
        Words w[C * DVB / 1024];
        UNROLL for (int e = 0; e < C * DVB / 1024; e++)
            w[e] = *(LOCAL const Words *)(from + e * (1024 / DVB) * VALUE_ROW);
        UNROLL for (int e = 0; e < C * DVB / 1024; e++)
            if (line + e * (1024 / DVB) < rows) *(GLOBAL Words *)(o + to + e * (1024 / DVB) * valueRow) = w[e];
    };

    if (warp >= 2 * WALKERS) {
        if (DVB == 128) REGISTERS_DOWN(136);
        for (int chunk = 0; chunk < STAGES - 2; chunk++) {
            if (chunk < chunks) copy(chunk);
            copy_async_commit();
        }
        copy_async_wait(STAGES - 3);
        meet();
        for (int chunk = -1; chunk <= chunks; chunk++) {
            if (chunk > 0) store(chunk - 1);
            if (chunk + 1 < chunks) triangle(chunk + 1, warp & 3);
            if (chunk + STAGES - 1 < chunks) copy(chunk + STAGES - 1);
            copy_async_commit();
            copy_async_wait(STAGES - 3);
            meet();
        }
    } else if (warp >= WALKERS) {
        if (DVB == 128) REGISTERS_DOWN(136);
        meet();
        meet();
        for (int chunk = 0; chunk < chunks; chunk++) {
            output(chunk, warp - WALKERS);
            meet();
        }
        meet();
    } else {
        if (DVB == 128) REGISTERS_UP(232);
        float s[TALL][DK / 8][4];
        OFFSET state = ((OFFSET)sequence * heads + head) * DK * DV + slice + 16 * TALL * warp + g;
        UNROLL for (int m = 0; m < TALL; m++)
            UNROLL for (int d = 0; d < DK / 8; d++)
                UNROLL for (int i = 0; i < 4; i++)
                    s[m][d][i] = initial ? -initial[state + (8 * d + 2 * t + i % 2) * DV + 16 * m + i / 2 * 8] : 0.0f;

        LOCAL char *stage = stages, *key[4], *turned[4];
        LOCAL Words *S = (LOCAL Words *)(handover + warp * HANDOVER) + lane, *X = S + TALL * DK / 16 * 32;
        meet();
        meet();
        for (int chunk = 0; chunk < chunks; chunk++) {
            Words x[TALL][SIDE];
            unsigned y[TALL][SIDE][4];
            float sum[TALL][C / 8][4];                            // (V - K S)ᵀ
            UNROLL for (int i = 0; i < 4; i++) key[i] = stage + (place(row, piece, DK / 8) ^ 32 * i);
            UNROLL for (int m = 0; m < TALL; m++)
                UNROLL for (int j = 0; j < SIDE; j++) {
                    unsigned w[4];
                    int at = place(row, 2 * (warp * TALL + m) + piece, DVB / 8) + 16 * j * VALUE_ROW;
                    load_matrix_4_transposed(w, stage + VALUES + at);
                    UNROLL for (int i = 0; i < 4; i++) {
                        sum[m][2 * j + i / 2][i % 2 * 2] = LOW(w[i]);
                        sum[m][2 * j + i / 2][i % 2 * 2 + 1] = HIGH(w[i]);
                    }
                }
            UNROLL for (int d = 0; d < DK / 16; d++) {
                Words a[TALL];
                unsigned b[4];
                UNROLL for (int m = 0; m < TALL; m++) {
                    pack(a[m].word, s[m][2 * d], s[m][2 * d + 1], 1.0f);
                    S[(d * TALL + m) * 32] = a[m];
                }
                UNROLL for (int j = 0; j < SIDE; j++) {
                    load_matrix_4(b, block(key, j, d));
                    UNROLL for (int m = 0; m < TALL; m++) multiply(&sum[m][2 * j], a[m].word, b);
                }
            }
            ARRIVE(STATE_READY(warp), 64);
            UNROLL for (int m = 0; m < TALL; m++)
                UNROLL for (int j = 0; j < SIDE; j++) pack(y[m][j], sum[m][2 * j], sum[m][2 * j + 1], 1.0f);
            UNROLL for (int j = SIDE - 1; j >= 0; j--) {          // Xᵀ = Yᵀ Tᵀ
                float d[TALL][2][4] = {};
                UNROLL for (int i = 0; i <= j; i++) {
                    Words b = *(LOCAL const Words *)(stage + TRIANGLE + 16 * lane + (j * (j + 1) / 2 + i) * 512);
                    UNROLL for (int m = 0; m < TALL; m++) multiply(d[m], y[m][i], b.word);
                }
                UNROLL for (int m = 0; m < TALL; m++) {
                    pack(x[m][j].word, d[m][0], d[m][1], 1.0f);
                    X[(j * TALL + m) * 32] = x[m][j];
                }
            }
            ARRIVE(X_READY(warp), 64);
            UNROLL for (int i = 0; i < 4; i++) turned[i] = stage + (place(leftRow, leftPiece, DK / 8) ^ 32 * i);
            UNROLL for (int i = 0; i < SIDE; i++)                 // Sᵀ += Xᵀ K
                UNROLL for (int d = 0; d < DK / 16; d++) {
                    unsigned b[4];
                    load_matrix_4_transposed(b, block(turned, i, d));
                    UNROLL for (int m = 0; m < TALL; m++) multiply(&s[m][2 * d], x[m][i].word, b);
                }
            stage += chunk % STAGES < STAGES - 1 ? STAGE : STAGE - STAGES * STAGE;
            meet();
        }
        meet();

        UNROLL for (int m = 0; m < TALL; m++)
            UNROLL for (int d = 0; d < DK / 8; d++)
                UNROLL for (int i = 0; i < 4; i++)
                    final[state + (8 * d + 2 * t + i % 2) * DV + 16 * m + i / 2 * 8] = -s[m][d][i];
    }
}
