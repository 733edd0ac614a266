#ifndef DELTANET_H
#define DELTANET_H

#include <stdint.h>

/// The delta rule on the processor, forwards, backwards and token by token, and the judge of case files.
///
///   x_t = beta_t (v_t - k_t S_{t-1})        S_t = S_{t-1} + k_t^T x_t        o_t = scale * q_t S_t
///
/// Every function may be called from several threads at once, as long as nobody writes what another one reads or writes.
/// None aborts, whatever numbers and null pointers it is given, and what it refuses it has not touched: it returns a
/// status, and deltanet_error_message() says what was wrong and how to mend it.
///
/// What cannot be checked, and is the caller's to see to: that pointers which are not null lead to as much memory as the
/// shape and the strides say, that this memory stays there and is not changed by others during a call, and that outputs
/// interleaved with other tensors do not overlap them. No number that is not finite is refused; it comes out as the
/// formulas have it.

#ifdef __cplusplus
extern "C" {
#endif

/// The version of this interface; symbols of the library carry it as DELTANET_1.
#define DELTANET_VERSION 1

/// What became of a call.
typedef enum deltanet_status {
  DELTANET_OK = 0,
  /// Of deltanet_check alone: the file could be judged, and a result in it is wrong.
  DELTANET_WRONG = 1,
  /// A size, a pointer or a stride is none that the function takes.
  DELTANET_BAD_ARGUMENT = 2,
  /// A file could not be read, or is no case that can be judged.
  DELTANET_UNREADABLE = 3,
  /// There is less memory than the call takes. Systems that promise more than they have can still end the process.
  DELTANET_OUT_OF_MEMORY = 4
} deltanet_status;

/// The sizes of a batch.
///
///   q, k                  [B, L, Hk, dk]
///   v, o                  [B, L, H, dv]
///   beta                  [B, L, H], or [B, L, H, dv] where beta_is_vector
///   states                [N, H, dk, dv]
///
/// N is B; where sequences are packed, it is their number.
typedef struct deltanet_shape {
  /// B, 0 or more.
  int64_t batch;
  /// L, 0 or more; all packed sequences together.
  int64_t length;
  /// Hk, 1 or more: the heads of q and k.
  int64_t key_heads;
  /// H, a multiple of Hk: the heads of v, beta and o. Head h reads key head h / (H / Hk).
  int64_t heads;
  /// dk and dv, 1 or more.
  int64_t key_dimension;
  int64_t value_dimension;
  /// Whether every value column has a beta of its own; 0 for no.
  int32_t beta_is_vector;
  /// How many sequences are packed into a batch of 1; 0 where none are.
  int64_t sequences;
  /// Where they begin and end: sequences + 1 numbers that rise from 0 to L. Not read where sequences is 0.
  const int64_t *cu_seqlens;
} deltanet_shape;

/// How it is computed.
typedef struct deltanet_options {
  /// Finite. There is no default: models mostly have 1 / sqrt(dk).
  double scale;
  /// Whether every row of q and k is divided by sqrt(the sum of its squares + 1e-6) first; 0 for no.
  int32_t use_qk_l2norm;
  /// The most threads that work; 0 for as many as there are processors. No bit of a result depends on it.
  int32_t threads;
} deltanet_options;

/// How many numbers further the next row of the batch, the next token and the next head of a tensor begin; the numbers of
/// a row lie side by side.
///
/// All three 0: the tensor has no gaps and lies in the order [B, L, H, D]. Otherwise none is negative, and tokens lie at
/// least a row and less than 2^31 numbers apart. Of axes of one element the stride means nothing. Rows of what is written
/// do not overlap: sorted by stride, each axis of the tensor takes a step over all that lies in those before it.
typedef struct deltanet_strides {
  int64_t batch;
  int64_t token;
  int64_t head;
} deltanet_strides;

/// What is read. Pointers of empty tensors may be null; all are aligned as their numbers are, no more.
typedef struct deltanet_inputs_f32 {
  const float *q;
  const float *k;
  const float *v;
  const float *beta;
  /// [N, H, dk, dv] without gaps, as all states; null for zero.
  const float *initial_state;
  deltanet_strides q_strides;
  deltanet_strides k_strides;
  deltanet_strides v_strides;
  deltanet_strides beta_strides;
} deltanet_inputs_f32;

typedef struct deltanet_inputs_f64 {
  const double *q;
  const double *k;
  const double *v;
  const double *beta;
  const double *initial_state;
  deltanet_strides q_strides;
  deltanet_strides k_strides;
  deltanet_strides v_strides;
  deltanet_strides beta_strides;
} deltanet_inputs_f64;

/// What is written.
typedef struct deltanet_outputs_f32 {
  float *o;
  /// May be the initial state, of which it then takes the place; null where it is not wanted, which takes memory for it
  /// during the call.
  float *final_state;
  deltanet_strides o_strides;
} deltanet_outputs_f32;

typedef struct deltanet_outputs_f64 {
  double *o;
  double *final_state;
  deltanet_strides o_strides;
} deltanet_outputs_f64;

/// do and dht, the gradients of something in o and in the final state.
typedef struct deltanet_cotangents_f32 {
  /// do, which C keeps for itself.
  const float *d_o;
  /// Null for zero.
  const float *dht;
  deltanet_strides d_o_strides;
} deltanet_cotangents_f32;

typedef struct deltanet_cotangents_f64 {
  const double *d_o;
  const double *dht;
  deltanet_strides d_o_strides;
} deltanet_cotangents_f64;

/// The gradients that are written, each in the shape of its input.
typedef struct deltanet_gradients_f32 {
  float *dq;
  float *dk;
  float *dv;
  float *dbeta;
  /// In the initial state; null where it is not wanted, which takes memory for it during the call.
  float *dh0;
  deltanet_strides dq_strides;
  deltanet_strides dk_strides;
  deltanet_strides dv_strides;
  deltanet_strides dbeta_strides;
} deltanet_gradients_f32;

typedef struct deltanet_gradients_f64 {
  double *dq;
  double *dk;
  double *dv;
  double *dbeta;
  double *dh0;
  deltanet_strides dq_strides;
  deltanet_strides dk_strides;
  deltanet_strides dv_strides;
  deltanet_strides dbeta_strides;
} deltanet_gradients_f64;

/// The outputs and the final states. 6 dk dv operations a token and head.
deltanet_status deltanet_forward_f32(
    const deltanet_shape *shape, const deltanet_options *options,
    const deltanet_inputs_f32 *inputs, const deltanet_outputs_f32 *outputs);
deltanet_status deltanet_forward_f64(
    const deltanet_shape *shape, const deltanet_options *options,
    const deltanet_inputs_f64 *inputs, const deltanet_outputs_f64 *outputs);

/// The gradient of sum(o * do) + sum(final_state * dht) in every input. The forward pass is run once more: 20 dk dv
/// operations a token and head, and dv numbers of memory for each.
deltanet_status deltanet_backward_f32(
    const deltanet_shape *shape, const deltanet_options *options,
    const deltanet_inputs_f32 *inputs, const deltanet_cotangents_f32 *cotangents,
    const deltanet_gradients_f32 *gradients);
deltanet_status deltanet_backward_f64(
    const deltanet_shape *shape, const deltanet_options *options,
    const deltanet_inputs_f64 *inputs, const deltanet_cotangents_f64 *cotangents,
    const deltanet_gradients_f64 *gradients);

/// The next token of every sequence: length is 1, and none are packed. The states, in outputs->final_state, are read and
/// written in place; inputs->initial_state is null.
deltanet_status deltanet_decode_step_f32(
    const deltanet_shape *shape, const deltanet_options *options,
    const deltanet_inputs_f32 *inputs, const deltanet_outputs_f32 *outputs);
deltanet_status deltanet_decode_step_f64(
    const deltanet_shape *shape, const deltanet_options *options,
    const deltanet_inputs_f64 *inputs, const deltanet_outputs_f64 *outputs);

/// Judges the results in a case file, as `deltanet-verify check` does: DELTANET_OK where all are right, DELTANET_WRONG where
/// one is not. Works on every processor, for as long as a few times the recurrence in twice the precision takes. Here alone
/// memory is not asked for beforehand: a file that is too large for the machine ends the process.
///
/// path is the path of the file, in UTF-8. *text becomes the verdict in words, for deltanet_free(), or null where there is
/// none; text may be null where nobody wants it.
deltanet_status deltanet_check(const char *path, char **text);

/// Gives back text that a function of this library made; null is nothing to give back.
void deltanet_free(char *text);

/// What was wrong with the last call of this thread that was refused, and how to mend it, in one line of UTF-8; empty where
/// none has been. Never null. Valid until the thread's next call that is refused, or its end.
const char *deltanet_error_message(void);

/// DELTANET_VERSION as the library has it.
int32_t deltanet_version(void);

#ifdef __cplusplus
}
#endif

#endif
