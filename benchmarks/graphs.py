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
from pathlib import Path

CHAINS = {f"chain of {n:,}": n for n in (100, 1_000, 10_000, 100_000)}
GRAPHS = ("sin(x²)", "BCE neuron", "MLP", "transformer", *CHAINS)
OURS = {"draw_graph": {}, "draw_graph to 1,000": {"max_operations": 1_000}}
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
            smaller
            * they drew different numbers of operations, so this is not like for like
draw_graph  the autograd graph: operations, leaves, constants and the tensors between, with names
            and values; (cut): the graph is larger than the default limit, so it is drawn again
            with max_operations=1000
torchviz    make_dot(output): the autograd graph's operations and leaves, no names, values or
            tensors between
torchview   draw_graph(model, inputs): functions and tensors of a forward pass, no parameters and
            no autograd, modules opened to the innermost; it runs that pass itself, so the pass
            is in its time
times       median of up to {repeats} repeats in {seconds} s after a warm-up, or the warm-up
            where that takes longer; imports and building the graph are left out; a process is
            ended after {limit} s; one thread"""
COLUMNS = (20, 12, 15, 8, 15, 8, 14, 8)
HEADER = ("", "operations", "source, ms", "ratio ", "SVG, ms", "ratio ", "memory, MB", "ratio ")


def build(graph: str):
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
    if graph == "transformer":
        layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
        encoder = nn.TransformerEncoder(layer, 12, enable_nested_tensor=False)
        return Computation(lambda self, x: self.encoder(x).sum(), encoder=encoder), [
            torch.randn(2, 5, 16)
        ]
    function = chain if graph in CHAINS else lambda _, x: torch.sin(x**2)
    return Computation(function), [x.requires_grad_()]


def load(tool: str):
    """Imports the tool. Returns a function (product, model, inputs, output, deadline) → DOT, or
    SVG, as text.
    """
    if tool in OURS:
        from autograd_seen import draw_graph

        def draw(product, model, inputs, output, deadline):
            picture = draw_graph(output, fold=False, **OURS[tool])
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
    times, stop = [], time.monotonic() + REPEATING
    while first < REPEATING and len(times) < repeats and time.monotonic() < stop:
        times.append(clock(lambda: draw(product, model, inputs, output, deadline))[0])
    result = {"seconds": statistics.median(times or [first]), "megabytes": added}
    if product == "source":
        operations = len(re.findall(OPERATION.get(tool, OPERATION["draw_graph"]), text))
        forward = statistics.median(clock(lambda: model(*inputs))[0] for _ in range(5))
        result |= {
            "operations": operations,
            "cut": "continues, not drawn" in text,
            "forward": forward,
        }
    return result


def clock(work) -> tuple[float, object]:
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
        if tool in OURS and ours and not ours[0].get("cut"):
            continue  # drawn whole already
        row = [measure_apart(graph, tool, product, repeats, limit) for product in ("source", "SVG")]
        if not ours:
            forward = row[0].get("forward")
            print(
                f"\n{graph}"
                + (f" (its forward pass alone: {forward * 1e3:.2f} ms)" if forward else "")
            )
        print(align(tool, *cells(row, ours if tool in PEERS else [])), flush=True)
        ours = row if tool in OURS else ours


def cells(row: list[dict], ours: list[dict]) -> list[str]:
    """Returns what one line of the table says after the tool; ``ours`` is the row that a peer is
    compared with.
    """
    drawn = row[0].get("operations")
    unlike = " " if ours and drawn == ours[0].get("operations") else "*"
    said = ["–" if drawn is None else f"{drawn:,} (cut)" if row[0]["cut"] else f"{drawn:,}"]
    for made, key, unit in ((0, "seconds", 1e3), (1, "seconds", 1e3), (1, "megabytes", 1)):
        value, other = row[made].get(key), ours[made].get(key) if ours else None
        if value is None:
            failure = row[made].get("failure")
            said += [
                "not measured" if failure is None else failure if key == "seconds" else "–",
                "",
            ]
        elif key == "megabytes" and value < 1:
            said += ["< 1", ""]  # a few pages more or less
        else:
            known = other and (key == "seconds" or other >= 1)
            said += [shorten(value * unit), f"{shorten(value / other)}×{unlike}" if known else ""]
    return said


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
