"""A drawn graph, as Jupyter, a terminal or a file has it."""

import gc
import os
import tempfile
from collections.abc import Collection
from functools import cached_property
from pathlib import Path

import graphviz

from autograd_seen.arrange.folded import Folded
from autograd_seen.arrange.module_views import ModuleViews
from autograd_seen.arrange.modules import Opened, arrange_modules
from autograd_seen.graph import JVP, Graph, Recording
from autograd_seen.show.content import Content, content
from autograd_seen.show.dot import to_dot, to_graphviz
from autograd_seen.show.maths import Readings
from autograd_seen.show.opening import opening_html
from autograd_seen.show.plate import graph_html, spoken
from autograd_seen.show.scene import Scene, place
from autograd_seen.show.steps import describe_steps
from autograd_seen.show.svg import to_svg
from autograd_seen.show.tangents import describe_tangents
from autograd_seen.show.text import describe, describe_saved

#: Where more boxes of operations than this are left when a graph is folded, it is cut.
MOST_OPERATIONS = 200
FORMATS = (".svg", ".png", ".pdf", ".dot")


class collection_paused:
    """Keeps Python from looking for garbage while a graph is read or drawn.

    That makes many small objects at once, none of them garbage. Each look goes over all that is
    alive beside them, and over a large graph there are many.
    """

    def __enter__(self) -> None:
        self._was_enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *error: object) -> None:
        if self._was_enabled:
            gc.enable()


def folded(graph: Graph, fold: bool, max_operations: int) -> Folded:
    """The graph with what repeats in it drawn once, or as it is; and with its modules."""
    with collection_paused():
        return arrange_modules(graph, fold, max_operations).drawn


class GraphPicture:
    """A drawn graph. Jupyter shows it as an image, and as text where it shows no pictures.

    ``graph`` is the plain data, ``svg`` the picture, ``html`` the image that a page shows,
    ``source`` the DOT; ``str()`` gives the text. ``recording`` is the backward pass, or the nudge
    that travels forward, that it shows, or None.
    """

    def __init__(
        self,
        folded: Folded,
        direction: str = "auto",
        engine: str = "embedded",
        recording: Recording | JVP | None = None,
        readings: Readings | None = None,
        saved: bool = False,
        views: ModuleViews | None = None,
    ):
        self.graph = folded.graph
        #: The graph with all its modules, where these open by a click.
        self._views = views
        self._saved = saved
        self.recording = recording
        self._gradients = folded.gradients(recording) if recording else None
        self._direction = direction
        self._engine = engine
        shared = readings is not None and readings.graph is folded.graph
        self._readings = readings if shared else Readings(folded.graph)

    @property
    def svg(self) -> str:
        """The picture as an SVG element."""
        return self._drawn(str(self))

    @property
    def html(self) -> str:
        """The picture as an image that a screen reader reads out as the text form. Where it shows
        modules, these open and shut by a click on a page that runs scripts.
        """
        image = graph_html(self._drawn(), spoken(str(self)))
        if self._views is None or self._engine == "dot":
            return image
        with collection_paused():
            return opening_html(image, self._views, self._laid_out)

    def _laid_out(self, drawn: Folded) -> tuple[Graph, Scene]:
        """Another picture of the same graph: other modules are open."""
        gradients = drawn.gradients(self.recording) if self.recording else None
        told = content(drawn.graph, gradients, saved=self._saved)
        return drawn.graph, place(drawn.graph, told, self._direction)

    def image(self, description: str) -> str:
        """The picture as an image that a screen reader reads out as ``description``."""
        return graph_html(self._drawn(), description)

    def _drawn(self, description: str = "") -> str:
        if self._engine == "dot":
            return self.to_graphviz().pipe(format="svg", encoding="utf-8")
        title = f"Computation graph of {self.graph.nodes[self.graph.root].name}"
        with collection_paused():
            return to_svg(self._scene, title, description)

    @property
    def source(self) -> str:
        """The graph in DOT."""
        with collection_paused():
            return to_dot(self.graph, self._content, self._direction)

    def to_graphviz(self) -> graphviz.Digraph:
        """The graph as a ``graphviz.Digraph``, to change it or to render it elsewhere."""
        return to_graphviz(self.graph, self._content, self._direction)

    def save(self, path: str | os.PathLike) -> Path:
        """Writes the picture in the format that the path's ending names, and returns the path.

        Knows .svg, .png (192 pixels an inch), .pdf and .dot; any other ending raises ValueError.
        The file appears whole or not at all.
        """
        path = Path(path)
        if path.suffix not in FORMATS:
            raise ValueError(
                f"save({str(path)!r}): the ending names the format; use one of {', '.join(FORMATS)}"
            )
        if not path.parent.is_dir():
            raise FileNotFoundError(f"save({str(path)!r}): there is no folder {str(path.parent)!r}")
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            beside = Path(folder) / path.name
            self._write(beside)
            os.replace(beside, path)
        return path

    def _write(self, path: Path) -> None:
        if path.suffix == ".dot":
            path.write_text(self.source, encoding="utf-8", newline="\n")
        elif path.suffix == ".svg":
            path.write_text(self.svg, encoding="utf-8", newline="\n")
        elif self._engine == "dot":
            path.write_bytes(self.to_graphviz().pipe(format=path.suffix[1:]))
        else:
            # Importing matplotlib takes ten times as long as importing this package, and only a
            # file needs it.
            from autograd_seen.show.figure import to_figure

            undated = {"CreationDate": None} if path.suffix == ".pdf" else {}
            to_figure(self._scene).savefig(path, dpi=192, metadata=undated)

    @cached_property
    def _content(self) -> Content:
        return content(self.graph, self._gradients, self._readings, self._saved)

    @cached_property
    def _scene(self) -> Scene:
        return place(self.graph, self._content, self._direction)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": str(self)}

    def __str__(self) -> str:
        text = describe(self.graph, self._readings)
        text += f"\n\n{describe_saved(self.graph, self._readings)}" if self._saved else ""
        if self.recording is None:
            return text
        same = self.recording.graph is self.graph
        told = describe_tangents if isinstance(self.recording, JVP) else describe_steps
        steps = told(self.recording, self._readings if same else None)
        return f"{text}\n\n{steps}"

    __repr__ = __str__


def arranged_picture(
    graph: Graph, opened: Opened, fold: bool, most: int, **options: object
) -> GraphPicture:
    """The picture of a graph with its modules; ``options`` are those of GraphPicture."""
    with collection_paused():
        drawn, places = arrange_modules(graph, fold, most, opened)
    views = None if places is None else ModuleViews(graph, fold, most, places)
    return GraphPicture(drawn, views=views, **options)


def picture_of(
    recording: Recording | JVP, fold: bool = True, readings: Readings | None = None
) -> GraphPicture:
    """The picture of a recorded pass; ``readings`` are those of its graph, where they are known.
    Unfolded it has a place for each step, and no module is shut.
    """
    opened = "auto" if fold else len(recording.graph.scopes)
    graph = recording.graph
    return arranged_picture(
        graph, opened, fold, MOST_OPERATIONS, recording=recording, readings=readings
    )
