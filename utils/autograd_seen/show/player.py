"""A recorded pass as a page that plays it, one operation at a time."""

from collections.abc import Collection
from functools import cached_property
from html import escape

from autograd_seen.graph import JVP, Recording
from autograd_seen.show import theme, words
from autograd_seen.show.content import minus
from autograd_seen.show.maths import Readings
from autograd_seen.show.page import live_html, packed
from autograd_seen.show.picture import picture_of
from autograd_seen.show.steps import (
    MOST_STEPS,
    Row,
    StepTexts,
    describe_steps,
    headings,
    step_rows,
)
from autograd_seen.show.story import tell
from autograd_seen.show.tangents import (
    HEADINGS,
    TangentTexts,
    describe_tangents,
    tangent_rows,
    tell_tangents,
)
from autograd_seen.show.text import describe

#: Pages indent a figure.
PLAIN = 'style="margin:0"'


class Player:
    """A recorded pass, or a nudge that travels forward, to be played. Jupyter shows it as HTML;
    ``str()`` gives the graph and the steps as text.

    ``recording`` is the plain data, ``html`` what Jupyter shows: the same bytes for the same
    recording.
    """

    def __init__(self, recording: Recording | JVP):
        self.recording = recording
        self._forward = isinstance(recording, JVP)

    @property
    def html(self) -> str:
        """The picture, the table of steps, and the script that turns both into a player. Asks no
        network.
        """
        kind, told = (TangentTexts, tell_tangents) if self._forward else (StepTexts, tell)
        texts = kind(self.recording, self._readings, minus)
        played = len(self.recording.steps) <= MOST_STEPS
        drawn = picture_of(self.recording, fold=not played, readings=self._readings)
        static = [
            f"<figure {PLAIN}><figcaption>{escape(self._title())}</figcaption>",
            drawn.image(self._description()) if played else drawn.html,
            f'<div class="steps" style="overflow-x:auto">{_table(texts)}</div></figure>',
        ]
        return live_html("player", static, _style(), told(texts) if played else None)

    @cached_property
    def _readings(self) -> Readings:
        return Readings(self.recording.graph)

    def _title(self) -> str:
        graph, count = self.recording.graph, words.counted(len(self.recording.steps), "step")
        if self._forward:
            return f"A nudge on its way forward to {graph.nodes[graph.root].name} in {count}"
        title = f"Backward pass of {graph.nodes[graph.root].name} in {count}"
        return title if self.recording.accumulated else f"{title}, rehearsed: it changed no .grad"

    def _description(self) -> str:
        root = self.recording.graph.nodes[self.recording.graph.root].name
        flows = "tangents of a nudge" if self._forward else "gradients of its backward pass"
        gradients = f"with the {flows}; the steps are in the table"
        return f"Graph of {root} {gradients}"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": str(self)}

    def __str__(self) -> str:
        graph = describe(self.recording.graph, self._readings)
        steps = describe_tangents if self._forward else describe_steps
        return f"{graph}\n\n{steps(self.recording, self._readings)}"

    __repr__ = __str__


# --- the table of steps ---------------------------------------------------------------------------


def _table(texts: StepTexts) -> str:
    if isinstance(texts, TangentTexts):
        columns, steps, shared = HEADINGS, tangent_rows(texts), 2
        said = "The steps of the nudge, which travels forward"
    else:
        columns, steps, shared = headings(texts.recording), step_rows(texts), 3
        said = "The steps of the backward pass"
    head = "".join(f'<th scope="col">{heading}</th>' for heading in columns)
    body = "".join(_step(rows, shared, len(columns)) for rows in steps)
    played = len(texts.recording.steps) <= MOST_STEPS
    rest = "" if played else f"<p>A pass of more than {MOST_STEPS} steps is not played.</p>"
    whole = f"<caption>{said}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f"<table>{whole}</table>{rest}"


def _step(rows: list[Row], shared: int, columns: int) -> str:
    """The rows of one step: so many of its first cells stand beside all of them. A row of one cell
    goes across the table.
    """
    if len(rows[0]) == 1:
        return f'<tr><td colspan="{columns}">{escape(rows[0][0])}</td></tr>'
    span = f' rowspan="{len(rows)}"' if len(rows) > 1 else ""
    number, name, *more = map(escape, rows[0][:shared])
    first = f'<td class="of"{span}>{number}</td><th scope="row"{span}>{name}</th>'
    first += "".join(f"<td{span}>{cell}</td>" for cell in more)
    own = ["".join(f"<td>{escape(cell)}</td>" for cell in row[shared:]) for row in rows]
    own[0] = first + own[0]
    return "".join(f'<tr data-step="{number}">{cells}</tr>' for cells in own)


# --- the page -------------------------------------------------------------------------------------


def _style() -> str:
    """The style sheet of the player, with the colours of the theme."""
    light, dark = (
        "".join(f"--{name}:{colour};" for name, colour in palette.inks.items())
        + f"--plate:{palette.boxes['plate'][0]};color-scheme:{scheme}"
        for palette, scheme in ((theme.LIGHT, "light"), (theme.DARK, "dark"))
    )
    # "screen", so that print is always dark on light.
    colours = f".player{{{light}}}@media screen{{.player.dark{{{dark}}}}}"
    return f"{colours}\n{packed('player.css')}"
