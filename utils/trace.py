"""The only walker of ``grad_fn``: from a live tensor to a Graph of plain data.

Walking reads and never changes anything. It calls no node, unpacks nothing that a saved-tensor hook has packed
(a checkpointed forward would run again) and bounds how many nodes it touches: PyTorch keeps a Python wrapper
alive with each node that Python has touched, and freeing a deep chain of these overflows the C++ stack.
"""

import heapq
import numbers
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from utils import operations
from utils.graph import Edge, Graph, Node
from utils.values import clip, dtype_name, summary

LEAF = "torch::autograd::AccumulateGrad"
#: The most operations that a walk touches: a thread's stack of 512 kB overflows from about 2,000.
MOST_TOUCHED = 1_000


@dataclass(frozen=True)
class Live:
    """What the keys of a Graph stand for, as long as the computation is alive."""

    #: Of each operation, PyTorch's node.
    operations: dict[int, object]
    #: Of each leaf and each result, (node, output number).
    places: dict[int, tuple]
    #: Keys of operations whose saved tensors a hook has packed: calling these could run code of the user's.
    packed: frozenset[int]


def trace(output: torch.Tensor, names: Sequence[tuple[str, torch.Tensor]], max_operations: int) -> Graph:
    """The graph that leads to ``output``: its last ``max_operations`` operations, newest first.

    ``names`` gives names to tensors; of two names for one tensor the first wins. A tensor without a graph
    raises ValueError.
    """
    return trace_live(output, names, max_operations)[0]


def trace_live(
    output: torch.Tensor, names: Sequence[tuple[str, torch.Tensor]], max_operations: int
) -> tuple[Graph, Live]:
    """The same, with what the graph's keys stand for."""
    if not output.requires_grad:
        raise ValueError(f"draw_graph needs a tensor with a graph, and this one has none: {_why_no_graph(output)}")
    walk = _Walk(output, max_operations)
    walk.learn(output)
    for _, tensor in names:
        walk.learn(tensor)
    walk.read_saved()
    builder = _Builder(walk, names)
    graph = builder.graph()
    places = {key: place for place, key in builder.keys.items() if isinstance(place, tuple)}
    packed = frozenset(key for key, node in builder.live.items() if node in walk.packed)
    return graph, Live(builder.live, places, packed)


def contains(output: torch.Tensor, tensor: torch.Tensor, max_operations: int) -> bool:
    """Whether ``tensor`` is in the graph of ``output``, or might be in the part that a walk would not reach."""
    walk = _Walk(output, max_operations)
    return bool(walk.cut) or walk.place(tensor) in walk.places


def _why_no_graph(tensor: torch.Tensor) -> str:
    if tensor.is_inference():
        return "it was made under torch.inference_mode(). Compute it outside"
    return (
        "requires_grad is False and grad_fn is None. Give an input requires_grad=True, and compute the result "
        "outside no_grad() and without detach()"
    )


class _Walk:
    """The nodes that lead to one tensor, and the tensors known to stand between them.

    A tensor's *place* is (node, output number); a leaf's is (its AccumulateGrad, 0); a constant's is its id.
    """

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
        self.overwritten: set = set()
        self.packed: set = set()
        self._walk(min(max_operations, MOST_TOUCHED))
        self._leaf_places = {id(leaf): (node, 0) for node, leaf in self.leaves.items()}
        self.tensors |= {(node, 0): leaf for node, leaf in self.leaves.items()}

    def _walk(self, most: int) -> None:
        # Newest first, as the engine runs: what a limit leaves out is then what was computed earliest.
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
            self.operations.append(node)
            for source, slot in node.next_functions:
                if source is not None:
                    self.places[source, slot] = None
                    meet(source)
        self.cut = dict.fromkeys(heapq.heappop(waiting)[2] for _ in range(len(waiting)))

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
            for attribute in dir(type(node)):  # of the type, since a Function may set attributes of its own
                if attribute.startswith("_raw_saved_"):
                    self._read(node, attribute.removeprefix("_raw_saved_"), tensors)
            for tensor in tensors.values():
                if tensor is not None:
                    self.learn(tensor)

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
            if self._raises(node, attribute):
                self.freed.add(node)
            return
        for i, one in enumerate(packed):
            label = f"{attribute}[{i}]" if many else attribute
            if one.unpack_hook is not None:
                tensors[label] = None  # packed by a hook: unpacking could run code of the user's
                self.packed.add(node)
            elif not self._raises(node, attribute):
                value = self._value(node, attribute)
                tensors[label] = value[i] if many else value
            else:
                self.overwritten.add(node)
                tensors[label] = None

    def _value(self, node, attribute: str):
        # A Function written in Python gives out what it saved by another name.
        return node.saved_tensors if attribute == "tensors" else getattr(node, f"_saved_{attribute}")

    def _raises(self, node, attribute: str) -> bool:
        try:
            self._value(node, attribute)
        except RuntimeError:
            return True
        return False


class _Builder:
    """Numbers what a walk found, inputs before outputs, and puts it into words."""

    def __init__(self, walk: _Walk, names: Sequence[tuple[str, torch.Tensor]]):
        self.walk = walk
        self.names: dict = {}
        for name, tensor in names:
            self.names.setdefault(walk.place(tensor), name)
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
            self.edges += [Edge(source, key, slot) for source, slot, _ in inputs if source is not None]
            for slot in sorted(outputs[node]):
                self.edges.append(Edge(key, self._result(node, slot), slot))
        if walk.root not in self.keys:
            self._result(*walk.root)  # a leaf by itself
        limit = len(walk.operations) if walk.cut else None
        return Graph(tuple(self.nodes), tuple(self.edges), self.keys[walk.root], limit)

    def _in_order(self) -> list:
        """The operations and the places where drawing stops, inputs first, otherwise as they were executed."""
        drawn = self.walk.operations
        age = {node: (node._sequence_nr(), -i) for i, node in enumerate(drawn)}
        age |= {node: (node._sequence_nr(), 0) for node in self.walk.cut}
        consumers, missing = {}, {}
        for node in age:
            sources = {s for s, _ in node.next_functions if s in age} if node not in self.walk.cut else set()
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

    def _inputs(self, node) -> list[tuple[int | None, int | None, str | None]]:
        """What enters an operation, as (key, slot, name or number); the key is None for what is not drawn."""
        if node in self.walk.cut:
            return []
        saved = dict(self.walk.saved[node])
        arguments = operations.slots(_name(node))
        entries = []
        for slot, (source, output_nr) in enumerate(node.next_functions):
            if source is not None:
                key = self._result(source, output_nr)
                entries.append((key, slot, self.nodes[key].name))
                continue
            constant = saved.pop(arguments[slot], None) if slot < len(arguments) else None
            entries.append(self._constant(constant, slot))
        # What the operation saved beside these, such as indices, is drawn where the caller has a name for it.
        drawn = {key for key, _, _ in entries}
        for attribute, tensor in saved.items():
            known = tensor is not None and not tensor.requires_grad and id(tensor) in self.names
            if known and not operations.is_output(_name(node), attribute):
                entry = self._constant(tensor, None)
                if entry[0] not in drawn:
                    entries.append(entry)
        return entries

    def _constant(self, tensor: torch.Tensor | None, slot: int | None):
        if tensor is None:
            return None, slot, None
        kinship = self._kinship(tensor)
        if tensor.dim() == 0 and id(tensor) not in self.names and not kinship:
            return None, slot, summary(tensor) or None  # a number: it goes into the operation's title
        if id(tensor) not in self.keys:
            self.walk.tensors[id(tensor)] = tensor
            self._tensor(id(tensor), "constant", "", tensor.shape, tensor.dtype, kinship)
        key = self.keys[id(tensor)]
        return key, slot, self.nodes[key].name

    def _kinship(self, constant: torch.Tensor) -> tuple[str, ...]:
        if constant.is_inference():
            return ("inference tensor",)
        storage, notes = _storage(constant), []
        for place, tensor in self.walk.tensors.items():
            if storage and tensor.requires_grad and _storage(tensor) == storage:
                name = self.names.get(place, "a tensor of this graph")
                if constant.data_ptr() == tensor.data_ptr() and constant.shape == tensor.shape:
                    return (f"detached from {name}",)
                notes.append(f"shares memory with {name}")
        return tuple(notes[:1])

    def _operation(self, node, inputs) -> int:
        name, key = clip(_name(node)), len(self.nodes)
        if node in self.walk.cut:
            self.nodes.append(Node(key, "cut", "cut", "…", class_name=name, notes=("continues, not drawn",)))
            return key
        self.live[key] = node
        known = [text for _, slot, text in inputs if slot is not None]
        folded = [slot for source, slot, text in inputs if source is None and text is not None]
        extra = [text for _, slot, text in inputs if slot is None]
        reading = operations.read(_name(node), known + extra, _attributes(node), folded)
        notes = ("saved value overwritten in place",) if node in self.walk.overwritten else ()
        self.nodes.append(
            Node(
                key,
                "operation",
                "operation",
                clip(reading.title),
                expression=clip(reading.expression),
                class_name=name,
                saved=tuple(self.walk.saved[node]),
                freed=node in self.walk.freed,
                ordered=reading.ordered,
                notes=notes,
            )
        )
        return key

    def _result(self, node, slot: int) -> int:
        """The key of the tensor at a place."""
        place = (node, slot)
        if place in self.keys:
            return self.keys[place]
        role = "root" if place == self.walk.root else "intermediate"
        outputs = node._input_metadata
        if node in self.walk.leaves:
            leaf = self.walk.leaves[node]
            notes = () if leaf.requires_grad else ("frozen: requires_grad=False",)
            return self._tensor(place, "leaf", clip(_name(node)), leaf.shape, leaf.dtype, notes)
        notes = (f"output {slot} of {len(outputs)}",) if len(outputs) > 1 else ()
        shape, dtype = _metadata(outputs[slot]) if slot < len(outputs) else (None, None)
        return self._tensor(place, role, "", shape, dtype, notes)

    def _tensor(self, place, role: str, class_name: str, shape, dtype, notes: tuple[str, ...]) -> int:
        tensor = self.walk.tensors.get(place)
        name = self.names.get(place)
        if name is None:
            self.unnamed += 1
            name = f"#{self.unnamed}"
        key = self.keys[place] = len(self.nodes)
        self.nodes.append(
            Node(
                key,
                "tensor",
                role,
                name,
                class_name=class_name,
                shape=_sizes(shape),
                dtype="" if dtype is None else dtype_name(dtype),
                value="" if tensor is None else summary(tensor) or "not shown",
                grad=_grad(tensor),
                notes=notes,
            )
        )
        return key


def _name(node) -> str:
    # Through the type, since a Function may keep something of its own as ctx.name.
    return type(node).name(node)


def _metadata(output) -> tuple:
    try:
        return output.shape, output.dtype
    except RuntimeError:  # a nested tensor has no one shape
        return None, output.dtype


def _attributes(node) -> dict:
    """The plain numbers and words that a node keeps: ``{"exponent": 2}``."""
    found = {}
    for attribute in operations.ATTRIBUTES:
        value = getattr(node, f"_saved_{attribute}", None) if f"_raw_saved_{attribute}" not in dir(node) else None
        if isinstance(value, numbers.Number | str):
            found[attribute] = value
    return found


def _grad(tensor: torch.Tensor | None) -> str:
    # .grad of another intermediate is always None, and asking for it warns.
    if tensor is None or not (tensor.is_leaf or tensor.retains_grad) or tensor.grad is None:
        return ""
    return summary(tensor.grad) or "set"


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
