"""Finds the blocks of operations that repeat in a row.

Equal signatures at an equal distance say where to look; an exact comparison of all inputs says
whether copies are equal.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from operator import eq
from typing import NamedTuple

from autograd_seen.arrange import alike
from autograd_seen.arrange.rows import End, Row

#: A block folds where it occurs so often, and where that takes away at least so many operations.
OFTEN, WORTH = 3, 4
#: How many regions are looked at in a graph, and how often one copy fewer is tried.
MOST_TRIED, FEWER = 24, 4


@dataclass(frozen=True)
class Block:
    """``times`` copies of ``period`` operations, the first from the position ``start`` on."""

    start: int
    period: int
    times: int
    #: By the output of one copy that the next copy takes: the tensor that the first copy takes.
    carries: dict[End, int]
    #: (operation of the first copy, place among its inputs) of each leaf and constant that a copy
    #: has for itself.
    own: tuple[tuple[int, int], ...]

    @property
    def end(self) -> int:
        """The position after the last copy."""
        return self.start + self.times * self.period

    @property
    def first_copy(self) -> range:
        """The positions of the first copy."""
        return range(self.start, self.start + self.period)

    @property
    def to_last(self) -> int:
        """How far an operation of the last copy is behind that of the first."""
        return (self.times - 1) * self.period

    def copies(self, position: int) -> range:
        """The positions of an operation of the first copy in all copies."""
        return range(position, self.end, self.period)


class Relation(Enum):
    """How an input of an operation corresponds to that of the same operation one copy later."""

    #: Both take the same tensor.
    SHARED = "shared"
    #: Each takes a leaf or a constant that it has for itself.
    OWN = "own"
    #: Both take what was made by operations at the same distance.
    MADE = "made"
    #: The later one takes what a copy made, the earlier one anything else: so it is at the first.
    ENTERS = "enters"


@dataclass(slots=True)
class Correspondence:
    """One input of an operation, and that of the same operation one copy later."""

    relation: Relation
    #: What the earlier operation takes.
    tensor: int
    slot: int | None = None
    #: How far before the later operation its input was made.
    distance: int = 0

    def told(self) -> tuple:
        """What must be the same from each copy to the next, wherever the first one takes what
        enters it.
        """
        if self.relation is Relation.SHARED:
            return Relation.SHARED, self.tensor
        if self.relation is Relation.OWN:
            return Relation.OWN, self.slot
        return Relation.MADE, self.distance, self.slot


@dataclass(slots=True)
class Comparison:
    """Two operations with one signature, compared: an entry for each input."""

    inputs: list[Correspondence]
    told: tuple


class _Stretch(NamedTuple):
    """The operations from start to stop have the signature of those one period later."""

    period: int
    start: int
    stop: int

    @property
    def is_enough(self) -> bool:
        return self.stop - self.start >= max((OFTEN - 1) * self.period, WORTH)


def find_blocks(row: Row) -> Iterator[Block]:
    """Blocks that share no operation, those that take most away first."""
    taken: list[Block] = []
    numbers: dict[tuple, int] = {}
    signatures = [
        numbers.setdefault(row.signature(i), len(numbers)) for i in range(len(row.operations))
    ]
    waiting, tried = stretches(signatures)[::-1], 0
    while waiting and tried < MOST_TRIED:
        stretch = waiting.pop()
        stop = stretch.stop + stretch.period
        if any(stretch.start < block.end and block.start < stop for block in taken):
            continue
        block = _best(row, stretch)
        if block is None:
            tried += 1
            continue
        yield block
        taken.append(block)
        before = stretch._replace(stop=block.start - stretch.period)
        after = stretch._replace(start=block.end)
        waiting += [side for side in (before, after) if side.is_enough]


def stretches(signatures: Sequence[int]) -> list[_Stretch]:
    """All stretches that are long enough, those of which most copies fit in first."""
    found = []
    for period in range(1, len(signatures) // OFTEN + 1):
        if not _may_have(signatures, period):
            continue
        same = bytes(map(eq, signatures[period:], signatures))
        fewest = b"\1" * max((OFTEN - 1) * period, WORTH)
        start = same.find(fewest)
        while start >= 0:
            stop = same.find(b"\0", start)
            stop = len(same) if stop < 0 else stop
            found.append(_Stretch(period, start, stop))
            start = same.find(fewest, stop)
    found.sort(key=lambda one: (-((one.stop - one.start) // one.period * one.period), one.period))
    return found


def _may_have(signatures: Sequence[int], period: int) -> bool:
    """Whether there may be a stretch with this period.

    Only some places are looked at, so that most periods are soon done with: of those that are one
    period apart every stretch has two in a row.
    """
    for offset in (0, period // 2):
        some = signatures[offset::period]
        if b"\1" * (OFTEN - 1) not in bytes(map(eq, some[1:], some)):
            return False
    return True


def _best(row: Row, stretch: _Stretch) -> Block | None:
    """Of all ways to place copies here: those that take most away, then those with fewest carries.

    Then those whose parameters share most of their names, as those of one layer do, then the last.
    """
    period, start, stop = stretch
    pairs = [_compare(row, i, i + period) for i in range(start, stop)]
    equal, going_on = _lengths(pairs, period)
    limits = _limits(row, stretch)
    best, best_score = None, (0,)
    for i in range(len(pairs) - period + 1):
        times = 2 + (going_on[i + period] // period if i + period < len(pairs) else 0)
        times = min(times, 1 + (limits[i] - i) // period)
        saving = (times - 1) * period
        if equal[i] < period or times < OFTEN or saving < best_score[0]:
            continue
        block = _block(row, range(start + i, start + i + period), times, pairs[i : i + period])
        if block is not None:
            score = (block.to_last, -len(block.carries), _shared_name(row, block), i)
            if score > best_score:
                best, best_score = block, score
    return best


def _lengths(pairs: Sequence[Comparison | None], period: int) -> tuple[list[int], list[int]]:
    """From each pair on: how many may be of the first copy and the second, and how many of two
    later copies.
    """
    equal, going_on = [0] * (len(pairs) + 1), [0] * (len(pairs) + 1)
    for i in reversed(range(len(pairs))):
        pair, before = pairs[i], pairs[i - period] if i >= period else None
        if pair is not None:
            equal[i] = equal[i + 1] + 1
            if before is not None and pair.told == before.told:
                going_on[i] = going_on[i + 1] + 1
    return equal, going_on


def _limits(row: Row, stretch: _Stretch) -> list[int]:
    """Where copies that begin here must end, seen from each operation of a stretch.

    The first operation from here on whose results go on beyond the next copy can only be of the
    last copy. One copy later on, what makes a variable's tensor can be as well, since in the first
    copy that tensor is shown.
    """
    period, start, stop = stretch
    count = stop - start + period
    far, named = [count] * (count + period + 1), [count] * (count + period + 1)
    for i in reversed(range(count)):
        results = [link.tensor for link in row.outputs[start + i]]
        far[i] = i if row.last_uses[start + i] - start - i >= 2 * period else far[i + 1]
        ordinary = all(alike.is_of_a_collection(row.graph.nodes[key]) for key in results)
        named[i] = named[i + 1] if ordinary else i
    return [min(far[i], named[i + period]) for i in range(count)]


def _compare(row: Row, earlier: int, later: int) -> Comparison | None:
    """How the inputs of two operations correspond; None where the operations are not copies."""
    inputs = []
    for (slot, one, _), (_, two, _) in zip(row.inputs[earlier], row.inputs[later], strict=True):
        correspondence = _correspond(row, End(earlier, slot), one, End(later, slot), two)
        if correspondence is None:
            return None
        inputs.append(correspondence)
    _, parts = alike.settings(row.operations[earlier])
    _, moved = alike.settings(row.operations[later])
    if [name for name, _ in parts] != [name for name, _ in moved]:
        return None
    steps = tuple(b - a for (_, a), (_, b) in zip(parts, moved, strict=True))
    return Comparison(inputs, (*(correspondence.told() for correspondence in inputs), steps))


def _correspond(row: Row, first: End, one: int, second: End, two: int) -> Correspondence | None:
    """How tensor ``one``, an input of the earlier operation, corresponds to ``two``."""
    if one == two:
        return Correspondence(Relation.SHARED, one)
    made_one, made_two = row.maker.get(one), row.maker.get(two)
    if made_two is None:
        is_own = made_one is None and _are_own(row, one, two, second.position - first.position)
        return Correspondence(Relation.OWN, one, first.slot) if is_own else None
    a, b = row.graph.nodes[one], row.graph.nodes[two]
    if (a.shape, a.dtype) != (b.shape, b.dtype) or a.role == "constant":
        return None
    distance = second.position - made_two.position
    made_alike = made_one is not None and (first.position - made_one.position, made_one.slot) == (
        distance,
        made_two.slot,
    )
    relation = Relation.MADE if made_alike else Relation.ENTERS
    return Correspondence(relation, one, made_two.slot, distance)


def _are_own(row: Row, one: int, two: int, period: int) -> bool:
    """Whether two tensors are what each of two copies has for itself: leaves or constants of one
    kind, used in the same way.
    """
    if any(tensor in row.stopped or tensor in row.needed for tensor in (one, two)):
        return False
    a, b = row.graph.nodes[one], row.graph.nodes[two]
    one_told, two_told = (alike.signature_of_tensor(tensor, row.loose) for tensor in (a, b))
    if a.role != b.role or one_told != two_told:
        return False
    moved = [End(user.position + period, user.slot) for user in row.users[one]]
    in_one_group = row.within[one] == row.within[two]
    return moved == row.users[two] and in_one_group and alike.may_stand_for(a, b)


def _block(row: Row, copy: range, times: int, pairs: Sequence[Comparison]) -> Block | None:
    """The block whose first copy this is, with as many copies as hide nothing; ``pairs`` compare it
    with the second.
    """
    carries = _carries(copy, pairs)
    if carries is None:
        return None
    shared, own = set(), []
    for i, pair in zip(copy, pairs, strict=True):
        for k, one in enumerate(pair.inputs):
            if one.relation is Relation.SHARED:
                shared.add(one.tensor)
            elif one.relation is Relation.OWN:
                own.append((i, k))
    block = Block(copy.start, len(copy), times, carries, tuple(own))
    return _without_last(row, block) if _has_its_parts(row, block, shared) else None


def _carries(copy: range, pairs: Sequence[Comparison]) -> dict[End, int] | None:
    """What the second copy takes of the first, and what the first takes in its place; None where
    these do not pair.
    """
    carries: dict[End, int] = {}
    for i, pair in zip(copy, pairs, strict=True):
        for one in pair.inputs:
            if one.relation not in (Relation.MADE, Relation.ENTERS):
                continue
            maker = i + len(copy) - one.distance
            if maker < copy.start or (one.relation is Relation.ENTERS and maker not in copy):
                return None  # what the second copy takes is not of the first
            output = End(maker, one.slot)
            if maker in copy and carries.setdefault(output, one.tensor) != one.tensor:
                return None  # one carry, for which the first copy takes two tensors
    return carries


def _has_its_parts(row: Row, block: Block, shared: set[int]) -> bool:
    """Whether each tensor that the first copy takes plays one part in it, as in the others."""
    entering = set(block.carries.values())
    own = {row.inputs[i][k].tensor for i, k in block.own}
    if len(entering) < len(block.carries) or entering & (shared | own):
        return False
    makers = [row.maker[tensor] for tensor in entering | shared if tensor in row.maker]
    if any(maker.position >= block.start for maker in makers):
        return False  # of a copy, and not in the same place in each
    return all(user.position in block.first_copy for tensor in own for user in row.users[tensor])


def _without_last(row: Row, block: Block) -> Block | None:
    """The block with the last copies left out as long as they hide something."""
    for _ in range(FEWER):
        if block.times < OFTEN or block.to_last < WORTH:
            return None
        if not _hides_something(row, block):
            return block
        block = replace(block, times=block.times - 1)
    return None


def _hides_something(row: Row, block: Block) -> bool:
    """Whether anything that is folded away is used elsewhere or has a name of its own."""
    if max(row.last_uses[block.start : block.end - block.period]) >= block.end:
        return True
    named = (i for i in block.first_copy if True in row.named[i : block.end : block.period])
    return any(_hides_one_of(row, block, i, k) for i in named for k in range(len(row.outputs[i])))


def _hides_one_of(row: Row, block: Block, position: int, k: int) -> bool:
    """Whether folding would hide the name of one of the results of an operation in all copies."""
    results = [row.outputs[i][k].tensor for i in block.copies(position)]
    first, final = results[0], results[-1]
    leaves = row.last_use(final) >= block.end
    stays = {first, final} if leaves else {first}
    if leaves and not is_used_by(row, first, block.first_copy):
        stays = {final}
    shown = row.graph.nodes[first if first in stays else final]
    return any(
        not alike.may_stand_for(shown, row.graph.nodes[tensor])
        for tensor in results
        if tensor not in stays
    )


def is_used_by(row: Row, tensor: int, positions: range) -> bool:
    """Whether one of these operations uses a tensor."""
    return any(user.position in positions for user in row.users[tensor])


def _shared_name(row: Row, block: Block) -> int:
    """How many characters all names of a copy's own parameters begin with."""
    own = [row.graph.nodes[row.inputs[i][k].tensor] for i, k in block.own]
    letters = zip(*(node.name for node in own if node.named), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda ones: len(set(ones)) == 1, letters))
