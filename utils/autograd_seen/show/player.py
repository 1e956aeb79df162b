"""A recorded pass as a page that plays it, one operation at a time."""

import base64
import hashlib
import json
from html import escape
from pathlib import Path

from autograd_seen.graph import Recording
from autograd_seen.show.picture import picture_of
from autograd_seen.show.scene import minus
from autograd_seen.show.steps import MOST_STEPS, describe_steps, headings, left_out, step_rows
from autograd_seen.show.story import tell
from autograd_seen.show.text import describe

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
        story = _json(tell(self.recording)) if played else ""
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
    head = "".join(f"<th>{heading}</th>" for heading in headings(recording))
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
