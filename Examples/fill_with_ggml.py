"""Fills a kit of the ggml profile with ggml's operation GATED_DELTA_NET, its gates one; it has no gradient.

    python fill_with_ggml.py DIR

The package libggml-python carries the libraries, built.
"""

import ctypes
import sys
from collections.abc import Iterator
from ctypes import POINTER, Structure, c_bool, c_float, c_int, c_int64, c_size_t, c_void_p
from importlib.util import find_spec
from math import isclose
from pathlib import Path

import numpy as np

import kit

FLOAT32 = 0
SUCCESS = 0


class InitParameters(Structure):
    """ggml_init_params."""

    _fields_ = [("memory_size", c_size_t), ("memory", c_void_p), ("no_allocation", c_bool)]


BASE = {
    "ggml_init": (c_void_p, [InitParameters]),
    "ggml_free": (None, [c_void_p]),
    "ggml_new_tensor_4d": (c_void_p, [c_void_p, c_int, c_int64, c_int64, c_int64, c_int64]),
    "ggml_get_data": (c_void_p, [c_void_p]),
    "ggml_gated_delta_net": (c_void_p, [c_void_p] * 7 + [c_int64]),
    "ggml_new_graph": (c_void_p, [c_void_p]),
    "ggml_build_forward_expand": (None, [c_void_p, c_void_p]),
    "ggml_backend_graph_compute": (c_int, [c_void_p, c_void_p]),
}
CPU = {"ggml_backend_cpu_init": (c_void_p, [])}


def loaded(part: str, signatures: dict) -> ctypes.CDLL:
    """One of the package's libraries."""
    package = find_spec("libggml")
    if package is None or package.origin is None:
        sys.exit("pip install libggml-python")
    library = ctypes.CDLL(next(Path(package.origin).parent.glob(f"lib*/lib{part}.*")))
    for name, (result, arguments) in signatures.items():
        found = getattr(library, name)
        found.restype, found.argtypes = result, arguments
    return library


base, cpu = loaded("ggml-base", BASE), loaded("ggml-cpu", CPU)
backend = cpu.ggml_backend_cpu_init()


def solve(case: kit.Case) -> Iterator[dict[str, np.ndarray]]:
    """What the operation would abort on, or read as something else, is refused."""
    q, k, v, beta = (case.tensors[name] for name in ("q", "k", "v", "beta"))
    batch, length, heads, width = v.shape
    if v.dtype != np.float32 or beta.ndim != 3 or k.shape[-1] != width:
        raise TypeError("the operation takes float32, a β for each head and dk = dv")
    if not isclose(case.scale, width**-0.5) or case.normalizes or "cu_seqlens" in case.tensors:
        raise TypeError("the operation has the scale dk^-0.5, and no normalisation or packing")
    state = case.tensors.get("initial_state", np.zeros((batch, heads, width, width), np.float32))
    numbers = q.size + k.size + 2 * v.size + 2 * beta.size + 2 * state.size
    context = base.ggml_init(InitParameters(4 * numbers + (1 << 20), None, False))

    def tensor(values: np.ndarray) -> int:
        """A tensor with these values, whose shape ggml writes from the last axis to the first."""
        found = base.ggml_new_tensor_4d(context, FLOAT32, *reversed(values.shape))
        contents = values.tobytes()
        ctypes.memmove(base.ggml_get_data(found), contents, len(contents))
        return found

    inputs = (q, k, v, np.zeros((*beta.shape, 1), np.float32), beta[..., None], state.swapaxes(2, 3))
    result = base.ggml_gated_delta_net(context, *map(tensor, inputs), 1)
    graph = base.ggml_new_graph(context)
    base.ggml_build_forward_expand(graph, result)
    status = base.ggml_backend_graph_compute(backend, graph)
    address = ctypes.cast(base.ggml_get_data(result), POINTER(c_float))
    values = np.ctypeslib.as_array(address, (v.size + state.size,)).copy()
    base.ggml_free(context)
    if status != SUCCESS:
        raise RuntimeError("ggml could not compute the graph")
    yield {"o": values[: v.size].reshape(v.shape), "final_state": values[v.size :].reshape(state.shape).swapaxes(2, 3)}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    kit.fill(Path(sys.argv[1]), solve, heads="tiled")
