"""Pictures of which a slider shows one at a time, as a page that needs no kernel."""

import itertools
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import NamedTuple

from autograd_seen.show import words
from autograd_seen.show.page import MOST_BYTES, live_html, packed, stored_size

#: How many positions stand in the table of a page that runs no script.
MOST_ROWS = 5


class Picture(NamedTuple):
    """One picture: the kind of image and its bytes in base64, and the first position that shows it.

    ``places`` are those of its texts that differ between the positions that show it.
    """

    kind: str
    data: str
    first: int
    places: tuple[int, ...] = ()


@dataclass(frozen=True)
class Slides:
    """All that a slider shows. A position is one combination of the inputs' values, those of the
    last input following one another.
    """

    #: What all pictures show, such as "Graph of z"; may be empty.
    subject: str
    #: The name of each input, and the texts of its values. One that says all has no name.
    inputs: Mapping[str, Sequence[str]]
    pictures: tuple[Picture, ...]
    #: For each position the number of its picture, and what the texts at its places say.
    picture_of: tuple[int, ...]
    texts: tuple[tuple[str, ...], ...] = ()
    #: What is read off at a position, and the texts of that for each.
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    def cut(self, count: int) -> "Slides":
        """With the first so many positions alone."""
        inputs = self.inputs
        if len(inputs) == 1:
            inputs = {name: texts[:count] for name, texts in inputs.items()}
        return replace(
            self,
            inputs=inputs,
            pictures=tuple(one for one in self.pictures if one.first < count),
            picture_of=self.picture_of[:count],
            texts=self.texts[:count],
            rows=self.rows[:count],
        )

    @cached_property
    def values(self) -> list[tuple[str, ...]]:
        """The texts of the inputs at each position."""
        return list(itertools.product(*self.inputs.values()))

    def told(self, position: int) -> str:
        """A position in words: "x = 4: z = −0.2879, ∂z/∂x = −7.6613"."""
        where = _equations(self.inputs, self.values[position])
        read = _equations(self.columns, self.rows[position]) if self.rows else ""
        return f"{where}: {read}" if read else where


class Slider:
    """Pictures of which a slider shows one at a time. Jupyter shows it as HTML; ``str()`` gives a
    table as text.

    ``html`` is what Jupyter shows: the same bytes for the same pictures.

    Raises:
        ValueError: the HTML takes more than 120 kB; the error says how many positions fit.
    """

    def __init__(self, slides: Slides):
        self.slides = slides
        size = stored_size(_html(slides))
        if size > MOST_BYTES:
            counts = range(1, len(slides.picture_of))
            fit = bisect_right(
                counts, MOST_BYTES, key=lambda count: stored_size(_html(slides.cut(count)))
            )
            raise ValueError(
                f"{words.counted(len(slides.picture_of), 'position')} would take "
                f"{-(-size // 1000)} kB, and an output may take {MOST_BYTES // 1000}: "
                f"{f'the first {fit} fit' if fit else 'not one fits'}. Give fewer, or make each "
                "picture smaller"
            )

    @property
    def html(self) -> str:
        """The first picture and a table of some positions, and the script that turns them into a
        slider. Asks no network.
        """
        return _html(self.slides)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": str(self)}

    def __str__(self) -> str:
        heading = (*self.slides.inputs, *self.slides.columns)
        rows = [_row(self.slides, at) for at in _some(self.slides)]
        table = words.table([heading, *rows] if self.slides.columns else rows)
        return "\n".join([*filter(None, [_title(self.slides)]), *table]).replace("−", "-")

    __repr__ = __str__


# --- texts ----------------------------------------------------------------------------------------


def _equations(names: Collection[str], texts: Sequence[str]) -> str:
    pairs = zip(names, texts, strict=True)
    return ", ".join(f"{name} = {text}" if name else text for name, text in pairs)


def _title(slides: Slides) -> str:
    count, some = len(slides.picture_of), len(_some(slides))
    shown = "" if some == count else f", of which these are {some}"
    number = words.counted(count, "position")
    return f"{slides.subject} at {number}{shown}" if slides.subject else ""


def _row(slides: Slides, position: int) -> tuple[str, ...]:
    return (*slides.values[position], *(slides.rows[position] if slides.rows else ()))


def _some(slides: Slides) -> list[int]:
    """The positions of a page that runs no script: at most five, from the first to the last."""
    count = len(slides.picture_of)
    if not slides.columns or count <= MOST_ROWS:
        return list(range(count))
    return [round(at * (count - 1) / (MOST_ROWS - 1)) for at in range(MOST_ROWS)]


# --- the page -------------------------------------------------------------------------------------


def _html(slides: Slides) -> str:
    story = {
        "subject": slides.subject,
        "inputs": list(slides.inputs.items()),
        "columns": slides.columns,
        "rows": slides.rows,
        "pictureOf": slides.picture_of,
        "places": [picture.places for picture in slides.pictures],
        "texts": slides.texts,
    }
    first, *others = [_image(slides, picture) for picture in slides.pictures]
    label = "" if slides.subject else f"<p>{_place(slides, slides.pictures[0])}</p>"
    body = [label, first, _table(slides), _others(slides, others)]
    return live_html("slider", body, packed("slider.css"), story)


def _image(slides: Slides, picture: Picture) -> str:
    told = slides.told(picture.first)
    alt = f"{slides.subject} at {told}" if slides.subject else told
    source = f"data:image/{picture.kind};base64,{picture.data}"
    return f'<img alt="{escape(alt)}" src="{source}" style="max-width:100%">'


def _table(slides: Slides) -> str:
    if not slides.columns:
        return ""
    head = "".join(
        f'<th scope="col">{escape(name)}</th>' for name in (*slides.inputs, *slides.columns)
    )
    body = "".join(_table_row(slides, at) for at in _some(slides))
    caption = f"<caption>{escape(_title(slides))}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _table_row(slides: Slides, position: int) -> str:
    where = "".join(f'<th scope="row">{escape(cell)}</th>' for cell in slides.values[position])
    read = "".join(f"<td>{escape(cell)}</td>" for cell in slides.rows[position])
    return f"<tr>{where}{read}</tr>"


def _others(slides: Slides, images: list[str]) -> str:
    """All pictures but the first, each under its position, behind one line that names them."""
    if not images:
        return ""
    places = [_place(slides, picture) for picture in slides.pictures[1:]]
    shown = "".join(f"<p>{place}</p>{image}" for place, image in zip(places, images, strict=True))
    also = "Also at" if slides.subject else "Also:"
    return f"<details><summary>{also} {', '.join(places)}</summary>{shown}</details>"


def _place(slides: Slides, picture: Picture) -> str:
    return escape(_equations(slides.inputs, slides.values[picture.first]))
