"""Times ``draw_graph`` beside torchviz and torchview on the same graphs: ``python -m
benchmarks.graphs [--quick]``.

Each cell of the table comes from a process of its own, so that a crash, or a tool that never ends,
is one cell."""

import argparse
import datetime
import importlib.metadata
import json
import math
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

CHAINS = {f"chain of {n:,}": n for n in (100, 1_000, 10_000, 100_000)}
#: A transformer that is written out in plain operations: 62 layers are some 5,000 operations.
DEEP, LAYERS = "deep transformer", 62
GRAPHS = ("sin(x²)", "BCE neuron", "MLP", "transformer", DEEP, *CHAINS)
OURS = {
    "draw_graph": {"fold": False},
    "draw_graph to 1,000": {"max_operations": 1_000, "fold": False},
    "draw_graph folded": {},
}
PEERS = ("torchviz", "torchview")
#: How each tool's DOT writes an operation.
OPERATION = {
    "draw_graph": r"style=rounded",
    "torchviz": r"label=\w+Backward",
    "torchview": r"fillcolor=aliceblue",
}
#: Seconds of repeats after the warm-up; where the warm-up alone takes longer, its time stands.
REPEATING = 3
NOTES = """\
source      from the output tensor to DOT text, in milliseconds
SVG         from the output tensor to SVG text, in milliseconds; draw_graph has its own layout,
            peers use dot
memory      what drawing the SVG adds to the process's peak resident memory, in MB; dot's own is
            left out
ratio       peer / draw_graph, the row above it that draws most: above 1, draw_graph is faster or
            smaller; the source of draw_graph takes at most four times torchviz' where this is
            0.25 or more
            * they drew different numbers of operations, so this is not like for like
tracing     the part of the source's time in which draw_graph reads the live graph, before it
            writes any DOT
draw_graph  the autograd graph: operations, leaves, constants and the tensors between, with names
            and values; (cut): the graph is larger than the default limit, so it is drawn again
            with max_operations=1000
            folded: what repeats is drawn once, as by default; for the deep transformer alone
torchviz    make_dot(output): the autograd graph's operations and leaves, no names, values or
            tensors between
torchview   draw_graph(model, inputs): functions and tensors of a forward pass, no parameters and
            no autograd, modules opened to the innermost; it runs that pass itself, so the pass is
            in its time
times       median of up to {repeats} repeats in {seconds} s after a warm-up, or the warm-up where
            that takes longer; imports and building the graph are left out; a process is ended
            after {limit} s; one thread"""
COLUMNS = (20, 12, 15, 8, 15, 8, 14, 8)
HEADER = ("", "operations", "source, ms", "ratio ", "SVG, ms", "ratio ", "memory, MB", "ratio ")


def build(graph: str) -> tuple[object, list]:
    """Returns a module and its inputs; calling it gives the output whose graph is drawn, one
    number.
    """
    import torch
    from torch import nn

    class Computation(nn.Module):
        def __init__(self, function, **parts):
            super().__init__()
            self.function = function
            for name, part in parts.items():
                setattr(self, name, part)

        def forward(self, *inputs):
            return self.function(self, *inputs)

    def neuron(self, x, t):
        z = self.w * x + self.b
        p = torch.sigmoid(z)
        return -(t * torch.log(p) + (1 - t) * torch.log(1 - p))

    def chain(_, x):
        for _ in range(CHAINS[graph]):
            x = torch.sin(x)
        return x

    torch.manual_seed(0)
    x, t = torch.tensor(1.3), torch.tensor(1.0)
    if graph == "BCE neuron":
        w, b = (nn.Parameter(torch.tensor(value)) for value in (0.7, -0.2))
        return Computation(neuron, w=w, b=b), [x, t]
    if graph == "MLP":
        layers = nn.Sequential(
            nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1)
        )
        loss = Computation(
            lambda self, x, t: nn.functional.mse_loss(self.layers(x), t), layers=layers
        )
        return loss, [torch.randn(32, 8), torch.randn(32, 1)]
    if graph == DEEP:
        return Computation(deep_transformer()), [torch.randn(2, 5, 16)]
    if graph == "transformer":
        layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
        encoder = nn.TransformerEncoder(layer, 12, enable_nested_tensor=False)
        return Computation(lambda self, x: self.encoder(x).sum(), encoder=encoder), [
            torch.randn(2, 5, 16)
        ]
    function = chain if graph in CHAINS else lambda _, x: torch.sin(x**2)
    return Computation(function), [x.requires_grad_()]


def deep_transformer() -> Callable[..., object]:
    """Returns a function of a module and x: a transformer of many layers, every operation by
    itself.
    """
    import torch

    def weights(*shape):
        return (0.1 * torch.randn(shape)).requires_grad_()

    matrices = [[weights(16, 16) for _ in range(4)] for _ in range(LAYERS)]
    widened = [(weights(16, 32), weights(32, 16)) for _ in range(LAYERS)]
    biases = [[weights(16) for _ in range(9)] for _ in range(LAYERS)]

    def normed(x, scale, shift):
        centred = x - x.mean(-1, keepdim=True)
        variance = (centred * centred).mean(-1, keepdim=True)
        return centred / torch.sqrt(variance + 1e-5) * (1 + scale) + shift

    def split(x):
        return x.view(2, 5, 2, 8).transpose(1, 2)

    def forward(_, x):
        for (q, k, v, o), (up, down), b in zip(matrices, widened, biases, strict=True):
            h = normed(x, b[0], b[1])
            query, key, value = (split(h @ w + c) for w, c in zip((q, k, v), b[2:5], strict=True))
            scores = torch.exp(query @ key.transpose(-1, -2) / 8**0.5)
            mixed = scores / scores.sum(-1, keepdim=True) @ value
            x = x + (mixed.transpose(1, 2).reshape(2, 5, 16) @ o + b[5])
            h = normed(x, b[6], b[7]) @ up
            x = x + (0.5 * h * (1 + torch.erf(h / 2**0.5)) @ down + b[8])
        return (x * x).mean()

    return forward


def load(tool: str) -> Callable[..., object]:
    """Imports the tool. Returns a function (product, model, inputs, output, deadline) → DOT, or
    SVG, as text.
    """
    if tool in OURS:
        from autograd_seen import draw_graph

        def draw(product, model, inputs, output, deadline):
            picture = draw_graph(output, **OURS[tool])
            if product == "tracing":
                return picture
            return picture.svg if product == "SVG" else picture.source

        return draw
    if tool == "torchviz":
        from torchviz import make_dot

        def trace(model, inputs, output):
            return make_dot(output)
    else:
        from torchview import draw_graph

        every = {"depth": math.inf, "hide_module_functions": False, "hide_inner_tensors": False}

        def trace(model, inputs, output):
            return draw_graph(
                model, input_data=inputs, mode="train", device="cpu", **every
            ).visual_graph

    def draw(product, model, inputs, output, deadline):
        source, left = trace(model, inputs, output).source, deadline - time.monotonic()
        if product == "source":
            return source
        dot = subprocess.run(
            ["dot", "-Tsvg"], input=source.encode(), timeout=left, capture_output=True
        )
        if dot.returncode:
            sys.exit(f"dot {name_end(dot.returncode)}")
        return dot.stdout

    return draw


def measure(graph: str, tool: str, product: str, repeats: int, limit: int) -> dict:
    """Returns the ``seconds`` that a product takes and the ``megabytes`` it adds; of DOT also what
    it shows.
    """
    deadline = time.monotonic() + limit
    model, inputs = build(graph)
    draw = load(tool)
    output = model(*inputs)
    before = peak_megabytes()
    first, text = clock(lambda: draw(product, model, inputs, output, deadline))
    added = None if before is None else peak_megabytes() - before
    seconds = repeated(lambda: draw(product, model, inputs, output, deadline), first, repeats)
    result = {"seconds": seconds, "megabytes": added}
    if product == "source":
        result["operations"] = len(re.findall(OPERATION.get(tool, OPERATION["draw_graph"]), text))
        result["cut"] = "continues, not drawn" in text
        result["forward"] = repeated(lambda: model(*inputs), 0, 5)
    if product == "source" and tool in OURS:
        result["tracing"] = repeated(
            lambda: draw("tracing", model, inputs, output, deadline), first, repeats
        )
    return result


def repeated(work: Callable[[], object], first: float, repeats: int) -> float:
    """Returns the median of the seconds that a call takes; ``first`` where that was long."""
    times, stop = [], time.monotonic() + REPEATING
    while first < REPEATING and len(times) < repeats and time.monotonic() < stop:
        times.append(clock(work)[0])
    return statistics.median(times or [first])


def clock(work: Callable[[], object]) -> tuple[float, object]:
    """Returns the seconds that a call takes, and what it returns."""
    start = time.perf_counter()
    made = work()
    return time.perf_counter() - start, made


def peak_megabytes() -> float | None:
    """Returns this process's peak resident memory in MB (10⁶ bytes), or None where the system does
    not tell.
    """
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def measure_apart(graph: str, tool: str, product: str, repeats: int, limit: int) -> dict:
    """Returns what ``measure`` does, from a child process, or how that ended: ``{"failure":
    "SIGSEGV"}``.
    """
    if product == "SVG" and tool in PEERS and shutil.which("dot") is None:
        return {"failure": "no dot"}
    return run_apart("benchmarks.graphs", [graph, tool, product, repeats, limit], limit)


def run_apart(module: str, arguments: list, limit: int) -> dict:
    """Returns what a module's ``--child`` prints for these arguments, or how its process ended."""
    command = [sys.executable, "-m", module, "--child", json.dumps(arguments)]
    apart = {"cwd": Path(__file__).parents[1], "env": os.environ | {"OMP_NUM_THREADS": "1"}}
    try:
        # A child ends its own dot at the limit; ended before that, it would leave it running.
        child = subprocess.run(
            command, capture_output=True, encoding="utf-8", timeout=limit + 5, **apart
        )
    except subprocess.TimeoutExpired:
        return {"failure": f"> {limit} s"}
    if child.returncode == 1:  # an exception, or what sys.exit says of dot
        name = child.stderr.strip().splitlines()[-1].partition(":")[0]
        return {"failure": f"> {limit} s" if name == "subprocess.TimeoutExpired" else name}
    if child.returncode:
        return {"failure": name_end(child.returncode)}
    return json.loads(child.stdout)


def name_end(code: int) -> str:
    """Returns how a process ended: the name of a signal, or "exit 3"."""
    return signal.Signals(-code).name if code < 0 else f"exit {code}"


def compare(graph: str, repeats: int, limit: int) -> None:
    """Prints the rows of one graph as they are measured."""
    ours: list[dict] = []
    for tool in [*OURS, *PEERS]:
        whole = ours and not ours[0].get("cut")
        if (tool == "draw_graph to 1,000" and whole) or ("folded" in tool and graph != DEEP):
            continue  # drawn whole already
        row = [measure_apart(graph, tool, product, repeats, limit) for product in ("source", "SVG")]
        if not ours:
            print(f"\n{graph}{alone(row[0])}")
        print(align(tool, *cells(row, ours if tool in PEERS else [])), flush=True)
        ours = row if tool in OURS and "folded" not in tool else ours


def alone(source: dict) -> str:
    """Returns what is said of a graph: the time of its forward pass, and of tracing it."""
    parts = [("forward", "its forward pass alone"), ("tracing", "tracing it alone")]
    said = [f"{text}: {source[key] * 1e3:.2f} ms" for key, text in parts if source.get(key)]
    return f" ({', '.join(said)})" if said else ""


def cells(row: list[dict], ours: list[dict]) -> list[str]:
    """Returns what one line of the table says after the tool; ``ours`` is the row that a peer is
    compared with.
    """
    source, svg = row
    other_source, other_svg = ours or ({}, {})
    drawn = source.get("operations")
    unlike = " " if drawn == other_source.get("operations") else "*"
    cut = " (cut)" if source.get("cut") else ""
    return [
        "–" if drawn is None else f"{drawn:,}{cut}",
        *timed(source, other_source, unlike),
        *timed(svg, other_svg, unlike),
        *weighed(svg, other_svg, unlike),
    ]


def timed(made: dict, other: dict, unlike: str) -> tuple[str, str]:
    """Returns milliseconds and their ratio to another's, or how the process ended."""
    if "seconds" not in made:
        return made["failure"], ""
    return shorten(made["seconds"] * 1e3), ratio(made["seconds"], other.get("seconds"), unlike)


def weighed(made: dict, other: dict, unlike: str) -> tuple[str, str]:
    """Returns megabytes and their ratio to another's, where there is one to speak of."""
    if "seconds" not in made:
        return "–", ""
    value, others = made["megabytes"], other.get("megabytes")
    if value is None:
        return "not measured", ""
    if value < 1:
        return "< 1", ""  # a few pages more or less
    return shorten(value), ratio(value, others if others and others >= 1 else None, unlike)


def ratio(value: float, other: float | None, unlike: str) -> str:
    """Returns a ratio, marked where it is not like for like; empty where there is no other."""
    return f"{shorten(value / other)}×{unlike}" if other else ""


def shorten(number: float) -> str:
    """Returns a number with the digits that a noisy measurement deserves."""
    return f"{number:,.2f}" if number < 10 else f"{number:,.0f}"


def align(first: str, *others: str) -> str:
    """Returns a line of the table, at most 110 columns wide."""
    line = "".join(f"{text:>{width}}" for text, width in zip(others, COLUMNS[1:], strict=True))
    return f"  {first:{COLUMNS[0]}}{line}".rstrip()


def describe_machine(peers: tuple[str, ...] = PEERS) -> str:
    """Returns the date, the processor and the versions, in two lines."""
    installed = {package.name: package.version for package in importlib.metadata.distributions()}
    names = ("torch", "graphviz", *peers)
    versions = [
        f"python {platform.python_version()}",
        *(f"{name} {installed.get(name, '–')}" for name in names),
    ]
    if shutil.which("dot"):
        found = re.search(
            r"[\d.]+", subprocess.run(["dot", "-V"], capture_output=True, text=True).stderr
        )
        versions.append(f"dot {found[0] if found else '?'}")
    listed = Path("/proc/cpuinfo").read_text() if sys.platform == "linux" else ""
    if sys.platform == "darwin":
        name = subprocess.run(
            ["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True
        ).stdout
        listed = f"model name: {name}"
    named = re.search(r"model name\s*: (.+)", listed)
    processor = named[1] if named else platform.processor() or platform.machine()
    machine = f"{datetime.date.today()}, {platform.system()}, {processor}, {os.cpu_count()} cores"
    return f"{machine}\n{', '.join(versions)}"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.graphs", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--quick", action="store_true", help="chains to 1,000, at most 3 repeats, a limit of 20 s"
    )
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(*options.child)))
        return
    repeats, limit, longest = (3, 20, 1_000) if options.quick else (15, 60, math.inf)
    print(
        describe_machine(),
        NOTES.format(repeats=repeats, seconds=REPEATING, limit=limit),
        sep="\n\n",
    )
    print("", align(*HEADER), sep="\n")
    for graph in GRAPHS:
        if CHAINS.get(graph, 0) <= longest:
            compare(graph, repeats, limit)


if __name__ == "__main__":
    main()
