"""Fills a kit with any function of flash-linear-attention's signature, in PyTorch, and with its gradients.

    python fill_with_torch.py DIR module:function [--claim bf16]

f(q, k, v, beta, scale=, initial_state=, output_final_state=, use_qk_l2norm_in_kernel=, cu_seqlens=) -> (o, final_state)
with tensors [B, L, H, D]; of the keyword arguments it gets those that it takes. It runs on a GPU where there is one.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

import functions
import kit


def solve(function: Callable, case: kit.Case, device: str) -> Iterator[dict[str, Tensor]]:
    """First the results of the forward pass, then the gradients of Σ o·do + Σ final_state·dht."""
    differentiable = [name for name in kit.GRADIENTS if name in case.tensors]
    tensors = {name: tensor.to(device) for name, tensor in case.tensors.items()}
    for name in differentiable:
        tensors[name] = tensors[name].detach().requires_grad_(case.backward)
    options = functions.options(function, case)
    options |= {name: tensors[name] for name in ("initial_state", "cu_seqlens") if name in options and name in tensors}
    o, state = function(*(tensors[name] for name in ("q", "k", "v", "beta")), **options)
    yield {"o": o.detach().cpu(), "final_state": None if state is None else state.detach().cpu()}
    if case.backward:
        if not o.requires_grad:
            raise NotImplementedError("the function has no gradient")
        outputs, cotangents = [o], [tensors["do"].to(o.dtype)]
        if "dht" in tensors:
            outputs.append(state)
            cotangents.append(tensors["dht"].to(state.dtype))
        leaves = [tensors[name] for name in differentiable]
        gradients = torch.autograd.grad(outputs, leaves, cotangents, allow_unused=True)
        pairs = zip(differentiable, gradients)
        yield {kit.GRADIENTS[name]: None if gradient is None else gradient.cpu() for name, gradient in pairs}


def main() -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the kit, with its manifest.json")
    parser.add_argument("function", help="module:function")
    parser.add_argument("--claim", help="the precision that the function claims, where it is not that of o")
    asked = parser.parse_args()
    function = functions.named(asked.function)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    kit.fill(asked.folder, lambda case: solve(function, case, device), "torch", Tensor.contiguous, claim=asked.claim)


if __name__ == "__main__":
    main()
