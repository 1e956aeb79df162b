"""Answers to assignment 08."""

import torch

from tests.wrong_answers import OF_A_GRAPH, Table

EDGES = {"place 0": "two", "place 1": "zero", "None": "one", "AccumulateGrad": "one"}
FILLED = dict(zip("abcdefgh", [True, False, False, False, False, True, True, True], strict=True))
SAVED = dict(zip("abcdef", ["zero", "one", "one", "two", "two", "three"], strict=True))


# --- 8.4 ------------------------------------------------------------------------------------------


def newton(a, x):
    return (2 * x + a / x**2) / 3


def far(a, x, tol):
    return abs(x**3 - a) > tol


def as_taught(a, x, tol):
    root = newton(a, x)
    while far(a, root, tol):
        root = newton(a, root)
    return root


def without_end(asked, kept=True):
    """A loop that asks for one number again and again, and may not keep what a round gives."""

    def cube_root(a, x, tol):
        root = newton(a, x)
        while asked(a, x, root, tol):
            root = newton(a, root) if kept else [newton(a, root), root][1]
        return root

    return cube_root


def until_it_breaks(a, x, tol):
    while True:
        x = newton(a, x)
        if not far(a, x, tol):
            return x


def by_a_flag(a, x, tol):
    first = True
    while first or far(a, x, tol):
        x, first = newton(a, x), False
    return x


def by_recursion(a, x, tol):
    root = newton(a, x)
    return by_recursion(a, root, tol) if far(a, root, tol) else root


def decided_on_numbers(a, x, tol):
    root = newton(a, x)
    while far(a.item(), root.item(), tol):
        root = newton(a, root)
    return root


def may_run_no_round(a, x, tol):
    while far(a, x, tol):
        x = newton(a, x)
    return x


def made_to_require_grad(a, x, tol):
    root = may_run_no_round(a, x, tol)
    return root if root.requires_grad else root.requires_grad_()


def tied_to_a(a, x, tol):
    return may_run_no_round(a, x, tol) + 0 * a


def one_more(a, x, tol):
    return newton(a, may_run_no_round(a, x, tol))


def cut_in_each_round(a, x, tol):
    root = newton(a, x)
    for _ in range(9):  # a while would never end where detach() is patched
        if far(a, root, tol):
            root = newton(a, root.detach())
    return root


def repeated_under_no_grad(a, x, tol):
    before = x
    with torch.no_grad():
        root = newton(a, x)
        while far(a, root, tol):
            before, root = root, newton(a, root)
    return newton(a, before)


def copied_and_made_to_require_grad(a, x, tol):
    return may_run_no_round(a, x.clone().requires_grad_(), tol)


def no_round_and_a_copy(a, x, tol):
    return may_run_no_round(a, x, tol) + 0


def twice_if_far(a, x, tol):
    root = newton(a, x)
    if far(a, root, tol):
        root = newton(a, root)
    return root


def by_the_x_before(a, x, tol):
    root = newton(a, x)
    while far(a, x, tol):
        root = newton(a, root)
        x = root
    return root


def without_abs(a, x, tol):
    root = newton(a, x)
    while root**3 - a > tol:
        root = newton(a, root)
    return root


def until_it_stands(a, x, tol):
    root = newton(a, x)
    while abs(root - x) > tol:
        x, root = root, newton(a, root)
    return root


def one_more_after_the_loop(a, x, tol):
    return newton(a, as_taught(a, x, tol))


def recorded_on_top(a, x, tol):
    with torch.no_grad():
        root = as_taught(a, x, tol)
    return newton(a, root)


def recorded_alone(a, x, tol):
    with torch.no_grad():
        root = may_run_no_round(a, x, tol)
    return newton(a, root)


def begun_at_a(a, x, tol):
    return as_taught(a, a, tol)


def detached_at_the_end(a, x, tol):
    return as_taught(a, x, tol).detach()


def as_a_number(a, x, tol):
    return as_taught(a.item(), x, tol).item()


# --- 8.5 ------------------------------------------------------------------------------------------


def walked(z):
    """The nodes behind z, each once."""
    nodes, waiting = [], [z.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in nodes:
            nodes.append(node)
            waiting.extend(behind for behind, _ in node.next_functions)
    return nodes


def of_all(z, name):
    return sum(node.name() == name for node in walked(z))


def by_a_set(z, name):
    seen, waiting = set(), [z.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        waiting += [pair[0] for pair in node.next_functions]
    return len([node for node in seen if node.name() == name])


def by_recursion_with_a_set(z, name):
    seen = set()

    def visit(node):
        if node is None or node in seen:
            return 0
        seen.add(node)
        return (node.name() == name) + sum(visit(behind) for behind, _ in node.next_functions)

    return visit(z.grad_fn)


def layer_by_layer(z, name):
    layer, seen = {z.grad_fn}, set()
    while layer:
        seen |= layer
        behind = {node for one in layer for node, _ in one.next_functions if node is not None}
        layer = behind - seen
    return torch.tensor([node.name() == name for node in seen]).sum()


def by_id(z, name):
    seen, waiting, total = set(), [z.grad_fn], 0
    while waiting:
        node = waiting.pop()
        if node and id(node) not in seen:  # a node that was touched keeps its id
            seen.add(id(node))
            total += node.name() == name
            waiting += [behind for behind, _ in node.next_functions]
    return total


def by_the_class(z, name):
    return sum(node.name().split("::")[-1] == name.split("::")[-1] for node in walked(z))


def along_each_path(z, name):
    def visit(node):
        if node is None:
            return 0
        return (node.name() == name) + sum(visit(behind) for behind, _ in node.next_functions)

    return visit(z.grad_fn)


def counted_before_looking(z, name):
    seen, total = set(), 0

    def visit(node):
        nonlocal total
        total += node.name() == name
        if node in seen:
            return
        seen.add(node)
        for behind, _ in node.next_functions:
            if behind is not None:
                visit(behind)

    visit(z.grad_fn)
    return total


def along_one_edge(place):
    def count(z, name):
        node, total = z.grad_fn, 0
        while node is not None:
            total += node.name() == name
            node = node.next_functions[place][0] if node.next_functions else None
        return total

    return count


def up_to_a_constant(z, name):
    seen = set()

    def visit(node):
        if node in seen:
            return 0
        seen.add(node)
        total = int(node.name() == name)
        for behind, _ in node.next_functions:
            if behind is None:
                break
            total += visit(behind)
        return total

    return visit(z.grad_fn)


def seen_before(z, name, seen=set()):  # noqa: B006 - the mistake itself
    waiting, total = [z.grad_fn], 0
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            total += node.name() == name
            waiting += [behind for behind, _ in node.next_functions]
    return total


def of_its_edges(z, name):
    return sum(node.name() == name for node, _ in z.grad_fn.next_functions if node)


def of_it_and_its_edges(z, name):
    return (z.grad_fn.name() == name) + of_its_edges(z, name)


def by_the_class_alone(z, name):
    return sum(type(node).__name__ == name for node in walked(z))


def without_the_last(z, name):
    return sum(node.name() == name for node in walked(z) if node is not z.grad_fn)


def names_remembered(z, name):
    return int(name in {node.name() for node in walked(z)})


def all_of_them(z, name):
    return len(walked(z))


def from_the_tensor(z, name):
    edges = z.next_functions
    return sum(node.name() == name for node, _ in edges)


def called_by_its_name(z, name):
    return int(z.name() == name)


def pairs_for_nodes(z, name):
    total = 0
    for node in [z.grad_fn, *z.grad_fn.next_functions]:
        total += node.name() == name
    return total


def constants_walked(z, name):
    def visit(node):
        total = int(node.name() == name)
        for behind, _ in node.next_functions:
            total += visit(behind)
        return total

    return visit(z.grad_fn)


def in_a_circle(z, name):
    return 1 + in_a_circle(z, name)


def walk(
    fits=lambda node, name: node.name() == name,
    place=-1,
    ends=False,
    remembers=True,
    replaces=False,
    at_its_like=False,
):
    """A walk with a list and a set that errs in one way. ``place`` is where the next node stands in
    the list.
    """

    def count(z, name):
        seen, waiting = set(), [z.grad_fn]
        while waiting:
            node = waiting.pop(place)
            if node is None or node in seen:
                if ends:
                    break
                continue
            if remembers:
                seen.add(node)
            if at_its_like and not fits(node, name):
                continue
            behind = [one for one, _ in node.next_functions]
            waiting = behind if replaces else waiting + behind
        return sum(fits(node, name) for node in seen)

    return count


def not_returned(z, name):
    total = of_all(z, name)  # noqa: F841


# --- 8.6 ------------------------------------------------------------------------------------------


def by_rounds(cut, before=lambda h: h, loss=torch.square, retain=None):
    """A backward pass in each round. ``before`` changes the state that goes into the cell, ``cut``
    the one that goes on.
    """

    def truncated(cell, w, xs):
        h = torch.zeros(())
        for x in xs:
            h = cell(w, before(h), x)
            loss(h).backward(retain_graph=retain)
            h = cut(h)
        return w.grad

    return truncated


def same(h):
    return h


def copied_under_no_grad(h):
    with torch.no_grad():
        return h.clone()


def cut_without_keeping(h):
    h.detach()
    return h


def cut_in_place(h):
    return h.detach_()


def one_pass(before):
    """One backward pass at the end, from the sum of all losses."""

    def truncated(cell, w, xs):
        h, total = torch.zeros(()), 0.0
        for x in xs:
            h = cell(w, before(h), x)
            total = total + h**2
        total.backward()
        return w.grad

    return truncated


def by_grad(cell, w, xs):
    h, total = torch.zeros(()), 0.0
    for x in xs:
        h = cell(w, h.detach(), x)
        total = total + torch.autograd.grad(h**2, w)[0]
    return total


def cleared_in_each_round(cell, w, xs):
    h = torch.zeros(())
    for x in xs:
        w.grad = None
        h = cell(w, h.detach(), x)
        (h**2).backward()
    return w.grad


def emptied_after_the_pass(empty):
    def truncated(cell, w, xs):
        h = torch.zeros(())
        for x in xs:
            h = cell(w, h.detach(), x)
            (h**2).backward()
            empty(w)
        return w.grad

    return truncated


def without_a_pass(cell, w, xs):
    h = torch.zeros(())
    for x in xs:
        h = cell(w, h.detach(), x)
    return w.grad


def returned_in_the_loop(cell, w, xs):
    h = torch.zeros(())
    for x in xs:
        h = cell(w, h.detach(), x)
        (h**2).backward()
        return w.grad


def last_loss_alone(cell, w, xs):
    h = torch.zeros(())
    for x in xs:
        h = cell(w, h.detach(), x)
    (h**2).backward()
    return w.grad


def cut_before_the_loss(cell, w, xs):
    h = torch.zeros(())
    for x in xs:
        h = cell(w, h, x).detach()
        (h**2).backward()
    return w.grad


def without_the_first_pass(cell, w, xs):
    h = torch.zeros(())
    for i, x in enumerate(xs):
        h = cell(w, h.detach(), x)
        if i:
            (h**2).backward()
    return w.grad


def without_the_cell(cell, w, xs):
    return by_rounds(torch.Tensor.detach)(lambda w, h, x: torch.tanh(w * h + x), w, xs)


def w_cut_too(cell, w, xs):
    return by_rounds(torch.Tensor.detach)(lambda w, h, x: cell(w.detach(), h, x), w, xs)


def the_state(cell, w, xs):
    h = torch.zeros(())
    for x in xs:
        h = cell(w, h, x).detach()
    return h


def the_loss(cell, w, xs):
    return the_state(cell, w, xs) ** 2


def of_the_state(cell, w, xs):
    h = torch.zeros(())
    for x in xs:
        h = cell(w, h.detach(), x)
        (h**2).backward()
    return h.grad


TABLES = {
    "read_edges": Table(
        right={
            "as they are": EDGES,
            "in capitals": {name: word.upper() for name, word in EDGES.items()},
        },
        wrong={
            "place_for_output": (EDGES | {"place 0": "zero"}, "which output of unbind"),
            "counted_from_one": (EDGES | {"place 0": "three"}, "counted from 0"),
            "the_middle_one": (EDGES | {"place 0": "one"}, "does not go into y"),
            "first_from_one": (EDGES | {"place 1": "one"}, "p is the first output"),
            "swapped": (EDGES | {"place 1": "two"}, "r is the first input"),
            "constants_forgotten": (EDGES | {"None": "zero"}, "it keeps its place"),
            "a_constant_twice": (EDGES | {"None": "two"}, "one operation only"),
            "one_for_each_number": (EDGES | {"AccumulateGrad": "three"}, "v is one leaf"),
            "one_for_the_constant": (EDGES | {"AccumulateGrad": "two"}, "a constant has none"),
            "in_digits": (EDGES | {"place 0": "2"}, "place 0: digits, where a word"),
            "zero_in_digits": (EDGES | {"place 1": " 0"}, "place 1: digits, where a word"),
            "none_drawn": (EDGES | {"AccumulateGrad": "zero"}, "adds to v.grad"),
        },
    ),
    "filled": Table(
        right={
            "as they are": FILLED,
            "as tensors": {name: torch.tensor(one) for name, one in FILLED.items()},
        },
        wrong={
            "as_for_float32": (FILLED | {"a": False, "b": True}, "returns w itself"),
            "float_returns_itself": (FILLED | {"b": True}, "something to convert"),
            "detached": (FILLED | {"c": True}, "requires no gradient"),
            "view": (FILLED | {"d": True}, "made by an operation"),
            "divided": (FILLED | {"e": True}, "after requires_grad"),
            "asked_last": (FILLED | {"f": False}, "comes last"),
            "parameter": (FILLED | {"g": False}, "a Parameter is a new leaf"),
            "copied": (FILLED | {"h": False}, "took the history away"),
        },
    ),
    "saved": Table(
        right={
            "as they are": SAVED,
            "with capitals": {name: word.title() for name, word in SAVED.items()},
        },
        wrong={
            "a_sum_saves_both": (SAVED | {"a": "two"}, "slopes of a sum are 1"),
            "a_sum_saves_one": (SAVED | {"a": "one"}, "need no number"),
            "all_of_a_sum": (SAVED | {"a": "three"}, "what a slope needs"),
            "both_factors": (SAVED | {"b": "two"}, "k asks for none"),
            "no_factor": (SAVED | {"b": "zero"}, "so k is needed"),
            "all_of_a_product": (SAVED | {"b": "three"}, "the product itself"),
            "as_if_constant": (SAVED | {"c": "zero"}, "not the same for every w"),
            "twice_the_same": (SAVED | {"c": "two"}, "nothing is saved twice"),
            "no_result": (SAVED | {"d": "one"}, "which is its slope"),
            "result_and_input": (SAVED | {"d": "three"}, "not what went in"),
            "the_product_too": (SAVED | {"e": "three"}, "what goes into − is not needed"),
            "one_of_two": (SAVED | {"e": "one"}, "a square saves something"),
            "squares_too": (SAVED | {"e": "four"}, "none of the squares"),
            "factors_alone": (SAVED | {"f": "two"}, "tanh saves something"),
            "what_tanh_takes_too": (SAVED | {"f": "four"}, "not what goes in"),
            "in_digits": (SAVED | {"e": "2"}, "e: digits, where a word"),
            "result_alone": (SAVED | {"f": "one"}, "each needs the other"),
        },
    ),
    "cube_root": Table(
        right={
            "as taught": as_taught,
            "while True": until_it_breaks,
            "by a flag": by_a_flag,
            "by recursion": by_recursion,
            "decided on numbers": decided_on_numbers,
        },
        wrong={
            "may_run_no_round": (may_run_no_round, "no round ran"),
            "made_to_require_grad": (made_to_require_grad, "joins it to nothing"),
            "tied_to_a": (tied_to_a, "the slope 0 for a"),
            "one_round": (lambda a, x, tol: newton(a, x), "one round only"),
            "one_more": (one_more, "one round too many"),
            "cut_in_each_round": (cut_in_each_round, "the rounds before the last"),
            "repeated": (repeated_under_no_grad, "the rounds before the last"),
            "exact": (lambda a, x, tol: a.sign() * a.abs() ** (1 / 3), "the exact root"),
            "power": (lambda a, x, tol: a ** (1 / 3), "the slope of the rounds is wanted"),
            "twice_if_far": (twice_if_far, "two rounds at most"),
            "by_the_x_before": (by_the_x_before, "the x that went in: look at root"),
            "without_abs": (without_abs, "without abs()"),
            "until_it_stands": (until_it_stands, "not one x with the next"),
            "copied_and_made_to_require_grad": (
                copied_and_made_to_require_grad,
                "joins it to nothing",
            ),
            "no_round_and_a_copy": (no_round_and_a_copy, "no round ran"),
            "asks_the_x_that_stays": (
                without_end(lambda a, x, root, tol: far(a, x, tol)),
                "the loop does not end",
            ),
            "cube_forgotten": (
                without_end(lambda a, x, root, tol: abs(root - a) > tol),
                "the loop does not end",
            ),
            "round_not_kept": (
                without_end(lambda a, x, root, tol: far(a, root, tol), kept=False),
                "the loop does not end",
            ),
            "goes_on_where_it_is_close": (
                without_end(lambda a, x, root, tol: not far(a, root, tol)),
                "off by more than tol",
            ),
            "one_more_after_the_loop": (one_more_after_the_loop, "after the loop root is close"),
            "recorded_on_top": (recorded_on_top, "the loop's own rounds left no history"),
            "recorded_alone": (recorded_alone, "one round alone has a history"),
            "begun_at_a": (begun_at_a, "the rounds begin at a"),
            "detached": (detached_at_the_end, "detached"),
            "a_number": (as_a_number, "has no history"),
        },
        forms=OF_A_GRAPH | {"nan": "a ** (1/3) is nan"},
    ),
    "count": Table(
        right={
            "as taught": of_all,
            "a set": by_a_set,
            "recursion": by_recursion_with_a_set,
            "layers": layer_by_layer,
            "by id()": by_id,
            "by the end of the name": by_the_class,
        },
        wrong={
            "along_each_path": (along_each_path, "once for each path"),
            "counted_before_looking": (counted_before_looking, "once for each edge"),
            "first_edges": (along_one_edge(0), "only the first edge"),
            "last_edges": (along_one_edge(-1), "what last edges lead to"),
            "ends_at_a_none": (walk(ends=True), "what last edges lead to"),
            "ends_from_the_front": (walk(ends=True, place=0), "the walk ends at the first None"),
            "list_replaced": (walk(replaces=True), "nodes that still wait are lost"),
            "behind_its_like": (walk(at_its_like=True), "go on behind every node"),
            "nothing_remembered": (walk(remembers=False), "0 each time"),
            "name_without_brackets": (walk(lambda node, name: node.name == name), "0 each time"),
            "a_part_of_the_name": (walk(lambda node, name: name in node.name()), "whole names"),
            "the_beginning_of_the_name": (
                walk(lambda node, name: node.name().startswith(name)),
                "whole names",
            ),
            "the_end_of_the_name": (
                walk(lambda node, name: node.name().endswith(name)),
                "whole names",
            ),
            "not_returned": (not_returned, "no `return`: give back"),
            "up_to_a_constant": (up_to_a_constant, "skip its None"),
            "without_the_last": (without_the_last, "z's own node is missing"),
            "names_remembered": (names_remembered, "in the place of nodes"),
            "seen_before": (seen_before, "make the set anew"),
            "of_its_edges": (of_its_edges, "only the edges of z.grad_fn"),
            "of_it_and_its_edges": (of_it_and_its_edges, "the nodes right behind it"),
            "by_the_class_alone": (by_the_class_alone, "compare node.name()"),
            "all_of_them": (all_of_them, "compare node.name()"),
            "from_the_tensor": (from_the_tensor, "begin at z.grad_fn"),
            "called_by_its_name": (called_by_its_name, "begin at z.grad_fn"),
            "pairs_for_nodes": (pairs_for_nodes, "an edge is a pair"),
            "constants_walked": (constants_walked, "leads to None: skip it"),
            "in_a_circle": (in_a_circle, "walks in a circle"),
        },
        forms={"int_tensor": None},
    ),
    "truncated": Table(
        right={
            "cut after the pass": by_rounds(torch.Tensor.detach),
            "cut as it goes in": by_rounds(same, before=torch.Tensor.detach),
            "in place": by_rounds(cut_in_place),
            "copied": by_rounds(copied_under_no_grad),
            "a new leaf": by_rounds(lambda h: h.detach().requires_grad_()),
            "by item()": by_rounds(lambda h: torch.tensor(h.item())),
            "needlessly retained": by_rounds(torch.Tensor.detach, retain=True),
            "one pass, cut states": one_pass(torch.Tensor.detach),
            "by grad": by_grad,
        },
        wrong={
            "not_cut": (by_rounds(same), "h = h.detach()"),
            "cut_without_keeping": (by_rounds(cut_without_keeping), "alone changes nothing"),
            "cloned": (by_rounds(torch.Tensor.clone), "the graph of the round before"),
            "retained": (by_rounds(same, retain=True), "the whole past"),
            "one_pass": (one_pass(same), "the whole past"),
            "cleared_in_each_round": (cleared_in_each_round, "the last round alone"),
            "last_loss_alone": (last_loss_alone, "a pass belongs in each round"),
            "cleared_after_the_pass": (
                emptied_after_the_pass(lambda w: w.grad.zero_()),
                "emptied after a pass",
            ),
            "dropped_after_the_pass": (
                emptied_after_the_pass(lambda w: setattr(w, "grad", None)),
                "w.grad was emptied after it",
            ),
            "without_a_pass": (without_a_pass, "no backward pass"),
            "returned_in_the_loop": (returned_in_the_loop, "after the loop"),
            "brackets_forgotten": (by_rounds(lambda h: h.detach), "without its brackets"),
            "the_loss": (the_loss, "the last loss"),
            "of_the_state": (of_the_state, "read the .grad of the leaf"),
            "thrown_away": (by_rounds(torch.zeros_like), "thrown away"),
            "from_the_state": (
                by_rounds(torch.Tensor.detach, loss=lambda h: h),
                "the loss is its square",
            ),
            "without_the_first_pass": (without_the_first_pass, "the first round is missing"),
            "without_the_cell": (without_the_cell, "call the cell"),
            "w_cut_too": (w_cut_too, "w was cut as well"),
            "the_state": (the_state, "not w.grad"),
            "cut_before_the_loss": (cut_before_the_loss, "lost its record"),
        },
    ),
}
