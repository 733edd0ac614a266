"""A function that the command line names, and the arguments of flash-linear-attention's signature that it takes."""

import sys
from collections.abc import Callable
from importlib import import_module
from inspect import Parameter, signature
from math import isclose
from typing import Any

from kit import Case


def named(name: str) -> Callable:
    """The function that module:function names."""
    module, _, attribute = name.partition(":")
    sys.path.append("")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as problem:
        sys.exit(f"{name}: {problem}; name it as module:function")


def options(function: Callable, case: Case) -> dict[str, Any]:
    """The keyword arguments, of those in flash-linear-attention's signature, that the function takes; a case that
    needs another is refused. A function of any keyword arguments gets all."""
    values = {
        "scale": case.scale,
        "initial_state": case.tensors.get("initial_state"),
        "output_final_state": True,
        "use_qk_l2norm_in_kernel": case.normalizes,
        "cu_seqlens": case.tensors.get("cu_seqlens"),
    }
    if "chunk_size" in case.metadata:
        values["chunk_size"] = int(case.metadata["chunk_size"])
    parameters = signature(function).parameters
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return values
    needed = {name for name in ("initial_state", "cu_seqlens") if values[name] is not None}
    if case.normalizes:
        needed.add("use_qk_l2norm_in_kernel")
    if "chunk_size" in values:
        needed.add("chunk_size")
    if not isclose(case.scale, case.tensors["q"].shape[-1] ** -0.5):
        needed.add("scale")
    if refused := needed - set(parameters):
        raise TypeError(f"the function takes no {' '.join(sorted(refused))}")
    return {name: value for name, value in values.items() if name in parameters}
