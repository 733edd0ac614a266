"""ggml's operation GATED_DELTA_NET with gates of one, which is the delta rule; it has no gradient."""

import ctypes
import sys
from ctypes import POINTER, Structure, c_bool, c_float, c_int, c_int64, c_size_t, c_void_p
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from contenders import FORWARD, Contender, Problem, Solution

FLOAT32 = 0
SUCCESS = 0


class InitParameters(Structure):
    """ggml_init_params."""

    _fields_ = [("memory_size", c_size_t), ("memory", c_void_p), ("no_allocation", c_bool)]


SIGNATURES = {
    "ggml_init": (c_void_p, [InitParameters]),
    "ggml_new_tensor_4d": (c_void_p, [c_void_p, c_int, c_int64, c_int64, c_int64, c_int64]),
    "ggml_get_data": (c_void_p, [c_void_p]),
    "ggml_gated_delta_net": (c_void_p, [c_void_p] * 7 + [c_int64]),
    "ggml_new_graph": (c_void_p, [c_void_p]),
    "ggml_build_forward_expand": (None, [c_void_p, c_void_p]),
    "ggml_backend_cpu_init": (c_void_p, []),
    "ggml_backend_cpu_set_n_threads": (None, [c_void_p, c_int]),
    "ggml_backend_graph_compute": (c_int, [c_void_p, c_void_p]),
}


def loaded() -> SimpleNamespace:
    """The functions above, from the shared libraries in the installed package, without the package's own code."""
    package = find_spec("llama_cpp")
    if package is None or package.origin is None:
        raise ImportError("no package carries it")
    suffix = "dylib" if sys.platform == "darwin" else "so"
    folder = Path(package.origin).parent / "lib"
    libraries = [ctypes.CDLL(str(folder / f"lib{part}.{suffix}")) for part in ("ggml-base", "ggml-cpu")]
    functions = {}
    for name, (result, arguments) in SIGNATURES.items():
        function = next((getattr(library, name) for library in libraries if hasattr(library, name)), None)
        if function is None:
            raise ImportError(f"it has no {name}")
        function.restype, function.argtypes = result, arguments
        functions[name.removeprefix("ggml_")] = function
    return SimpleNamespace(**functions)


ggml = loaded()


def contenders(problem: Problem, passes: str, chunk_lengths: list[int], threads: int) -> list[Contender]:
    """The operation, on the given number of threads, where it can do what is asked."""
    if passes != FORWARD:
        return []
    batch, heads, length, width = problem.v.shape
    outputs, state = problem.v.size, batch * heads * width * width
    numbers = 5 * outputs + 2 * problem.beta.size + 2 * state
    context = ggml.init(InitParameters(4 * numbers + (1 << 20), None, False))

    def tensor(values: np.ndarray) -> int:
        """A tensor with these values, whose shape ggml writes from the last axis to the first."""
        found = ggml.new_tensor_4d(context, FLOAT32, *reversed(values.shape))
        contents = values.tobytes()
        ctypes.memmove(ggml.get_data(found), contents, len(contents))
        return found

    beta = np.swapaxes(problem.beta, 1, 2)[..., None]
    result = ggml.gated_delta_net(
        context,
        *(tensor(np.swapaxes(values, 1, 2)) for values in (problem.q, problem.k, problem.v)),
        tensor(np.zeros_like(beta)),
        tensor(beta),
        tensor(np.zeros((batch, heads, width, width), np.float32)),
        1,
    )
    graph = ggml.new_graph(context)
    ggml.build_forward_expand(graph, result)
    backend = ggml.backend_cpu_init()
    ggml.backend_cpu_set_n_threads(backend, threads)

    def run() -> None:
        if ggml.backend_graph_compute(backend, graph) != SUCCESS:
            raise RuntimeError("ggml could not compute the graph")

    def read(_: None) -> Solution:
        address = ctypes.cast(ggml.get_data(result), POINTER(c_float))
        values = np.ctypeslib.as_array(address, (outputs + state,)).copy()
        o = values[:outputs].reshape(batch, length, heads, width)
        transposed = values[outputs:].reshape(batch, heads, width, width)
        return Solution(np.swapaxes(o, 1, 2), np.swapaxes(transposed, 2, 3))

    return [Contender("ggml, GATED_DELTA_NET", run, read)]
