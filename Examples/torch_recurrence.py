"""The delta rule in PyTorch, token by token."""

from itertools import pairwise

import torch
from torch import Tensor


def delta_rule(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    beta: Tensor,
    scale: float | None = None,
    initial_state: Tensor | None = None,
    output_final_state: bool = True,
    use_qk_l2norm_in_kernel: bool = False,
    cu_seqlens: Tensor | None = None,
) -> tuple[Tensor, Tensor | None]:
    """flash-linear-attention's signature, tensors [B, L, H, D]; computed in float32, or in float64 if v is."""
    given, precision = v.dtype, torch.promote_types(v.dtype, torch.float32)
    q, k, v, beta = (tensor.to(precision) for tensor in (q, k, v, beta))
    scale = k.shape[-1] ** -0.5 if scale is None else scale
    beta = beta if beta.ndim == v.ndim else beta[..., None]
    if use_qk_l2norm_in_kernel:
        q, k = (x * torch.rsqrt((x * x).sum(-1, keepdim=True) + 1e-6) for x in (q, k))
    q, k = (x.repeat_interleave(v.shape[2] // k.shape[2], 2) for x in (q, k))

    length = v.shape[1]
    sequences = list(pairwise([0, length] if cu_seqlens is None else cu_seqlens.tolist()))
    shape = (v.shape[0] if cu_seqlens is None else len(sequences), v.shape[2], k.shape[-1], v.shape[-1])
    states = v.new_zeros(shape) if initial_state is None else initial_state.to(precision)

    outputs, final_states = [v[:, :0]], []
    for state, (start, end) in zip(states.split(v.shape[0]), sequences):
        for t in range(start, end):
            x = beta[:, t] * (v[:, t] - torch.einsum("bhk,bhkv->bhv", k[:, t], state))
            state = state + k[:, t, :, :, None] * x[:, :, None, :]
            outputs.append(scale * torch.einsum("bhk,bhkv->bhv", q[:, t], state)[:, None])
        final_states.append(state)
    return torch.cat(outputs, 1).to(given), torch.cat(final_states) if output_final_state else None
