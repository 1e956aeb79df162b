"""In which call of a module each operation of a graph ran, as plain data."""

from collections.abc import Iterator, Mapping, Sequence

import torch

from autograd_seen.graph import Module, Node, Scope
from autograd_seen.live.found import GradientEdge, Spot
from autograd_seen.live.known import Known
from autograd_seen.live.memory import storage
from autograd_seen.live.modules import Call
from autograd_seen.values import clip, clip_name

Named = Sequence[tuple[str, torch.nn.Module]]


def scopes_of(
    known: Known,
    nodes: Sequence[Node],
    operations: Mapping[int, object],
    keys: Mapping[Spot, int],
    modules: Named,
) -> tuple[Scope, ...]:
    """The calls that a tape has of this graph, each after those that it ran inside of.

    ``operations`` are PyTorch's nodes by key, ``keys`` those of tensors, ``modules`` what the
    caller's variables lead to.
    """
    if not known.taped.calls:
        return ()
    ran_in = _ran_in(known.taped.calls, operations)
    held: dict[Call, set[int]] = {}
    for key, calls in ran_in.items():
        for call in calls:
            held.setdefault(call, set()).add(key)
    calls = [call for call in _outer_first(known.taped.calls) if call in held]
    names, counts, scopes = _names(calls, modules), _counted(calls), []
    place, firsts = {call: i for i, call in enumerate(calls)}, {}
    constants = {id(one): key for one, key in _constants(known, keys)}
    made = _Made(known, nodes, keys)
    for i, call in enumerate(calls):
        own, parameters = _own(call, known, keys, constants)
        own |= made.inside(call)
        module = Module(
            names[call],
            clip(type(call.module).__name__),
            i,
            call.inputs,
            call.outputs,
            parameters,
            len(held[call]),
            counts[call],
        )
        parent = place.get(call.parent)
        depth = 0 if parent is None else scopes[parent].depth + 1
        first = firsts.setdefault(id(call.module), i)
        scopes.append(Scope(module, frozenset(held[call]), frozenset(own), parent, depth, first))
    return tuple(scopes)


def _outer_first(calls: Sequence[Call]) -> list[Call]:
    depth: dict[Call | None, int] = {None: -1}
    # A call ends before the one that it ran inside of.
    for call in reversed(calls):
        depth[call] = depth.get(call.parent, -1) + 1
    return sorted(calls, key=lambda call: (call.first, depth[call]))


def _ran_in(calls: Sequence[Call], operations: Mapping[int, object]) -> dict[int, list[Call]]:
    """By the key of an operation: the calls inside which it ran, the outermost first."""
    waiting, running, found = _outer_first(calls)[::-1], [], {}
    # A node's number is that at which it was made.
    for number, key in sorted((node._sequence_nr(), key) for key, node in operations.items()):
        while waiting and waiting[-1].first <= number:
            running.append(waiting.pop())
        running = [one for one in running if one.after is None or number < one.after]
        found[key] = list(running)
    return found


def _names(calls: Sequence[Call], modules: Named) -> dict[Call, str]:
    """What each call's module is called: by the path from the outermost module that was called, or
    from a variable.
    """
    paths = [(name, module, _paths(module)) for name, module in modules]
    known: dict[torch.nn.Module, dict[int, str]] = {}
    names: dict[Call, str] = {}
    for call in calls:
        outermost = call
        while outermost.parent is not None:
            outermost = outermost.parent
        root, module = outermost.module, call.module
        if root not in known:
            known[root] = _paths(root)
        within = known[root].get(id(module))
        start = names.get(outermost) if call is not outermost else _from_variables(root, paths)
        if call is outermost or within is None:
            names[call] = _from_variables(module, paths)
        else:
            names[call] = clip_name(".".join(filter(None, [start, within])))
    return names


def _from_variables(module: torch.nn.Module, paths: list) -> str:
    """The variable that is a module, else the shortest path that leads from one to it."""
    for name, root, _ in paths:
        if root is module:
            return name
    found = [f"{name}.{inside[id(module)]}" for name, _, inside in paths if id(module) in inside]
    return clip_name(min(found, key=len, default=""))


def _paths(module: torch.nn.Module) -> dict[int, str]:
    """By the ``id()`` of each module in one: its name there."""
    try:
        return {id(one): name for name, one in module.named_modules()}
    except Exception:  # code of the user's
        return {}


def _counted(calls: Sequence[Call]) -> dict[Call, tuple[int, int]]:
    """Which call of its module each is, of how many."""
    turns: dict[int, list[Call]] = {}
    for call in calls:
        turns.setdefault(id(call.module), []).append(call)
    return {call: (i, len(same)) for same in turns.values() for i, call in enumerate(same, 1)}


def _constants(known: Known, keys: Mapping[Spot, int]) -> Iterator[tuple[torch.Tensor, int]]:
    """The constants that are drawn, with their keys."""
    for operands in known.operands.values():
        for _, source in operands:
            if isinstance(source, torch.Tensor) and id(source) in keys:
                yield source, keys[id(source)]


def _own(
    call: Call, known: Known, keys: Mapping[Spot, int], constants: dict[int, int]
) -> tuple[set[int], int | None]:
    """The keys of a module's parameters and buffers, and how many numbers its parameters hold."""
    try:
        parameters = {id(one): one for one in call.module.parameters()}
        buffers = {id(one): one for one in call.module.buffers()}
        count = sum(one.numel() for one in parameters.values())
    except Exception:  # code of the user's, or parameters without a shape
        return set(), None
    edges = [known.found.leaf_edges.get(one) for one in parameters]
    leaves = {keys[edge] for edge in edges if isinstance(edge, GradientEdge) and edge in keys}
    return leaves | {constants[one] for one in parameters | buffers if one in constants}, count


class _Made:
    """Which constants without a name were made while a module ran, as a dropout's mask is."""

    def __init__(self, known: Known, nodes: Sequence[Node], keys: Mapping[Spot, int]):
        taped, self.turns = known.taped, {}
        #: By key: the turns at which the tape has it made; empty where an operation made it within
        #: itself, and what it was made from is not known.
        for constant, key in _constants(known, keys):
            made = taped.makers.get(id(constant), ())
            if not nodes[key].named and (made or storage(constant) not in taped.places):
                self.turns[key] = [taped.before + turn for turn, _, _ in made]

    def inside(self, call: Call) -> set[int]:
        """The keys of those that may have been made in a call: of what was made within an operation
        in any, so that it is hidden where nothing else uses it.
        """
        begin, end = call.turns
        return {
            key
            for key, turns in self.turns.items()
            if all(begin <= turn and (end is None or turn < end) for turn in turns)
        }
