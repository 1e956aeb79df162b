"""Times what is recorded of a pass, beside the pass itself and beside peers: ``python -m
benchmarks.recording``.

Each cell of the tables comes from a process of its own, so that a crash, or a tool that never ends,
is one cell."""

import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.graphs import build, clock, describe_machine, run_apart, shorten

GRAPHS = ("sin(x²)", "BCE neuron", "MLP", "transformer")
#: Where a forward pass is recorded as well: long enough for its own cost alone.
LONG = ("chain of 100", "chain of 1,000")
PEERS = ("torchlens", "torchviz", "torchview")
#: Seconds of repeats after a warm-up, and the most repeats.
REPEATING, REPEATS, LIMIT = 2, 200, 120
NOTES = """\
record      from the output tensor to the recorded backward pass, in milliseconds
ratio       to backward(retain_graph=True) of the same graph, which records nothing and shows
            nothing
SVG         from that recording to SVG text, in milliseconds, and its size in kB; peers use dot
gradients   numbers that stand beside edges of the picture: what was sent back along them
ours        record_backward, and draw_graph of what it returns, where a block that repeats is drawn
            once: the picture of the transformer shows one of its twelve layers, and a peer's all
torchlens   log_backward of a trace (the traced forward pass is left out), and draw_backward: the
            gradients are in the trace as data, and the picture has the nodes of the pass without
            any number of it
torchviz    make_dot(output, show_attrs=True, show_saved=True): nodes, and what they save; it
            records no pass
torchview   follows a forward pass alone, and has no backward pass to show
player      step_through of the recording, as HTML, in milliseconds; more than 80 steps are a
            picture and a table
plain       a forward pass without anything, in milliseconds
operation   what record_forward adds to that, in microseconds for each operation of the graph
call        the same for each call that it keeps: a layer of PyTorch's is one, and several
            operations
listening   the same of a TorchFunctionMode that does nothing. The three passes run in turn in one
            process, and the least of each counts
times       median of up to {repeats} repeats in {seconds} s after a warm-up; imports are left out;
            one thread"""
COLUMNS = (18, 12, 10, 12, 12, 12)
HEADER = ("", "record, ms", "ratio ", "SVG, ms", "SVG, kB", "gradients")
OWN_HEADER = ("", "player, ms", "plain, ms", "operation", "call", "listening")


Model = Callable[..., object]


def measure(tool: str, graph: str) -> dict:
    """Returns what one process finds out of one tool on one graph; all times in seconds, sizes in
    bytes.
    """
    model, inputs = build(graph)
    output = model(*inputs)
    with contextlib.redirect_stdout(None):
        return MEASURED[tool](model, inputs, output)


def measure_backward(model: Model, inputs: list, output: object) -> dict:
    """Returns the seconds of a plain backward pass."""
    return {"record": median(lambda: output.backward(retain_graph=True))}


def measure_ours(model: Model, inputs: list, output: object) -> dict:
    """Returns the seconds of recording a pass and of drawing it, and what the picture holds."""
    from autograd_seen import draw_graph, record_backward

    recording = record_backward(output)
    svg = draw_graph(recording).svg
    return {
        "record": median(lambda: record_backward(output)),
        "SVG": median(lambda: draw_graph(recording).svg),
        "bytes": len(svg.encode()),
        "gradients": len(re.findall(r'<g class="flow"[^\n]*?>◂ [^N]', svg)),
    }


def measure_torchlens(model: Model, inputs: list, output: object) -> dict:
    """Returns the same of torchlens, each time on a fresh trace."""
    import torchlens

    def traced():
        trace = torchlens.trace(model, inputs)
        return trace, trace[trace.output_ops[0].label].out

    os.chdir(tempfile.mkdtemp())  # it writes files where it is
    times, stop = [], time.monotonic() + REPEATING
    while len(times) < 2 or (time.monotonic() < stop and len(times) < REPEATS):
        trace, output = traced()
        times.append(clock(lambda trace=trace, output=output: trace.log_backward(output))[0])
    drawn = median(lambda: trace.draw_backward(vis_save_only=True, vis_fileformat="svg"))
    return {
        "record": statistics.median(times[1:]),
        "SVG": drawn,
        **look(Path("backward_modelgraph.svg").read_text()),
    }


def measure_torchviz(model: Model, inputs: list, output: object) -> dict:
    """Returns the seconds of a picture by torchviz and dot, and what it holds."""
    from torchviz import make_dot

    def draw():
        source = make_dot(output, show_attrs=True, show_saved=True).source
        return subprocess.run(
            ["dot", "-Tsvg"], input=source.encode(), capture_output=True, check=True
        ).stdout

    return {"SVG": median(draw), **look(draw().decode())}


def look(svg: str) -> dict:
    """Returns the size of an SVG that dot made, and how many numbers stand beside its edges."""
    edges = re.findall(r'<g id="edge\d+" class="edge">(.*?)</g>', svg, re.DOTALL)
    beside = [text for edge in edges for text in re.findall(r"<text[^>]*>([^<]*)</text>", edge)]
    numbers = [text for text in beside if re.search(r"\d", text)]
    return {"bytes": len(svg.encode()), "gradients": len(numbers)}


def measure_player(model: Model, inputs: list, output: object) -> dict:
    """Returns the seconds of a player."""
    from autograd_seen import record_backward, step_through

    recording = record_backward(output)
    return {"player": median(lambda: step_through(recording).html)}


def measure_forward(model: Model, inputs: list, output: object) -> dict:
    """Returns the seconds of a forward pass: plain, listened to, and recorded, run in turn."""
    from autograd_seen import draw_graph
    from autograd_seen.live.forward import record_forward
    from autograd_seen.live.found import MOST_TOUCHED
    from torch.overrides import TorchFunctionMode

    class Silent(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            return function(*args, **(kwargs or {}))

    def listened():
        with Silent():
            model(*inputs)

    def recorded():
        with record_forward() as tape:
            model(*inputs)
        return tape

    kept = len(recorded())
    passes = {"plain": lambda: model(*inputs), "listened": listened, "recorded": recorded}
    times = {name: [clock(work)[0]] for name, work in passes.items()}
    stop = time.monotonic() + REPEATING
    while time.monotonic() < stop and len(times["plain"]) < REPEATS:
        for name, work in passes.items():
            times[name].append(clock(work)[0])
    nodes = draw_graph(output, fold=False, max_operations=MOST_TOUCHED).graph.nodes
    counts = {"calls": kept, "operations": sum(one.kind == "operation" for one in nodes)}
    return {name: min(some) for name, some in times.items()} | counts


MEASURED = {
    "backward": measure_backward,
    "ours": measure_ours,
    "torchlens": measure_torchlens,
    "torchviz": measure_torchviz,
    "player": measure_player,
    "forward": measure_forward,
}


def median(work: Callable[[], object]) -> float:
    """Returns the median of the seconds that a call takes, after one that does not count."""
    times, stop = [clock(work)[0]], time.monotonic() + REPEATING
    while len(times) < 2 or (time.monotonic() < stop and len(times) < REPEATS):
        times.append(clock(work)[0])
    return statistics.median(times[1:])


def compare(graph: str) -> None:
    """Prints the rows of one graph as they are measured."""
    plain = measure_apart("backward", graph)
    alone = f"{shorten(plain['record'] * 1e3)} ms" if "record" in plain else plain["failure"]
    print(f"\n{graph} (backward() alone: {alone})")
    for tool in ("ours", "torchlens", "torchviz"):
        row = measure_apart(tool, graph)
        if "failure" in row:
            print(align(tool, row["failure"]), flush=True)
            continue
        recorded, drawn = row.get("record"), row["SVG"]
        ratio = f"{shorten(recorded / plain['record'])}×" if recorded and "record" in plain else ""
        said = "–" if recorded is None else shorten(recorded * 1e3)
        gradients = f"{row['gradients']:,}" if row["gradients"] else "none"
        print(
            align(tool, said, ratio, shorten(drawn * 1e3), shorten(row["bytes"] / 1e3), gradients),
            flush=True,
        )


def show_own(graph: str) -> None:
    """Prints what only this package has: the player, and the tape of a forward pass."""
    player = {"failure": "–"} if graph in LONG else measure_apart("player", graph)
    said = [player["failure"] if "failure" in player else player["player"] * 1e3]
    forward = measure_apart("forward", graph)
    if "failure" in forward:
        said += [forward["failure"], "", "", ""]
    else:
        said.append(forward["plain"] * 1e3)
        added = {name: forward[name] - forward["plain"] for name in ("recorded", "listened")}
        said += [
            added["recorded"] / forward["operations"] * 1e6,
            added["recorded"] / forward["calls"] * 1e6,
            added["listened"] / forward["calls"] * 1e6,
        ]
    print(
        align(graph, *(one if isinstance(one, str) else shorten(one) for one in said)), flush=True
    )


def measure_apart(tool: str, graph: str) -> dict:
    """Returns what ``measure`` does, from a child process."""
    return run_apart("benchmarks.recording", [tool, graph], LIMIT)


def align(first: str, *others: str) -> str:
    """Returns a line of a table, at most 80 columns wide."""
    line = "".join(f"{text:>{width}}" for text, width in zip(others, COLUMNS[1:], strict=False))
    return f"  {first:{COLUMNS[0]}}{line}".rstrip()


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recording", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(*options.child)))
        return
    print(describe_machine(PEERS), NOTES.format(repeats=REPEATS, seconds=REPEATING), sep="\n\n")
    print("", align(*HEADER), sep="\n")
    for graph in GRAPHS:
        compare(graph)
    print("", align(*OWN_HEADER), sep="\n")
    for graph in (*GRAPHS, *LONG):
        show_own(graph)


if __name__ == "__main__":
    main()
