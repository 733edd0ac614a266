"""Fills a kit with a kernel in C: float32, forward only, compiled to a shared library.

    cc -O2 -shared -fPIC -o delta_rule.so c/delta_rule.c -lm
    python fill_with_c.py DIR delta_rule.so

void delta_rule(int64_t B, int64_t L, int64_t Hk, int64_t H, int64_t dk, int64_t dv, const float *q, const float *k,
                const float *v, const float *beta, float scale, bool use_qk_l2norm, const float *initial_state,
                float *o, float *final_state)

with tensors [B, L, H, D] and states [B, H, dk, dv]; initial_state may be NULL. Packed sequences come one by one.
"""

import ctypes
import sys
from collections.abc import Callable, Iterator
from ctypes import c_bool, c_float, c_int64
from itertools import pairwise
from pathlib import Path

import numpy as np

import kit

FLOATS = np.ctypeslib.ndpointer(np.float32, flags="C")


class OptionalFloats(FLOATS):
    """NULL where there is no array."""

    @classmethod
    def from_param(cls, array: np.ndarray | None):
        return None if array is None else FLOATS.from_param(array)


def loaded(path: Path) -> Callable:
    """The function in the library."""
    function = ctypes.CDLL(str(path.resolve())).delta_rule
    function.restype = None
    function.argtypes = [c_int64] * 6 + [FLOATS] * 4 + [c_float, c_bool, OptionalFloats, FLOATS, FLOATS]
    return function


def solve(function: Callable, case: kit.Case) -> Iterator[dict[str, np.ndarray]]:
    """Sequence by sequence where several are packed."""
    q, k, v, beta = (np.ascontiguousarray(case.tensors[name]) for name in ("q", "k", "v", "beta"))
    if v.dtype != np.float32 or beta.ndim != 3:
        raise TypeError("the kernel takes float32 and a β for each head")
    batch, length, heads, dv = v.shape
    key_heads, dk = k.shape[2:]
    packed = case.tensors.get("cu_seqlens")
    sequences = list(pairwise([0, length] if packed is None else packed.tolist()))
    given = case.tensors.get("initial_state")
    o, final = np.empty_like(v), np.empty((batch * len(sequences), heads, dk, dv), np.float32)
    for n, (start, end) in enumerate(sequences):
        inputs = [tensor[:, start:end] for tensor in (q, k, v, beta)]
        state = None if given is None else given[n * batch : (n + 1) * batch]
        sizes = (batch, end - start, key_heads, heads, dk, dv)
        results = (o[:, start:end], final[n * batch : (n + 1) * batch])
        function(*sizes, *inputs, case.scale, case.normalizes, state, *results)
    yield {"o": o, "final_state": final}


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    function = loaded(Path(sys.argv[2]))
    kit.fill(Path(sys.argv[1]), lambda case: solve(function, case))


if __name__ == "__main__":
    main()
