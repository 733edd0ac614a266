"""A training step of the paper's MQAR model in PyTorch and by `deltanet train`, in turns.

python training.py --program .build/release/deltanet [--batch 16] [--width 64] [--rounds 3]
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from torch_contenders import chunkwise

VOCABULARY, LENGTH, PAIRS, LAYERS, HEADS = 8192, 512, 64, 4, 2


class Layer(nn.Module):
    """Without a convolution, as in the paper's figure; the delta rule by chunks of 64."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(width, eps=1e-6)
        self.q, self.k, self.v, self.o = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.beta = nn.Linear(width, HEADS, bias=False)
        self.head_norm = nn.RMSNorm(width // HEADS, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        y = self.norm(x)

        def heads(z: Tensor) -> Tensor:
            return z.unflatten(-1, (HEADS, -1)).transpose(1, 2).flatten(0, 1)

        q, k = (functional.normalize(heads(functional.silu(p(y))), dim=-1) for p in (self.q, self.k))
        v = heads(functional.silu(self.v(y)))
        beta = heads(self.beta(y).sigmoid()).squeeze(-1)
        o, _ = chunkwise(q, k, v, beta, (width // HEADS) ** -0.5, 64)
        o = self.head_norm(o.reshape(batch, HEADS, length, -1).transpose(1, 2)).flatten(2)
        return x + self.o(o)


class Model(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, width)
        self.layers = nn.Sequential(*(Layer(width) for _ in range(LAYERS)))
        self.norm = nn.RMSNorm(width, eps=1e-6)
        self.head = nn.Linear(width, VOCABULARY, bias=False)

    def forward(self, tokens: Tensor, asked: Tensor) -> Tensor:
        # The logits of what is asked alone, as `deltanet` has them: those of all tokens would cost eight times as much.
        return self.head(self.norm(self.layers(self.embedding(tokens))[asked]))


def seconds_of_torch(model: Model, optimizer: torch.optim.Optimizer, batch: int, steps: int) -> float:
    start = time.perf_counter()
    for _ in range(steps):
        tokens = torch.randint(VOCABULARY, (batch, LENGTH))
        asked = torch.zeros(batch, LENGTH, dtype=torch.bool)
        asked[:, 2 * PAIRS : 4 * PAIRS : 2] = True
        targets = torch.randint(VOCABULARY, (batch * PAIRS,))
        loss = functional.cross_entropy(model(tokens, asked), targets)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return (time.perf_counter() - start) / steps


def seconds_of_program(program: str, width: int, batch: int, jobs: int, steps: int) -> float:
    """A run's time less that of a run of one step: starting, and the evaluation at the end, are in both."""

    def run(steps: int) -> float:
        with tempfile.TemporaryDirectory() as folder:
            task = f"mqar:vocabulary={VOCABULARY}:length={LENGTH}:pairs={PAIRS}"
            sizes = {
                "task": task, "batch": batch, "width": width, "layers": LAYERS, "heads": HEADS, "steps": steps,
                "warm-up": 0, "evaluation-interval": steps, "evaluation-examples": 1, "jobs": jobs, "out": folder,
            }
            options = [word for key, value in sizes.items() for word in (f"--{key}", str(value))]
            start = time.perf_counter()
            subprocess.run([program, "train", "--no-convolution", *options], check=True, capture_output=True)
            return time.perf_counter() - start

    return (run(steps + 1) - run(1)) / steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    choices = parser.parse_args()
    torch.set_num_threads(choices.threads)
    model = Model(choices.width)
    optimizer = torch.optim.AdamW(model.parameters())
    seconds_of_torch(model, optimizer, choices.batch, 1)
    ours, theirs = [], []
    for _ in range(choices.rounds):
        theirs.append(seconds_of_torch(model, optimizer, choices.batch, choices.steps))
        ours.append(
            seconds_of_program(
                str(choices.program), choices.width, choices.batch, choices.threads, choices.steps))
    for name, times in (("PyTorch", theirs), ("deltanet", ours)):
        print(f"{name:10} {1e3 * min(times):8.1f} ms at least, {1e3 * statistics.median(times):8.1f} ms median")
    print(f"ratio of the least {min(theirs) / min(ours):.2f}, of the medians "
          f"{statistics.median(theirs) / statistics.median(ours):.2f}")


if __name__ == "__main__":
    main()
