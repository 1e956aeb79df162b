"""The only walker of ``grad_fn``: from a live tensor to a Graph of plain data.

Walking reads and never changes anything. It calls no node, unpacks nothing that a saved-tensor hook
has packed (a checkpointed forward would run again) and bounds how many nodes it touches: PyTorch
keeps a Python wrapper alive with each node that Python has touched, and freeing a deep chain of
these overflows the C++ stack."""

import heapq
import numbers
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from autograd_seen.graph import Edge, Fact, Graph, Node, Note
from autograd_seen.live import operations
from autograd_seen.live.reading import read_value
from autograd_seen.values import Value, clip, dtype_name, kind_of

LEAF = "torch::autograd::AccumulateGrad"
#: The most operations that a walk touches: a thread's stack of 512 kB overflows from about 2,000.
MOST_TOUCHED = 1_000
#: The most with those that it meets on a tape and that are not in the graph.
MOST_WITH_TAPE = 1_500


@dataclass(frozen=True)
class Live:
    """What the keys of a Graph stand for, as long as the computation is alive."""

    #: Of each operation, PyTorch's node.
    operations: dict[int, object]
    #: Of each leaf and each result, (node, output number).
    places: dict[int, tuple]
    #: Keys of operations whose saved tensors a hook has packed: calling these could run code of the
    #: user's.
    packed: frozenset[int]
    #: The tensors that are known to stand in the graph.
    tensors: tuple[torch.Tensor, ...]


def trace(
    output: torch.Tensor, names: Sequence[tuple[str, torch.Tensor]], max_operations: int, tape=None
) -> Graph:
    """The graph that leads to ``output``: its last ``max_operations`` operations, newest first.

    ``names`` gives names to tensors; of two names for one tensor the first wins. ``tape`` is what
    ``record_forward`` has of the computation, or None. A tensor without a graph raises ValueError.
    """
    return trace_live(output, names, max_operations, tape)[0]


def trace_live(
    output: torch.Tensor, names: Sequence[tuple[str, torch.Tensor]], max_operations: int, tape=None
) -> tuple[Graph, Live]:
    """The same, with what the graph's keys stand for."""
    if not output.requires_grad:
        raise ValueError(
            f"draw_graph needs a tensor with a graph, and this one has none: {why_no_graph(output)}"
        )
    walk = _Walk(output, max_operations)
    walk.learn(output)
    for _, tensor in names:
        walk.learn(tensor)
    walk.read_saved()
    if tape is not None:
        walk.recall(tape)
    builder = _Builder(walk, names)
    graph = builder.graph()
    places = {key: place for place, key in builder.keys.items() if isinstance(place, tuple)}
    packed = frozenset(key for key, node in builder.live.items() if node in walk.packed)
    return graph, Live(builder.live, places, packed, tuple(walk.tensors.values()))


def check_limit(max_operations: int) -> None:
    """Raises ValueError where this is no number of operations."""
    if (
        isinstance(max_operations, bool)
        or not isinstance(max_operations, int)
        or max_operations < 1
    ):
        raise ValueError(f"max_operations={max_operations!r}: use a whole number of at least 1")


def check_names(output: torch.Tensor, max_operations: int, named: dict[str, torch.Tensor]) -> None:
    """Raises TypeError or ValueError where a name is given to what cannot be in the graph of
    ``output``.

    What a walk would not reach might be in it, and a constant that no operation saved is nowhere:
    naming either does no harm."""
    for name, tensor in named.items():
        if not isinstance(tensor, torch.Tensor):
            raise TypeError(
                f"{clip(name)}=… names a tensor of the graph, and got {kind_of(tensor)}"
            )
        if not (tensor.requires_grad and output.requires_grad):
            continue
        walk = _Walk(output, max_operations)
        if not walk.cut and walk.place(tensor) not in walk.places:
            name = clip(name)
            raise ValueError(
                f"{name}=… names a tensor that is not in this graph: the output was not made from it"
            )


def why_no_graph(tensor: torch.Tensor) -> str:
    """What an error says of a tensor without a graph, and how to get one."""
    if tensor.is_inference():
        return "it was made under torch.inference_mode(). Compute it outside"
    return (
        "requires_grad is False and grad_fn is None. Give an input requires_grad=True, and compute the result "
        "outside no_grad() and without detach()"
    )


class _Walk:
    """The nodes that lead to one tensor, and the tensors known to stand between them.

    A tensor's *place* is (node, output number); a leaf's is (its AccumulateGrad, 0); a constant's
    is its id."""

    def __init__(self, output: torch.Tensor, max_operations: int):
        edge = torch.autograd.graph.get_gradient_edge(output)
        self.root = (edge.node, edge.output_nr)
        self.operations: list = []  # newest first
        self.cut: dict = {}  # used as an ordered set
        self.leaves: dict = {}  # AccumulateGrad -> leaf
        self.places: dict = {self.root: None}  # used as an ordered set
        self.tensors: dict = {}  # place -> the tensor that stands there
        self.saved: dict = {}  # node -> {attribute: tensor}
        self.freed: set = set()
        self.overwritten: dict = {}  # node -> the versions of what it saved, then and now
        self.packed: set = set()
        self.recorded: dict = {}  # node -> the tape's operation that made it
        self.turns: dict = {}  # node -> the place of that operation on the tape
        self.lines: dict = {}  # node -> the source line that made it
        self.makers: dict = {}  # id of a constant -> the tape's operations that made it, with their places
        self.moved: dict = {}  # place -> versions of its tensor, when an operation here used it and now
        self._walk(min(max_operations, MOST_TOUCHED))
        self._leaf_places = {id(leaf): (node, 0) for node, leaf in self.leaves.items()}
        self.tensors |= {(node, 0): leaf for node, leaf in self.leaves.items()}

    def _walk(self, most: int) -> None:
        # Newest first, as the engine runs: what a limit leaves out is then what was computed
        # earliest.
        found, waiting = 0, []
        seen = set()

        def meet(node):
            nonlocal found
            if node in seen:
                return
            seen.add(node)
            if _name(node) == LEAF:
                self.leaves[node] = node.variable
            else:
                heapq.heappush(waiting, (-node._sequence_nr(), found, node))
                found += 1

        meet(self.root[0])
        while waiting and len(self.operations) < most:
            node = heapq.heappop(waiting)[2]
            if _stacked(node) > MOST_TOUCHED:
                self.cut[node] = None
                continue
            self.operations.append(node)
            for source, slot in node.next_functions:
                if source is not None:
                    self.places[source, slot] = None
                    meet(source)
        self.cut |= dict.fromkeys(heapq.heappop(waiting)[2] for _ in range(len(waiting)))

    def place(self, tensor: torch.Tensor):
        """Where a tensor stands; its id where it is neither a leaf nor a result."""
        if id(tensor) in self._leaf_places:
            return self._leaf_places[id(tensor)]
        try:
            node = tensor.grad_fn
        except RuntimeError:  # a view whose base was changed in a way that autograd refuses
            node = None
        return id(tensor) if node is None else (node, tensor.output_nr)

    def learn(self, tensor: torch.Tensor) -> None:
        """Remembers the tensor if it stands in the graph."""
        place = self.place(tensor)
        if place in self.places:
            self.tensors.setdefault(place, tensor)

    def read_saved(self) -> None:
        for node in self.operations:
            self.saved[node] = tensors = {}
            for attribute in dir(
                type(node)
            ):  # of the type, since a Function may set attributes of its own
                if attribute.startswith("_raw_saved_"):
                    self._read(node, attribute.removeprefix("_raw_saved_"), tensors)
            for tensor in tensors.values():
                if tensor is not None:
                    self.learn(tensor)

    def recall(self, tape) -> None:
        """Learns what a tape has of this graph: values, and which of its operations made which
        node.
        """
        self.makers, foreign = tape.makers(), set()
        for turn, operation in reversed(list(enumerate(tape.operations))):
            places = [(seen, self.seen_at(seen)) for seen in operation.results]
            foreign |= {
                place[0]
                for _, place in places
                if isinstance(place, tuple) and place not in self.places
            }
            if len(foreign) > MOST_WITH_TAPE - len(self.operations):
                return
            made = [
                place[0]
                for seen, place in places
                if place in self.places and _made_by(operation, seen, place[0])
            ]
            if not made:
                continue
            self.recorded |= dict.fromkeys(made, operation)
            self.turns |= dict.fromkeys(made, turn)
            self._line_between(made, operation)
            for seen, place in [
                *places,
                *((seen, self.seen_at(seen)) for seen in operation.operands),
            ]:
                if seen.overwritten:
                    self.moved[place] = (seen.version, seen.tensor._version)
                elif place in self.places:
                    self.tensors.setdefault(place, seen.tensor)
                    if seen.tensor._is_view() and seen.tensor._base is not None:
                        self.learn(
                            seen.tensor._base
                        )  # such as what a layer computed before it gave back a view

    def _line_between(self, made: list, operation) -> None:
        """Gives the line of an operation to its results' nodes, and to those that it made on the
        way to them.
        """
        waiting = list(made)
        while waiting:
            node = waiting.pop()
            self.lines[node] = operation.line
            for source, _ in node.next_functions:
                if source is not None and source not in self.lines and _runs_in(operation, source):
                    waiting.append(source)

    def seen_at(self, seen):
        """Where a tensor of a tape stood in the graph; its id where it had no graph, None where
        that is not known.
        """
        if seen.tracked and id(seen.tensor) in self._leaf_places:
            return self._leaf_places[id(seen.tensor)]
        if seen.place is not None:
            return seen.place
        place = None if seen.overwritten else self.place(seen.tensor)
        if isinstance(place, tuple):
            return place
        # What has left the graph since has lost its place there.
        return None if seen.tracked else id(seen.tensor)

    def given(self, node) -> Sequence:
        """For each input of a node what the caller gave there, as far as a tape tells; empty where
        it does not.
        """
        operation = self.recorded.get(node)
        if operation is None:
            return ()
        sources = node.next_functions
        inputs = operations.inputs_of(
            operations.operator(_name(node)), operation.name, operation.arguments
        )
        for slot, one in enumerate(inputs):
            source = sources[slot] if slot < len(sources) else (None, 0)
            plain = isinstance(one, numbers.Number)
            if source[0] is None:
                fits = plain or (one is not None and slot < len(sources) and not one.tracked)
            else:
                fits = not plain and one is not None and self.seen_at(one) in (source, None)
            if not fits:
                return ()
        return inputs

    def _read(self, node, attribute: str, tensors: dict) -> None:
        try:
            raw = getattr(node, f"_raw_saved_{attribute}")
        except RuntimeError:  # a list of saved tensors says so in this way when it has been freed
            self.freed.add(node)
            return
        many = isinstance(raw, tuple | list)
        packed = list(raw) if many else [raw]
        hooked = any(p.unpack_hook is not None for p in packed)
        if packed and not hooked and all(p.data is None for p in packed):
            # Nothing here: either freed, or never saved because no derivative needs it.
            if self._refusal(node, attribute) is not None:
                self.freed.add(node)
            return
        for i, one in enumerate(packed):
            label = f"{attribute}[{i}]" if many else attribute
            if one.unpack_hook is not None:
                tensors[label] = None  # packed by a hook: unpacking could run code of the user's
                self.packed.add(node)
            elif (refusal := self._refusal(node, attribute)) is None:
                value = self._value(node, attribute)
                tensors[label] = value[i] if many else value
            else:
                versions = re.search(r"is at version (\d+); expected version (\d+)", refusal)
                self.overwritten[node] = (
                    tuple(map(int, versions.groups()[::-1])) if versions else ()
                )
                tensors[label] = None

    def _value(self, node, attribute: str):
        # A Function written in Python gives out what it saved by another name.
        return (
            node.saved_tensors if attribute == "tensors" else getattr(node, f"_saved_{attribute}")
        )

    def _refusal(self, node, attribute: str) -> str | None:
        """What PyTorch says where it does not give out what was saved."""
        try:
            self._value(node, attribute)
        except RuntimeError as refusal:
            return str(refusal)
        return None


class _Builder:
    """Numbers what a walk found, inputs before outputs, and puts it into words."""

    def __init__(self, walk: _Walk, names: Sequence[tuple[str, torch.Tensor]]):
        self.walk = walk
        self.names: dict = {}
        for name, tensor in names:
            self.names.setdefault(walk.place(tensor), name)
        self.sharing: dict = {}  # address of memory -> the tensors of the graph that hold it, with their places
        for place, tensor in walk.tensors.items():
            if tensor.requires_grad:
                self.sharing.setdefault(_storage(tensor), []).append((place, tensor))
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.keys: dict = {}  # place -> key
        self.live: dict = {}  # key of an operation -> node
        self.unnamed = 0

    def graph(self) -> Graph:
        walk = self.walk
        outputs: dict = {}
        for node, slot in walk.places:
            outputs.setdefault(node, []).append(slot)
        for node in self._in_order():
            inputs = self._inputs(node)
            key = self._operation(node, inputs)
            self.edges += [
                Edge(source, key, slot) for source, slot, _ in inputs if source is not None
            ]
            for slot in sorted(outputs[node]):
                self.edges.append(Edge(key, self._result(node, slot), slot))
        if walk.root not in self.keys:
            self._result(*walk.root)  # a leaf by itself
        limit = len(walk.operations) if walk.cut else None
        return Graph(tuple(self.nodes), tuple(self.edges), self.keys[walk.root], limit)

    def _in_order(self) -> list:
        """The operations and the places where drawing stops, inputs first, otherwise as they were
        executed.
        """
        drawn = self.walk.operations
        age = {node: (node._sequence_nr(), -i) for i, node in enumerate(drawn)}
        age |= {node: (node._sequence_nr(), 0) for node in self.walk.cut}
        consumers, missing = {}, {}
        for node in age:
            sources = (
                {s for s, _ in node.next_functions if s in age}
                if node not in self.walk.cut
                else set()
            )
            missing[node] = len(sources)
            for source in sources:
                consumers.setdefault(source, []).append(node)
        rank = {node: i for i, node in enumerate(sorted(age, key=age.get))}
        nodes = {i: node for node, i in rank.items()}
        ready = [rank[node] for node in age if not missing[node]]
        heapq.heapify(ready)
        ordered = []
        while ready:
            node = nodes[heapq.heappop(ready)]
            ordered.append(node)
            for consumer in consumers.get(node, ()):
                missing[consumer] -= 1
                if not missing[consumer]:
                    heapq.heappush(ready, rank[consumer])
        return ordered

    def _inputs(self, node) -> list[tuple[int | None, int | None, Value | None]]:
        """What enters an operation, as (key, slot, number); the key is None for what is not drawn,
        and the number is of that alone.
        """
        if node in self.walk.cut:
            return []
        saved = dict(self.walk.saved[node])
        arguments = operations.operator(_name(node)).slots
        given = self.walk.given(node)
        entries = []
        for slot, (source, output_nr) in enumerate(node.next_functions):
            if source is not None:
                key = self._result(source, output_nr)
                entries.append((key, slot, None))
                continue
            constant = saved.pop(arguments[slot], None) if slot < len(arguments) else None
            if constant is None and slot < len(given):
                constant = _given(given[slot])
            entries.append(self._constant(constant, slot, node))
        beyond = range(len(node.next_functions), len(given))
        entries += [self._constant(given[slot], slot, node) for slot in beyond]
        # What the operation saved beside these, such as indices, is drawn where the caller has a
        # name for it.
        drawn = {key for key, _, _ in entries}
        recorded = self.walk.recorded.get(node)
        tracked = (
            {id(seen.tensor) for seen in recorded.operands if seen.tracked} if recorded else ()
        )
        for attribute, tensor in saved.items():
            known = tensor is not None and not tensor.requires_grad and id(tensor) in self.names
            if (
                known
                and id(tensor) not in tracked
                and not operations.is_output(operations.operator(_name(node)), attribute)
            ):
                entry = self._constant(tensor, None, node)
                if entry[0] not in drawn:
                    entries.append(entry)
        return entries

    def _constant(self, constant, slot: int | None, node):
        """A tensor or a number that enters a node, and that the graph has no path to."""
        if constant is None:
            return None, slot, None
        if not isinstance(constant, torch.Tensor):
            return None, slot, _plain(constant)
        place = id(constant)
        if place not in self.keys:
            borders, notes = self._borders(constant, self.walk.turns.get(node, MOST_TOUCHED))
            if constant.dim() == 0 and place not in self.names and not notes:
                if place in self.walk.moved:
                    return None, slot, None
                value = read_value(constant)  # a number: it goes into the operation's title
                return None, slot, value if value.is_readable else None
            self.walk.tensors[place] = constant
            key = self._tensor(place, "constant", "", constant.shape, constant.dtype, notes)
            self.edges += [Edge(source, key, None, word) for source, word in borders]
        return self.keys[place], slot, None

    def _borders(
        self, constant: torch.Tensor, turn: int
    ) -> tuple[list[tuple[int, str]], tuple[Note, ...]]:
        """Where a constant was cut off from this graph, as (key of a tensor, word), and what is to
        say of it.

        ``turn`` is the place on the tape of the operation that it enters: what was written later
        does not count."""
        borders, notes = {}, {}
        for place, word, direct in self._crossings(constant, turn):
            leaf = place[0] in self.walk.leaves
            key = self._result(*place) if leaf else self.keys.get(place)
            if key is None:
                continue
            borders[key, word] = None
            name = self.nodes[key].name
            if direct and word.startswith("detach"):
                notes[Note(Fact.DETACHED, (name,))] = None
            else:
                how = (
                    "under"
                    if word in ("no_grad", "inference_mode")
                    else "by"
                    if direct
                    else "through"
                )
                notes[Note(Fact.MADE, (name, how, word))] = None
        kinship = self._kinship(constant)
        if any(kin.fact is Fact.DETACHED for kin in kinship) and notes:
            kinship = ()  # the tape says it with the word that was used
        return list(borders), (*kinship, *notes)

    def _crossings(self, constant: torch.Tensor, turn: int) -> list[tuple]:
        """Where this graph has what a constant was made from: (place, what cut it off, whether in
        one step).
        """
        found, waiting, met = [], [(constant, turn, "")], set()
        while waiting:
            tensor, before, border = waiting.pop()
            for i, operation, tracked in self.walk.makers.get(id(tensor), ()):
                # What has a graph is followed only on the far side of the border.
                if (
                    i >= before
                    or i in met
                    or tracked > bool(border)
                    or operation.takes_only_the_form
                ):
                    continue
                met.add(i)
                for seen in operation.operands:
                    word = border or (operation.border if seen.tracked else "")
                    place = self.walk.seen_at(seen) if seen.tracked else None
                    if place in self.walk.places:
                        found.append((place, word, tensor is constant))
                    else:
                        waiting.append((seen.tensor, i, word))
        return found

    def _kinship(self, constant: torch.Tensor) -> tuple[Note, ...]:
        if constant.is_inference():
            return (Note(Fact.INFERENCE),)
        storage, notes = _storage(constant), []
        for place, tensor in self.sharing.get(storage, ()) if storage else ():
            if tensor is not constant:
                name = self.names.get(place, "a tensor of this graph")
                if constant.data_ptr() == tensor.data_ptr() and constant.shape == tensor.shape:
                    return (Note(Fact.DETACHED, (name,)),)
                notes.append(Note(Fact.SHARES_MEMORY, (name,)))
        return tuple(notes[:1])

    def _operation(self, node, inputs) -> int:
        name, key = clip(_name(node)), len(self.nodes)
        if node in self.walk.cut:
            stop = (Note(Fact.CONTINUES),)
            self.nodes.append(Node(key, "cut", "cut", class_name=name, notes=stop))
            return key
        self.live[key] = node
        slots = [slot for _, slot, _ in inputs if slot is not None]
        numbers = [(slot, value) for source, slot, value in inputs if value is not None]
        self.nodes.append(
            Node(
                key,
                "operation",
                "operation",
                operator=operations.operator(_name(node)),
                arity=len(slots),
                constants=tuple(numbers),
                class_name=name,
                saved=tuple(self.walk.saved[node]),
                freed=node in self.walk.freed,
                notes=tuple(self._notes(node)),
                settings=_settings(node),
                line=self.walk.lines.get(node, ""),
            )
        )
        return key

    def _notes(self, node) -> Iterator[Note]:
        if node in self.walk.recorded:
            for seen, before in self.walk.recorded[node].written[:1]:
                yield Note(Fact.WROTE, (before, seen.version))
        if node in self.walk.overwritten:
            yield Note(Fact.SAVED_OVERWRITTEN, self.walk.overwritten[node])

    def _result(self, node, slot: int) -> int:
        """The key of the tensor at a place."""
        place = (node, slot)
        if place in self.keys:
            return self.keys[place]
        role = "root" if place == self.walk.root else "intermediate"
        outputs = node._input_metadata
        if node in self.walk.leaves:
            leaf = self.walk.leaves[node]
            notes = () if leaf.requires_grad else (Note(Fact.FROZEN),)
            return self._tensor(place, "leaf", clip(_name(node)), leaf.shape, leaf.dtype, notes)
        notes = (Note(Fact.OUTPUT, (slot, len(outputs))),) if len(outputs) > 1 else ()
        shape, dtype = _metadata(outputs[slot]) if slot < len(outputs) else (None, None)
        return self._tensor(place, role, "", shape, dtype, notes)

    def _tensor(
        self, place, role: str, class_name: str, shape, dtype, notes: tuple[Note, ...]
    ) -> int:
        tensor = self.walk.tensors.get(place)
        if place in self.walk.moved:
            then, now = self.walk.moved[place]
            tensor, notes = None, (*notes, Note(Fact.OVERWRITTEN, (then, now)))
        named = place in self.names
        self.unnamed += not named
        key = self.keys[place] = len(self.nodes)
        self.nodes.append(
            Node(
                key,
                "tensor",
                role,
                self.names[place] if named else f"#{self.unnamed}",
                named,
                class_name=class_name,
                shape=_sizes(shape),
                dtype="" if dtype is None else dtype_name(dtype),
                value=None if tensor is None else read_value(tensor),
                grad=_grad(tensor),
                notes=notes,
            )
        )
        return key


def _name(node) -> str:
    # Through the type, since a Function may keep something of its own as ctx.name.
    return type(node).name(node)


def _runs_in(operation, node) -> bool:
    """Whether a node was made while a recorded operation ran."""
    first, after = operation.span
    return first <= node._sequence_nr() < after


def _made_by(operation, seen, node) -> bool:
    # A Function written in Python gets its node after the operations inside it have run.
    return _runs_in(operation, node) or not seen.tracked


def _given(given):
    """A constant as the caller gave it: a number, a tensor or None."""
    return given if given is None or isinstance(given, numbers.Number) else given.tensor


def _stacked(node) -> int:
    """How many tensors a stack was made of: reading its ``next_functions`` touches them all, at any
    depth.
    """
    if _name(node) != "StackBackward0":
        return 0
    shape, dim = _metadata(node._input_metadata[0])[0], node._saved_dim
    return shape[dim - 2**64 if dim >= 2**63 else dim]


def _metadata(output) -> tuple:
    try:
        return output.shape, output.dtype
    except RuntimeError:  # a nested tensor has no one shape
        return None, output.dtype


def _settings(node) -> tuple[tuple[str, object], ...]:
    """What a node keeps beside tensors: what makes two operations of one name differ."""
    attributes = set(dir(type(node)))
    plain = sorted(
        a for a in attributes if a.startswith("_saved_") and f"_raw{a}" not in attributes
    )
    kept = [(attribute.removeprefix("_saved_"), getattr(node, attribute)) for attribute in plain]
    kept = [
        (name, value)
        for name, value in kept
        if isinstance(value, numbers.Number | str | tuple | list)
    ]
    own = getattr(node, "__dict__", {}).items()  # what a Function written in Python keeps
    kept += [(name, value) for name, value in own if isinstance(value, numbers.Number | str)]
    return tuple((name, _frozen(value)) for name, value in kept)


def _frozen(value):
    """A setting that can be compared and hashed."""
    return tuple(map(_frozen, value)) if isinstance(value, tuple | list) else value


def _plain(number) -> Value:
    """A number of Python's as a value."""
    return Value(1, (), (number,))


def _grad(tensor: torch.Tensor | None) -> Value | None:
    # .grad of another intermediate is always None, and asking for it warns.
    if tensor is None or not (tensor.is_leaf or tensor.retains_grad) or tensor.grad is None:
        return None
    return read_value(tensor.grad)


def _sizes(shape) -> tuple[int, ...] | None:
    if shape is None:
        return None
    try:
        return tuple(int(size) for size in shape)
    except (RuntimeError, TypeError, AttributeError):  # symbolic or nested sizes
        return None


def _storage(tensor: torch.Tensor) -> int:
    try:
        return tensor.untyped_storage().data_ptr()
    except (RuntimeError, NotImplementedError):
        return 0
