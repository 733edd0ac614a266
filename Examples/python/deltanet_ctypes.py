"""The delta rule from Python, compared with the recurrence: deltanet_ctypes.py [libDeltaNet.so]"""

import ctypes
import sys
from ctypes import POINTER, Structure, byref, c_double, c_int32, c_int64, c_void_p

import numpy as np

library = ctypes.CDLL(sys.argv[1] if len(sys.argv) > 1 else ".build/release/libDeltaNet.so")
library.deltanet_error_message.restype = ctypes.c_char_p


class Shape(Structure):
    _fields_ = [(name, c_int64) for name in (
        "batch", "length", "key_heads", "heads", "key_dimension", "value_dimension")] + [
        ("beta_is_vector", c_int32), ("sequences", c_int64), ("cu_seqlens", POINTER(c_int64))]


class Options(Structure):
    _fields_ = [("scale", c_double), ("use_qk_l2norm", c_int32), ("threads", c_int32)]


def struct(pointers, strides):
    """A struct of the header: pointers to numbers, then strides of batch, token and head, in numbers."""
    fields = [(name, c_void_p) for name in pointers]
    fields += [(name + "_strides", 3 * c_int64) for name in strides]
    return type("Struct", (Structure,), {"_fields_": fields})


Inputs = struct(("q", "k", "v", "beta", "initial_state"), ("q", "k", "v", "beta"))
Outputs = struct(("o", "final_state"), ("o",))
Cotangents = struct(("d_o", "dht"), ("d_o",))
Gradients = struct(("dq", "dk", "dv", "dbeta", "dh0"), ("dq", "dk", "dv", "dbeta"))


def filled(kind, **arrays):
    """A struct that points to float32 arrays in any layout whose last axis is contiguous; beta is [B, L, H]."""
    result = kind()
    for name, array in arrays.items():
        assert array.dtype == np.float32
        setattr(result, name, array.ctypes.data)
        if hasattr(result, name + "_strides"):
            strides = (s // array.itemsize for s in array.strides[:3])
            setattr(result, name + "_strides", (3 * c_int64)(*strides))
    return result


def call(function, *structs):
    if function(*(byref(s) for s in structs)) != 0:
        raise ValueError(library.deltanet_error_message().decode())


def recurrence(q, k, v, beta, scale, S):
    """The outputs and the final states, in the precision of the arrays."""
    o = np.empty_like(v)
    for t in range(q.shape[1]):
        x = beta[:, t, :, None] * (v[:, t] - np.einsum("bhk,bhkv->bhv", k[:, t], S))
        S = S + np.einsum("bhk,bhv->bhkv", k[:, t], x)
        o[:, t] = scale * np.einsum("bhk,bhkv->bhv", q[:, t], S)
    return o, S


B, L, H, dk, dv = 2, 100, 3, 16, 8
rng = np.random.default_rng(1)
exact = [rng.standard_normal(s) for s in ((B, L, H, dk), (B, L, H, dk), (B, L, H, dv))]
exact[1] /= np.linalg.norm(exact[1], axis=-1, keepdims=True)
exact += [rng.uniform(size=(B, L, H)), dk**-0.5, rng.standard_normal((B, H, dk, dv))]
arrays = [x.astype(np.float32) for x in exact[:4]] + [exact[5].astype(np.float32)]
exact = [x.astype(np.float64) for x in arrays[:4]] + [exact[4], arrays[4].astype(np.float64)]
weights = [rng.standard_normal(s).astype(np.float32) for s in ((B, L, H, dv), (B, H, dk, dv))]

shape = Shape(B, L, H, H, dk, dv)
options = Options(dk**-0.5)
inputs = filled(Inputs, **dict(zip(("q", "k", "v", "beta", "initial_state"), arrays)))
o, state = np.empty_like(weights[0]), np.empty_like(weights[1])
call(library.deltanet_forward_f32, shape, options, inputs, filled(Outputs, o=o, final_state=state))
gradients = dict(zip(("dq", "dk", "dv", "dbeta", "dh0"), (np.empty_like(x) for x in arrays)))
call(library.deltanet_backward_f32, shape, options, inputs, filled(Cotangents, d_o=weights[0], dht=weights[1]),
     filled(Gradients, **gradients))

# Sums of dk terms, L tokens deep, where no state grows: far less than one rounding of each.
bound = L * np.finfo(np.float32).eps


def compare(name, found, expected):
    difference = np.abs(found - expected).max() / np.abs(expected).max()
    print(f"{name:12} differs by at most {difference:.1e} of the largest")
    assert difference < bound, f"{name} is off by more than {bound:.1e}"


expected = recurrence(*exact)
compare("o", o, expected[0])
compare("final_state", state, expected[1])
# The loss changes along a direction as the gradients say: central differences in double precision.
loss = lambda x: sum((w * y).sum() for w, y in zip(weights, recurrence(*x)))
for name, i in (("dq", 0), ("dk", 1), ("dv", 2), ("dbeta", 3), ("dh0", 5)):
    direction, step = gradients[name].astype(np.float64), 1e-6 / np.abs(gradients[name]).max()
    ends = [loss([x + s * direction if j == i else x for j, x in enumerate(exact)]) for s in (step, -step)]
    compare(name, (direction**2).sum(), (ends[0] - ends[1]) / (2 * step))
