"""Functions of installed packages under flash-linear-attention's signature, for fill_with_torch.py:

    python fill_with_torch.py DIR implementations:transformers_chunk

An adapter takes the arguments that its function can honour, so that cases which ask for more are left out; gates are
one. FLA's kernels need none: fla.ops.delta_rule:chunk_delta_rule.
"""

from inspect import unwrap

import torch
from torch import Tensor

Solution = tuple[Tensor, Tensor | None]


def heads_first(*tensors: Tensor) -> tuple[Tensor, ...]:
    """[B, H, L, ...] for [B, L, H, ...], and back."""
    return tuple(tensor.transpose(1, 2) for tensor in tensors)


def fla_recurrence(q: Tensor, k: Tensor, v: Tensor, beta: Tensor, initial_state: Tensor | None = None) -> Solution:
    """flash-linear-attention's plain recurrence."""
    from fla.ops.delta_rule.naive import delta_rule_recurrence

    o, state = delta_rule_recurrence(*heads_first(q, k, v, beta), initial_state)
    return *heads_first(o), state


def fla_chunkwise(q: Tensor, k: Tensor, v: Tensor, beta: Tensor) -> Solution:
    """flash-linear-attention's plain chunkwise form, of whole chunks of 32."""
    from fla.ops.delta_rule.naive import delta_rule_chunkwise

    o, state = delta_rule_chunkwise(*heads_first(q, k, v, beta))
    return *heads_first(o), state


def fla_gated_recurrence(
    q: Tensor, k: Tensor, v: Tensor, beta: Tensor, scale: float | None = None, initial_state: Tensor | None = None
) -> Solution:
    """flash-linear-attention's plain gated recurrence."""
    from fla.ops.gated_delta_rule.naive import naive_recurrent_gated_delta_rule as function

    gates = torch.zeros_like(beta)
    return function(q, k, v, beta, gates, scale=scale, initial_state=initial_state, output_final_state=True)


def fla_gated_chunkwise(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    beta: Tensor,
    scale: float | None = None,
    initial_state: Tensor | None = None,
    chunk_size: int = 64,
) -> Solution:
    """flash-linear-attention's plain gated chunkwise form."""
    from fla.ops.gated_delta_rule.naive import naive_chunk_gated_delta_rule as function

    gates, options = torch.zeros_like(beta), {"initial_state": initial_state, "output_final_state": True}
    return function(q, k, v, gates, beta, chunk_size=chunk_size, scale=scale, **options)


def transformers_chunk(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    beta: Tensor,
    initial_state: Tensor | None = None,
    output_final_state: bool = True,
    use_qk_l2norm_in_kernel: bool = False,
    chunk_size: int = 64,
) -> Solution:
    """transformers' chunkwise form of Qwen3-Next; unwrapped, as the decorator puts FLA's in its place."""
    from transformers.models.qwen3_next.modeling_qwen3_next import torch_chunk_gated_delta_rule as function

    gates, options = torch.zeros_like(beta), (chunk_size, initial_state, output_final_state, use_qk_l2norm_in_kernel)
    return unwrap(function)(q, k, v, gates, beta, *options)


def transformers_recurrent(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    beta: Tensor,
    initial_state: Tensor | None = None,
    output_final_state: bool = True,
    use_qk_l2norm_in_kernel: bool = False,
) -> Solution:
    """transformers' recurrence of Qwen3-Next, unwrapped likewise."""
    from transformers.models.qwen3_next.modeling_qwen3_next import torch_recurrent_gated_delta_rule as function

    gates, options = torch.zeros_like(beta), (initial_state, output_final_state, use_qk_l2norm_in_kernel)
    return unwrap(function)(q, k, v, gates, beta, *options)
