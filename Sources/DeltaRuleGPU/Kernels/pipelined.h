// What the pipelined kernels have in common. The host gives C = 64, DK and WIDTH (64 or 128, of keys and of values), DV (value
// columns of a block), NT (threads) and BLOCKS_AT_ONCE.
//
// Matrices are cut into squares of 16 × 16, and a square is two accumulators of 16 × 8 side by side.
#define SIDE (C / 16)
#define SQUARES (SIDE * (SIDE + 1) / 2) // on and below the diagonal of a chunk
#define KEY_ROW (2 * DK)                // bytes of a key in shared memory

// The two numbers of a word.
#define LOW(w) __uint_as_float((w) << 16)
#define HIGH(w) __uint_as_float((w) & 0xffff0000u)

// Offset of 16 bytes in a tile whose rows have `pieces` of them. Pieces change places from row to row, so that eight rows of
// a column lie in different banks, and so do the pieces of a row.
FN int place(int row, int piece, int pieces)
{
    int turn = pieces < 8 ? row / (8 / pieces) % pieces : row % 8;
    return 16 * (row * pieces + (piece ^ turn));
}

// Square (i, j) of keys or queries, near[j] being a place in square (0, j) for j < 4.
FN LOCAL char *square(LOCAL char *const *near, int i, int j) { return near[j % 4] + 16 * KEY_ROW * i + 128 * (j / 4); }
