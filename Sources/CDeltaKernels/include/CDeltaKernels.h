#ifndef C_DELTA_KERNELS_H
#define C_DELTA_KERNELS_H

#include <stdbool.h>

/// What numbers the kernels are compiled for.
typedef enum {
  delta_f32,
  delta_f64,
} delta_number;

/// What instruction sets. The baseline is what the compiler targets.
typedef enum {
  delta_baseline,
  delta_avx2,
  delta_avx512,
} delta_instruction_set;

/// Row t of a matrix begins `t * stride` numbers after its start, which is an address whatever t is in a matrix of these
/// rows and 64 more; rows are contiguous. Nothing need be aligned.
typedef struct {
  void *start;
  long stride;
} delta_rows;

/// One head of one sequence.
///
///   q, k                   length x key_width
///   v, o, residuals        length x value_width
///   beta                   length x 1, or length x value_width where beta_is_vector
///   states                 key_width x value_width, contiguous
///
/// Inputs are not written to. Outputs must not overlap each other or inputs, but that the final state may be the
/// initial one. An initial state that is null is zero; o and residuals that are null are not wanted.
typedef struct {
  long length, key_width, value_width;
  delta_rows q, k, v, beta;
  bool beta_is_vector;
  /// Whether every row of q and k is divided by sqrt(its square + 1e-6) first.
  bool normalizes;
  double scale;
  const void *initial_state;
  delta_rows o;
  void *final_state;
  /// v - k S before each token's write, which the gradient is made from.
  delta_rows residuals;
} delta_problem;

/// The gradient of such a problem, each in the shape of its input, for the cotangents d_o and d_final_state, of which
/// the latter is zero where it is null. Of dq, dk and a dbeta of one number a token, what some columns contribute.
typedef struct {
  delta_rows d_o;
  const void *d_final_state;
  delta_rows dq, dk, dv, dbeta;
  void *d_initial_state;
} delta_gradient;

enum {
  /// The most value columns that `backward` takes at a time.
  delta_backward_columns = 128,
};

/// The kernels, on value columns first..<end. A workspace may hold anything.
typedef struct {
  /// Columns to a panel of the state.
  long panel_width;
  /// Numbers of workspace that the function of that name takes for so many columns.
  long (*forward_workspace)(long key_width, long columns);
  long (*backward_workspace)(long key_width, long columns);
  long (*decode_workspace)(long key_width, long columns);
  void (*forward)(const delta_problem *, long first, long end, void *workspace);
  /// As forward, one token after the other, on the final state in place: for few tokens.
  void (*decode)(const delta_problem *, long first, long end, void *workspace);
  void (*backward)(
      const delta_problem *, const delta_gradient *, long first, long end, void *workspace);
  /// Rounds of arithmetic in registers, as fast as there is; returns how many operations these were.
  long (*peak)(long rounds);
  /// Reads and writes every number once, as fast as wherever they are lets it.
  void (*update)(void *numbers, long count);
} delta_kernels;

/// The kernels for some numbers and an instruction set; null where this processor has it not.
const delta_kernels *delta_kernels_for(delta_number, delta_instruction_set);

#endif
