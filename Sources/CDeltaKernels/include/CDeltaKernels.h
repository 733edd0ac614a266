#ifndef C_DELTA_KERNELS_H
#define C_DELTA_KERNELS_H

#include <stdbool.h>

/// The instruction sets that the kernels are compiled for. The baseline is what the compiler targets.
typedef enum {
  delta_baseline,
  delta_avx2,
  delta_avx512,
} delta_instruction_set;

/// One head of one sequence, for numbers of type T. Row t of q begins at q + t * q_stride, and so on; rows are
/// contiguous. Nothing need be aligned. Outputs and inputs must not overlap.
///
///   q, k          length x key_width
///   v, o          length x value_width
///   beta          length x 1, or length x value_width where beta_is_vector
///   states        key_width x value_width, contiguous
///
/// initial_state may be NULL: zero.
#define DELTA_TYPES(T, suffix)                                                             \
  typedef struct {                                                                         \
    long length, key_width, value_width;                                                   \
    const T *q, *k, *v, *beta;                                                             \
    long q_stride, k_stride, v_stride, beta_stride, o_stride;                              \
    bool beta_is_vector;                                                                   \
    T scale;                                                                               \
    const T *initial_state;                                                                \
    T *o, *final_state;                                                                    \
  } delta_problem_##suffix;                                                                \
                                                                                           \
  typedef struct {                                                                         \
    /** Columns to a panel of the state. */                                                \
    long panel_width;                                                                      \
    /** Numbers of workspace that `forward` takes. */                                      \
    long (*forward_workspace)(long key_width, long columns);                               \
    /** Value columns first..<end of every output. */                                      \
    void (*forward)(const delta_problem_##suffix *, long first, long end, T *workspace);   \
    /** The same, one token after the other, on the final state in place: for few tokens. */ \
    void (*decode)(const delta_problem_##suffix *, long first, long end);                  \
  } delta_kernels_##suffix;                                                                \
                                                                                           \
  /** The kernels for an instruction set; NULL where this processor has it not. */         \
  const delta_kernels_##suffix *delta_kernels_for_##suffix(delta_instruction_set);

DELTA_TYPES(float, f32)
DELTA_TYPES(double, f64)

#endif
