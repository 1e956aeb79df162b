"""Records a backward pass as PyTorch runs it: what arrived at each node, and what each edge
carried.
"""

import math
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from autograd_seen.graph import EdgeGradient, Fact, Graph, Note, Recording, Step
from autograd_seen.live import names
from autograd_seen.live.forward import Tape, check_tape
from autograd_seen.live.reading import read_value
from autograd_seen.live.walk import (
    MOST_TOUCHED,
    Live,
    check_limit,
    check_names,
    trace_live,
    why_no_graph,
)
from autograd_seen.values import Value, clip, dtype_name, kind_of


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

    Without ``accumulate`` it leaves ``.grad``, what is saved, and the graph as they were, so that
    it can be called again. With it, it does what ``backward()`` does. Hooks of yours run either
    way, once, as in any backward pass.

    The numbers are those that the engine handed from node to node. A local derivative is a node's
    answer to a gradient of ones; for one number in and one out that is d(output)/d(input), for an
    elementwise operation the derivative of each element, and for any other operation it is left
    out, being a whole Jacobian. A Function written in Python, and what a hook has packed, is asked
    nothing beside the pass: for one number in and one out its local derivative is what it sent
    divided by what arrived.

    Args:
        output: the root, any shape. More than one element needs ``gradient``.
        gradient: dL/d(output), of the shape of ``output``; left out, 1 for an output with one
            element.
        accumulate: add to ``.grad`` of the leaves and free what the graph has saved, as
            ``backward()`` does.
        create_graph: record the pass itself too, for a higher derivative.
        max_operations: only the last so many operations are recorded, at most 1,000.
        tape: what ``record_forward`` recorded of the forward pass, for the graph that comes back.

    Raises:
        TypeError: ``output``, ``gradient`` or a named argument is not a tensor.
        ValueError: ``output`` has no graph, a named tensor is not in it, or ``max_operations`` is
            no such number.
        RuntimeError: as ``backward()`` raises it: ``gradient`` is missing or has another shape, an
            earlier pass has freed the graph, or a value that an operation saved was overwritten in
            place.

    Example:
        >>> x = torch.tensor(4.0, requires_grad=True)
        >>> z = torch.sin(x**2)
        >>> for step in record_backward(z).steps:
        ...     print(*step.arriving, [(str(flow.local), str(flow.sent)) for flow in step.flows])
        1 [('-0.9577', '-0.9577')]
        -0.9577 [('8', '-7.6613')]
        -7.6613 []
    """
    with _unseen():
        callers = names.of_frame(sys._getframe(1))
    return record(
        output, gradient, names_of_tensors, callers, accumulate, create_graph, max_operations, tape
    )


def record(
    output,
    gradient,
    names_of_tensors: dict[str, torch.Tensor],
    callers: list[tuple[str, torch.Tensor]],
    accumulate: bool = False,
    create_graph: bool = False,
    max_operations: int = MOST_TOUCHED,
    tape: Tape | None = None,
) -> Recording:
    """``record_backward`` for one who has looked up already what the caller calls its tensors."""
    with _unseen():
        _check(output, gradient, max_operations, names_of_tensors)
    check_tape(tape)
    named = [(name, tensor) for name, tensor in callers if name not in names_of_tensors]
    given = [(clip(name), tensor) for name, tensor in names_of_tensors.items()]
    with _unseen():
        graph, live = trace_live(output, [*given, *named], max_operations, tape, names_of_tensors)
        if any(node.freed for node in graph.nodes):
            raise RuntimeError(
                "record_backward needs what the graph has saved, and an earlier backward pass has freed it: compute "
                "the output again, or pass retain_graph=True to the earlier one"
            )
        run = _Pass(graph, live, torch.ones_like(output.detach()) if gradient is None else gradient)
    run.go(output, gradient, accumulate, create_graph)
    with _unseen():
        return Recording(
            graph, tuple(run.steps(accumulate)), _value(run.seed), accumulate, create_graph
        )


@contextmanager
def _unseen() -> Iterator[None]:
    """What a subclass does with each call, and inference mode, are the caller's: neither must see
    the recording.
    """
    with torch.inference_mode(False), torch._C.DisableTorchFunctionSubclass():
        yield


def _check(output, gradient, max_operations, named) -> None:
    for what, thing in (("output", output), ("gradient", gradient)):
        if not isinstance(thing, torch.Tensor) and not (what == "gradient" and thing is None):
            raise TypeError(
                f"record_backward needs a tensor as its {what}, and got {kind_of(thing)}"
            )
    check_limit(max_operations)
    if not output.requires_grad:
        raise ValueError(
            f"record_backward needs a tensor with a graph, and this one has none: {why_no_graph(output)}"
        )
    check_names(named)
    _check_gradient(output, gradient)


def _check_gradient(output, gradient) -> None:
    """Raises what PyTorch raises of a gradient that does not fit, and says what to pass."""
    shape = tuple(output.shape)
    if gradient is None and output.numel() != 1:
        raise RuntimeError(
            f"grad can be implicitly created only for scalar outputs, and this one has the shape {shape}: pass "
            "gradient=…, a tensor of that shape, or record a number, such as output.sum()"
        )
    if gradient is None and not output.is_floating_point():
        raise RuntimeError(
            f"grad can be implicitly created only for real scalar outputs, and this one is {dtype_name(output.dtype)}: "
            "pass gradient=…, a tensor of that dtype, or record a real number, such as output.abs()"
        )
    if gradient is not None and gradient.shape != output.shape:
        raise RuntimeError(
            f"the gradient has the shape {tuple(gradient.shape)} and the output {shape}: a gradient has the shape of "
            "the output that it belongs to, not of the input"
        )


class _Pass:
    """One run of the engine over a traced graph, listened to by hooks on every operation."""

    def __init__(self, graph: Graph, live: Live, seed: torch.Tensor):
        self.graph, self.live, self.seed = graph, live, seed
        self.entering: dict[int, list] = {key: [] for key in live.operations}
        self.leaving: dict[int, list] = {key: [] for key in live.operations}
        #: For each tensor its uses: (operation, slot).
        self.uses: dict[int, list] = {}
        made = set()
        for place, edge in enumerate(graph.edges):
            if edge.target in live.operations:
                if edge.slot is not None and edge.source in live.gradient_edges:
                    self.uses.setdefault(edge.source, []).append((edge.target, edge.slot))
                    self.entering[edge.target].append((place, edge))
            elif edge.source in live.operations:
                self.leaving[edge.source].append(edge)
                made.add(edge.target)
        #: The tensors where the pass ends: leaves, and results of what is not drawn.
        self.ends = [key for key in live.gradient_edges if key not in made]
        self.leaves = [
            key for key in self.ends if graph.nodes[key].role == "leaf" or key == graph.root
        ]
        # Asked for before the pass, which may free what the answer needs.
        self.local = {key: self._local(key) for key in live.operations if self._may_be_called(key)}
        self.before = {key: _grad(self._leaf(key)) for key in self.leaves}
        self.order: list[int] = []
        self.arrived: dict[int, tuple] = {}
        self.sent: dict[int, tuple] = {}

    def _leaf(self, key: int) -> torch.Tensor:
        return self.live.gradient_edges[key][0].variable

    def go(self, output, gradient, accumulate: bool, create_graph: bool) -> None:
        """Runs the engine once."""
        # The engine fills what retain_grad() asked for whether or not it accumulates into leaves.
        retained = (
            [] if accumulate else [(one, one.grad) for one in self.live.tensors if one.retains_grad]
        )
        handles = [
            node.register_hook(self._listen(key)) for key, node in self.live.operations.items()
        ]
        if accumulate:
            handles += [
                self.live.gradient_edges[key][0].register_prehook(self._listen_at_leaf(key))
                for key in self.leaves
            ]
        try:
            with warnings.catch_warnings():
                # The cycle between a leaf and its gradient is what create_graph asks for.
                warnings.filterwarnings(
                    "ignore", message=r"Using backward\(\) with create_graph=True"
                )
                if accumulate:
                    torch.autograd.backward(output, gradient, create_graph=create_graph)
                else:
                    self._observe(output, gradient, create_graph)
        except RuntimeError as problem:
            clashes = self._clashes() if "modified by an inplace operation" in str(problem) else ""
            if not clashes:
                raise
            raise RuntimeError(
                f"{clashes} saved a value for the backward pass, and it was overwritten in place since: {problem}"
            ) from problem
        finally:
            for handle in handles:
                handle.remove()
            for one, grad in retained:
                one.grad = grad

    def _clashes(self) -> str:
        """Which operations have lost what they saved, and so have not had their turn."""
        lost = [
            node
            for node in self.graph.nodes
            if node.has(Fact.SAVED_OVERWRITTEN) and node.key not in self.order
        ]
        return " and ".join(node.class_name for node in lost)

    def _listen(self, key: int) -> Callable:
        def hook(sent, arriving) -> None:
            self.order.append(key)
            self.arrived[key] = tuple(map(_keep, arriving))
            self.sent[key] = tuple(map(_keep, sent))

        return hook

    def _listen_at_leaf(self, key: int) -> Callable:
        def hook(arriving) -> None:
            self.arrived[key] = tuple(map(_keep, arriving))

        return hook

    def _observe(self, output, gradient, create_graph: bool) -> None:
        # Asked for the gradient of an edge, the engine runs what leads there and leaves .grad
        # alone.
        edges = [
            torch.autograd.graph.GradientEdge(*self.live.gradient_edges[key]) for key in self.ends
        ]
        gradients = torch.autograd.grad(
            output, edges, gradient, retain_graph=True, create_graph=create_graph, allow_unused=True
        )
        for key, one in zip(self.ends, gradients, strict=True):
            self.arrived[key] = (_keep(one),)

    def steps(self, accumulated: bool) -> Iterator[Step]:
        """The operations in the order in which they ran, each leaf as soon as all that uses it has
        run.
        """
        turn = {key: i for i, key in enumerate(self.order)}
        due: dict[int, list] = {}
        for key in self.leaves:
            last = max((turn.get(user, -1) for user, _ in self.uses.get(key, ())), default=-1)
            due.setdefault(last, []).append(key)
        yield from (self._leaf_step(key, accumulated) for key in due.get(-1, ()))
        for i, key in enumerate(self.order):
            yield self._step(key)
            yield from (self._leaf_step(leaf, accumulated) for leaf in due.get(i, ()))

    def _step(self, key: int) -> Step:
        arriving, notes = self.arrived[key], []
        for edge in self.leaving[key]:
            notes += self._changed_by_a_hook(edge.target, arriving[edge.slot])
        flows = tuple(self._flow(key, place, edge) for place, edge in self.entering[key])
        return Step(key, tuple(map(_value, arriving)), flows, notes=tuple(notes))

    def _flow(self, key: int, place: int, edge) -> EdgeGradient:
        gradient, asked = self.sent[key][edge.slot], key in self.local
        local = self.local[key].get(edge.slot) if asked else self._ratio(key, gradient)
        notes = self._reduced(key, edge)
        if asked and local is not None and gradient is not None:
            notes += self._changed_when_sent(local, self.arrived[key][0], gradient)
        return EdgeGradient(
            place,
            None if local is None else _value(local),
            _value(gradient),
            gradient,
            notes,
        )

    def _leaf_step(self, key: int, accumulated: bool) -> Step:
        (arriving,), before = self.arrived.get(key, (None,)), self.before[key]
        if arriving is None:
            after, notes = before, [Note(Fact.NOTHING_ARRIVED)]
        elif not self._leaf(key).requires_grad:
            after, notes = before, [Note(Fact.NOT_ACCUMULATED)]
        else:
            after = arriving if before is None else before + arriving
            notes = self._changed_by_a_hook(key, arriving)
        if accumulated:
            expected, after = _value(after), _grad(self._leaf(key))
            if _value(after) != expected:
                notes.append(Note(Fact.HOOKED_GRAD, (expected, _value(after))))
        return Step(
            key,
            (_value(arriving),),
            before=_value(before),
            after=_value(after),
            notes=tuple(notes),
        )

    def _local(self, key: int) -> dict[int, torch.Tensor]:
        """For each input its local derivative, where that is a number or one number for each
        element.
        """
        node, shape = self.live.operations[key], self._made(key)
        outputs = node._input_metadata
        if shape is None or not self._is_pointwise(key, shape, outputs[0].dtype):
            return {}
        try:
            with torch.no_grad():
                answer = node(torch.ones(shape, dtype=outputs[0].dtype, device=outputs[0].device))
        except RuntimeError:  # something saved was overwritten: the pass itself will say so
            return {}
        answers = answer if isinstance(answer, tuple) else (answer,)
        # What is smaller than the output was summed on the way, as for the one value of a
        # masked_fill.
        whole = {
            slot: one
            for slot, one in enumerate(answers)
            if one is not None and one.numel() == math.prod(shape)
        }
        return {slot: _keep(one) for slot, one in whole.items()}

    def _may_be_called(self, key: int) -> bool:
        """Whether asking the node runs PyTorch's code alone: no Function written in Python, no hook
        that unpacks.
        """
        return key not in self.live.packed and not self._is_written_in_python(key)

    def _is_written_in_python(self, key: int) -> bool:
        return hasattr(type(self.live.operations[key]), "apply")

    def _ratio(self, key: int, sent: torch.Tensor | None) -> torch.Tensor | None:
        """The local derivative as the pass shows it, where one number arrived and one was sent."""
        arrived = self.arrived[key][0]
        if len(self.arrived[key]) != 1 or arrived is None or sent is None or sent.is_complex():
            return None
        if _number(arrived) is None or _number(sent) is None or arrived.is_complex():
            return None
        ratio = sent / arrived.reshape(sent.shape)
        return ratio if bool(ratio.isfinite()) else None

    def _made(self, key: int) -> tuple[int, ...] | None:
        """The shape of an operation's one output; None where it has several, or no shape."""
        single = len(self.live.operations[key]._input_metadata) == 1
        return self.graph.nodes[self.leaving[key][0].target].shape if single else None

    def _is_pointwise(self, key: int, made, dtype) -> bool:
        if dtype.is_complex:
            return False  # a derivative by z alone does not say how a function of z and its conjugate moves
        shapes = [self.graph.nodes[edge.source].shape for _, edge in self.entering[key]]
        single = all(shape is not None and math.prod(shape) == 1 for shape in [made, *shapes])
        return single or self.graph.nodes[key].operator.elementwise

    def _reduced(self, key: int, edge) -> tuple[Note, ...]:
        """What the engine did to a gradient on its way: summed what was broadcast, cast what was
        promoted.
        """
        source, shape = self.graph.nodes[edge.source], self._made(key)
        elementwise = self.graph.nodes[key].operator.elementwise
        if None in (shape, source.shape) or not elementwise or self._is_written_in_python(key):
            return ()
        dtype = self.graph.nodes[self.leaving[key][0].target].dtype
        summed = [Note(Fact.SUMMED, (shape, source.shape))] if shape != source.shape else []
        cast = [Note(Fact.CAST, (dtype, source.dtype))] if dtype != source.dtype else []
        return (*summed, *cast)

    def _changed_when_sent(self, local, arrived, sent) -> tuple[Note, ...]:
        """A note where what a node sent is not its local derivative times what arrived."""
        if (
            arrived is None
            or sent.is_complex()
            or sent.is_meta
            or not _all_strided(local, arrived, sent)
        ):
            return ()
        product = local * arrived.reshape(local.shape)
        if torch.equal(product, sent):
            return ()
        whole = product.numel() == sent.numel()  # else the engine has summed what was broadcast
        both = (product, product.abs())
        total, size = (
            one.reshape(sent.shape) if whole else one.sum_to_size(sent.shape) for one in both
        )
        # A node may compute its product in another order and precision.
        kinds = {one.dtype for one in (local, arrived, sent)}
        rounding = (8 + product.numel() // max(1, sent.numel())) * max(
            torch.finfo(kind).eps for kind in kinds
        )
        same = bool((((total - sent).abs() <= rounding * size) | ~total.isfinite()).all())
        return () if same else (Note(Fact.HOOKED, (_value(total), _value(sent))),)

    def _changed_by_a_hook(self, key: int, arriving: torch.Tensor | None) -> list[Note]:
        """A note where what arrived at a tensor is not the sum of what its consumers sent."""
        parts = [
            self.sent[user][slot] for user, slot in self.uses.get(key, ()) if user in self.sent
        ]
        parts = [
            part
            for part in [*parts, self.seed if key == self.graph.root else None]
            if part is not None
        ]
        # A value may have consumers beyond what is drawn; and what is nested, or holds no numbers,
        # is not added up.
        if (
            not parts
            or arriving is None
            or self.graph.limit is not None
            or arriving.is_nested
            or arriving.is_meta
        ):
            return []
        plain = _all_strided(*parts, arriving) and not arriving.is_complex()
        if len(parts) == 1 and plain and torch.equal(parts[0], arriving):
            return []
        dense = [part.to_dense() for part in parts]
        total, size = sum(dense[1:], dense[0]), sum(part.abs() for part in dense)
        # The engine may add in another order: a difference within rounding is none.
        rounding = 4 * len(dense) * torch.finfo(arriving.dtype).eps
        same = (total - arriving.to_dense()).abs() <= rounding * size
        same = bool((same | ~total.isfinite()).all())
        return [] if same else [Note(Fact.HOOKED, (_value(total), _value(arriving)))]


def _keep(gradient: torch.Tensor | None) -> torch.Tensor | None:
    # A copy, since the engine may add to its own in place.
    if gradient is None:
        return None
    with _unseen():
        return gradient.detach().clone()


def _grad(leaf: torch.Tensor) -> torch.Tensor | None:
    return _keep(leaf.grad)


def _all_strided(*tensors: torch.Tensor) -> bool:
    return all(tensor.layout == torch.strided for tensor in tensors)


def _value(tensor: torch.Tensor | None) -> Value | None:
    return None if tensor is None else read_value(tensor)


def _number(tensor: torch.Tensor | None) -> float | complex | None:
    if (
        tensor is None
        or tensor.is_nested
        or tensor.is_meta
        or tensor.layout != torch.strided
        or tensor.numel() != 1
    ):
        return None
    return tensor.item()
