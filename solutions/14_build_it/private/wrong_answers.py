"""Answers to assignment 14."""

import math
from collections import Counter, deque

import torch

from tests.wrong_answers import Table

WORKS = {"a": True, "b": False, "c": True, "d": False}
SLOPES = {"overwritten": 6.3, "too_early": 33.0, "oldest_first": 0.0}


# --- 14.3 and 14.4 --------------------------------------------------------------------------------


def rules(a):
    return math.cos(a), 1.0 if a > 0 else 0.0


def by_torch(a):
    a = torch.tensor(a)
    return torch.cos(a), (a > 0).float()


def rules_by_autograd(a):
    a = torch.tensor(a, requires_grad=True)
    return [torch.autograd.grad(f(a), a)[0] for f in (torch.sin, torch.relu)]


def divide(a, b):
    return a / b, 1 / b, -a / b**2


def by_the_result(a, b):
    y = a / b
    return y, 1 / b, -y / b


def by_a_product(a, b):
    inverse = 1 / b
    return a * inverse, inverse, a * -(inverse**2)


def divide_by_autograd(a, b):
    a, b = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    return [a / b, *torch.autograd.grad(a / b, (a, b))]


# --- 14.5 -----------------------------------------------------------------------------------------


def uses_of(root):
    uses, waiting = {root: 0}, [root]
    while waiting:
        for source, _ in waiting.pop().inputs:
            if source not in uses:
                uses[source] = 0
                waiting.append(source)
            uses[source] += 1
    return uses


def by_counting(root, take=-1, again=lambda inputs: inputs):
    """Each value when all its uses are off the count."""
    uses, order, ready = uses_of(root), [], [root]
    while ready:
        node = ready.pop(take)
        order.append(node)
        for source, _ in again(node.inputs):
            uses[source] -= 1
            if uses[source] == 0:
                ready.append(source)
    return order


def by_a_counter(root):
    uses = Counter()
    seen, waiting = {root}, deque([root])
    while waiting:
        node = waiting.popleft()
        uses.update(source for source, _ in node.inputs)
        for source, _ in node.inputs:
            if source not in seen:
                seen.add(source)
                waiting.append(source)
    order = [root]
    for node in order:
        for source, _ in node.inputs:
            uses[source] -= 1
            if not uses[source]:
                order.append(source)
    return order


def inputs_before_results(root):
    """A walk in depth without recursion: each value after all its inputs."""
    order, done, waiting = [], set(), [(root, False)]
    while waiting:
        node, back = waiting.pop()
        if back:
            order.append(node)
        elif node not in done:
            done.add(node)
            waiting.append((node, True))
            waiting += [(source, False) for source, _ in node.inputs if source not in done]
    return order


def walked_back(root):
    return tuple(reversed(inputs_before_results(root)))


def once_for_each_user(root):
    return by_counting(root, again=lambda inputs: dict(inputs).items())


def recursive(root):
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for source, _ in node.inputs:
                visit(source)
            order.append(node)

    visit(root)
    return order[::-1]


def first_met(root, last_first=False):
    order, waiting = [], [root]
    seen = set()
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            order.append(node)
            sources = [source for source, _ in node.inputs]
            waiting += sources if last_first else reversed(sources)
    return order


def in_breadth(root, turned=1):
    order, seen = [root], {root}
    for node in order:
        for source, _ in node.inputs[::turned]:
            if source not in seen:
                seen.add(source)
                order.append(source)
    return order


def until_turned(root):
    order, ready = [], [root]
    while ready:
        order.append(ready.pop())
        ready += [source for source, _ in order[-1].inputs if source not in order]
    return order


def fewest_uses_first(root):
    uses = uses_of(root)
    return sorted(uses, key=uses.get)


def without_unpacking(root):
    uses = uses_of(root)
    for source in root.inputs:
        uses[source] -= 1


def along_paths(root):
    order, waiting = [], [root]
    while waiting:
        order.append(waiting.pop())
        waiting += [source for source, _ in reversed(order[-1].inputs)]
    return order


def met_at_once(root, take=-1):
    """The count is taken off, and nobody looks at it."""
    uses, order, ready = uses_of(root), [], [root]
    while ready:
        order.append(ready.pop(take))
        for source, _ in order[-1].inputs:
            uses[source] -= 1
            ready.append(source)
    return order


def without_count(root):
    uses, order, ready = uses_of(root), [], [root]
    while ready:
        order.append(ready.pop())
        for source, _ in order[-1].inputs:
            if uses[source] == 0:
                ready.append(source)
    return order


def born(node):
    return node.birth


def by_birth(root):
    return sorted(uses_of(root), key=born)[::-1]


def pairs(root):
    return [root, *root.inputs]


# --- 14.6 -----------------------------------------------------------------------------------------


def newest_first(root):
    return by_birth(root)


def arriving(root, times=lambda old, new: old + new):
    arrived = {root: 1.0}
    for node in newest_first(root):
        for source, local in node.inputs:
            arrived[source] = times(arrived.get(source, 0.0), arrived[node] * local)
    return arrived


def with_a_dict(root, x):
    x.grad = (x.grad or 0.0) + arriving(root)[x]
    return x.grad


def cleared_before(root, x):
    for node in newest_first(root):
        if node.inputs:
            node.grad = None
    return kept(root, x)


def cleared_behind(root, x):
    root.grad = 1.0
    for node in newest_first(root):
        for source, local in node.inputs:
            source.grad = (source.grad or 0.0) + node.grad * local
        if node.inputs:
            node.grad = None
    return x.grad


def in_any_order(root, x):
    """With the order of 14.5, and all leaves."""
    arrived = {root: 1.0}
    for node in by_counting(root):
        for source, local in node.inputs:
            arrived[source] = arrived.get(source, 0.0) + arrived[node] * local
        if not node.inputs:
            node.grad = arrived[node] + (node.grad or 0.0)
    return x.grad


def along_paths_from(root, x):
    def send(node, gradient):
        if not node.inputs:
            node.grad = gradient + (node.grad or 0.0)
        for source, local in node.inputs:
            send(source, gradient * local)

    send(root, 1.0)
    return x.grad


def kept(root, x):
    root.grad = 1.0
    for node in newest_first(root):
        for source, local in node.inputs:
            source.grad = (source.grad or 0.0) + node.grad * local
    return x.grad


def z_kept(root, x):
    root.grad = (root.grad or 0.0) + 1.0
    for node in newest_first(root):
        for source, local in node.inputs:
            source.grad = (source.grad or 0.0) + node.grad * local
    return x.grad


def all_cleared(root, x):
    for node in newest_first(root):
        node.grad = None
    return kept(root, x)


def leaf_cleared(root, x):
    x.grad = None
    return kept(root, x)


def cleared_early(root, x):
    root.grad = 1.0
    for node in newest_first(root):
        for source, local in node.inputs:
            gradient, node.grad = node.grad, None
            source.grad = (source.grad or 0.0) + gradient * local
    return x.grad


def leaf_replaced(root, x):
    x.grad = arriving(root)[x]
    return x.grad


def added_to_none(root, x):
    x.grad += arriving(root)[x]
    return x.grad


def returned_alone(root, x):
    root.calls = getattr(root, "calls", 0) + 1
    return root.calls * arriving(root)[x] + (x.grad or 0.0)


def never_set(root, x):
    total = x.grad or 0.0
    total += arriving(root)[x]
    return total


def put_anew(root, x):
    root.calls = getattr(root, "calls", 0) + 1
    x.grad = root.calls * arriving(root)[x]
    return x.grad


def overwritten(root, x):
    x.grad = (x.grad or 0.0) + arriving(root, times=lambda old, new: new)[x]
    return x.grad


#: What is told of a wrong form of a list of values, which cannot be made into numbers.
OF_VALUES = {
    "str": "type str",
    "shape": "Node",
    "int_tensor": "Node",
    "complex": "Node",
    "nan": "Node",
    "detached": "Node",
}

TABLES = {
    "works": Table(
        right={"true and false": WORKS},
        wrong={
            "newest_first_alone": (WORKS | {"a": False}, "may change places"),
            "in_depth": (WORKS | {"b": True}, "too late"),
            "in_the_order_of_the_program": (WORKS | {"c": False}, "v was made after u"),
            "oldest_first": (WORKS | {"d": True}, "before anything has arrived"),
        },
    ),
    "slopes": Table(
        right={
            "numbers": SLOPES,
            "tensors": {name: torch.tensor(value) for name, value in SLOPES.items()},
        },
        wrong={
            "all_right": (SLOPES | {"overwritten": 14.1}, "keeps the last"),
            "overwritten_by_v": (SLOPES | {"overwritten": 1.5}, "u sends last"),
            "overwritten_once": (SLOPES | {"overwritten": 12.6}, "replaces the first"),
            "overwritten_at_y": (SLOPES | {"overwritten": 2.1}, "left at y"),
            "waits": (SLOPES | {"too_early": 14.1}, "is the right slope"),
            "two_times": (SLOPES | {"too_early": 18.9}, "has grows"),
            "at_y": (SLOPES | {"too_early": 11}, "local derivative 3"),
            "oldest_right": (SLOPES | {"oldest_first": 14.1}, "no second turn"),
            "oldest_by_v": (SLOPES | {"oldest_first": 1.5}, "0.5 from v"),
            "oldest_local": (SLOPES | {"oldest_first": 3}, "by what has arrived"),
        },
    ),
    "rules": Table(
        right={
            "with math": rules,
            "by torch": by_torch,
            "a comparison": lambda a: (math.cos(a), a > 0),
            "a comparison as a number": lambda a: (math.cos(a), float(a > 0)),
            "shifted sine": lambda a: [math.sin(a + math.pi / 2), int(max(a, 0) > 0)],
        },
        wrong={
            "value_of_sin": (lambda a: (math.sin(a), rules(a)[1]), "sin: that is its value"),
            "cosine_of_result": (
                lambda a: (math.cos(math.sin(a)), rules(a)[1]),
                "not of the result",
            ),
            "minus": (lambda a: (-math.cos(a), rules(a)[1]), "a minus too many"),
            "sign_lost": (
                lambda a: (math.sqrt(1 - math.sin(a) ** 2), rules(a)[1]),
                "loses the sign",
            ),
            "degrees": (lambda a: (math.cos(math.radians(a)), rules(a)[1]), "radians already"),
            "exchanged": (lambda a: rules(a)[::-1], "first sin, then relu"),
            "value_of_relu": (lambda a: (math.cos(a), max(a, 0)), "relu: that is its value"),
            "of_abs": (lambda a: (math.cos(a), math.copysign(1, a)), "slope of |a|"),
            "wrong_way_round": (lambda a: (math.cos(a), float(a < 0)), "the wrong way round"),
            "flat_nowhere": (lambda a: (math.cos(a), 1), "below 0 it is flat"),
            "autograd": (rules_by_autograd, "the slopes are yours"),
            "tensor_function": (lambda a: (torch.cos(a), float(a > 0)), "plain numbers"),
            "value_of_an_engine": (lambda a: (math.cos(a.data), a.data > 0), "plain numbers"),
        },
    ),
    "divide": Table(
        right={
            "formulas": divide,
            "by the result": by_the_result,
            "by a product": by_a_product,
        },
        wrong={
            "sign": (lambda a, b: (a / b, 1 / b, a / b**2), "a minus is missing"),
            "one_b": (lambda a, b: (a / b, 1 / b, -a / b), "one b too few"),
            "inverse_square": (lambda a, b: (a / b, 1 / b, 1 / b**2), "neither the minus"),
            "without_a": (lambda a, b: (a / b, 1 / b, -1 / b**2), "factor a is missing"),
            "inverse_of_a": (lambda a, b: (a / b, 1 / b, 1 / a), "that is 1/a"),
            "both_squared": (lambda a, b: (a / b, 1 / b, -((a / b) ** 2)), "a is not squared"),
            "whole": (lambda a, b: (a // b, 1 / b, -a / b**2), "behind the point"),
            "product": (lambda a, b: (a / b, b, -a / b**2), "slope of a product"),
            "of_a_product": (lambda a, b: (a / b, b, a), "slopes of a product, b and a"),
            "sum": (lambda a, b: (a / b, 1.0, -a / b**2), "slope of a sum"),
            "exchanged": (lambda a, b: (a / b, -a / b**2, 1 / b), "exchanged"),
            "autograd": (divide_by_autograd, "the slopes are yours"),
        },
    ),
    "in_order": Table(
        right={
            "counted": by_counting,
            "the oldest ready one first": lambda root: by_counting(root, take=0),
            "with a Counter": by_a_counter,
            "a walk in depth, turned round": walked_back,
            "a dict": lambda root: dict.fromkeys(by_counting(root)),
        },
        wrong={
            "first_met": (first_met, "first input first"),
            "last_input_first": (lambda root: first_met(root, last_first=True), "last input first"),
            "in_breadth": (in_breadth, "in breadth: a short way"),
            "in_breadth_turned": (
                lambda root: in_breadth(root, turned=-1),
                "in breadth, last input first",
            ),
            "until_turned": (until_turned, "before all that use it have sent"),
            "fewest_uses_first": (fewest_uses_first, "by the number of uses"),
            "without_unpacking": (without_unpacking, "an input is a pair"),
            "nothing_appended": (lambda root: [], "order.append"),
            "a_set": (lambda root: {*uses_of(root)}, "a set has no order"),
            "oldest_first": (inputs_before_results, "start at z"),
            "along_paths": (along_paths, "each time it is met"),
            "met_at_once": (met_at_once, "is taken at once"),
            "met_in_line": (lambda root: met_at_once(root, take=0), "waits in line"),
            "without_count": (without_count, "z alone is ready"),
            "once_for_each_user": (once_for_each_user, "take off 1 for each pair"),
            "without_leaf": (lambda root: by_counting(root)[:-1], "x is missing"),
            "without_root": (lambda root: by_counting(root)[1:], "z is missing"),
            "recursive": (recursive, "about a thousand"),
            "by_birth": (by_birth, "no value has a birth"),
            "pairs": (pairs, "not the pairs"),
            "a_number": (lambda root: 5, "type int"),
        },
        forms=OF_VALUES,
    ),
    "backward": Table(
        right={
            "with a dict": with_a_dict,
            "cleared before": cleared_before,
            "cleared behind": cleared_behind,
            "counted": in_any_order,
            "path by path": along_paths_from,
        },
        wrong={
            "as_it_was": (kept, "as it was"),
            "z_kept": (z_kept, "z too"),
            "all_cleared": (all_cleared, "cleared too much"),
            "leaf_cleared": (leaf_cleared, "the wrong one is cleared"),
            "cleared_early": (cleared_early, "cleared too early"),
            "leaf_replaced": (leaf_replaced, "cleared too much"),
            "overwritten": (overwritten, "in the place of +="),
            "added_to_none": (added_to_none, "None before the first call"),
            "returned_alone": (returned_alone, "add to x.grad itself"),
            "never_set": (never_set, "x.grad is never set"),
            "put_anew": (put_anew, "held something before"),
        },
    ),
}
