"""Records a backward pass as PyTorch runs it: what arrived at each node, and what each edge
carried.
"""

import math
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import torch

from autograd_seen.births import Forward, Kinds, mark_gradients
from autograd_seen.graph import Edge, EdgeGradient, Fact, Graph, Node, Note, Recording, Step
from autograd_seen.live import births, differences, names
from autograd_seen.live.forward import Tape, check_tape
from autograd_seen.live.jacobians import jacobians_of
from autograd_seen.live.reading import read_if_any, read_value, unseen
from autograd_seen.live.rehearsal import (
    check_not_reentrant,
    hooked_edges,
    random_state_kept,
    retained_grads_kept,
)
from autograd_seen.live.saved import checkpoint_of
from autograd_seen.live.scope_gradients import scope_gradients
from autograd_seen.live.scopes import Named
from autograd_seen.live.walk import (
    MOST_TOUCHED,
    Live,
    check_limit,
    check_names,
    trace_live,
    why_no_graph,
)
from autograd_seen.values import clip_name, dtype_name, kind_of


def record_backward(
    output: torch.Tensor,
    /,
    gradient: torch.Tensor | None = None,
    *,
    accumulate: bool = False,
    create_graph: bool = False,
    max_operations: int = MOST_TOUCHED,
    tape: Tape | None = None,
    **names_of_tensors: torch.Tensor,
) -> Recording:
    """Runs the backward pass that ``output.backward(gradient)`` runs, and returns what flowed.

    Without ``accumulate`` the pass is a rehearsal: it leaves ``.grad``, also what ``retain_grad()``
    asked for, what is saved, PyTorch's random state and the graph as they were, so that it can be
    called again. (The random state is put back whoever has moved it: what another thread draws
    meanwhile is drawn once more.) ``x.grad`` stays None, and what is made of the recording says
    what it *would become*. With ``accumulate`` it does what ``backward()`` does.

    What runs in any backward pass runs here, once: hooks of tensors and of nodes, the backward of a
    Function written in Python, and what unpacks a saved value. Hooks that
    ``register_post_accumulate_grad_hook`` registered, and those of a leaf's own node, run with
    ``accumulate`` only: in a rehearsal a note at the leaf tells of the first. What such code
    changes stays changed: a checkpoint runs its forward again, and so moves the running mean of a
    BatchNorm inside it; the operation at which that happens has a note. To find what
    ``retain_grad()`` asked for, all objects are looked at, unless each result in the graph has a
    name: some 10 to 60 milliseconds at most. A tensor that ``gc.freeze()`` has put aside is missed.

    The numbers are those that the engine handed from node to node. A local derivative is a node's
    answer to a gradient of ones; for one number in and one out that is d(output)/d(input), for an
    elementwise operation the derivative of each element. For any other operation it is a Jacobian:
    where that has at most 12 entries and two dimensions it is found by asking for each row, else,
    and for a complex number, it is left out. A Function written in Python, and what a hook
    has packed, is asked nothing beside the pass. A Function has no local derivative then; of what
    is packed and has one number in and one out it is what was sent divided by what arrived.

    Where a gradient is not what the numbers before it give, a note says so. It blames a hook where
    a tensor that is alive has one. Hooks of nodes, and of tensors that nobody holds, cannot be
    listed: there it gives the two numbers.

    Args:
        output: the root, any shape. More than one element needs ``gradient``.
        gradient: dL/d(output), of the shape of ``output``; left out, 1 for an output with one
            element.
        accumulate: add to ``.grad`` of the leaves and free what the graph has saved, as
            ``backward()`` does.
        create_graph: record the pass itself too, for a higher derivative.
        max_operations: only the last so many operations are recorded, at most 6,000, or
            1,000 where the stack is small, as in a thread.
        tape: what ``record_forward`` recorded of the forward pass, for the graph that comes back.

    Raises:
        TypeError: ``output``, ``gradient`` or a named argument is not a tensor.
        ValueError: ``output`` has no graph, a named tensor is not in it, or ``max_operations`` is
            no such number.
        RuntimeError: as ``backward()`` raises it: ``gradient`` is missing or has another shape, an
            earlier pass has freed the graph, or a value that an operation saved was overwritten in
            place. In a rehearsal also for a checkpoint with ``use_reentrant=True``, which changes
            ``.grad`` by itself, and for a ``register_multi_grad_hook`` on leaves.

    Example:
        >>> x = torch.tensor(4.0, requires_grad=True)
        >>> z = torch.sin(x**2)
        >>> for step in record_backward(z).steps:
        ...     print(*step.arriving, [(str(flow.local), str(flow.sent)) for flow in step.flows])
        1 [('-0.9577', '-0.9577')]
        -0.9577 [('8', '-7.6613')]
        -7.6613 []
    """
    with unseen():
        callers = names.of_frame(sys._getframe(1))
    modules = names.modules_of_frame(sys._getframe(1))
    return record(
        output,
        gradient,
        names_of_tensors,
        callers,
        accumulate=accumulate,
        create_graph=create_graph,
        max_operations=max_operations,
        tape=tape,
        modules=modules,
    )


def record(
    output: torch.Tensor,
    gradient: torch.Tensor | None,
    names_of_tensors: dict[str, torch.Tensor],
    callers: list[tuple[str, torch.Tensor]],
    *,
    accumulate: bool = False,
    create_graph: bool = False,
    max_operations: int = MOST_TOUCHED,
    tape: Tape | None = None,
    modules: Named = (),
) -> Recording:
    """``record_backward`` for one who has looked up already what the caller calls its tensors."""
    with unseen():
        _check(output, gradient, max_operations, names_of_tensors)
    check_tape(tape)
    named = [(name, tensor) for name, tensor in callers if name not in names_of_tensors]
    given = [(clip_name(name), tensor) for name, tensor in names_of_tensors.items()]
    with unseen():
        names_given = [*given, *named]
        route = Route(
            *trace_live(output, names_given, max_operations, tape, names_of_tensors, modules)
        )
        _check_can_run(route, accumulate)
        # Asked for before the pass, which may free what the answer needs.
        with random_state_kept():
            local = local_derivatives(route)
            jacobians = local_jacobians(route, local)
        before = {key: _keep(route.leaf(key).grad) for key in route.leaves}
        checkpoints = {key: checkpoint_of(route.live.operations[key]) for key in route.live.packed}
    held = [output, *(tensor for _, tensor in [*given, *named])]
    heard = run(route, output, gradient, accumulate, create_graph, held)
    with unseen():
        seed = torch.ones_like(output.detach()) if gradient is None else _cast(gradient, output)
        passed = Passed(route, heard, local, jacobians, before, checkpoints, seed, accumulate)
        steps = tuple(passed.steps())
        scopes = ()
        if route.graph.scopes:
            scopes = scope_gradients(route.graph, steps, heard.arrived, seed)
        recording = Recording(
            route.graph, steps, read_value(seed), accumulate, create_graph, scopes
        )
        return mark_gradients(recording)


def _check_can_run(route: "Route", accumulate: bool) -> None:
    freed = any(node.freed for node in route.graph.nodes)
    lost = [node for node in route.graph.nodes if node.raises]
    if freed and lost:
        raise RuntimeError(
            f"{_told_lost(lost)}. No backward pass can come by there, and an earlier one has freed "
            "what lies before it: compute the output again, without that write"
        )
    if freed:
        raise RuntimeError(
            "record_backward needs what the graph has saved, and an earlier backward pass has "
            "freed it: compute the output again, or pass retain_graph=True to the earlier one"
        )
    if not accumulate:
        check_not_reentrant(route.live)


def _check(output: object, gradient: object, max_operations: int, named: dict) -> None:
    for what, thing in (("output", output), ("gradient", gradient)):
        if not isinstance(thing, torch.Tensor) and not (what == "gradient" and thing is None):
            raise TypeError(
                f"record_backward needs a tensor as its {what}, and got {kind_of(thing)}"
            )
    check_limit(max_operations)
    if not output.requires_grad:
        raise ValueError(
            "record_backward needs a tensor with a graph, and this one has none: "
            f"{why_no_graph(output)}"
        )
    check_names(named)
    _check_gradient(output, gradient)


def _check_gradient(output: torch.Tensor, gradient: torch.Tensor | None) -> None:
    """Raises what PyTorch raises of a gradient that does not fit, and says what to pass."""
    shape = tuple(output.shape)
    if gradient is None and output.numel() != 1:
        raise RuntimeError(
            "grad can be implicitly created only for scalar outputs, and this one has the shape "
            f"{shape}: pass gradient=…, a tensor of that shape, or record a number, such as "
            "output.sum()"
        )
    if gradient is None and not output.is_floating_point():
        raise RuntimeError(
            "grad can be implicitly created only for real scalar outputs, and this one is "
            f"{dtype_name(output.dtype)}: pass gradient=…, a tensor of that dtype, or record a "
            "real number, such as output.abs()"
        )
    if gradient is not None and gradient.shape != output.shape:
        raise RuntimeError(
            f"the gradient has the shape {tuple(gradient.shape)} and the output {shape}: a "
            "gradient has the shape of the output that it belongs to, not of the input"
        )


@dataclass(frozen=True)
class Route:
    """What a pass runs through: the graph, what its keys stand for, and its edges by their ends."""

    graph: Graph
    live: Live

    @cached_property
    def entering(self) -> dict[int, list[tuple[int, Edge]]]:
        """By the key of an operation: the edges along which it sends, each with its place in
        ``graph.edges``.
        """
        found: dict[int, list] = {key: [] for key in self.live.operations}
        for place, edge in enumerate(self.graph.edges):
            tracked = edge.slot is not None and edge.source in self.live.gradient_edges
            if edge.target in found and tracked:
                found[edge.target].append((place, edge))
        return found

    @cached_property
    def leaving(self) -> dict[int, list[Edge]]:
        """By the key of an operation: the edges to its results."""
        return {key: self.graph.outputs(key) for key in self.live.operations}

    @cached_property
    def uses(self) -> dict[int, list[tuple[int, int]]]:
        """By the key of a tensor: the operations that use it, each with the slot."""
        found: dict[int, list] = {}
        for key, edges in self.entering.items():
            for _, edge in edges:
                found.setdefault(edge.source, []).append((key, edge.slot))
        return found

    @cached_property
    def ends(self) -> list[int]:
        """The tensors where the pass ends: leaves, and results of what is not drawn."""
        made = {edge.target for edges in self.leaving.values() for edge in edges}
        return [key for key in self.live.gradient_edges if key not in made]

    @cached_property
    def leaves(self) -> list[int]:
        """Of the ends those that are leaves."""
        nodes, root = self.graph.nodes, self.graph.root
        return [key for key in self.ends if nodes[key].role == "leaf" or key == root]

    @cached_property
    def blind(self) -> list[int]:
        """The operations that send to nobody, since none of their inputs requires grad by now."""
        return [key for key, edges in self.entering.items() if not edges]

    def leaf(self, key: int) -> torch.Tensor:
        """The leaf itself."""
        return self.live.gradient_edges[key][0].variable

    def dtype(self, key: int) -> torch.dtype:
        """The dtype of a tensor of the graph."""
        node, output_nr = self.live.gradient_edges[key][:2]
        return node._input_metadata[output_nr].dtype

    def made(self, key: int) -> int | None:
        """The one result of an operation; None where it has several."""
        single = len(self.live.operations[key]._input_metadata) == 1
        return self.leaving[key][0].target if single else None

    def is_written_in_python(self, key: int) -> bool:
        """Whether an operation is a Function of somebody's."""
        return hasattr(type(self.live.operations[key]), "apply")

    def is_pointwise(self, key: int) -> bool:
        """Whether the local derivative is a number, or one number for each element."""
        made, sources = self.made(key), [edge.source for _, edge in self.entering[key]]
        # A derivative by z alone does not say how a function of z and its conjugate moves.
        if made is None or any(self.dtype(one).is_complex for one in (made, *sources)):
            return False
        shapes = [self.graph.nodes[one].shape for one in (made, *sources)]
        if shapes[0] is None:
            return False
        single = all(shape is not None and math.prod(shape) == 1 for shape in shapes)
        return single or self.graph.nodes[key].operator.elementwise


def local_derivatives(route: Route) -> dict[int, dict[int, torch.Tensor]]:
    """By the key of each operation that may be asked: its local derivatives by slot.

    Asked is what runs PyTorch's code alone: no Function written in Python, no hook that unpacks.
    """
    silent = route.live.packed
    asked = [k for k in route.entering if k not in silent and not route.is_written_in_python(k)]
    return {key: _local(route, key) if route.is_pointwise(key) else {} for key in asked}


def _local(route: Route, key: int) -> dict[int, torch.Tensor]:
    node, shape = route.live.operations[key], route.graph.nodes[route.made(key)].shape
    result = node._input_metadata[0]
    try:
        with torch.no_grad():
            answer = node(torch.ones(shape, dtype=result.dtype, device=result.device))
    except RuntimeError:  # something saved was overwritten: the pass itself will say so
        return {}
    answers = answer if isinstance(answer, tuple) else (answer,)
    # What is smaller than the output was summed on the way, as for the one value of a masked_fill.
    size = math.prod(shape)
    given = {slot: one for slot, one in enumerate(answers) if one is not None}
    return {slot: _keep(one) for slot, one in given.items() if one.numel() == size}


def local_jacobians(route: Route, asked: Iterable[int]) -> dict[int, dict[int, torch.Tensor]]:
    """By the key of each operation that is asked and not pointwise: its small Jacobians by slot."""
    found, nodes = {}, route.graph.nodes
    for key in asked:
        if not route.is_pointwise(key):
            sources = {edge.slot: edge.source for _, edge in route.entering[key]}
            inputs = {
                slot: None if route.dtype(source).is_complex else nodes[source].shape
                for slot, source in sources.items()
            }
            found[key] = jacobians_of(route.live.operations[key], inputs)
    return found


@dataclass(frozen=True)
class Heard:
    """What hooks heard of a pass: the operations in the order of the engine, and by key what
    arrived at each node and what each operation sent.
    """

    order: list[int] = field(default_factory=list)
    arrived: dict[int, tuple] = field(default_factory=dict)
    sent: dict[int, tuple] = field(default_factory=dict)


@contextmanager
def listen(route: Route, accumulate: bool) -> Iterator[Heard]:
    """Hears what runs inside a ``with`` block; the hooks are gone after it."""
    heard, operations = Heard(), route.live.operations
    handles = [node.register_hook(_hook(heard, key)) for key, node in operations.items()]
    if accumulate:
        handles += [
            route.live.gradient_edges[key][0].register_prehook(_prehook(heard, key))
            for key in route.leaves
        ]
    try:
        yield heard
    finally:
        for handle in handles:
            handle.remove()


def _hook(heard: Heard, key: int) -> Callable:
    def hook(sent, arriving) -> None:
        heard.order.append(key)
        heard.arrived[key] = tuple(map(_keep, arriving))
        heard.sent[key] = tuple(map(_keep, sent))

    return hook


def _prehook(heard: Heard, key: int) -> Callable:
    def hook(arriving) -> None:
        heard.arrived[key] = tuple(map(_keep, arriving))

    return hook


def run(
    route: Route,
    output: torch.Tensor,
    gradient: torch.Tensor | None,
    accumulate: bool,
    create_graph: bool,
    held: list[torch.Tensor],
) -> Heard:
    """Runs the engine once. ``held`` are tensors that the caller holds."""
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        # The cycle between a leaf and its gradient is what create_graph asks for.
        warnings.filterwarnings("ignore", message=r"Using backward\(\) with create_graph=True")
        heard = stack.enter_context(listen(route, accumulate))
        try:
            if accumulate:
                torch.autograd.backward(output, gradient, create_graph=create_graph)
            else:
                with random_state_kept(), retained_grads_kept(route.live, held):
                    _rehearse(route, heard, output, gradient, create_graph)
        except RuntimeError as problem:
            _explain(route, heard, problem)
            raise
    return heard


def _rehearse(
    route: Route,
    heard: Heard,
    output: torch.Tensor,
    gradient: torch.Tensor | None,
    create_graph: bool,
) -> None:
    # Asked for the gradient of an edge, the engine runs what leads there and leaves .grad alone.
    places, results = route.live.gradient_edges, {k: route.leaving[k] for k in route.blind}
    blind = [edge.target for edges in results.values() for edge in edges]
    keys = [*route.ends, *blind]
    edges = [torch.autograd.graph.GradientEdge(*places[key]) for key in keys]
    gradients = torch.autograd.grad(
        output, edges, gradient, retain_graph=True, create_graph=create_graph, allow_unused=True
    )
    found = {key: (_keep(one),) for key, one in zip(keys, gradients, strict=True)}
    heard.arrived.update({key: found[key] for key in route.ends})
    for key, leaving in results.items():
        _add_blind(route, heard, key, {edge.slot: found[edge.target][0] for edge in leaving})


def _add_blind(route: Route, heard: Heard, key: int, arrived: dict) -> None:
    """Gives an operation that sends to nobody its turn, as ``backward()`` does."""
    if all(one is None for one in arrived.values()):
        return
    node = route.live.operations[key]
    count = len(node._input_metadata)
    heard.arrived[key] = tuple(arrived.get(slot) for slot in range(count))
    heard.sent[key] = (None,) * len(node.next_functions)
    # The engine takes of what is ready the operation that was made last.
    users = {user for edge in route.leaving[key] for user, _ in route.uses.get(edge.target, ())}
    ready = max((at for at, k in enumerate(heard.order, 1) if k in users), default=0)
    age, ages = node._sequence_nr(), route.live.operations
    later = (
        at for at in range(ready, len(heard.order)) if ages[heard.order[at]]._sequence_nr() < age
    )
    heard.order.insert(next(later, len(heard.order)), key)


def _explain(route: Route, heard: Heard, problem: RuntimeError) -> None:
    """Raises PyTorch's error with the names of the operations that have lost what they saved, and
    with what to do about a hook of several leaves.
    """
    if "_will_engine_execute_node" in str(problem):
        raise RuntimeError(
            "a hook that register_multi_grad_hook registered for leaves asks whether a pass comes "
            "to them, which PyTorch does not tell in a rehearsal: pass accumulate=True, which "
            "adds to .grad and frees the graph as backward() does, or remove that hook"
        ) from problem
    if "modified by an inplace operation" not in str(problem):
        return
    lost = [
        node
        for node in route.graph.nodes
        if node.has(Fact.SAVED_OVERWRITTEN) and node.key not in heard.order
    ]
    if lost:
        raise RuntimeError(f"{_told_lost(lost)}: {problem}") from problem


def _told_lost(nodes: list[Node]) -> str:
    """Which operations have lost what they saved; of the last one, where a pass comes first, also
    how.
    """
    (attribute, name, versions, writer), *_ = [
        note.details for note in nodes[-1].notes if note.fact is Fact.SAVED_OVERWRITTEN
    ]
    saved = f"{attribute} ({name})" if name else attribute
    counted = "at version {}, now at {}".format(*versions) if versions else "as it was then"
    last = f"{nodes[-1].class_name} saved {saved} {counted}{writer and f', written by {writer}'}"
    return (
        f"{' and '.join(node.class_name for node in nodes)} saved a value for the backward pass, "
        f"and it was overwritten in place since ({last})"
    )


@dataclass(frozen=True)
class Passed:
    """A pass that has run: what was known before it, and what was heard of it."""

    route: Route
    heard: Heard
    local: dict[int, dict[int, torch.Tensor]]
    jacobians: dict[int, dict[int, torch.Tensor]]
    #: By the key of a leaf: what ``.grad`` held.
    before: dict[int, torch.Tensor | None]
    #: By the key of what a hook has packed: the checkpoint that unpacks it, if one does.
    checkpoints: dict[int, object]
    seed: torch.Tensor
    accumulated: bool

    def steps(self) -> Iterator[Step]:
        """The operations in the order in which they ran, each leaf as soon as all that uses it has
        run.
        """
        order, uses = self.heard.order, self.route.uses
        turn = {key: at for at, key in enumerate(order)}
        due: dict[int, list] = {}
        for key in self.route.leaves:
            last = max((turn.get(user, -1) for user, _ in uses.get(key, ())), default=-1)
            due.setdefault(last, []).append(key)
        again = self._run_again()
        yield from map(self._leaf_step, due.get(-1, ()))
        for at, key in enumerate(order):
            yield self._step(key, again)
            yield from map(self._leaf_step, due.get(at, ()))

    def _run_again(self) -> set[int]:
        """The operations at whose turn a checkpoint ran its forward again."""
        first: dict[object, int] = {}
        for key in self.heard.order:
            if self.checkpoints.get(key) is not None:
                first.setdefault(self.checkpoints[key], key)
        return set(first.values())

    def _step(self, key: int, again: set[int]) -> Step:
        arriving = self.heard.arrived[key]
        notes = [Note(Fact.RAN_AGAIN)] if key in again else []
        for edge in self.route.leaving[key]:
            notes += self._of_sum(edge.target, arriving[edge.slot])
        flows = tuple(self._flow(key, place, edge) for place, edge in self.route.entering[key])
        return Step(key, tuple(map(read_if_any, arriving)), flows, notes=tuple(notes))

    def _flow(self, key: int, place: int, edge: Edge) -> EdgeGradient:
        gradient, asked = self.heard.sent[key][edge.slot], key in self.local
        local = self.local[key].get(edge.slot) if asked else self._ratio(key, gradient)
        notes = self._reduced(key, edge)
        if asked and local is not None and gradient is not None:
            notes += differences.of_product(local, self.heard.arrived[key][0], gradient)
        jacobian, shown = self.jacobians.get(key, {}).get(edge.slot), None
        if jacobian is not None and gradient is not None:
            shown = read_value(jacobian, whole=True)
            notes += differences.of_rows(jacobian, self.heard.arrived[key], gradient)
        sent = read_if_any(gradient)
        if sent is not None and sent.not_finite:
            notes += births.of_flow(
                self.heard.arrived[key], local if asked else None, gradient, sent, self._held(key)
            )
        return EdgeGradient(place, read_if_any(local), sent, gradient, notes, asked, shown)

    def _held(self, key: int) -> Kinds:
        """What is not finite among the values that went into an operation. Where some are not
        known, what it gave may have come from there.
        """
        entered = self._forward.entered(key)
        return entered.kinds if entered.known else entered.kinds | self._forward.made(key)

    @cached_property
    def _forward(self) -> Forward:
        return Forward(self.route.graph)

    def _ratio(self, key: int, sent: torch.Tensor | None) -> torch.Tensor | None:
        """The local derivative as the pass shows it, where one number arrived and one was sent.

        What a Function written in Python sends need not be a multiple of what arrived.
        """
        if self.route.is_written_in_python(key) or not self.route.is_pointwise(key):
            return None
        (arrived,) = self.heard.arrived[key]
        if not (_is_number(arrived) and _is_number(sent)):
            return None
        ratio = sent / arrived.reshape(sent.shape)
        return ratio if bool(ratio.isfinite()) else None

    def _reduced(self, key: int, edge: Edge) -> tuple[Note, ...]:
        """What the engine did to a gradient on its way: summed what was broadcast, cast what was
        promoted.
        """
        made, nodes = self.route.made(key), self.route.graph.nodes
        plain = nodes[key].operator.elementwise and not self.route.is_written_in_python(key)
        if made is None or not plain or None in (nodes[made].shape, nodes[edge.source].shape):
            return ()
        kinds = ((Fact.SUMMED, "shape"), (Fact.CAST, "dtype"))
        ends = [
            (fact, getattr(nodes[made], a), getattr(nodes[edge.source], a)) for fact, a in kinds
        ]
        return tuple(Note(fact, (one, two)) for fact, one, two in ends if one != two)

    def _of_sum(self, key: int, arriving: torch.Tensor | None) -> tuple[Note, ...]:
        # A value may have consumers beyond what is drawn.
        if self.route.graph.limit is not None:
            return ()
        uses, sent = self.route.uses.get(key, ()), self.heard.sent
        parts = [sent[user][slot] for user, slot in uses if user in sent]
        parts += [self.seed] if key == self.route.graph.root else []
        parts = [part for part in parts if part is not None]
        born = births.of_sum(parts, arriving)
        notes = differences.of_sum(parts, arriving, hooked=False)
        hooked = bool(notes) and self.route.live.gradient_edges[key][:2] in self._hooked
        return born + (differences.of_sum(parts, arriving, hooked) if hooked else notes)

    @cached_property
    def _hooked(self) -> set[tuple]:
        return hooked_edges(self.route.live)

    def _leaf_step(self, key: int) -> Step:
        leaf, before = self.route.leaf(key), self.before[key]
        (arriving,) = self.heard.arrived.get(key, (None,))
        if arriving is None:
            after, notes = before, (Note(Fact.NOTHING_ARRIVED),)
        elif not leaf.requires_grad:
            after, notes = before, (Note(Fact.NOT_ACCUMULATED),)
        else:
            after = arriving if before is None else _added(before, arriving)
            notes = self._of_sum(key, arriving)
        hooked = bool(leaf._post_accumulate_grad_hooks)
        if hooked and not self.accumulated and arriving is not None:
            notes += (Note(Fact.POST_HOOK),)
        if self.accumulated:
            notes += differences.of_grad(after, leaf.grad, hooked)
            after = leaf.grad
        return Step(
            key,
            (read_if_any(arriving),),
            before=read_if_any(before),
            after=read_if_any(after),
            notes=notes,
        )


def _cast(gradient: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    """The gradient that the pass starts from, as the engine takes it: in the output's dtype."""
    return gradient if gradient.is_complex() else gradient.to(output.dtype)


def _keep(gradient: torch.Tensor | None) -> torch.Tensor | None:
    # A copy, since the engine may add to its own in place.
    if gradient is None:
        return None
    with unseen():
        return gradient.detach().clone()


def _added(before: torch.Tensor, arriving: torch.Tensor) -> torch.Tensor:
    """What ``.grad`` becomes. PyTorch adds a sparse tensor to a dense one, and not the reverse."""
    if before.is_sparse and not arriving.is_sparse:
        return arriving + before
    return before + arriving


def _is_number(tensor: torch.Tensor | None) -> bool:
    return (
        tensor is not None
        and not (tensor.is_nested or tensor.is_meta)
        and tensor.layout == torch.strided
        and tensor.numel() == 1
    )
