"""What ``find_nonfinite`` names, beside anomaly mode, and what each costs: ``python -m
benchmarks.nonfinite``.

Both look at the cases of the lessons, in one run."""

import re
import statistics
import time
import warnings
from collections.abc import Callable

import torch
from autograd_seen import find_nonfinite, record_forward

from benchmarks.graphs import describe_machine

NOTES = """\
forward      the first birth that find_nonfinite names on the way forward, with a tape
backward     the first on the way back
anomaly      what torch.autograd.detect_anomaly() names: the first operation that sends a nan
times        median of {repeats} in turn after one: forward and backward as anomaly mode runs them,
             as record_forward and find_nonfinite do, and plain; all as a ratio to plain
net          a multilayer perceptron of {layers} layers of 64, in which nothing is wrong"""
REPEATS, LAYERS = 20, 10
COLUMNS = (20, 30, 22, 18)


def leaf(value: float | list) -> torch.Tensor:
    """Returns a leaf."""
    return torch.tensor(value, requires_grad=True)


def mask_after_log() -> torch.Tensor:
    """Returns the sum of log x where x > 0, masked by a product."""
    x = leaf([0.0, 6.25])
    return (x.log() * (x > 0)).sum()


def where_after_log() -> torch.Tensor:
    """Returns the same, masked by where."""
    x = leaf([0.0, 6.25])
    return torch.where(x > 0, x.log(), 0.0).sum()


def where_twice() -> torch.Tensor:
    """Returns the same, masked before the log too: nothing is wrong."""
    x = leaf([0.0, 6.25])
    return torch.where(x > 0, torch.where(x > 0, x, 1.0).log(), 0.0).sum()


def distances() -> torch.Tensor:
    """Returns the loss of three distances, with each point's to itself among them."""
    p = leaf([[0.0, 0.0], [3.0, 1.0], [1.0, 4.0]])
    sides = torch.tensor([[0.0, 5.0, 12.0], [5.0, 0.0, 13.0], [12.0, 13.0, 0.0]])
    return ((((p[:, None] - p) ** 2).sum(2).sqrt() - sides) ** 2).sum()


def log_of_softmax() -> torch.Tensor:
    """Returns a cross entropy by hand."""
    return -leaf([1000.0, 0.0]).softmax(0).log()[1]


def log_at_zero() -> torch.Tensor:
    """Returns what has an infinite gradient and no nan."""
    return leaf(0.0).log()


def row_masked_whole() -> torch.Tensor:
    """Returns an attention in which one row may look nowhere."""
    hidden = torch.tensor([[False, True], [True, True]])
    scores = leaf([[1.0, 2.0], [3.0, 4.0]]).masked_fill(hidden, float("-inf"))
    return (scores.softmax(1) ** 2).sum()


def infinite_sum() -> torch.Tensor:
    """Returns what has the gradient inf − inf."""
    y = leaf(1.0) * 1
    return y * float("inf") - y * float("inf")


def broken_classifier() -> torch.Tensor:
    """Returns the loss of lesson 17's fifth script in its second step."""
    w, b, t = leaf(60.0), leaf(1.0), torch.tensor([0.0, 1.0])
    p = torch.sigmoid(w * torch.tensor([66.0, 53.0]) + b)
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p)).mean()


def nan_in_the_data() -> torch.Tensor:
    """Returns a loss of data with a nan: no operation is to blame."""
    return (leaf([1.0, 2.0]) * torch.tensor([3.0, float("nan")])).exp().sum()


CASES = (
    mask_after_log,
    where_after_log,
    where_twice,
    distances,
    log_of_softmax,
    log_at_zero,
    row_masked_whole,
    infinite_sum,
    broken_classifier,
    nan_in_the_data,
)


def named_by_us(make: Callable[[], torch.Tensor]) -> list[str]:
    """Returns the first birth on either way, as a few words."""
    with record_forward() as tape:
        output = make()
    births = find_nonfinite(output, tape=tape).births
    found = []
    for direction in ("forward", "backward"):
        one = next((one for one in births if one.direction == direction), None)
        found.append("–" if one is None else f"{one.kind} in {one.class_name or 'a sum'}")
    return found


def named_by_anomaly_mode(make: Callable[[], torch.Tensor]) -> str:
    """Returns the operation that anomaly mode stops at."""
    try:
        with torch.autograd.detect_anomaly():
            make().backward()
    except RuntimeError as problem:
        return re.search(r"Function '(\w+)'", str(problem)).group(1)
    return "–"


def plain(make: Callable[[], torch.Tensor]) -> None:
    """Runs both passes."""
    make().backward()


def watched(make: Callable[[], torch.Tensor]) -> None:
    """Runs both passes in anomaly mode."""
    with torch.autograd.detect_anomaly():
        make().backward()


def found(make: Callable[[], torch.Tensor]) -> None:
    """Runs both passes as find_nonfinite does, and tells what it finds."""
    with record_forward() as tape:
        output = make()
    str(find_nonfinite(output, tape=tape))


def seconds(*runs: Callable[[], None]) -> list[float]:
    """Returns the median time of each, taken in turn."""
    times: list[list[float]] = [[] for _ in runs]
    for i in range(REPEATS + 1):
        for taken, run in zip(times, runs, strict=True):
            start = time.perf_counter()
            run()
            if i:
                taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


def network() -> Callable[[], torch.Tensor]:
    """Returns what computes the loss of a net in which nothing is wrong."""
    torch.manual_seed(0)
    parts = [part for _ in range(LAYERS) for part in (torch.nn.Linear(64, 64), torch.nn.ReLU())]
    net, x = torch.nn.Sequential(*parts), torch.randn(32, 64)
    return lambda: net(x).square().mean()


def row(*cells: str) -> str:
    """Returns a line of the table."""
    return "".join(f"{cell:{width}}" for cell, width in zip(cells, COLUMNS, strict=True)).rstrip()


def main() -> None:
    """Prints what each names, and what each costs."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    print(describe_machine(()), NOTES.format(repeats=REPEATS, layers=LAYERS), sep="\n\n")
    print("", row("", "forward", "backward", "anomaly"), sep="\n")
    for make in CASES:
        said = (*named_by_us(make), named_by_anomaly_mode(make))
        print(row(make.__name__.replace("_", " "), *said), flush=True)
    net = network()
    of_plain, of_anomaly, of_ours = seconds(
        lambda: plain(net), lambda: watched(net), lambda: found(net)
    )
    print(
        f"\nplain {of_plain * 1e3:.2f} ms; anomaly mode {of_anomaly / of_plain:.1f} times that, "
        f"find_nonfinite {of_ours / of_plain:.1f} times"
    )


if __name__ == "__main__":
    main()
