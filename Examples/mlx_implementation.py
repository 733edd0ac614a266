"""mlx-lm's gated delta rule under flash-linear-attention's signature, for fill_with_torch.py:

    python fill_with_torch.py DIR mlx_implementation:delta_rule

The gates are one. Forward only.
"""

import mlx.core as mx
import numpy as np
import torch
from mlx_lm.models.gated_delta import gated_delta_kernel, gated_delta_ops, normalize_qk
from torch import Tensor


def converted(tensor: Tensor) -> mx.array:
    """The same numbers in MLX."""
    return mx.array(tensor.detach().float().numpy()).astype(getattr(mx, str(tensor.dtype).removeprefix("torch.")))


def returned(array: mx.array) -> Tensor:
    """The same numbers in torch."""
    return torch.from_numpy(np.array(array.astype(mx.float32))).to(getattr(torch, str(array.dtype).split(".")[-1]))


def delta_rule(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    beta: Tensor,
    initial_state: Tensor | None = None,
    use_qk_l2norm_in_kernel: bool = False,
) -> tuple[Tensor, Tensor]:
    """mlx-lm's gated delta rule, its Metal kernel where there is one; the caller scales queries by dk^-0.5."""
    queries, keys, values, strengths = map(converted, (q, k, v, beta))
    scale = k.shape[-1] ** -0.5
    if use_qk_l2norm_in_kernel:
        queries, keys = normalize_qk(queries, keys, inv_scale=scale, eps=1e-6)
    else:
        queries = scale * queries
    shape = (v.shape[0], v.shape[2], k.shape[-1], v.shape[-1])
    state = converted(torch.zeros(shape) if initial_state is None else initial_state).swapaxes(2, 3)
    function = gated_delta_kernel if mx.metal.is_available() else gated_delta_ops
    o, state = function(queries, keys, values, mx.ones(strengths.shape), strengths, state)
    return returned(o), returned(state.swapaxes(2, 3))
