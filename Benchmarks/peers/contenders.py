"""What is computed, what is right, and what a contender is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

FORWARD = "forward"


@dataclass(frozen=True)
class Problem:
    """Inputs in float32: q, k [B, H, L, dk], v and the cotangent of o [B, H, L, dv], beta [B, H, L]."""

    q: Array
    k: Array
    v: Array
    beta: Array
    cotangent: Array
    scale: float

    @property
    def tokens(self) -> int:
        """The number of tokens times heads."""
        return self.beta.size


@dataclass(frozen=True)
class Solution:
    """Outputs and final state, and the gradients in q, k, v, beta where they were asked for."""

    o: Array
    state: Array
    gradients: tuple[Array, ...] = ()


@dataclass(frozen=True)
class Contender:
    """A computation to be timed: `run` ends when its result is there, `read` makes a solution of the result."""

    name: str
    run: Callable[[], Any]
    read: Callable[[Any], Solution]


def random_problem(batch: int, heads: int, length: int, width: int, seed: int) -> Problem:
    """Normal q, v and cotangent, keys of norm one, and beta uniform in (0, 1)."""
    source = np.random.default_rng(seed)
    q, k, v, cotangent = source.standard_normal((4, batch, heads, length, width), dtype=np.float32)
    k /= np.linalg.norm(k, axis=-1, keepdims=True)
    beta = source.uniform(0.001, 0.999, (batch, heads, length)).astype(np.float32)
    return Problem(q, k, v, beta, cotangent, scale=width**-0.5)


def row_times_matrix(row: Array, matrix: Array) -> Array:
    """The row vectors [..., i] times the matrices [..., i, j]."""
    return (row[..., None, :] @ matrix)[..., 0, :]


def matrix_times_column(matrix: Array, column: Array) -> Array:
    """The matrices [..., i, j] times the column vectors [..., j]."""
    return (matrix @ column[..., None])[..., 0]


def outer(left: Array, right: Array) -> Array:
    """The products [..., i, j] of the vectors [..., i] and [..., j]."""
    return left[..., :, None] * right[..., None, :]


def reference(problem: Problem, passes: str) -> Solution:
    """The recurrence and, unless only forward, its gradients, token by token in float64."""
    q, k, v, beta, cotangent = (
        np.moveaxis(tensor.astype(np.float64), 2, 0)
        for tensor in (problem.q, problem.k, problem.v, problem.beta, problem.cotangent)
    )
    scale = problem.scale
    o, x = np.empty_like(v), np.empty_like(v)
    final = np.zeros(k.shape[1:] + v.shape[-1:])
    for t in range(len(q)):
        x[t] = beta[t, ..., None] * (v[t] - row_times_matrix(k[t], final))
        final += outer(k[t], x[t])
        o[t] = scale * row_times_matrix(q[t], final)
    if passes == FORWARD:
        return Solution(np.moveaxis(o, 0, 2), final)

    dq, dk, dv, dbeta = (np.empty_like(tensor) for tensor in (q, k, v, beta))
    state, dstate = final.copy(), np.zeros_like(final)
    for t in reversed(range(len(q))):
        dq[t] = scale * matrix_times_column(state, cotangent[t])
        dstate += scale * outer(q[t], cotangent[t])
        state -= outer(k[t], x[t])
        dx = row_times_matrix(k[t], dstate)
        dv[t] = beta[t, ..., None] * dx
        dbeta[t] = np.sum(dx * (v[t] - row_times_matrix(k[t], state)), axis=-1)
        dk[t] = matrix_times_column(dstate, x[t]) - matrix_times_column(state, dv[t])
        dstate -= outer(k[t], dv[t])

    o, dq, dk, dv, dbeta = (np.moveaxis(tensor, 0, 2) for tensor in (o, dq, dk, dv, dbeta))
    return Solution(o, final, (dq, dk, dv, dbeta))


def largest_error(found: Solution, right: Solution) -> float:
    """The largest error of any entry, relative to the largest entry of its tensor."""
    pairs = [(found.o, right.o), (found.state, right.state), *zip(found.gradients, right.gradients, strict=True)]
    return float(np.max([np.max(np.abs(a - b)) / np.max(np.abs(b)) for a, b in pairs]))
