// cc -std=c11 -I Sources/CDeltaNet/include Examples/c/example.c -L .build/release -lDeltaNet -lm -Wl,-rpath,"$PWD/.build/release" -o example
//
// Forwards, backwards, token by token, and the verdict on the case file that is named: ./example [FILE]
// The exit status is 0 where all is right, 1 where something is wrong, 2 where something was refused.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "deltanet.h"

enum { B = 2, L = 8, H = 2, DK = 4, DV = 3, KEYS = B * L * H * DK, VALUES = B * L * H * DV };
enum { STATES = B * H * DK * DV };

static void expect(deltanet_status status, const char *what) {
  if (status == DELTANET_OK) return;
  fprintf(stderr, "%s: %s\n", what, deltanet_error_message());
  exit(2);
}

/// Numbers in -1..<1, the same every time.
static void fill(double *x, int count) {
  static uint32_t state = 1;
  for (int i = 0; i < count; i++) {
    state = state * 1664525u + 1013904223u;
    x[i] = state / 2147483648.0 - 1;
  }
}

int main(int argc, char **argv) {
  static double q[KEYS], k[KEYS], v[VALUES], beta[B * L * H], o[VALUES], state[STATES];
  fill(q, KEYS), fill(k, KEYS), fill(v, VALUES), fill(beta, B * L * H);

  deltanet_shape shape = {.batch = B, .length = L, .key_heads = H, .heads = H,
                          .key_dimension = DK, .value_dimension = DV};
  const deltanet_options options = {.scale = 0.5, .use_qk_l2norm = 1};
  deltanet_inputs_f64 inputs = {.q = q, .k = k, .v = v, .beta = beta};
  deltanet_outputs_f64 outputs = {.o = o, .final_state = state};
  expect(deltanet_forward_f64(&shape, &options, &inputs, &outputs), "forward");

  // Of the sum of all outputs; that in one number of v is what the sum changes by when it does.
  static double ones[VALUES], dq[KEYS], dk[KEYS], dv[VALUES], dbeta[B * L * H];
  double before = 0, after = 0;
  for (int i = 0; i < VALUES; i++) ones[i] = 1, before += o[i];
  const deltanet_cotangents_f64 cotangents = {.d_o = ones};
  const deltanet_gradients_f64 gradients = {.dq = dq, .dk = dk, .dv = dv, .dbeta = dbeta};
  expect(deltanet_backward_f64(&shape, &options, &inputs, &cotangents, &gradients), "backward");
  static double moved[VALUES], decoded[VALUES], stepwise[STATES];
  v[1] += 1;
  outputs.o = moved;
  expect(deltanet_forward_f64(&shape, &options, &inputs, &outputs), "forward");
  v[1] -= 1;
  for (int i = 0; i < VALUES; i++) after += moved[i];
  const double slope = fabs(after - before - dv[1]);

  // One token after the other: each lies where it lay, L tokens before the next sequence.
  shape.length = 1;
  const deltanet_strides keys = {L * H * DK, H * DK, DK}, values = {L * H * DV, H * DV, DV};
  const deltanet_strides strengths = {L * H, H, 1};
  double difference = 0;
  for (int t = 0; t < L; t++) {
    const deltanet_inputs_f64 token = {
        .q = q + t * H * DK, .k = k + t * H * DK, .v = v + t * H * DV, .beta = beta + t * H,
        .q_strides = keys, .k_strides = keys, .v_strides = values, .beta_strides = strengths};
    const deltanet_outputs_f64 next = {
        .o = decoded + t * H * DV, .final_state = stepwise, .o_strides = values};
    expect(deltanet_decode_step_f64(&shape, &options, &token, &next), "decode step");
  }
  for (int i = 0; i < VALUES; i++) difference = fmax(difference, fabs(decoded[i] - o[i]));

  printf("version %d of the interface\n", (int)deltanet_version());
  printf("gradient: off the slope by %g\n", slope);
  printf("decoding: off the forward pass by at most %g\n", difference);
  int wrong = slope > 1e-12 || difference > 1e-12;

  if (argc > 1) {
    char *text = NULL;
    const deltanet_status verdict = deltanet_check(argv[1], &text);
    if (verdict != DELTANET_WRONG) expect(verdict, "check");
    printf("%s", text);
    deltanet_free(text);
    wrong |= verdict == DELTANET_WRONG;
  }
  return wrong;
}
