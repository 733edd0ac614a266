"""Fills a kit with a function in JAX, and with its gradients.

    python fill_with_jax.py DIR [module:function] [--claim bf16]

f(q, k, v, beta, scale=, initial_state=, use_qk_l2norm_in_kernel=, cu_seqlens=) -> (o, final_state)
with tensors [B, L, H, D]; of the keyword arguments it gets those that it takes. cu_seqlens is numpy's, the rest JAX's.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import functions
import kit

jax.config.update("jax_enable_x64", True)


def solve(function: Callable, case: kit.Case) -> Iterator[dict[str, np.ndarray]]:
    """First the results of the forward pass, then the gradients of Σ o·do + Σ final_state·dht."""
    options = functions.options(function, case)
    names = [name for name in kit.GRADIENTS if name in case.tensors]

    def forward(*tensors: Array) -> tuple[Array, Array]:
        named = dict(zip(names, tensors))
        leading = [named.pop(name) for name in ("q", "k", "v", "beta")]
        return function(*leading, **(options | named))

    inputs = [jnp.asarray(case.tensors[name]) for name in names]
    if not case.backward:
        o, state = jax.jit(forward)(*inputs)
        yield {"o": np.asarray(o), "final_state": np.asarray(state)}
        return
    (o, state), pull_back = jax.vjp(jax.jit(forward), *inputs)
    yield {"o": np.asarray(o), "final_state": np.asarray(state)}
    cotangents = case.tensors["do"], case.tensors.get("dht", np.zeros(state.shape))
    gradients = pull_back((jnp.asarray(cotangents[0], o.dtype), jnp.asarray(cotangents[1], state.dtype)))
    yield {kit.GRADIENTS[name]: np.asarray(gradient) for name, gradient in zip(names, gradients)}


def main() -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the kit, with its manifest.json")
    parser.add_argument("function", nargs="?", default="jax_recurrence:delta_rule", help="module:function")
    parser.add_argument("--claim", help="the precision that the function claims, where it is not that of o")
    asked = parser.parse_args()
    function = functions.named(asked.function)
    kit.fill(asked.folder, lambda case: solve(function, case), claim=asked.claim)


if __name__ == "__main__":
    main()
