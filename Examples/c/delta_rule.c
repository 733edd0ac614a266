// The delta rule in C, token by token, in the caller's state; see fill_with_c.py.
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// What a query or key is multiplied by: one over its norm where it is normalised.
static float factor(const float *x, int64_t width, bool normalise) {
  float sum = 1e-6f;
  for (int64_t i = 0; i < width; i++) sum += x[i] * x[i];
  return normalise ? 1 / sqrtf(sum) : 1;
}

void delta_rule(int64_t B, int64_t L, int64_t Hk, int64_t H, int64_t dk, int64_t dv, const float *q,
                const float *k, const float *v, const float *beta, float scale, bool use_qk_l2norm,
                const float *initial_state, float *o, float *final_state) {
  memset(final_state, 0, sizeof(float) * B * H * dk * dv);
  if (initial_state) memcpy(final_state, initial_state, sizeof(float) * B * H * dk * dv);
  for (int64_t b = 0; b < B; b++)
    for (int64_t h = 0; h < H; h++) {
      float *S = final_state + (b * H + h) * dk * dv;
      for (int64_t t = b * L; t < (b + 1) * L; t++) {
        const float *q_t = q + (t * Hk + h / (H / Hk)) * dk, *k_t = k + (t * Hk + h / (H / Hk)) * dk;
        const float *v_t = v + (t * H + h) * dv;
        float q_factor = scale * factor(q_t, dk, use_qk_l2norm), k_factor = factor(k_t, dk, use_qk_l2norm);
        for (int64_t j = 0; j < dv; j++) {
          float read = 0, out = 0;
          for (int64_t i = 0; i < dk; i++) read += k_factor * k_t[i] * S[i * dv + j];
          float x = beta[t * H + h] * (v_t[j] - read);
          for (int64_t i = 0; i < dk; i++) {
            S[i * dv + j] += k_factor * k_t[i] * x;
            out += q_factor * q_t[i] * S[i * dv + j];
          }
          o[(t * H + h) * dv + j] = out;
        }
      }
    }
}
