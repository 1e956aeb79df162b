"""Where numbers that are not finite were born in a recorded pass, in words and as a picture."""

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from html import escape
from typing import NamedTuple

from autograd_seen.births import Forward, Kinds
from autograd_seen.graph import Fact, Node, Note, Recording, Step
from autograd_seen.show import words
from autograd_seen.show.content import minus
from autograd_seen.show.picture import GraphPicture, picture_of
from autograd_seen.show.steps import StepTexts
from autograd_seen.values import Value

#: Tensors of which a text gives the names.
MOST_NAMED = 4


class Birth(NamedTuple):
    """A number that is not finite, and the operation in which it was born."""

    #: "nan", "inf" or "-inf"; "±inf" where the sign was not read.
    kind: str
    #: "forward", or "backward" for a gradient.
    direction: str
    #: The operation with its inputs: "y = sqrt(x)". Of a sum of gradients, the tensor's name.
    operation: str
    #: The name of PyTorch's node: "SqrtBackward0".
    class_name: str
    #: How it came about, at one of the numbers: "0 · inf = nan, in 3 of 9"; empty if not known.
    cause: str
    #: The source line that ran the operation, where a tape tells; else empty.
    line: str
    #: The ``nn.Module`` in which it ran, where a tape tells; else empty.
    module: str
    #: Whether all that went in is known. If not, it may have been born in one of the operations
    #: ``before``, whose results were not kept, or have been in an input whose value is not known.
    certain: bool
    before: tuple[str, ...] = ()
    may_have_entered: bool = False


class NonFinite:
    """Where numbers that are not finite were born. Jupyter shows the text and the picture."""

    def __init__(self, recording: Recording):
        #: The pass that was looked at.
        self.recording = recording
        self._graph = recording.graph
        self._texts = StepTexts(recording)
        self._forward = Forward(recording.graph)

    @cached_property
    def births(self) -> tuple[Birth, ...]:
        """All, in the order in which they ran: forward first, then on the way back."""
        return (*self._on_the_way_forward(), *self._on_the_way_back())

    @property
    def first(self) -> Birth | None:
        """The first, or None."""
        return self.births[0] if self.births else None

    def __bool__(self) -> bool:
        return bool(self.births)

    @cached_property
    def picture(self) -> GraphPicture:
        """The picture of the pass, with two outlines around each birthplace."""
        return picture_of(self.recording)

    def __str__(self) -> str:
        lines = [self._summary()]
        for count, birth in enumerate(self.births, 1):
            lines += _told(count, birth)
        return "\n".join([*lines, *self._given(), *self._finite_again()])

    __repr__ = __str__

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        text = f"<pre>{escape(minus(str(self)))}</pre>"
        return {"text/html": f"{text}\n{self.picture.html}", "text/plain": str(self)}

    # --- where ------------------------------------------------------------------------------------

    def _on_the_way_forward(self) -> Iterator[Birth]:
        for node in self._graph.nodes:
            for note in node.notes:
                if note.fact is Fact.BORN:
                    yield self._birth(node, "forward", *note.details)

    def _on_the_way_back(self) -> Iterator[Birth]:
        for step in self.recording.steps:
            yield from self._in_sums(step)
            found: dict[str, Note] = {}
            for flow in step.flows:
                for note in flow.notes:
                    if note.fact is Fact.BORN_OF:
                        found.setdefault(note.details[0], note)
            for kind, note in found.items():
                cause = words.born_of(*note.details)
                yield self._birth(self._graph.nodes[step.node], "backward", kind, True, cause)

    def _in_sums(self, step: Step) -> Iterator[Birth]:
        for note in step.notes:
            if note.fact is Fact.BORN_IN_SUM:
                kind, parts = note.details
                cause = words.addends(kind, parts)
                what = "the sum of gradients" if parts else "what arrived"
                where = f"{what} at {self._arrived_at(step)}"
                yield Birth(kind, "backward", where, "", cause, "", "", True)

    def _arrived_at(self, step: Step) -> str:
        node = self._graph.nodes[step.node]
        at = [node] if node.kind == "tensor" else self._graph.results(step.node)
        return ", ".join(one.name for one in at)

    def _birth(
        self, node: Node, direction: str, kind: str, certain: bool, cause: str = ""
    ) -> Birth:
        label, before, may_have_entered = self._texts.label(node.key), (), False
        if not certain:
            before = tuple(map(self._texts.label, self._forward.candidates(node.key)))
            may_have_entered = self._forward.may_have_entered(node.key)
        return Birth(
            kind,
            direction,
            label,
            node.class_name,
            cause=cause,
            line=node.line,
            module=self._graph.module_of(node.key),
            certain=certain,
            before=before,
            may_have_entered=may_have_entered,
        )

    # --- words ------------------------------------------------------------------------------------

    def _summary(self) -> str:
        root = self._graph.nodes[self._graph.root]
        kinds = self._forward.kinds(root.key)
        if kinds is None:
            return f"whether {root.name} is finite cannot be read"
        told = f"{root.name} = {words.value(root)} is {'not ' if kinds else ''}finite"
        struck = self._struck()
        return f"{told}, and {_of_gradients(struck) if struck or kinds else 'so is each gradient'}"

    def _struck(self) -> dict[str, Value]:
        """By the name of each leaf whose gradient is not finite: that gradient."""
        leaves = [step for step in self.recording.steps if self._is_leaf(step)]
        arrived = [(self._graph.nodes[step.node].name, step.arriving[0]) for step in leaves]
        return {name: one for name, one in arrived if one is not None and one.not_finite}

    def _is_leaf(self, step: Step) -> bool:
        return self._graph.nodes[step.node].kind == "tensor"

    def _given(self) -> Iterator[str]:
        """What was not finite before the pass: leaves, constants, the first gradient, ``.grad``."""
        for key, kinds in self._forward.given().items():
            node = self._graph.nodes[key]
            outside = [note for note in node.notes if note.fact is Fact.BORN_OUTSIDE]
            said = words.notes(outside) or ["from the start"]
            comma = ": " if outside else " "
            yield f"{node.name} ({node.role}) holds {_kinds(kinds)}{comma}{'; '.join(said)}"
        for node in self._graph.nodes:
            for _, value in node.constants:
                if value.not_finite:
                    label = self._texts.label(node.key)
                    yield f"{_kinds(value.not_finite)} is a number in {label}"
        if self.recording.seed is not None and self.recording.seed.not_finite:
            kinds = _kinds(self.recording.seed.not_finite)
            yield f"the gradient that the pass starts from holds {kinds}"
        for step in self.recording.steps:
            if self._is_leaf(step) and step.before is not None and step.before.not_finite:
                name = self._graph.nodes[step.node].name
                yield f"{name}.grad holds {_kinds(step.before.not_finite)} from before this pass"

    def _finite_again(self) -> Iterator[str]:
        """What was born on the way forward and is not in the root."""
        root = self._graph.nodes[self._graph.root].name
        for key, kinds in self._forward.births(reaching=False).items():
            label = self._texts.label(key)
            at = "made by" if self._forward.entered(key).known else "in what comes out of"
            yield f"{_kinds(kinds)} is {at} {label}, and is not in {root}"


def _told(count: int, birth: Birth) -> list[str]:
    through = "through " if birth.direction == "backward" and birth.class_name else ""
    way = "on the way back " if birth.direction == "backward" else ""
    before = "" if birth.certain else _or_before(birth)
    kind = f" ({birth.class_name})" if birth.class_name else ""
    where = f"{through or 'in '}{birth.operation}{kind}{before}"
    lines = [f"{count}. {birth.kind} is born {way}{where}"]
    details = (birth.cause, birth.line, birth.module and f"in {birth.module}")
    return lines + [f"   {detail}" for detail in details if detail]


def _or_before(birth: Birth) -> str:
    """Where else it may have been born, or have been from the start."""
    unseen = ", or was in an input whose value is not known" if birth.may_have_entered else ""
    if birth.before:
        return f", or before it: {_before(birth.before)}{unseen}"
    return unseen or ", or before it: what lies there is not drawn"


def _before(labels: tuple[str, ...]) -> str:
    """The operations before whose results were not kept: the last few of them."""
    named = list(labels[-MOST_NAMED:])
    more = [f"{len(labels) - len(named)} more"] if len(labels) > len(named) else []
    was = "value was" if len(labels) == 1 else "values were"
    return f"{words.joined([*more, *named])}, whose {was} not kept"


def _of_gradients(struck: dict[str, Value]) -> str:
    if not struck:
        return "each gradient is finite"
    kinds = _kinds(frozenset().union(*(value.not_finite for value in struck.values())))
    names = list(struck)[:MOST_NAMED]
    more = len(struck) - len(names)
    names += [f"{more} more"] if more else []
    if len(struck) == 1:
        return f"the gradient of {names[0]} holds {kinds}"
    return f"the gradients of {words.joined(names)} hold {kinds}"


def _kinds(kinds: Kinds | Iterable[str]) -> str:
    return words.joined(sorted({kind.removeprefix("±") for kind in kinds}))
