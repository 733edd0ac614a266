"""Fills case files of `deltanet-verify export` with what flash-linear-attention's kernels make of them, for `deltanet-verify check`.

    python fill_with_fla.py CASES FILLED [recurrent]

Needs a CUDA device, PyTorch, safetensors, and `pip install flash-linear-attention`. Cases that its kernels do not take are left out; chunk_delta_rule
does not take float32, so that those are rounded to bfloat16 for it.
"""

import sys
from pathlib import Path

import torch
from fla.ops.delta_rule import chunk_delta_rule, fused_recurrent_delta_rule
from safetensors import safe_open
from safetensors.torch import save_file

source, target = Path(sys.argv[1]), Path(sys.argv[2])
recurrent = sys.argv[3:] == ["recurrent"]
kernel = fused_recurrent_delta_rule if recurrent else chunk_delta_rule
target.mkdir(parents=True, exist_ok=True)

for path in sorted(source.glob("*.safetensors")):
    with safe_open(path, "pt", device="cuda") as file:
        metadata = file.metadata() or {}
        case = {name: file.get_tensor(name) for name in file.keys()}
    grouped = case["q"].shape[2] != case["v"].shape[2]
    if grouped or case["beta"].dim() == 4 or case["v"].dtype == torch.float64:
        print(f"{path.name}: left out")
        continue
    if not recurrent:
        rounded = [name for name in ("q", "k", "v", "beta", "do") if name in case and case[name].dtype == torch.float32]
        case |= {name: case[name].bfloat16() for name in rounded}
    names = [name for name in ("q", "k", "v", "beta", "initial_state") if name in case]
    inputs = {name: case[name].clone().requires_grad_() for name in names}
    o, final_state = kernel(
        **inputs,
        scale=float(metadata["scale"]) if "scale" in metadata else None,
        output_final_state=True,
        cu_seqlens=case.get("cu_seqlens"),
        use_qk_l2norm_in_kernel=metadata.get("use_qk_l2norm") == "true",
    )
    results = {"o": o, "final_state": final_state}
    if "do" in case:
        loss = (o * case["do"]).sum() + ((final_state * case["dht"]).sum() if "dht" in case else 0)
        gradients = torch.autograd.grad(loss, list(inputs.values()))
        results |= {{"initial_state": "dh0"}.get(name, f"d{name}"): g for name, g in zip(inputs, gradients)}
    tensors = case | {name: value.detach().contiguous() for name, value in results.items()}
    save_file({name: value.cpu() for name, value in tensors.items()}, target / path.name, metadata)
    print(f"{path.name}: filled")
