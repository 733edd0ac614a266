"""Times flash-linear-attention's chunk_delta_rule on the shapes of `deltanet-verify bench --device cuda:0`, in bfloat16.

Needs a CUDA device, PyTorch, and `pip install flash-linear-attention`.
"""

import fla
import torch
from fla.ops.delta_rule import chunk_delta_rule

HEADS = 16
# 32,768 tokens, then 16,384, then one long sequence.
SHAPES = [(64, 512), (16, 2048), (4, 8192), (1, 32768), (32, 512), (8, 2048), (2, 8192), (1, 16384), (1, 65536)]


def milliseconds(run, rounds=20):
    """The minimum and the median, by the device's clock."""
    for _ in range(3):
        run()
    times = []
    for _ in range(rounds):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        run()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    times.sort()
    return times[0], times[rounds // 2]


def inputs(batch, length, width):
    def normal():
        return torch.randn(batch, length, HEADS, width, device="cuda", dtype=torch.bfloat16)

    k = torch.nn.functional.normalize(normal(), dim=-1)
    beta = torch.rand(batch, length, HEADS, device="cuda", dtype=torch.bfloat16)
    return [x.requires_grad_() for x in (normal(), k, normal(), beta)], normal()


print(f"flash-linear-attention {fla.__version__}, PyTorch {torch.__version__}, {torch.cuda.get_device_name()}")
for width in (64, 128):
    for batch, length in SHAPES:
        sets = [inputs(batch, length, width) for _ in range(2)]

        def forward():
            sets.reverse()
            with torch.no_grad():
                chunk_delta_rule(*sets[0][0])

        def both():
            sets.reverse()
            tensors, cotangent = sets[0]
            torch.autograd.grad(chunk_delta_rule(*tensors)[0], tensors, cotangent)

        for name, run in (("forward", forward), ("forward+backward", both)):
            best, median = milliseconds(run)
            print(f"d = {width}, B = {batch}, L = {length}: {name} {best:.3f} ms, median {median:.3f}", flush=True)
