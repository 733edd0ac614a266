// Operations of a warp. The last lane to arrive carries one out for all.

#include <string.h>

#include "launch.h"
#include "named_barriers.h"
#include "shared_memory.h"

#pragma STDC FP_CONTRACT OFF

// As the device header has them.
enum operation {
  mma_tf32,
  mma_bf16,
  mma_f16,
  load_matrix,
  load_matrix_transposed,
  store_matrix_transposed,
  shuffle,
  warp_barrier,
  arrive,
  await,
  registers_up,
  registers_down,
};

static const char *const names[] = {
    "mma_tf32", "mma_bf16", "mma_f16", "load_matrix_4", "load_matrix_4_transposed",
    "store_matrix_4_transposed", "shuffle_xor", "WARP_BARRIER", "ARRIVE", "AWAIT", "REGISTERS_UP",
    "REGISTERS_DOWN",
};

typedef struct {
  float d[4];
  uint32_t a[4], b[2];
} product;

typedef struct {
  char *row;
  uint32_t r[4];
} matrix_rows;

typedef struct {
  float value;
  int mask;
} exchange;

typedef struct {
  int name, threads;
} meeting;

static float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

static float float_of_f16(uint32_t x) {
  const uint32_t sign = (x & 0x8000) << 16, rest = x & 0x7fff;
  if (rest >= 0x7c00) return float_of(sign | 0x7f800000 | (rest & 0x3ff) << 13);
  if (rest < 0x400) return (sign ? -1.0f : 1.0f) * (float)rest * 0x1p-24f;
  return float_of(sign | ((rest << 13) + (112u << 23)));
}

/// D = A B + D with A of 16 x k and B of k x 8, in float and by rising k. The tensor core has an order of its own.
static void multiply(float d[16][8], float a[16][16], float b[16][8], int k) {
  for (int r = 0; r < 16; r++)
    for (int p = 0; p < k; p++)
      for (int c = 0; c < 8; c++) d[r][c] += a[r][p] * b[p][c];
}

/// PTX's fragments of m16n8k8 for tf32: with g = lane / 4 and c = lane % 4,
///
///   a: (g, c) (g + 8, c) (g, c + 4) (g + 8, c + 4)      b: (c, g) (c + 4, g)
static void gather_tf32(product *const p[lanes_per_warp], float a[16][16], float b[16][8]) {
  // The device does not look at the 13 last bits.
  const uint32_t kept = running.launch.settings.is_exact ? 0xffffffff : 0xffffe000;
  for (int lane = 0; lane < lanes_per_warp; lane++) {
    const int g = lane / 4, c = lane % 4;
    for (int i = 0; i < 4; i++) a[g + i % 2 * 8][c + i / 2 * 4] = float_of(p[lane]->a[i] & kept);
    for (int i = 0; i < 2; i++) b[c + i * 4][g] = float_of(p[lane]->b[i] & kept);
  }
}

/// Those of m16n8k16 for numbers of 16 bits, two to a register, the lower column or row in the lower half:
///
///   a: (g, 2c) (g + 8, 2c) (g, 2c + 8) (g + 8, 2c + 8)      b: (2c, g) (2c + 8, g)
static void gather_16(
    product *const p[lanes_per_warp], bool is_bf16, float a[16][16], float b[16][8]) {
  for (int lane = 0; lane < lanes_per_warp; lane++) {
    const int g = lane / 4, c = lane % 4 * 2;
    for (int half = 0; half < 2; half++) {
      for (int i = 0; i < 4; i++) {
        const uint32_t x = p[lane]->a[i] >> 16 * half & 0xffff;
        a[g + i % 2 * 8][c + i / 2 * 8 + half] = is_bf16 ? float_of(x << 16) : float_of_f16(x);
      }
      for (int i = 0; i < 2; i++) {
        const uint32_t x = p[lane]->b[i] >> 16 * half & 0xffff;
        b[c + i * 8 + half][g] = is_bf16 ? float_of(x << 16) : float_of_f16(x);
      }
    }
  }
}

/// d, of either shape: (g, 2c) (g, 2c + 1) (g + 8, 2c) (g + 8, 2c + 1).
static float *element(float d[16][8], int lane, int i) {
  return &d[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2];
}

static void carry_out_product(enum operation operation, product *const p[lanes_per_warp]) {
  float a[16][16], b[16][8], d[16][8];
  if (operation == mma_tf32) {
    gather_tf32(p, a, b);
  } else {
    gather_16(p, operation == mma_bf16, a, b);
  }
  for (int lane = 0; lane < lanes_per_warp; lane++)
    for (int i = 0; i < 4; i++) *element(d, lane, i) = p[lane]->d[i];
  multiply(d, a, b, operation == mma_tf32 ? 8 : 16);
  for (int lane = 0; lane < lanes_per_warp; lane++)
    for (int i = 0; i < 4; i++) p[lane]->d[i] = *element(d, lane, i);
}

/// Checks the row of eight numbers of 16 bits whose address a lane gives, and takes note of the access.
static char *checked_row(const matrix_rows *rows, int thread, bool writes, int line) {
  const char *verb = writes ? "stores" : "loads";
  if (!shared_is_near(rows->row))
    launch_fail(
        "thread %d %s a row that is not in shared memory: %s", thread, verb, line_words(line));
  shared_check_bounds(thread, rows->row, 16, verb, place_is_line | (uint32_t)line);
  if ((uintptr_t)rows->row % 16 != 0)
    launch_fail(
        "thread %d %s a row at an address that is no multiple of 16: %s", thread, verb,
        line_words(line));
  shared_note(thread, rows->row, 16, writes, place_is_line | (uint32_t)line);
  return rows->row;
}

/// Lane l gives the address of row l % 8 of matrix l / 8, 8 numbers of 16 bits; lane t gets from every matrix the two of
/// row t / 4 from column 2 (t % 4) on, or those of that column's rows.
static void carry_out_load(
    bool is_transposed, matrix_rows *const loads[lanes_per_warp], int first, int line) {
  uint16_t matrices[4][8][8];
  for (int lane = 0; lane < lanes_per_warp; lane++)
    memcpy(
        matrices[lane / 8][lane % 8], checked_row(loads[lane], first + lane, false, line), 16);
  for (int lane = 0; lane < lanes_per_warp; lane++) {
    const int g = lane / 4, c = lane % 4 * 2;
    for (int j = 0; j < 4; j++) {
      const uint32_t low = is_transposed ? matrices[j][c][g] : matrices[j][g][c];
      const uint32_t high = is_transposed ? matrices[j][c + 1][g] : matrices[j][g][c + 1];
      loads[lane]->r[j] = low | high << 16;
    }
  }
}

/// The way back of `carry_out_load`: lane t brings of every matrix two rows' numbers of a column.
static void carry_out_store(matrix_rows *const stores[lanes_per_warp], int first, int line) {
  uint16_t matrices[4][8][8];
  for (int lane = 0; lane < lanes_per_warp; lane++) {
    const int g = lane / 4, c = lane % 4 * 2;
    for (int j = 0; j < 4; j++) {
      matrices[j][c][g] = (uint16_t)stores[lane]->r[j];
      matrices[j][c + 1][g] = (uint16_t)(stores[lane]->r[j] >> 16);
    }
  }
  for (int lane = 0; lane < lanes_per_warp; lane++)
    memcpy(checked_row(stores[lane], first + lane, true, line), matrices[lane / 8][lane % 8], 16);
}

static void carry_out_shuffle(exchange *const exchanges[lanes_per_warp], int line) {
  float values[lanes_per_warp];
  for (int lane = 0; lane < lanes_per_warp; lane++) values[lane] = exchanges[lane]->value;
  for (int lane = 0; lane < lanes_per_warp; lane++) {
    const int mask = exchanges[lane]->mask;
    if (mask < 0 || mask >= lanes_per_warp)
      launch_fail("shuffle_xor with %d, which is no lane mask: %s", mask, line_words(line));
    exchanges[lane]->value = values[lane ^ mask];
  }
}

static void come_to_barrier(
    bool waits, meeting *const meetings[lanes_per_warp], int first, int line) {
  const meeting m = *meetings[0];
  for (int lane = 1; lane < lanes_per_warp; lane++)
    if (meetings[lane]->name != m.name)
      launch_fail(
          "lanes of warp %d come to barriers %d and %d at once: %s", first / lanes_per_warp, m.name,
          meetings[lane]->name, line_words(line));
  named_come(first / lanes_per_warp, m.name, m.threads, waits, line);
}

static void check_registers(int count, int line) {
  if (count < 24 || count > 256 || count % 8 != 0)
    launch_fail(
        "%d registers: a thread has a multiple of 8 from 24 to 256: %s", count, line_words(line));
}

static void carry_out(enum operation operation, int first, int line) {
  void *operands[lanes_per_warp];
  for (int lane = 0; lane < lanes_per_warp; lane++)
    operands[lane] = running.lanes[first + lane].operands;
  switch (operation) {
    case mma_tf32:
    case mma_bf16:
    case mma_f16:
      return carry_out_product(operation, (product **)operands);
    case load_matrix:
    case load_matrix_transposed:
      return carry_out_load(
          operation == load_matrix_transposed, (matrix_rows **)operands, first, line);
    case store_matrix_transposed:
      return carry_out_store((matrix_rows **)operands, first, line);
    case shuffle:
      return carry_out_shuffle((exchange **)operands, line);
    case warp_barrier:
      return order_warps(first / lanes_per_warp, 1);
    case arrive:
    case await:
      return come_to_barrier(operation == await, (meeting **)operands, first, line);
    case registers_up:
    case registers_down:
      return check_registers(**(int **)operands, line);
  }
}

void warp_go_on(int number) {
  warp *warp = &running.warps[number];
  warp->awaited = 0;
  warp->ready = 0xffffffff;
  for (int i = 0; i < lanes_per_warp; i++)
    running.lanes[number * lanes_per_warp + i].state = lane_ready;
}

void warp_operation(int operation, void *operands, int line) {
  const int thread = running.current, number = thread / lanes_per_warp;
  const int first = number * lanes_per_warp;
  warp *warp = &running.warps[number];
  if (first + lanes_per_warp > (int)running.launch.threads)
    launch_fail(
        "warp %d has %d lanes and %s takes %d: %s", number, (int)running.launch.threads - first,
        names[operation], lanes_per_warp, line_words(line));
  if (warp->arrived > 0 && (warp->operation != operation || warp->line != line))
    launch_fail(
        "lanes of warp %d do not meet: %d at %s of %s, and thread %d at %s of %s", number,
        warp->arrived, names[warp->operation], line_words(warp->line), thread, names[operation],
        line_words(line));
  lane *lane = &running.lanes[thread];
  lane->operands = operands;
  lane->line = line;
  warp->operation = operation;
  warp->line = line;
  warp->arrived++;
  if (warp->arrived < lanes_per_warp) {
    lane->state = lane_in_warp;
    lane_suspend(lane);
    return;
  }
  carry_out(operation, first, line);
  warp->arrived = 0;
  if (warp->awaited == 0) return warp_go_on(number);
  for (int i = 0; i < lanes_per_warp; i++) running.lanes[first + i].state = lane_awaiting;
  lane_suspend(lane);
}
