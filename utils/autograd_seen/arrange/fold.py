"""Folds what repeats in a large graph: chains of one operation, repeated blocks, and runs of views.

Two copies are one only if every operation, input, shape and setting that the graph knows agrees.
What a copy has for itself, and what may differ because the graph does not know it, a Group tells. A
pure function of plain data.
"""

from collections import Counter
from dataclasses import replace

from autograd_seen.arrange import alike, lists
from autograd_seen.arrange.folded import Folded, unfolded
from autograd_seen.arrange.repeats import OFTEN, Block, find_blocks, is_used_by
from autograd_seen.arrange.rows import End, Link, Row
from autograd_seen.graph import Fact, Graph, Group, Node, Note

#: A chain of one operation folds from this length on.
LONG_CHAIN = 4
#: Where more operations than this are left when all repeats are folded, runs of views fold too.
LARGE = 30


def fold(graph: Graph) -> Folded:
    """The graph with what repeats drawn once; the same graph where nothing does.

    - A chain of at least four equal operations becomes one box, "sin × 998". Nothing else uses what
      is inside. All that the operations depend on is known: one that takes a number or a tensor
      that the graph does not show is in no chain.
    - A block of operations that occurs at least three times in a row, each copy fed by the one
      before, becomes a Group, "12 times". It shows the first copy, which takes what the picture
      shows as entering; what leaves it is what leaves the last copy. So all outside of a group is
      as it was. Repeats inside a block fold too. Each copy may have leaves and constants for
      itself, as each layer has its weights: ``Group.own`` lists the first copy's, but for constants
      that hold the same numbers in all. ``Group.unknown`` says that the copies may also differ in
      what the graph does not show. What is left then folds where copies differ in a number that is
      no tensor, as in ``a * v + (1 - a) * h``: ``Group.numbers`` says so, and a note at the
      operation tells the first, the second and the last. So it is with versions.
    - A list such as ``torch.stack`` may take a result of each copy: it is drawn with that of the
      last, and a note says that those of all copies enter.
    - Where the graph is large even then, a run of views becomes one box, "view, transpose, view".

    A variable's tensor is never folded away. A member of a list or a module is, where the one that
    stays has the same name but for numbers: ``layers.0.weight`` for ``layers.7.weight``.
    """
    folded = unfolded(graph)
    if _may_repeat(graph):
        folded = _fold_lists(graph) or _fold_repeats(folded.compose(_fold_chains))
    return folded.compose(_fold_views) if _boxes(folded.graph) > LARGE else folded


def fold_within(graph: Graph, most: int) -> Folded:
    """The folded graph, cut where it has more than ``most`` boxes of operations: only the last ones
    are left.

    ``limit`` then says how many operations these stand for. A block is cut as a whole.
    """
    folded = fold(graph)
    if _boxes(folded.graph) <= most:
        return folded
    cut = folded.compose(lambda graph: _truncate(graph, most))
    if _boxes(cut.graph):
        return cut
    # A block larger than the limit: without folding, a part of it is left.
    return unfolded(graph).compose(lambda graph: _truncate(graph, most))


def _may_repeat(graph: Graph) -> bool:
    """Whether enough operations are of one class for a chain or block: in most small graphs not."""
    names = [node.class_name for node in graph.nodes if node.kind == "operation"]
    if len(names) < LONG_CHAIN:
        return False
    return sum(count for count in Counter(names).values() if count >= OFTEN) >= LONG_CHAIN


def _boxes(graph: Graph) -> int:
    return sum(node.kind == "operation" for node in graph.nodes)


def _fold_lists(graph: Graph) -> Folded | None:
    """The folded graph, where that is possible only if a list is told to take what is not drawn."""
    for left_out in (0, 1):
        thinned = lists.thin(graph, left_out)
        if thinned is None:
            return None
        folded = _fold_repeats(thinned.compose(_fold_chains))
        folded = lists.filled(graph, folded, left_out)
        if folded and folded.graph.groups:
            return folded
    return None


def _fold_repeats(folded: Folded) -> Folded:
    """Equal blocks first, then those whose numbers differ; or all at once, where that leaves less
    than half of the boxes: then the equal ones were mere runs of equal numbers among others.
    """
    equal = _fold_often(folded, loose=False)
    if not _have_own(equal.graph):
        return equal
    one, other = (_fold_often(start, loose=True) for start in (equal, folded))
    return other if 2 * _boxes(other.graph) < _boxes(one.graph) else one


def _have_own(graph: Graph) -> bool:
    """Whether operations differ in nothing but numbers and versions."""
    nodes = [node for node in graph.nodes if node.kind == "operation"]
    told = {alike.signature(node) for node in nodes}
    return len({alike.signature(node, loose=True) for node in nodes}) < len(told)


def _fold_often(folded: Folded, loose: bool) -> Folded:
    before = None
    while before is not folded:
        before = folded
        folded = folded.compose(lambda graph: _fold_blocks(graph, loose))
    return folded


def _fold_chains(graph: Graph) -> Folded | None:
    """A chain of one operation becomes one box."""
    row = Row(graph)
    signatures = [row.signature(i) for i in range(len(row.operations))]

    def joins(one: int, two: int) -> bool:
        return (
            signatures[one] == signatures[two]
            and _entering(row, one) == _entering(row, two)
            and row.operations[one].settings == row.operations[two].settings
            and not row.depends_on_more(one)
        )

    for run in row.runs(joins):
        if len(run) >= LONG_CHAIN:
            row.merge(run, row.operations[run[-1]])
    return row.result() if row.removed else None


def _entering(row: Row, position: int) -> tuple:
    """The shape and dtype of the one tensor that an operation takes."""
    tensor = row.graph.nodes[row.inputs[position][0].tensor]
    return tensor.shape, tensor.dtype


def _fold_views(graph: Graph) -> Folded | None:
    """A run of views becomes one box that lists them."""
    row = Row(graph)
    plain = [node.operator.view and node.count == 1 and not node.notes for node in row.operations]

    def joins(one: int, two: int) -> bool:
        freed = row.operations[one].freed == row.operations[two].freed
        return plain[one] and plain[two] and freed

    for run in row.runs(joins):
        nodes = [row.operations[i] for i in run]
        box = nodes[-1]._replace(
            class_name=", ".join(node.class_name for node in nodes),
            saved=tuple(name for node in nodes for name in node.saved),
            settings=(),
            run=tuple(nodes),
        )
        row.merge(run, box)
    return row.result() if row.removed else None


def _fold_blocks(graph: Graph, loose: bool) -> Folded | None:
    """The largest repeats that share nothing, each as its first copy."""
    row = Row(graph, loose)
    for block in find_blocks(row):
        _collapse(row, block)
    return row.result() if row.removed else None


def _collapse(row: Row, block: Block) -> None:
    """Leaves a block's first copy, and of the last copy what is used after it."""
    unknown = any(row.depends_on_more(i) for i in block.first_copy)
    nodes: set[int] = set()
    results: dict[End, int] = {}
    numbers = versions = False
    for i in block.first_copy:
        copies = [row.operations[j] for j in block.copies(i)]
        numbers |= _have_own_numbers(copies)
        versions |= _have_own_versions(row, block, i, copies)
        nodes |= {row.operations[i].key, *_collapse_outputs(row, block, i)}
        results |= {End(i, link.slot): link.tensor for link in row.outputs[i]}
        pairs = zip(row.inputs[i], row.inputs[i + block.to_last], strict=True)
        row.last_edges |= {first.edge: last.edge for first, last in pairs}
        row.removed |= {node.key for node in copies[1:]}
        _tell_growth(row, copies)
    own, firsts = _collapse_own(row, block)
    carries = tuple((tensor, results[end]) for end, tensor in sorted(block.carries.items()))
    group = Group(
        tuple(nodes | firsts), block.times, carries, tuple(own), unknown, numbers, versions
    )
    row.groups.append(group)


def _have_own_numbers(copies: list[Node]) -> bool:
    return bool(alike.own_numbers(copies)) or alike.differ_in({Fact.OWN_NUMBER}, copies)


def _have_own_versions(row: Row, block: Block, position: int, copies: list[Node]) -> bool:
    """Whether other versions were counted at the copies of an operation, or at their results."""
    outputs = zip(*(row.outputs[j] for j in block.copies(position)), strict=True)
    results = [[row.graph.nodes[link.tensor] for link in links] for links in outputs]
    return any(alike.differ_in(alike.COUNTED, alikes) for alikes in (copies, *results))


def _collapse_outputs(row: Row, block: Block, position: int) -> set[int]:
    """Leaves of each result of an operation what the first copy shows of it, and what leaves the
    last. Returns those of the first copy.
    """
    made = {link.tensor for i in block.copies(position) for link in row.outputs[i]}
    ends = list(zip(row.outputs[position], row.outputs[position + block.to_last], strict=True))
    kept = [_kept(row, block, first, final) for first, final in ends]
    for _, final in kept:
        if final:
            _mark(row, final.tensor, block.times)
    row.outputs[position] = [link for pair in kept for link in pair if link]
    row.removed |= made - {link.tensor for link in row.outputs[position]}
    lasts = zip(kept, ends, strict=True)
    row.last_nodes |= {first.tensor: last.tensor for (first, _), (_, last) in lasts if first}
    return {first.tensor for first, _ in kept if first}


def _kept(row: Row, block: Block, first: Link, final: Link) -> tuple[Link | None, Link | None]:
    """Which stay of an output in the first copy and in the last: what is used after the block, and
    what the first copy uses.
    """
    leaves = row.last_use(final.tensor) >= block.end
    shown = not leaves or is_used_by(row, first.tensor, block.first_copy)
    return first if shown else None, final if leaves else None


def _mark(row: Row, key: int, times: int) -> None:
    """Says of a result that it is that of the last copy."""
    final = row.graph.nodes[key]
    row.changed[key] = final._replace(notes=(*final.notes, Note(Fact.AFTER_ALL, (times,))))


def _tell_growth(row: Row, copies: list[Node]) -> None:
    """Says what grows from copy to copy, "index 0, 1 … 19", and which numbers are its own."""
    first, second, last = (alike.settings(copies[k])[1] for k in (0, 1, -1))
    notes = [
        Note(Fact.GROWS, (name, a, b, c))
        for (name, a), (_, b), (_, c) in zip(first, second, last, strict=True)
        if a != b
    ] + alike.own_numbers(copies)
    if notes:
        node = copies[0]
        row.changed[node.key] = node._replace(notes=(*node.notes, *notes))


def _collapse_own(row: Row, block: Block) -> tuple[set[int], set[int]]:
    """Leaves the first copy's own leaves and constants. Returns those that the others do not share
    the numbers of, and all.
    """
    own, firsts = set(), set()
    for i, k in block.own:
        keys = [row.inputs[j][k].tensor for j in block.copies(i)]
        tensors = [row.graph.nodes[key] for key in keys]
        firsts.add(keys[0])
        row.removed.update(keys[1:])
        row.last_nodes[keys[0]] = keys[-1]
        if tensors[0].role == "leaf" or not alike.are_equal(tensors):
            own.add(keys[0])
        # The one that stays now also stands for those that another block has for itself.
        row.groups = [
            replace(group, own=(*group.own, keys[0])) if set(keys) & set(group.own) else group
            for group in row.groups
        ]
    return own, firsts


def _truncate(graph: Graph, most: int) -> Folded:
    """The last boxes, and the places before them where drawing stops."""
    row = Row(graph)
    first = _first_key(graph, row.operations[-most].key)
    drawn = {i for i, node in enumerate(row.operations) if node.key >= first}
    tensors = {graph.root}
    for i in drawn:
        tensors |= {link.tensor for link in (*row.inputs[i], *row.outputs[i])}
    left = tensors | {row.operations[i].key for i in drawn}
    for i in set(range(len(row.operations))) - drawn:
        outputs = [link for link in row.outputs[i] if link.tensor in tensors]
        if outputs:
            left.add(_stop_at(row, i, outputs))
    left |= _others_left(row, tensors)
    row.others = {key: links for key, links in row.others.items() if key in left}
    row.removed = set(row.users) - left
    row.groups = [
        group for group in row.groups if set(group.nodes) <= left and group.nodes[0] >= first
    ]
    result = row.result()
    return replace(result, graph=replace(result.graph, limit=result.graph.count()))


def _first_key(graph: Graph, first: int) -> int:
    """The first node to be drawn: behind the groups that would be cut in two."""
    for group in graph.groups:  # the outer ones come first
        if group.nodes[0] < first <= group.nodes[-1]:
            first = group.nodes[-1] + 1
    return first


def _stop_at(row: Row, position: int, outputs: list[Link]) -> int:
    """Makes an operation a place where drawing stops; returns its key."""
    node = row.operations[position]
    row.inputs[position], row.outputs[position] = [], outputs
    notes = (Note(Fact.CONTINUES),)
    row.changed[node.key] = Node(node.key, "cut", "cut", class_name=node.class_name, notes=notes)
    return node.key


def _others_left(row: Row, tensors: set[int]) -> set[int]:
    """Leaves of what stops, and of borders, what leads to a tensor that is drawn; returns the
    places where drawing has stopped that are left.
    """
    left = set()
    for key, links in row.others.items():
        row.others[key] = [link for link in links if link.tensor in tensors]
        if row.others[key] and row.graph.nodes[key].kind == "cut":
            left.add(key)
    return left
