"""A recorded pass as a page that plays it, one operation at a time."""

import base64
import hashlib
import json
from html import escape
from pathlib import Path

from autograd_seen.graph import NONE, Flow, Node, Recording, Step
from autograd_seen.show.picture import picture_of
from autograd_seen.show.scene import SHOWN_VALUE, minus
from autograd_seen.show.steps import (
    HEADINGS,
    MOST_ADDENDS,
    MOST_STEPS,
    Words,
    describe_steps,
    left_out,
    stays,
    step_rows,
)
from autograd_seen.show.text import describe
from autograd_seen.values import clip

FOLDER = Path(__file__).parent


class Player:
    """A recorded pass, to be played. Jupyter shows it as HTML; ``str()`` gives the graph and the
    steps as text.

    ``recording`` is the plain data, ``html`` what Jupyter shows: the same bytes for the same
    recording."""

    def __init__(self, recording: Recording):
        self.recording = recording

    @property
    def html(self) -> str:
        """The picture, the table of steps, and the script that turns both into a player. Asks no
        network.
        """
        steps = self.recording.steps
        played = len(steps) <= MOST_STEPS
        svg = base64.b64encode(picture_of(self.recording, fold=not played).svg.encode()).decode()
        style, script = _file("player.css"), _file("player.js")
        story = _json(_story(self.recording)) if played else ""
        root = escape(self.recording.graph.nodes[self.recording.graph.root].name)
        # Two players on a page are told apart by what they show, not by a random name: equal ones
        # may share it.
        key = hashlib.sha256(f"{svg}{style}{script}{story}".encode()).hexdigest()[:12]
        return "\n".join(
            [
                # MathJax would take a dollar sign in a name for a formula.
                f'<figure class="autograd-player mathjax_ignore tex2jax_ignore" data-key="{key}">',
                f"<style>{style}</style>",
                f"<figcaption>{escape(self._title())}</figcaption>",
                f'<img alt="Graph of {root} with the gradients of its backward pass; the steps are in the table" '
                f'src="data:image/svg+xml;base64,{svg}">',
                f'<div class="steps">{_table(self.recording)}</div>',
                *([f'<script>{script}("{key}", {story});</script>'] if played else ()),
                "</figure>",
            ]
        )

    def _title(self) -> str:
        graph, count = self.recording.graph, len(self.recording.steps)
        title = f"Backward pass of {graph.nodes[graph.root].name} in {count} step{'' if count == 1 else 's'}"
        return title if self.recording.accumulated else f"{title}, rehearsed: it changed no .grad"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": str(self)}

    def __str__(self) -> str:
        return "\n".join([describe(self.recording.graph), "", describe_steps(self.recording)])

    __repr__ = __str__


# --- the table of steps ---------------------------------------------------------------------------


def _table(recording: Recording) -> str:
    head = "".join(f"<th>{heading}</th>" for heading in HEADINGS)
    body = []
    for count, rows in enumerate(step_rows(recording, minus), 1):
        span = f' rowspan="{len(rows)}"' if len(rows) > 1 else ""
        for i, row in enumerate(rows):
            cells = [f"<td{span}>{escape(cell)}</td>" for cell in row[:3]] if i == 0 else []
            cells += [f"<td>{escape(cell)}</td>" for cell in row[3:]]
            body.append(f'<tr data-step="{count}">{"".join(cells)}</tr>')
    rest = "".join(
        f"<p>{line}. A pass of more than {MOST_STEPS} steps is not played.</p>"
        for line in left_out(recording)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{rest}"


# --- the story that is played ---------------------------------------------------------------------


def _story(recording: Recording) -> dict:
    """What the script needs: the moments of the play, and the moment from which each part of the
    picture shows.

    A moment has the ``lines`` of its caption (each a list of [class, text]), ``where`` it is, the
    number of its ``step`` in the table, and which parts of the picture are ``lit``."""
    graph, words = recording.graph, Words(recording, minus)
    operations = [node for node in graph.nodes if node.kind == "operation"]
    forward = {node.key: at for at, node in enumerate(operations, 1)}
    seed = len(operations) + 1
    backward = {step.node: at for at, step in enumerate(recording.steps, seed + 1)}
    last = seed + len(recording.steps)

    reached: list[int] = []
    for node in graph.nodes:
        from_inputs = max((reached[edge.source] for edge in graph.inputs(node.key)), default=0)
        reached.append(forward.get(node.key, from_inputs))
    summed = {graph.root: seed}
    for at, step in enumerate(recording.steps, seed + 1):
        # The last consumer that sends its part completes the sum; a leaf shows it in its own turn.
        summed |= {graph.edges[flow.edge].source: at for flow in step.flows}
    summed |= {key: at for key, at in backward.items() if key not in forward}

    moments = [_start(graph), *(_forward(node, words) for node in operations), _seed(recording)]
    moments += [_backward(step, words) for step in recording.steps]
    turns = [None, *forward, None, *backward]
    for at, (moment, key) in enumerate(zip(moments, turns, strict=True)):
        part, of = (at, seed - 1) if at < seed else (at - seed, len(recording.steps))
        moment["where"] = f"step {part} of {of} · {moment.pop('phase')}" if at else "start"
        if key is not None:
            edges = [
                i
                for i, edge in enumerate(graph.edges)
                if key in forward and key in (edge.source, edge.target)
            ]
            results = words.keys(key) if at < seed else []
            moment["lit"] = {"node": [key, *results], "edge" if at < seed else "flow": edges}
            moment["step"] = max(0, at - seed)
    return {
        "moments": moments,
        "node": reached,
        "edge": [reached[edge.target] for edge in graph.edges],
        "flow": [
            backward.get(e.source if e.source in forward else e.target, last) for e in graph.edges
        ],
        "back": [summed.get(node.key, last) for node in graph.nodes],
        # What to hide of a tensor until it is computed; an input is there from the start.
        "value": [
            minus(clip(node.value, SHOWN_VALUE)) if reached[node.key] else ""
            for node in graph.nodes
        ],
    }


def _start(graph) -> dict:
    made = {edge.target for edge in graph.edges}
    given = [n for n in graph.nodes if n.kind == "tensor" and n.key not in made]
    shown = [f"{n.name} = {minus(n.value)}" if n.value else n.name for n in given[:MOST_ADDENDS]]
    shown += ["…"] if len(given) > MOST_ADDENDS else []
    return {"phase": "start", "lines": [[["what", "given"]], [["", ", ".join(shown)]]]}


def _forward(node: Node, words: Words) -> dict:
    results = words.results.get(node.key, [])
    values = [result.value for result in results]
    line = [["", words.label(node.key)]]
    if len(values) == 1 and values[0]:
        line += [["", " = "], ["value", words.factor(values[0], False)]]
    lines = [[["what", f"forward through {node.name}"]], line]
    if results and not all(values):
        lines.append([["note", "the value was not kept"]])
    return {"phase": "forward", "lines": lines}


def _seed(recording: Recording) -> dict:
    root, seed = recording.graph.nodes[recording.graph.root].name, minus(recording.seed)
    lines = [
        [["what", f"backward starts at {root}"]],
        [["", f"∂{root}/∂{root} = "], ["back", seed]],
    ]
    if seed != "1":
        lines[1][0][1] = f"gradient given for {root}: "
    return {"phase": "backward", "lines": lines, "lit": {"node": [recording.graph.root]}}


def _backward(step: Step, words: Words) -> dict:
    node = words.graph.nodes[step.node]
    total = ", ".join(map(minus, step.arriving))
    whole = words.arriving(step)
    if node.kind == "tensor":
        lines = [[["what", f"arriving at the leaf {node.name}"]]]
    else:
        lines = [[["what", f"backward through {words.label(step.node)}"]]]
    if whole != total:
        name = node.name if node.kind == "tensor" else words.results[step.node][0].name
        lines.append([["note", f"arriving at {name}, a part from each use: "], ["back", whole]])
    if step.after:
        lines.append(_accumulation(step, words))
    lines += [_product(flow, step, words) for flow in step.flows]
    lines += [
        [["note", note]]
        for note in [*step.notes, *(note for flow in step.flows for note in flow.notes)]
    ]
    return {"phase": "backward", "lines": lines}


def _accumulation(step: Step, words: Words) -> list:
    before, after = minus(step.before), minus(step.after)
    if stays(step):
        return [["", ".grad stays "], ["held", after]]
    arriving = ["arriving", words.factor(step.arriving[0], True)]
    return [["", ".grad: "], ["held", before], ["", " + "], arriving, ["", " → "], ["grad", after]]


def _product(flow: Flow, step: Step, words: Words) -> list:
    to = ["to", f" to {words.source(flow)}"]
    if flow.sent == NONE:
        return [["", "nothing, the derivative is not defined,"], to]
    arriving = words.factor(step.arriving[0], False)
    if len(step.arriving) > 1:
        arriving = f"({', '.join(map(minus, step.arriving))})"
    if flow.local:
        local = [
            "local" if flow.local_number is not None else "each",
            words.factor(flow.local, True),
        ]
    else:
        local = ["jacobian", "J"]
    # The engine may have summed or cast the product on its way.
    equals = ["", " → " if flow.notes else " = "]
    return [["arriving", arriving], ["", " × "], local, equals, ["sent", minus(flow.sent)], to]


# --- the page -------------------------------------------------------------------------------------


def _file(name: str) -> str:
    """A file beside this one without its indentation and comments, which every output would
    carry.
    """
    lines = [line.strip() for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _json(data) -> str:
    # In a script, "<" could end it, and a line separator a line of it.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
