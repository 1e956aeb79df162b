"""Forward mode on a graph that is there: a nudge of leaves, pushed through each operation to the
output.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch.autograd.graph import Node as TorchNode

from autograd_seen.graph import JVP, Edge, EdgeGradient, Fact, Node, Note, TangentStep
from autograd_seen.live import names
from autograd_seen.live.backward import Route, local_derivatives, local_jacobians
from autograd_seen.live.forward import Tape, check_tape
from autograd_seen.live.reading import read_if_any, read_value, unseen
from autograd_seen.live.rehearsal import random_state_kept
from autograd_seen.live.walk import (
    MOST_TOUCHED,
    check_limit,
    check_names,
    trace_live,
    why_no_graph,
)
from autograd_seen.values import clip_name, dtype_name, kind_of

Tangents = Mapping[torch.Tensor, torch.Tensor | float]


def record_jvp(
    output: torch.Tensor,
    tangents: Tangents | None = None,
    /,
    *,
    max_operations: int = MOST_TOUCHED,
    tape: Tape | None = None,
    **names_of_tensors: torch.Tensor,
) -> JVP:
    """Pushes a nudge of leaves forward through the graph of ``output``, and returns what travelled.

    That is forward mode: dx is multiplied by the local derivative of each operation on its way to
    ``output``, where a backward pass multiplies in the other order. Where several inputs of an
    operation are nudged, what they give is added. What arrives in the end is the Jacobian-vector
    product that ``torch.func.jvp`` returns, with the nudges as its tangents: a gradient would be a
    row of the Jacobian, this is a combination of its columns.

    No ``.grad`` is written, nothing that the graph has saved is freed, and no hook runs. PyTorch's
    own forward mode keeps no graph; here the graph is there already, and each node is asked. A node
    maps a gradient v to Jᵀv, which is linear in v; the derivative of that by v is J, so autograd
    gives J t as the vector-Jacobian product of that map (J. Townsend, "A new trick for calculating
    Jacobian vector products", 2017).

    A Function written in Python, and what a hook has packed, is not asked, since that would run
    code of yours; a few nodes have no second derivative. There the tangent is not known, nor is any
    that depends on it, and the recording says so.

    Args:
        output: a tensor with a graph, any shape.
        tangents: by leaf the nudge, a number or a tensor of the leaf's shape. What is left out is
            not nudged. Left out altogether it is 1 where the graph has one leaf with one number.
        max_operations: only the last so many operations are looked at.
        tape: what ``record_forward`` recorded of the forward pass, for the values in the picture.

    Raises:
        TypeError: ``output`` or a nudged thing is not a tensor, or a nudge is no number.
        ValueError: ``output`` has no graph; a nudged tensor is no leaf of it; a nudge has another
            shape; or it must be said which leaf is nudged.
        RuntimeError: an earlier backward pass has freed the graph, or a value that an operation
            saved was overwritten in place.

    Example:
        >>> x = torch.tensor(4.0, requires_grad=True)
        >>> z = torch.sin(x**2)
        >>> jvp = record_jvp(z, {x: 1.0})
        >>> for step in jvp.steps:
        ...     print([(str(flow.local), str(flow.sent)) for flow in step.flows])
        [('8', '8')]
        [('-0.9577', '-7.6613')]
        >>> jvp.output
        tensor(-7.6613)
    """
    with unseen():
        callers = names.of_frame(sys._getframe(1))
    return push(output, tangents, names_of_tensors, callers, max_operations, tape)


def push(
    output: torch.Tensor,
    tangents: Tangents | None,
    names_of_tensors: dict[str, torch.Tensor],
    callers: list[tuple[str, torch.Tensor]],
    max_operations: int = MOST_TOUCHED,
    tape: Tape | None = None,
) -> JVP:
    """``record_jvp`` for one who has looked up already what the caller calls its tensors."""
    check_tape(tape)
    check_limit(max_operations)
    with unseen():
        _check(output, tangents)
        check_names(names_of_tensors)
        named = [(clip_name(name), tensor) for name, tensor in names_of_tensors.items()]
        named += [(name, tensor) for name, tensor in callers if name not in names_of_tensors]
        route = Route(*trace_live(output, named, max_operations, tape, names_of_tensors))
        _check_can_run(route)
        nudges = _nudges(route, tangents)
        with random_state_kept(), _own_saved_tensors():
            return _Pushed(route, nudges).recording()


def _check(output: object, tangents: object) -> None:
    if not isinstance(output, torch.Tensor):
        raise TypeError(f"record_jvp needs a tensor as its output, and got {kind_of(output)}")
    if not output.requires_grad:
        raise ValueError(
            f"record_jvp needs a tensor with a graph, and this one has none: {why_no_graph(output)}"
        )
    if tangents is not None and not isinstance(tangents, Mapping):
        raise TypeError(
            f"tangents must say which leaf is nudged, and got {kind_of(tangents)}: pass "
            "{x: 1.0}, with each leaf and its nudge"
        )


def _check_can_run(route: Route) -> None:
    lost = [node.class_name for node in route.graph.nodes if node.raises]
    if lost:
        raise RuntimeError(
            f"{' and '.join(lost)} saved a value that was overwritten in place since: compute the "
            "output again, without that write; draw_graph shows where it was"
        )
    if any(node.freed for node in route.graph.nodes):
        raise RuntimeError(
            "record_jvp needs what the graph has saved, and a backward pass has freed it: compute "
            "the output again, or pass retain_graph=True to that pass"
        )


@contextmanager
def _own_saved_tensors() -> Iterator[None]:
    """Keeps what is saved meanwhile from hooks of the caller's."""
    with torch.autograd.graph.saved_tensors_hooks(lambda one: one, lambda one: one):
        yield


# --- what is nudged -------------------------------------------------------------------------------


def _nudges(route: Route, tangents: Tangents | None) -> dict[int, torch.Tensor]:
    """By the key of each leaf that is nudged: its tangent."""
    leaves = {key: route.leaf(key) for key in route.leaves}
    if tangents is None:
        return _only_nudge(route, leaves)
    found = {}
    for tensor, nudge in tangents.items():
        if not isinstance(tensor, torch.Tensor):
            raise TypeError(
                f"a nudge is given to a leaf of the graph, and got {kind_of(tensor)}: pass "
                "{x: 1.0}, with the tensor x itself"
            )
        key = next((key for key, leaf in leaves.items() if leaf is tensor), None)
        if key is None:
            raise ValueError(
                "a nudge is given to a tensor that is no leaf of this graph, or of what was looked "
                f"at: its leaves are {_listed(route)}"
            )
        found[key] = _tangent(route.graph.nodes[key].name, leaves[key], nudge)
    return found


def _only_nudge(route: Route, leaves: dict[int, torch.Tensor]) -> dict[int, torch.Tensor]:
    if len(leaves) != 1 or route.graph.limit is not None:
        raise ValueError(
            f"the graph has the leaves {_listed(route)}: say which is nudged, and how far, such as "
            "{x: 1.0}"
        )
    ((key, leaf),) = leaves.items()
    if leaf.numel() != 1:
        raise ValueError(
            f"the leaf has the shape {tuple(leaf.shape)}: say how far each number is nudged, such "
            "as {x: torch.ones_like(x)}"
        )
    return {key: torch.ones_like(leaf.detach())}


def _listed(route: Route) -> str:
    names_of_leaves = [route.graph.nodes[key].name for key in route.leaves]
    more = ["…"] if len(names_of_leaves) > 4 else []
    return ", ".join(names_of_leaves[:4] + more)


def _tangent(name: str, leaf: torch.Tensor, nudge: torch.Tensor | float) -> torch.Tensor:
    is_complex = nudge.is_complex() if isinstance(nudge, torch.Tensor) else type(nudge) is complex
    if is_complex and not leaf.is_complex():
        raise TypeError(
            f"the nudge of {name} is complex, and {name} is {dtype_name(leaf.dtype)}: a tangent is "
            "real where its tensor is"
        )
    if isinstance(nudge, torch.Tensor):
        if nudge.shape != leaf.shape:
            raise ValueError(
                f"the nudge of {name} has the shape {tuple(nudge.shape)}, and {name} has "
                f"{tuple(leaf.shape)}: a tangent has the shape of its tensor"
            )
        return nudge.detach().to(leaf.dtype, copy=True).to(leaf.device)
    if not isinstance(nudge, int | float | complex) or isinstance(nudge, bool):
        raise TypeError(
            f"the nudge of {name} must be a number or a tensor, and got {kind_of(nudge)}"
        )
    return torch.full_like(leaf.detach(), nudge)


# --- one operation --------------------------------------------------------------------------------


def push_through(
    node: TorchNode, tangents: Mapping[int, torch.Tensor]
) -> dict[int, tuple[torch.Tensor, ...] | None]:
    """By slot: what the tangent of that input alone gives at each output of a node; None where no
    derivative is defined.

    Raises RuntimeError where the node's backward cannot be differentiated.
    """
    results = node._input_metadata
    with torch.enable_grad():
        # Any gradient would do: what the node answers is linear in it.
        given = [torch.ones(one.shape, dtype=one.dtype, device=one.device) for one in results]
        for one in given:
            one.requires_grad_()
        answer = node(*given)
        answers = answer if isinstance(answer, tuple) else (answer,)
        return {
            slot: None if answers[slot] is None else _columns(answers[slot], given, tangent)
            for slot, tangent in tangents.items()
        }


def _columns(
    answer: torch.Tensor, given: list[torch.Tensor], tangent: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """The vector-Jacobian product of the map from the gradients that were given to an answer."""
    # The engine sums what the forward pass had broadcast, and casts what it had promoted.
    answer = answer.sum_to_size(tangent.shape).to(tangent.dtype)
    if not answer.requires_grad:  # zeros, whatever is given
        return tuple(torch.zeros_like(one.detach()) for one in given)
    found = torch.autograd.grad(answer, given, tangent, retain_graph=True, allow_unused=True)
    pairs = zip(found, given, strict=True)
    return tuple(torch.zeros_like(one.detach()) if v is None else v.detach() for v, one in pairs)


# --- all of them ----------------------------------------------------------------------------------


@dataclass
class _Pushed:
    """A nudge on its way: by the key of each tensor that it has reached its tangent, None where
    that is not known.
    """

    route: Route
    nudges: dict[int, torch.Tensor]

    def recording(self) -> JVP:
        """All steps, and the tangents that they left."""
        route = self.route
        self.tangents: dict[int, torch.Tensor | None] = dict(self.nudges)
        # What comes from beyond what was looked at may be nudged as well.
        beyond = [key for key in route.ends if key not in route.leaves]
        self.tangents |= dict.fromkeys(beyond)
        self.local = local_derivatives(route)
        self.jacobians = local_jacobians(route, self.local)
        operations = [node for node in route.graph.nodes if node.kind == "operation"]
        steps = tuple(self._step(node) for node in operations if self._arriving(node.key))
        return JVP(
            route.graph,
            steps,
            {key: read_if_any(one) for key, one in self.tangents.items()},
            tuple(self.nudges),
            # Where no nudge has come, nothing moves.
            self.tangents.get(route.graph.root, self._nothing()),
        )

    def _nothing(self) -> torch.Tensor:
        node, output_nr = self.route.live.gradient_edges[self.route.graph.root][:2]
        if self.route.graph.root in self.route.leaves:
            return torch.zeros_like(node.variable.detach())
        one = node._input_metadata[output_nr]
        return torch.zeros(one.shape, dtype=one.dtype, device=one.device)

    def _arriving(self, key: int) -> list[tuple[int, Edge]]:
        """The edges on which a nudge enters an operation, each with its place."""
        return [pair for pair in self.route.entering[key] if pair[1].source in self.tangents]

    def _step(self, node: Node) -> TangentStep:
        arriving = self._arriving(node.key)
        known = {
            edge.slot: self.tangents[edge.source]
            for _, edge in arriving
            if self.tangents[edge.source] is not None
        }
        products, reason = self._products(node.key, known)
        flows = tuple(self._flow(node.key, place, edge, products) for place, edge in arriving)
        is_known = all(products.get(edge.slot) is not None for _, edge in arriving)
        sent = []
        for edge in self.route.leaving[node.key]:
            parts = [products[one.slot][edge.slot] for _, one in arriving] if is_known else []
            total = sum(parts[1:], start=parts[0]) if parts else None
            self.tangents[edge.target] = total
            sent.append(read_if_any(total))
        return TangentStep(node.key, flows, tuple(sent), reason)

    def _products(self, key: int, known: dict[int, torch.Tensor]) -> tuple[dict, tuple[Note, ...]]:
        """What each input that is nudged gives, and why that is not known."""
        if self.route.is_written_in_python(key):
            return {}, (Note(Fact.FUNCTION_NOT_ASKED),)
        if key in self.route.live.packed:
            return {}, (Note(Fact.PACKED_NOT_ASKED),)
        try:
            return push_through(self.route.live.operations[key], known), ()
        except (RuntimeError, NotImplementedError):
            return {}, (Note(Fact.NOT_TWICE_DIFFERENTIABLE),)

    def _flow(self, key: int, place: int, edge: Edge, products: dict) -> EdgeGradient:
        parts = products.get(edge.slot)
        local = self.local.get(key, {}).get(edge.slot)
        jacobian = self.jacobians.get(key, {}).get(edge.slot)
        shown = None if jacobian is None else read_value(jacobian, whole=True)
        told = () if parts is None else tuple(map(read_if_any, parts))
        sent, several = (told[0], ()) if len(told) == 1 else (None, told)
        asked = key in self.local
        return EdgeGradient(
            place, read_if_any(local), sent, asked=asked, jacobian=shown, parts=several
        )
