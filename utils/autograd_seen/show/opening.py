"""A picture of modules as a page on which a click opens a module and shuts it."""

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from autograd_seen.arrange.folded import Folded
from autograd_seen.arrange.module_views import ModuleViews, Places, Toggle, View
from autograd_seen.graph import Graph
from autograd_seen.show import theme, words
from autograd_seen.show.page import MOST_BYTES, live_html, packed, stored_size
from autograd_seen.show.pieces import SHORT, Pieces
from autograd_seen.show.scene import Scene
from autograd_seen.show.shapes import Part
from autograd_seen.show.svg import style_of
from autograd_seen.show.text import heading

#: How many pictures an output holds at most.
MOST_VIEWS = 24


class _Drawn(NamedTuple):
    """One picture, as the script gets it, and how many bytes it adds."""

    view: View
    graph: Graph
    scene: Scene
    numbers: list[int]
    parts: list[Part]


def opening_html(
    image: str, views: ModuleViews, draw: Callable[[Folded], tuple[Graph, Scene]]
) -> str:
    """``image``, and the script that opens and shuts the modules in it.

    ``draw`` lays a picture out. There are as many pictures as one or more steps lead to and as fit
    into 120 kB, at most 24, but for those from which none leads back to the first; what has no
    picture does not open, and a line says how it does.
    """
    pieces, drawn = Pieces(), []
    for view in itertools.islice(views.reachable(), MOST_VIEWS):
        written = len(pieces.table)
        drawn.append(_drawn(view, *draw(view.drawn), pieces))
        if stored_size(_page(image, drawn, pieces.table)) > MOST_BYTES:
            drawn.pop()
            del pieces.table[written:]
            break
    # The pieces of the others are not on the page either.
    pieces = Pieces()
    drawn = [_drawn(one.view, one.graph, one.scene, pieces) for one in _returning(drawn)]
    return _page(image, drawn, pieces.table) if len(drawn) > 1 else image


def _returning(drawn: Sequence[_Drawn]) -> list[_Drawn]:
    """The pictures from which steps lead back to the first, so that each step can be undone."""
    leads = {one.view.opened: {toggle.opened for toggle in one.view.toggles} for one in drawn}
    back: set[Places] = set()
    found = {one.view.opened for one in drawn[:1]}
    while found:
        back |= found
        found = {opened for opened in leads.keys() - back if leads[opened] & back}
    return [one for one in drawn if one.view.opened in back]


def _drawn(view: View, graph: Graph, scene: Scene, pieces: Pieces) -> _Drawn:
    return _Drawn(view, graph, scene, *pieces.add(scene))


def _page(image: str, drawn: Sequence[_Drawn], table: list[str]) -> str:
    number = {one.view.opened: i for i, one in enumerate(drawn)}
    missing = any(toggle.opened not in number for one in drawn for toggle in one.view.toggles)
    story = {
        "style": style_of([one.scene for one in drawn]),
        "corner": theme.PLATE_CORNER,
        "short": SHORT,
        "table": table,
        "views": [_view(one, number) for one in drawn],
        "more": missing,
    }
    return live_html("modules", [image], packed("modules.css"), story)


def _view(one: _Drawn, number: dict) -> dict:
    places = {(part.kind, part.index): i for i, part in enumerate(one.parts)}
    toggles = [
        (
            places[_kind(toggle), toggle.place],
            number[toggle.opened],
            _label(toggle),
            toggle.module.scope,
        )
        for toggle in one.view.toggles
        if toggle.opened in number
    ]
    return {
        "size": (one.scene.width, one.scene.height),
        "pieces": one.numbers,
        "doors": toggles,
        "told": heading(one.graph),
    }


def _kind(toggle: Toggle) -> str:
    return "node" if toggle.kind == "box" else "label"


def _label(toggle: Toggle) -> str:
    verb = "Open" if toggle.kind == "box" else "Shut"
    return f"{verb} {words.module_name(toggle.module)}"
