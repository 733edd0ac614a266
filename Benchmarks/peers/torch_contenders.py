"""The delta rule in PyTorch, eager: the recurrence and the chunkwise form, and autograd of the latter."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from contenders import FORWARD, Contender, Problem, Solution

Pair = tuple[Tensor, Tensor]
Triple = tuple[Tensor, Tensor, tuple[Tensor, ...]]


def recurrence(q: Tensor, k: Tensor, v: Tensor, beta: Tensor, scale: float) -> Pair:
    """Four calls to a token, in place; tensors are [B·H, L, ...]."""
    state = v.new_zeros(k.shape[0], k.shape[-1], v.shape[-1])
    rows = [tensor.unsqueeze(2).unbind(1) for tensor in (scale * q, k, v, beta.unsqueeze(-1))]
    outputs = []
    for q_row, k_row, v_row, beta_row in zip(*rows):
        x = torch.baddbmm(v_row, k_row, state, alpha=-1).mul_(beta_row)
        state.baddbmm_(k_row.transpose(1, 2), x)
        outputs.append(torch.bmm(q_row, state))
    return torch.cat(outputs, 1), state


def chunkwise(q: Tensor, k: Tensor, v: Tensor, beta: Tensor, scale: float, chunk: int) -> Pair:
    """The UT transform of all chunks at once, then X = U - W S chunk by chunk; tensors are [B·H, L, ...]."""
    q, k, v, beta = (t.unflatten(1, (-1, chunk)) for t in (scale * q, k, v, beta.unsqueeze(-1)))
    keys = k.transpose(-1, -2)
    system = (beta * k @ keys).tril(-1)
    scores = (q @ keys).tril()
    inverse = torch.linalg.solve_triangular(system, torch.eye(chunk), upper=False, unitriangular=True)
    w, u = inverse @ (beta * k), inverse @ (beta * v)

    state = v.new_zeros(k.shape[0], k.shape[-1], v.shape[-1])
    outputs = []
    for q_c, keys_c, scores_c, w_c, u_c in zip(*(t.unbind(1) for t in (q, keys, scores, w, u))):
        x = torch.baddbmm(u_c, w_c, state, alpha=-1)
        outputs.append(torch.baddbmm(torch.bmm(q_c, state), scores_c, x))
        state = torch.baddbmm(state, keys_c, x)
    return torch.cat(outputs, 1), state


def contenders(problem: Problem, passes: str, chunk_lengths: list[int], threads: int) -> list[Contender]:
    """Every form of this library on the given number of threads."""
    torch.set_num_threads(threads)
    tensors = (problem.q, problem.k, problem.v, problem.beta)
    inputs = [torch.from_numpy(tensor).flatten(0, 1) for tensor in tensors]
    cotangent = torch.from_numpy(problem.cotangent).flatten(0, 1)

    def read(result: Triple) -> Solution:
        o, state, gradients = result

        def host(tensor: Tensor) -> np.ndarray:
            return tensor.detach().unflatten(0, problem.beta.shape[:2]).numpy()

        return Solution(host(o), host(state), tuple(host(gradient) for gradient in gradients))

    def contender(name: str, form: Callable[..., Pair], **options: int) -> Contender:
        def forward() -> Triple:
            with torch.inference_mode():
                return *form(*inputs, problem.scale, **options), ()

        def forward_backward() -> Triple:
            leaves = [tensor.detach().requires_grad_() for tensor in inputs]
            o, state = form(*leaves, problem.scale, **options)
            return o, state, torch.autograd.grad(o, leaves, cotangent)

        return Contender(name, forward if passes == FORWARD else forward_backward, read)

    found = [contender(f"PyTorch, chunkwise C={c}", chunkwise, chunk=c) for c in chunk_lengths]
    if passes == FORWARD:
        found.append(contender("PyTorch, recurrence", recurrence))
    return found
