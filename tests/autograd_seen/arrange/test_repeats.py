"""Blocks that repeat: copies are equal in every input, and none that is used is hidden."""

import random

import pytest
from autograd_seen.arrange.repeats import OFTEN, WORTH, Block, find_blocks, stretches
from autograd_seen.arrange.rows import End, Row
from autograd_seen.graph import Edge
from autograd_seen.values import Value

from tests.autograd_seen.arrange.sketched import Sketch, boxes, chain, check, labels, layers


def broken(kind, layer):
    """A way in which one layer differs from the others."""

    def mutate(at, place, facts, inner):
        if at != layer:
            return
        if kind == "another operation" and place == 1:
            facts["word"] = "sigmoid"
        elif kind == "another shape" and place == 1:
            facts["result"]["shape"] = (3,)
        elif kind == "another setting" and place == 1:
            facts["result"]["settings"] = (("dim", 1),)
        elif kind == "another weight's shape" and place == 0:
            facts["weight"] = {"name": f"layers.{at}.wa", "shape": (5,)}
        elif kind == "a frozen weight" and place == 0:
            facts["weight"] = {"name": f"layers.{at}.wa", "role": "constant"}
        elif kind == "another weight's name" and place == 0:
            facts["weight"] = {"name": f"layers.{at}.other"}
        elif kind == "no gradient yet" and place == 0:
            facts["weight"] = {"name": f"layers.{at}.wa", "grad": Value(1, (), (0.5,))}
        elif kind == "the weight of the layer before" and place == 0:
            facts["weight"] = inner[at - 1, 0, "weight"]
        elif kind == "an extra skip" and place == 2:
            facts["extra"] = [inner[at - 2, 1]]
        elif kind == "a skip instead" and place == 1:
            facts["extra"] = [inner[at - 1, 1]]
        elif kind == "a variable" and place == 1:
            facts["result"]["name"] = "hidden"

    return mutate


KINDS = [
    *(
        "another operation",
        "another shape",
        "another setting",
        "another weight's shape",
        "a frozen weight",
    ),
    *(
        "another weight's name",
        "no gradient yet",
        "the weight of the layer before",
        "an extra skip",
    ),
    *("a skip instead", "a variable"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layer", [2, 6, 11])
def test_a_layer_that_differs_is_not_folded_with_the_others(kind, layer):
    new = check(layers(mutate=broken(kind, layer))).graph
    assert all(group.times < 12 for group in new.groups)
    assert new.groups, "the layers before it, or after it, are equal"


def test_an_output_of_a_middle_layer_that_is_used_later_stays():
    sketch = Sketch()
    at, taps = sketch.tensor(name="x"), []
    for _ in range(12):
        at = sketch.apply("tanh", sketch.apply("sin", at))
        taps.append(at)
    sketch.apply("add", at, taps[5])
    assert labels(check(sketch.graph()).graph) == ["× 6", "× 6"]


@pytest.mark.parametrize(("count", "label"), [(2, []), (3, ["× 3"]), (4, ["× 4"])])
def test_a_block_folds_from_three_times_on(count, label):
    assert labels(check(layers(count)).graph) == label


def test_a_pattern_of_two_operations_is_a_group():
    new = check(chain(["sin", "× 1.01"] * 50)).graph
    assert (labels(new), boxes(new)) == (["× 50"], ["sin", "× 1.01"])


def test_of_two_carries_each_has_its_own_way():
    sketch = Sketch()
    a, b = sketch.tensor(name="x"), sketch.tensor(name="y")
    for _ in range(8):
        a, b = sketch.apply("add", a, b), sketch.apply("mul", a, b)
    sketch.apply("sub", a, b)
    (group,) = check(sketch.graph()).graph.groups
    assert (f"× {group.times}", len(group.carries)) == ("× 8", 2)


def steps(first, step, count=8, after="log", **of_x):
    """A loop: ``step(sketch, i, h, memory)`` gives the next h; ``first`` makes what it starts
    from.
    """
    sketch = Sketch()
    x = sketch.tensor(name="x", **of_x)
    h, memory = first(sketch, x), {"x": x}
    for i in range(count):
        h = step(sketch, i, h, memory)
    sketch.apply(after, h)
    return labels(check(sketch.graph()).graph)


def start_at_x(sketch, x):
    return x


def test_what_enters_the_first_copy_must_be_like_what_enters_the_others():
    def step(sketch, i, h, memory):
        return sketch.apply("cos", sketch.apply("sin", h))

    assert steps(start_at_x, step) == ["× 8"]
    assert (
        steps(start_at_x, step, shape=(1,)) == steps(start_at_x, step, dtype="float64") == ["× 7"]
    )
    assert steps(start_at_x, step, role="constant") == ["× 7"]


def test_one_tensor_in_two_parts_makes_the_first_copy_another():
    def two_carries(sketch, i, h, memory):
        a, memory["b"] = (
            sketch.apply("add", h, memory.get("b", h)),
            sketch.apply("mul", h, memory.get("b", h)),
        )
        return sketch.apply("sub", a, memory["b"])

    def carry_and_shared(sketch, i, h, memory):
        return sketch.apply("add", sketch.apply("sin", h), memory["x"])

    assert steps(start_at_x, two_carries) == steps(start_at_x, carry_and_shared) == ["× 7"]
    assert steps(lambda sketch, x: sketch.tensor(name="h"), carry_and_shared) == ["× 8"]


def test_one_carry_for_which_the_first_copy_takes_two_tensors_makes_it_another():
    def step(sketch, i, h, memory):
        return sketch.apply("sin", sketch.apply("add", h, h if i else sketch.tensor(name="y")))

    assert steps(start_at_x, step) == ["× 7"]


def test_a_first_copy_that_is_wired_in_another_way_is_another():
    def step(sketch, i, h, memory):
        s = sketch.apply("sin", h)
        return sketch.apply("add", s, s if i else sketch.tensor(name="y"))

    assert steps(start_at_x, step) == ["× 7"]


def test_what_the_first_copy_made_for_all_is_no_tensor_of_each():
    def step(sketch, i, h, memory):
        memory.setdefault("s", s := sketch.apply("sin", h))
        return sketch.apply("add", s, memory["s"])

    assert steps(start_at_x, step) == ["× 7"]


def test_a_leaf_that_two_copies_share_belongs_to_neither():
    def step(sketch, i, h, memory):
        before, memory["w"] = memory.get("w", memory["x"]), sketch.tensor()
        return sketch.apply("add", sketch.apply("mul", h, memory["w"]), before)

    assert steps(start_at_x, step) == []


def test_a_variables_tensor_is_never_folded_away_and_a_list_members_is():
    def named(name):
        def step(sketch, i, h, memory):
            return sketch.apply("cos", sketch.apply("sin", h, name=name.format(i)))

        return steps(start_at_x, step)

    assert named("h[{0}]") == named("h.{0}.out") == ["× 8"]
    assert named("h{0}") == []


def random_layers(chance):
    """Some blocks of random wiring, each repeated, between operations of their own; perhaps with a
    flaw.
    """
    sketch, words = Sketch(), ["sin", "cos", "exp", "mul", "add", "max"]
    shared = [sketch.tensor(name=f"layers.shared.{i}") for i in range(2)]
    carried = [sketch.tensor(name="x"), sketch.tensor(name="y")]
    for block in range(chance.randint(1, 3)):
        width = chance.choice([1, 1, 2])
        plan = []
        for place in range(chance.randint(1, 6)):
            sources = ["inner"] * place + ["carry", "own", "shared"]
            plan.append(
                (
                    chance.choice(words),
                    [
                        (chance.choice(sources), chance.random())
                        for _ in range(chance.choice([1, 1, 2, 3]))
                    ],
                )
            )
        copies, results = chance.randint(2, 9), []
        flaw = (
            chance.randrange(copies),
            chance.randrange(len(plan)),
            chance.choice(["word", "shape", "skip", "name", ""]),
        )
        everything = []
        for copy in range(copies):
            results = []
            for place, (word, inputs) in enumerate(plan):
                pools = {"inner": results, "carry": carried[:width], "shared": shared}
                operands = [
                    sketch.tensor(name=f"layers.{copy}.w{block}")
                    if pool == "own"
                    else pools[pool][int(at * len(pools[pool]))]
                    for pool, at in inputs
                ]
                facts = {}
                if flaw[:2] == (copy, place):
                    word = "log" if flaw[2] == "word" else word
                    facts = {"shape": {"shape": (7,)}, "name": {"name": f"kept{block}"}}.get(
                        flaw[2], {}
                    )
                    if flaw[2] == "skip" and everything:
                        operands.append(chance.choice(everything))
                results.append(sketch.apply(word, *operands, **facts))
                everything.append(results[-1])
            # All that was made goes on, so that every operation leads to the root.
            total = results[0]
            for other in results[1:]:
                total = sketch.apply("add", total, other)
            carried = [total, carried[0]] if width == 1 else [total, results[-1]]
        carried = [sketch.apply("mix", *carried), carried[0]]
    return sketch.graph()


def test_random_blocks_with_and_without_a_flaw_fold_to_the_same_meaning():
    shrunk = 0
    for seed in range(60):
        graph = random_layers(random.Random(seed))
        new = check(graph).graph
        shrunk += bool(new.groups)
    assert shrunk > 30


def test_a_block_with_a_border_of_its_own_is_left_as_it_is():
    sketch = Sketch()
    x = at = sketch.tensor(name="x")
    for _ in range(8):
        cut = sketch.tensor("constant")
        sketch.edges.append(Edge(x, cut, None, "detach()"))
        at = sketch.apply("add", sketch.apply("sin", at), cut)
    assert labels(check(sketch.graph()).graph) == []


def blocks_of(graph):
    """Of each block: where it starts, its period, and how often it occurs."""
    return [(block.start, block.period, block.times) for block in find_blocks(Row(graph))]


def test_the_block_that_takes_most_away_comes_first_and_no_two_share_an_operation():
    words = ["sin", "cos"] * 3 + ["exp"] + ["log", "tanh", "abs"] * 9
    assert blocks_of(chain(words)) == [(7, 3, 9), (0, 2, 3)]


def test_the_positions_of_a_block_are_those_of_its_copies():
    block = Block(start=7, period=3, times=4, carries={}, own=())
    assert (block.end, block.to_last, list(block.first_copy)) == (19, 9, [7, 8, 9])
    assert list(block.copies(8)) == [8, 11, 14, 17]


def test_a_block_says_what_it_carries_and_what_each_copy_has_for_itself():
    graph = layers(count=5, before=0)
    (block,) = find_blocks(Row(graph))
    names = {end: graph.nodes[key].name for end, key in block.carries.items()}
    assert names == {End(2, 0): "x"}
    assert block.own == ((0, 1),), "the weight, and not the tensor that all share"


def test_blocks_begin_where_fewest_tensors_are_carried():
    sketch = Sketch()
    at = sketch.apply("exp", sketch.tensor(name="x"))
    for _ in range(6):
        at = sketch.apply("add", sketch.apply("sin", at), at)
    sketch.apply("sin", at)
    (block,) = find_blocks(Row(sketch.graph()))
    assert (block.start, block.times, len(block.carries)) == (1, 6, 1)


def test_of_blocks_that_take_as_much_away_one_is_a_layer_by_its_parameters_names():
    sketch = Sketch()
    at = sketch.tensor(name="x")
    for layer in range(4):
        at = sketch.apply("mul", at, sketch.tensor(name=f"layers.{layer}.scale"))
        if layer < 3:
            at = sketch.apply("add", at, sketch.tensor(name=f"layers.{layer}.shift"))
    assert blocks_of(sketch.graph()) == [(0, 2, 3)]


@pytest.mark.parametrize("last", range(OFTEN + 2))
@pytest.mark.parametrize("where", ["kept", "members."])
def test_copies_at_the_end_that_hide_something_are_left_out(where, last):
    sketch = Sketch()
    at, count = sketch.tensor(name="x"), 2 * OFTEN + 1
    for i in range(count):
        name = f"{where}{'abcdefg'[i]}" if i >= count - last else None
        at = sketch.apply("cos", sketch.apply("sin", at, name=name))
    assert [times for _, _, times in blocks_of(sketch.graph())] == [count - last]


def every_stretch(signatures):
    """All stretches, found by looking at each place for each period."""
    found = set()
    for period in range(1, len(signatures) // OFTEN + 1):
        places = len(signatures) - period
        same = [signatures[i] == signatures[i + period] for i in range(places)]
        starts = [i for i in range(places) if same[i] and not (i and same[i - 1])]
        for start in starts:
            stop = next((i for i in range(start, places) if not same[i]), places)
            if stop - start >= max((OFTEN - 1) * period, WORTH):
                found.add((period, start, stop))
    return found


@pytest.mark.parametrize("seed", range(60))
def test_no_stretch_is_missed_where_only_some_places_are_looked_at_first(seed):
    chosen = random.Random(seed)
    block = [chosen.randrange(4) for _ in range(chosen.randrange(1, 9))]
    noise = [[chosen.randrange(4) for _ in range(chosen.randrange(9))] for _ in range(3)]
    row = [*noise[0], *block * chosen.randrange(2, 6), *noise[1], *block * 3, *noise[2]]
    assert sorted(map(tuple, stretches(row))) == sorted(every_stretch(row))
    assert every_stretch(block * OFTEN) or len(block) * (OFTEN - 1) < WORTH
