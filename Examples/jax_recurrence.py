"""The delta rule in JAX, by lax.scan."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


def delta_rule(
    q: Array,
    k: Array,
    v: Array,
    beta: Array,
    scale: float | None = None,
    initial_state: Array | None = None,
    use_qk_l2norm_in_kernel: bool = False,
    cu_seqlens: np.ndarray | None = None,
) -> tuple[Array, Array]:
    """flash-linear-attention's signature, tensors [B, L, H, D]; computed in float32, or in float64 if v is."""
    given, precision = v.dtype, jnp.promote_types(v.dtype, jnp.float32)
    q, k, v, beta = (tensor.astype(precision) for tensor in (q, k, v, beta))
    scale = k.shape[-1] ** -0.5 if scale is None else scale
    beta = beta if beta.ndim == v.ndim else beta[..., None]
    if use_qk_l2norm_in_kernel:
        q, k = (x * jax.lax.rsqrt((x * x).sum(-1, keepdims=True) + 1e-6) for x in (q, k))
    q, k = (jnp.repeat(x, v.shape[2] // x.shape[2], 2) for x in (q, k))

    def token(state: Array, row: tuple[Array, ...]) -> tuple[Array, Array]:
        q_t, k_t, v_t, beta_t = row
        x = beta_t * (v_t - jnp.einsum("bhk,bhkv->bhv", k_t, state))
        state = state + k_t[..., None] * x[..., None, :]
        return state, scale * jnp.einsum("bhk,bhkv->bhv", q_t, state)

    batch, length = v.shape[:2]
    sequences = list(pairwise([0, length] if cu_seqlens is None else cu_seqlens.tolist()))
    shape = (batch * len(sequences), v.shape[2], k.shape[-1], v.shape[-1])
    states = jnp.zeros(shape, precision) if initial_state is None else initial_state.astype(precision)

    outputs, final_states = [], []
    for state, (start, end) in zip(jnp.split(states, len(sequences)), sequences):
        rows = tuple(jnp.moveaxis(x[:, start:end], 1, 0) for x in (q, k, v, beta))
        state, o = jax.lax.scan(token, state, rows)
        outputs.append(jnp.moveaxis(o, 0, 1))
        final_states.append(state)
    return jnp.concatenate(outputs, 1).astype(given), jnp.concatenate(final_states)
