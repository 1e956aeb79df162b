"""Times a training that is watched beside the same training that is not: ``python -m
benchmarks.watching``.
"""

import statistics
import time

import torch
from autograd_seen import watch_gradients
from torch import nn

from benchmarks.graphs import describe_machine

#: Layers, numbers in each, and rows of data.
SIZES = ((4, 16, 32), (20, 64, 64), (20, 512, 256), (200, 64, 64))
STEPS, ROUNDS = 20, 7


def build(layers: int, width: int) -> nn.Module:
    """A chain of layers with an activation after each."""
    torch.manual_seed(0)
    pairs = [(nn.Linear(width, width), nn.Tanh()) for _ in range(layers)]
    return nn.Sequential(*(part for pair in pairs for part in pair))


def train(model: nn.Module, x: torch.Tensor) -> float:
    """Seconds of some steps."""
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    start = time.perf_counter()
    for _ in range(STEPS):
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
    return time.perf_counter() - start


def measure(layers: int, width: int, rows: int) -> tuple[float, float]:
    """Milliseconds of a step that is not watched, and how many times that a watched one takes; the
    two take turns.
    """
    model, x = build(layers, width), torch.randn(rows, width)
    plain, watched = [], []
    for _ in range(ROUNDS):
        plain.append(train(model, x))
        with watch_gradients(model):
            watched.append(train(model, x))
    plain, watched = statistics.median(plain), statistics.median(watched)
    return 1e3 * plain / STEPS, watched / plain


def main() -> None:
    """Prints a table."""
    torch.set_num_threads(1)
    print(describe_machine())
    print("layers   width   rows   step, ms   watched / not watched")
    for layers, width, rows in SIZES:
        step, ratio = measure(layers, width, rows)
        print(f"{layers:6}{width:8}{rows:7}{step:11.2f}{ratio:12.2f}")


if __name__ == "__main__":
    main()
