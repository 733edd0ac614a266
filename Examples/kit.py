"""The cases of a conformance kit: each is read, handed to a kernel, and written back with its results."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

INPUTS = ("q", "k", "v", "beta", "initial_state", "cu_seqlens", "do", "dht")
GRADIENTS = {"q": "dq", "k": "dk", "v": "dv", "beta": "dbeta", "initial_state": "dh0"}
TOKENS = {"q", "k", "v", "beta", "do", "o", "dq", "dk", "dv", "dbeta"}


@dataclass
class Case:
    """The inputs of a case, those of tokens as [B, L, H, D], whatever the layout of its file."""

    path: Path
    metadata: dict[str, str]
    results: list[str]
    tensors: dict[str, Any]

    @property
    def scale(self) -> float:
        return float(self.metadata.get("scale", self.tensors["q"].shape[-1] ** -0.5))

    @property
    def normalizes(self) -> bool:
        return self.metadata.get("use_qk_l2norm") == "true"

    @property
    def backward(self) -> bool:
        return not set(self.results).isdisjoint(GRADIENTS.values())


def fill(
    folder: Path,
    solve: Callable[[Case], Iterator[dict[str, Any]]],
    framework: str = "numpy",
    contiguous: Callable[[Any], Any] = np.ascontiguousarray,
    heads: str = "interleaved",
    claim: str | None = None,
) -> None:
    """Fills every case with the results that solve yields, in one part or in several; what it gave before it raised
    an exception stays. Tensors are those of the framework (numpy or torch); solve maps value heads to key heads as
    heads says, and claims that precision."""
    path = folder / "manifest.json"
    if not path.is_file():
        sys.exit(f"{path} is missing: write the kit with deltanet-verify export --out {folder}")
    if framework == "numpy":
        import_module("ml_dtypes")  # It teaches numpy bfloat16.
    for entry in json.loads(path.read_text())["cases"]:
        case = read(folder / entry["file"], entry["results"], framework)
        results, reason = {}, "not given"
        try:
            expect_heads(case, heads)
            for part in solve(case):
                results |= {name: tensor for name, tensor in part.items() if tensor is not None}
        except Exception as refusal:
            reason = f"{type(refusal).__name__}: {refusal}".splitlines()[0]
        if missing := [name for name in case.results if name not in results]:
            left = f"without {' '.join(missing)}" if results else "unfilled"
            print(f"{case.path.name}: {left} ({reason})", file=sys.stderr)
        write(case, results, framework, contiguous, claim)


def read(path: Path, results: list[str], framework: str) -> Case:
    """The inputs of a case file; results that it has already are left out."""
    with safe_open(path, framework) as file:
        tensors = {name: file.get_tensor(name) for name in INPUTS if name in file.keys()}
        case = Case(path, file.metadata() or {}, results, tensors)
    case.tensors = laid_out(tensors, case)
    return case


def write(case: Case, results: dict[str, Any], framework: str, contiguous: Callable, claim: str | None) -> None:
    """The inputs as they were, and the results."""
    tensors = laid_out(case.tensors | results, case)
    metadata = case.metadata | ({"precision": claim} if claim else {})
    temporary = case.path.with_suffix(".unfinished")
    save = import_module(f"safetensors.{framework}").save_file
    save({name: contiguous(tensor) for name, tensor in tensors.items()}, temporary, metadata)
    temporary.replace(case.path)


def laid_out(tensors: dict[str, Any], case: Case) -> dict[str, Any]:
    """From the layout of the file to [B, L, H, D], or back."""
    swapped = TOKENS if case.metadata.get("layout") == "BHTD" else set()
    return {name: tensor.swapaxes(1, 2) if name in swapped else tensor for name, tensor in tensors.items()}


def expect_heads(case: Case, heads: str) -> None:
    asked, groups = case.metadata.get("heads", "interleaved"), case.tensors["k"].shape[2]
    if asked != heads and groups not in (1, case.tensors["v"].shape[2]):
        raise ValueError(f"the heads are {asked}, the kernel takes them {heads}")
