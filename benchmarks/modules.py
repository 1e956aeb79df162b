"""Times ``draw_graph`` with and without the modules of a tape, side by side on the same graphs:
``python -m benchmarks.modules``.
"""

import statistics
import time
from collections.abc import Callable

import torch
from autograd_seen import draw_graph, record_forward
from autograd_seen.live.modules import Calls
from torch import nn

from benchmarks.graphs import describe_machine

REPEATS = 7
NOTES = """\
boxes     boxes of operations and modules in the first picture, of how many operations
drawing   median milliseconds of draw_graph(loss, tape=tape) with modules=None, and its ratio with
          "auto": above 1, modules take longer
page      milliseconds that the page takes on which modules open, and its size in kB
taping    median milliseconds of a forward pass on a tape that does not listen to modules, and its
          ratio on one that does; the rounds alternate"""


def build() -> dict[str, tuple[nn.Module, torch.Tensor]]:
    """Name to (module, input)."""
    from tests.autograd_seen.nets import Encoder, Loop, Recurrent, Residual

    torch.manual_seed(0)
    return {
        "12 encoder layers": (Encoder(12), torch.randn(2, 5, 3)),
        "8 residual blocks": (Residual(8), torch.randn(2, 3, 32, 32)),
        "LSTMCell × 20": (Loop(), torch.randn(20, 2)),
        "LSTM, 2 layers": (Recurrent(), torch.randn(20, 1, 2)),
    }


def alternate(*works: Callable[[], object]) -> list[float]:
    """Returns the median milliseconds of each work; the rounds alternate."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(REPEATS):
        for work, spent in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            spent.append(1e3 * (time.perf_counter() - start))
    return [statistics.median(spent) for spent in times]


def tape_of(model: nn.Module, x: torch.Tensor) -> tuple:
    """Returns a tape and the output that was recorded on it."""
    with record_forward() as tape:
        output = model(x)
    return tape, output


def taped_deaf(model: nn.Module, x: torch.Tensor) -> None:
    """Records a forward pass on a tape that does not listen to modules."""
    start, Calls.start = Calls.start, lambda calls: None
    try:
        tape_of(model, x)
    finally:
        Calls.start = start


def main() -> None:
    """Prints the table."""
    print(describe_machine(()), NOTES, sep="\n\n")
    for name, (model, x) in build().items():
        tape, z = tape_of(model, x)
        picture = draw_graph(z, tape=tape)
        boxes = sum(node.kind == "operation" for node in picture.graph.nodes)
        plain, with_modules, page = alternate(
            lambda tape=tape, z=z: draw_graph(z, tape=tape, modules=None),
            lambda tape=tape, z=z: draw_graph(z, tape=tape),
            lambda picture=picture: picture.html,
        )
        deaf, listening = alternate(
            lambda model=model, x=x: taped_deaf(model, x),
            lambda model=model, x=x: tape_of(model, x),
        )
        size = len(picture.html.encode()) / 1e3
        print(
            f"\n{name}\n  boxes {boxes} of {picture.graph.count()}",
            f"drawing {plain:.0f} ms, {with_modules / plain:.2f}×",
            f"page {page:.0f} ms, {size:.0f} kB",
            f"taping {deaf:.1f} ms, {listening / deaf:.2f}×",
            sep=" · ",
        )


if __name__ == "__main__":
    main()
