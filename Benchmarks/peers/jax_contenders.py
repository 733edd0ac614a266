"""The delta rule in JAX: a scan over tokens and a scan over chunks, compiled, and their gradients."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.linalg import solve_triangular

from contenders import FORWARD, Contender, Problem, Solution

Pair = tuple[Array, Array]
Inputs = tuple[Array, ...]
Triple = tuple[Array, Array, tuple[Array, ...]]
Form = Callable[..., Pair]


def recurrence(q: Array, k: Array, v: Array, beta: Array, *, scale: float) -> Pair:
    """One head, [L, ...], a token to a step."""

    def step(state: Array, token: Inputs) -> Pair:
        q, k, v, beta = token
        x = beta * (v - k @ state)
        state = state + k[:, None] * x[None, :]
        return state, scale * (q @ state)

    state, o = jax.lax.scan(step, jnp.zeros((k.shape[-1], v.shape[-1])), (q, k, v, beta))
    return o, state


def chunkwise(q: Array, k: Array, v: Array, beta: Array, *, scale: float, chunk: int) -> Pair:
    """One head, [L, ...], a chunk to a step, with (I + A) X = diag(beta) (V - K S) solved in each."""

    def step(state: Array, block: Inputs) -> Pair:
        q, k, v, beta = block
        q, beta = scale * q, beta[:, None]
        system = jnp.tril(beta * k @ k.T, -1)
        x = solve_triangular(system, beta * (v - k @ state), lower=True, unit_diagonal=True)
        return state + k.T @ x, q @ state + jnp.tril(q @ k.T) @ x

    blocks = tuple(tensor.reshape(-1, chunk, *tensor.shape[1:]) for tensor in (q, k, v, beta))
    state, o = jax.lax.scan(step, jnp.zeros((k.shape[-1], v.shape[-1])), blocks)
    return o.reshape(v.shape), state


def forward(form: Form, *inputs: Array) -> Triple:
    """Outputs, states and no gradients, head after head, which is faster than all heads at once."""
    o, state = jax.lax.map(lambda head: form(*head), inputs)
    return o, state, ()


def forward_backward(form: Form, cotangent: Array, *inputs: Array) -> Triple:
    """Outputs, states and the gradients of ⟨cotangent, o⟩ in the inputs, head after head."""

    def one_head(head: tuple[Array, ...]) -> Triple:
        cotangent, *inputs = head
        o, pullback, state = jax.vjp(form, *inputs, has_aux=True)
        return o, state, pullback(cotangent)

    return jax.lax.map(one_head, (cotangent, *inputs))


def contenders(problem: Problem, passes: str, chunk_lengths: list[int], threads: int) -> list[Contender]:
    """Every form of this library; the environment holds it to the number of threads."""

    def device(tensor: np.ndarray) -> Array:
        return jnp.asarray(tensor.reshape(-1, *tensor.shape[2:]))

    def host(tensor: Array) -> np.ndarray:
        return np.asarray(tensor).reshape(*problem.beta.shape[:2], *tensor.shape[1:])

    def read(result: Triple) -> Solution:
        o, state, gradients = result
        return Solution(host(o), host(state), tuple(host(gradient) for gradient in gradients))

    inputs = [device(tensor) for tensor in (problem.q, problem.k, problem.v, problem.beta)]
    if passes != FORWARD:
        inputs.insert(0, device(problem.cotangent))

    def contender(name: str, form: Form) -> Contender:
        compiled = jax.jit(partial(forward if passes == FORWARD else forward_backward, form))
        return Contender(name, lambda: jax.block_until_ready(compiled(*inputs)), read)

    return [
        contender("JAX jit, lax.scan", partial(recurrence, scale=problem.scale)),
        *(
            contender(f"JAX jit, chunkwise C={c}", partial(chunkwise, scale=problem.scale, chunk=c))
            for c in chunk_lengths
        ),
    ]
