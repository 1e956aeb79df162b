"""Records a backward pass as PyTorch runs it: what arrived at each node, and what each edge carried."""

import math
import sys
import warnings
from collections.abc import Callable, Iterator

import torch

from utils import names, operations
from utils.graph import Flow, Graph, Recording, Step
from utils.trace import MOST_TOUCHED, Live, trace_live
from utils.values import clip, dtype_name, summary

#: What stands for a gradient that is not defined.
NONE = "None"


def record_backward(
    output: torch.Tensor,
    gradient: torch.Tensor | None = None,
    /,
    *,
    accumulate: bool = False,
    create_graph: bool = False,
    max_operations: int = MOST_TOUCHED,
    **names_of_tensors: torch.Tensor,
) -> Recording:
    """Runs the backward pass that ``output.backward(gradient)`` runs, and returns what flowed.

    Without ``accumulate`` it leaves ``.grad``, what is saved, and the graph as they were, so that it can be called
    again. With it, it does what ``backward()`` does. Hooks of yours run either way, as in any backward pass.

    The numbers are those that the engine handed from node to node. A local derivative is a node's answer to a
    gradient of ones; for one number in and one out that is d(output)/d(input), for an elementwise operation the
    derivative of each element, and for any other operation it is left out, being a whole Jacobian.

    Args:
        output: the root, any shape. More than one element needs ``gradient``.
        gradient: dL/d(output), of the shape of ``output``; left out, 1 for an output with one element.
        accumulate: add to ``.grad`` of the leaves and free what the graph has saved, as ``backward()`` does.
        create_graph: record the pass itself too, for a higher derivative.
        max_operations: only the last so many operations are recorded, at most 1,000.

    Raises:
        TypeError: ``output`` or ``gradient`` is not a tensor.
        ValueError: ``output`` has no graph, or ``gradient`` is missing or has another shape.
        RuntimeError: an earlier backward pass has freed the graph, or PyTorch's own pass fails.

    Example:
        >>> x = torch.tensor(4.0, requires_grad=True)
        >>> z = torch.sin(x**2)
        >>> for step in record_backward(z).steps:
        ...     print(step.arriving, [(flow.local, flow.sent) for flow in step.flows])
        ('1',) [('-0.9577', '-0.9577')]
        ('-0.9577',) [('8', '-7.6613')]
        ('-7.6613',) []
    """
    seed = _seed(output, gradient)
    named = [(name, tensor) for name, tensor in names.of_frame(sys._getframe(1)) if name not in names_of_tensors]
    given = [(clip(name), tensor) for name, tensor in names_of_tensors.items()]
    graph, live = trace_live(output, [*given, *named], max_operations)
    if any(node.freed for node in graph.nodes):
        raise RuntimeError(
            "record_backward needs what the graph has saved, and an earlier backward pass has freed it: compute the "
            "output again, or pass retain_graph=True to the earlier one"
        )
    run = _Pass(graph, live)
    run.go(output, seed, accumulate, create_graph)
    return Recording(graph, tuple(run.steps(accumulate)), _text(seed), accumulate, create_graph)


def _seed(output, gradient) -> torch.Tensor:
    for what, thing in (("output", output), ("gradient", gradient)):
        if not isinstance(thing, torch.Tensor) and not (what == "gradient" and thing is None):
            raise TypeError(f"record_backward needs a tensor as its {what}, and got {type(thing).__name__}")
    if gradient is None:
        if output.numel() != 1:
            raise ValueError(
                f"record_backward of an output of shape {tuple(output.shape)} needs a gradient of that shape, as "
                "backward() does: pass one, or record a number, such as output.sum()"
            )
        return torch.ones_like(output.detach())
    if gradient.shape != output.shape:
        raise ValueError(
            f"the gradient has the shape {tuple(gradient.shape)} and the output {tuple(output.shape)}: a gradient "
            "has the shape of the output that it belongs to, not of the input"
        )
    return gradient


class _Pass:
    """One run of the engine over a traced graph, listened to by hooks on every operation."""

    def __init__(self, graph: Graph, live: Live):
        self.graph, self.live = graph, live
        self.entering: dict[int, list] = {key: [] for key in live.operations}
        self.leaving: dict[int, list] = {key: [] for key in live.operations}
        self.consumers: dict[int, list] = {}
        made = set()
        for place, edge in enumerate(graph.edges):
            if edge.target in live.operations:
                self.consumers.setdefault(edge.source, []).append(edge.target)
                if edge.slot is not None and edge.source in live.places:
                    self.entering[edge.target].append((place, edge))
            elif edge.source in live.operations:
                self.leaving[edge.source].append(edge)
                made.add(edge.target)
        #: The tensors where the pass ends: leaves, and results of what is not drawn.
        self.ends = [key for key in live.places if key not in made]
        self.leaves = [key for key in self.ends if graph.nodes[key].role == "leaf" or key == graph.root]
        # Asked for before the pass, which may free what the answer needs.
        self.local = {key: self._local(key) for key in live.operations}
        self.before = {key: _grad(self._leaf(key)) for key in self.leaves}
        self.order: list[int] = []
        self.arrived: dict[int, tuple] = {}
        self.sent: dict[int, tuple] = {}

    def _leaf(self, key: int) -> torch.Tensor:
        return self.live.places[key][0].variable

    def go(self, output, seed, accumulate: bool, create_graph: bool) -> None:
        """Runs the engine once."""
        handles = [node.register_hook(self._listen(key)) for key, node in self.live.operations.items()]
        if accumulate:
            handles += [self.live.places[key][0].register_prehook(self._listen_at_leaf(key)) for key in self.leaves]
        try:
            with warnings.catch_warnings():
                # The cycle between a leaf and its gradient is what create_graph asks for.
                warnings.filterwarnings("ignore", message=r"Using backward\(\) with create_graph=True")
                if accumulate:
                    torch.autograd.backward(output, seed, create_graph=create_graph)
                else:
                    self._observe(output, seed, create_graph)
        finally:
            for handle in handles:
                handle.remove()
        self.seed = seed

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

    def _observe(self, output, seed, create_graph: bool) -> None:
        # Asked for the gradient of an edge, the engine runs what leads there and leaves .grad alone.
        edges = [torch.autograd.graph.GradientEdge(*self.live.places[key]) for key in self.ends]
        gradients = torch.autograd.grad(
            output, edges, seed, retain_graph=True, create_graph=create_graph, allow_unused=True
        )
        for key, gradient in zip(self.ends, gradients, strict=True):
            self.arrived[key] = (_keep(gradient),)

    def steps(self, accumulated: bool) -> Iterator[Step]:
        """The operations in the order in which they ran, each leaf as soon as all that uses it has run."""
        turn = {key: i for i, key in enumerate(self.order)}
        due: dict[int, list] = {}
        for key in self.leaves:
            last = max((turn.get(consumer, -1) for consumer in self.consumers.get(key, ())), default=-1)
            due.setdefault(last, []).append(key)
        yield from (self._leaf_step(key, accumulated) for key in due.get(-1, ()))
        for i, key in enumerate(self.order):
            yield self._step(key)
            yield from (self._leaf_step(leaf, accumulated) for leaf in due.get(i, ()))

    def _step(self, key: int) -> Step:
        arriving, notes = self.arrived[key], []
        for edge in self.leaving[key]:
            notes += self._changed_by_a_hook(edge.target, arriving[edge.slot])
        used = [gradient for gradient in arriving if gradient is not None]
        exact = _number(used[0]) if len(arriving) == 1 and used else None
        flows = tuple(self._flow(key, place, edge) for place, edge in self.entering[key])
        return Step(key, tuple(map(_text, arriving)), exact, flows, notes=tuple(notes))

    def _flow(self, key: int, place: int, edge) -> Flow:
        gradient, local = self.sent[key][edge.slot], self.local[key].get(edge.slot)
        return Flow(
            place,
            "" if local is None else _text(local),
            _text(gradient),
            _number(local),
            _number(gradient),
            gradient,
            self._reduced(key, edge),
        )

    def _leaf_step(self, key: int, accumulated: bool) -> Step:
        (arriving,), before = self.arrived.get(key, (None,)), self.before[key]
        if arriving is None:
            after, notes = before, ["nothing arrived"]
        elif not self._leaf(key).requires_grad:
            after, notes = before, ["frozen: not accumulated"]
        else:
            after = arriving if before is None else before + arriving
            notes = self._changed_by_a_hook(key, arriving)
        if accumulated:
            after = _grad(self._leaf(key))
        return Step(
            key, (_text(arriving),), _number(arriving), before=_text(before), after=_text(after), notes=tuple(notes)
        )

    def _local(self, key: int) -> dict[int, torch.Tensor]:
        """For each input its local derivative, where that is a number or one number for each element."""
        node = self.live.operations[key]
        outputs = node._input_metadata
        if len(outputs) != 1 or key in self.live.packed or not self._is_pointwise(key, outputs[0]):
            return {}
        call = node.apply if hasattr(type(node), "apply") else node  # a Function written in Python is not callable
        try:
            with torch.no_grad():
                answer = call(torch.ones(outputs[0].shape, dtype=outputs[0].dtype, device=outputs[0].device))
        except RuntimeError:  # something saved was overwritten: the pass itself will say so
            return {}
        answers = answer if isinstance(answer, tuple) else (answer,)
        return {slot: _keep(one) for slot, one in enumerate(answers) if isinstance(one, torch.Tensor)}

    def _is_pointwise(self, key: int, output) -> bool:
        if output.dtype.is_complex:
            return False  # a derivative by z alone does not say how a function of z and its conjugate moves
        shapes = [self.graph.nodes[edge.source].shape for _, edge in self.entering[key]]
        single = all(shape is not None and math.prod(shape) == 1 for shape in [tuple(output.shape), *shapes])
        return single or operations.is_elementwise(self.graph.nodes[key].class_name)

    def _reduced(self, key: int, edge) -> tuple[str, ...]:
        """What the engine did to a gradient on its way: summed what was broadcast, cast what was promoted."""
        outputs, source = self.live.operations[key]._input_metadata, self.graph.nodes[edge.source]
        if len(outputs) != 1 or not operations.is_elementwise(self.graph.nodes[key].class_name):
            return ()
        shape, dtype = tuple(outputs[0].shape), dtype_name(outputs[0].dtype)
        summed = [f"summed {shape} → {source.shape}"] if shape != source.shape else []
        return tuple(summed + ([f"cast {dtype} → {source.dtype}"] if dtype != source.dtype else []))

    def _changed_by_a_hook(self, key: int, arriving: torch.Tensor | None) -> list[str]:
        """A note where what arrived at a tensor is not the sum of what its consumers sent."""
        parts = [
            self.sent[edge.target][edge.slot]
            for edge in self.graph.edges
            if edge.source == key and edge.slot is not None and edge.target in self.sent
        ]
        parts = [part for part in [*parts, self.seed if key == self.graph.root else None] if part is not None]
        if not parts or arriving is None or self.graph.limit is not None:
            return []
        total, size = sum(parts[1:], parts[0].detach()), sum(part.detach().abs() for part in parts)
        # The engine may add in another order: a difference within rounding is none.
        close = (total.to_dense() - arriving.to_dense()).abs() <= 1e-3 * size.to_dense() + 1e-12
        same = bool((close | total.to_dense().isnan() | total.to_dense().isinf()).all())
        return [] if same else [f"a hook changed {_text(total)} to {_text(arriving)}"]


def _keep(gradient: torch.Tensor | None) -> torch.Tensor | None:
    # A copy, since the engine may add to its own in place.
    return None if gradient is None else gradient.detach().clone()


def _grad(leaf: torch.Tensor) -> torch.Tensor | None:
    return _keep(leaf.grad)


def _text(tensor: torch.Tensor | None) -> str:
    return NONE if tensor is None else summary(tensor) or f"shape {tuple(tensor.shape)}"


def _number(tensor: torch.Tensor | None) -> float | complex | None:
    return tensor.item() if tensor is not None and tensor.numel() == 1 and tensor.layout == torch.strided else None
