"""Folding: what repeats is drawn once, a difference is never hidden, and frames hold what they
say.
"""

import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
import torch
from autograd_seen import draw_graph, record_forward
from autograd_seen.arrange import fold
from autograd_seen.graph import Fact, Note
from autograd_seen.live.walk import trace
from autograd_seen.show import words
from autograd_seen.values import Value
from torch import nn

from tests.autograd_seen.arrange.sketched import Sketch, boxes, chain, check, labels, layers
from tests.autograd_seen.arrange.test_layout import overlap
from tests.autograd_seen.show.drawn import compose
from tests.autograd_seen.shown import shown

SVG = "{http://www.w3.org/2000/svg}"


# Chains.


def test_a_chain_of_one_operation_is_one_box():
    new = check(chain(["sin"] * 998)).graph
    assert boxes(new) == ["sin × 998"] and len(new.nodes) == 3
    box = shown(new).nodes[1]
    assert box.class_name == "SinBackward0" and box.expression == "sin × 998 of x"


def test_a_title_that_is_no_word_stands_in_brackets():
    assert boxes(check(chain(["× 1.01"] * 6)).graph) == ["(× 1.01) × 6"]


@pytest.mark.parametrize("length", range(1, 8))
def test_a_chain_folds_from_four_on(length):
    assert len(boxes(check(chain(["sin"] * length)).graph)) == (length if length < 4 else 1)


@pytest.mark.parametrize(
    ("change", "lengths"),
    [
        ({"name": "y"}, [6, 6]),  # the operation that makes a named tensor is the last of its chain
        ({"shape": (3,)}, [5, 1, 1, 5]),  # the next one takes another shape
        ({"settings": (("dim", 1),)}, [5, 1, 6]),
        ({"freed": True}, [5, 1, 6]),
        ({"notes": (Note(Fact.WROTE, (0, 1)),)}, [5, 1, 6]),
        ({"saved": ("self",)}, [5, 1, 6]),
    ],
    ids=["name", "shape", "setting", "freed", "note", "saved"],
)
def test_a_chain_ends_where_something_differs(change, lengths):
    new = check(chain(["sin"] * 12, at_5=change)).graph
    assert boxes(new) == [f"sin × {length}" if length > 1 else "sin" for length in lengths]


def test_numbers_that_were_not_saved_may_differ_and_make_no_chain():
    unknown = {f"at_{i}": {"arity": 2} for i in range(8)}
    assert "× 8" not in boxes(check(chain(["add"] * 8, **unknown)).graph)[0]


# Blocks.


def test_equal_layers_are_one_group():
    folded = check(layers())
    new = folded.graph
    (group,) = new.groups
    assert (labels(new)[0], boxes(new)) == ("× 12", ["exp", "matmul", "tanh", "add", "log"])
    names = {new.nodes[key].name for key in group.nodes}
    assert "layers.0.wa" in names and not {"x", "scale"} & names
    ((entered, after),) = group.carries
    assert (folded.nodes[entered], shown(new).nodes[after].notes) == (3, ("after all 12",))
    assert after not in group.nodes and entered not in group.nodes


def test_a_chain_inside_a_block_and_a_block_inside_a_block():
    new = check(chain(([*["sin"] * 5, "exp"]) * 6)).graph
    assert (labels(new), boxes(new)) == (["× 6"], ["sin × 5", "exp"])
    new = check(chain(([*["sin", "cos"] * 4, "exp"]) * 6)).graph
    assert (labels(new), boxes(new)) == (["× 6", "× 4"], ["sin", "cos", "exp"])
    assert set(new.groups[1].nodes) < set(new.groups[0].nodes)


def test_a_growing_index_is_told_and_any_other_is_a_difference():
    def loop(indices):
        sketch = Sketch()
        data, at = sketch.tensor(name="data"), sketch.tensor(name="h")
        for i in indices:
            at = sketch.apply(
                "add", at, sketch.apply("select", data, settings=(("dim", 0), ("index", i)))
            )
        return fold.fold(sketch.graph()).graph

    new = loop(range(3, 23))
    assert labels(new) == ["× 20"] and shown(new).nodes[2].notes == ("index 3, 4 … 22",)
    assert labels(loop([0, 1, 5, 2, 9, 3, 1, 8])) == []
    parts = {f"at_{i}": {"settings": (("start", i),)} for i in range(8)}
    assert "× 8" not in boxes(fold.fold(chain(["slice"] * 8, **parts)).graph)[0], (
        "a chain says nothing of parts"
    )


# What the copies have for themselves, and what may differ.


class Times(torch.autograd.Function):
    """Keeps its factor where nothing but its own code finds it."""

    @staticmethod
    def forward(ctx, x, factor):
        ctx.factors = [factor]
        return x * factor

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.factors[0], None


ORDERS = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
FIRST = torch.tensor([True, False, False])
SOME = "; what is not drawn may differ"
NUMBERS = ", with numbers of its own"
OWN = ", with constants of its own: #1 is the first's"
NOT_FOLDED = None
STEPS = {
    "different constants": (lambda x, i: x * torch.full((3,), i + 1.0), OWN),
    "equal constants": (lambda x, i: x * torch.full((3,), 2.0), ""),
    "different numbers": (lambda x, i: x * (i + 1), NUMBERS),
    "nearly equal numbers": (lambda x, i: x * (1 + i * 1e-6), NUMBERS),
    "numbers added": (lambda x, i: x + i, SOME),
    "tensors added": (lambda x, i: x + torch.full((3,), i + 1.0), SOME),
    "bounds": (lambda x, i: x.clamp(max=10.0 - i), NOT_FOLDED),
    "powers": (lambda x, i: x ** (i + 1), NOT_FOLDED),
    "rolls": (lambda x, i: x.roll(i), NOT_FOLDED),
    "permutations": (lambda x, i: x[torch.tensor(ORDERS[i])], SOME),
    "masks": (lambda x, i: torch.where(torch.tensor([True, i % 2 == 0, False]), x, 0.0), SOME),
    "values for a mask": (lambda x, i: x.masked_fill(FIRST, float(i)), SOME),
    "values for nan": (lambda x, i: torch.nan_to_num(x, nan=float(i)), SOME),
    "a Function's list": (lambda x, i: Times.apply(x, i + 1), SOME),
    "dropout": (lambda x, i: nn.functional.dropout(x, 0.5), OWN),
    "equal steps": (lambda x, i: x.sin() * 1.5, ""),
}


@pytest.mark.parametrize(("step", "words"), STEPS.values(), ids=STEPS)
def test_what_differs_from_copy_to_copy_is_told_or_not_folded(step, words):
    torch.manual_seed(0)
    x = z = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    for i in range(6):
        z = step(z, i)
    again = x
    for _ in range(6):
        again = step(again, 0)
    picture = draw_graph(z)
    heads = [line for line in str(picture).splitlines() if line.startswith("╭")]
    if words is NOT_FOLDED:
        assert not heads and picture.graph.count() == len(boxes(picture.graph))
    else:
        assert heads == [f"╭ 6 times this block; each next one takes z for x{words}"]
        tip = heads[0].replace("╭ 6 times this block", "this block 6 times")
        assert f"<title>{escape(tip)}</title>" in picture.svg
    if words == "":
        assert torch.equal(z, again), "the first copy six times over is something else"


@pytest.mark.parametrize("name", ["numbers added", "values for a mask", "permutations"])
def test_a_chain_of_what_is_not_known_has_no_title_of_its_own(name):
    z = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    for i in range(6):
        z = STEPS[name][0](z, i)
    assert all(node.count == 1 for node in draw_graph(z).graph.nodes)


def groups_of(values, role="constant"):
    """The groups of a chain of products in which each takes one of these values."""
    sketch = Sketch()
    at = sketch.tensor(name="x")
    for value in values:
        at = sketch.apply("mul", at, sketch.tensor(role, value=value))
    graph = check(sketch.graph()).graph
    return [(group.times, len(group.own), group.unknown) for group in graph.groups]


def test_one_other_number_at_the_end_stands_for_itself():
    x = z = torch.tensor(0.5, requires_grad=True)
    for i in range(6):
        z = z * (1.5 if i < 5 else 1.500001)
    picture = draw_graph(z, x=x)
    assert (labels(picture.graph), boxes(picture.graph)) == ([], ["(× 1.5) × 5", "× 1.500001"])


def blended(numbers, tape=False):
    """The picture of ``h = a·v + (1 − a)·h`` over these v."""
    a, h = torch.tensor(0.3, requires_grad=True), torch.tensor(0.0)
    with record_forward() as recorded:
        for v in numbers:
            h = a * v + (1 - a) * h
    return draw_graph(h, tape=recorded if tape else None)


@pytest.mark.parametrize("tape", [False, True])
def test_a_loop_over_numbers_folds_and_tells_that_each_copy_has_its_own(tape):
    picture = blended([1.0, 0.5, -0.3, 0.8, 0.2, 3.1], tape)
    (group,) = picture.graph.groups
    assert (group.times, group.numbers, group.versions) == (5, True, False)
    (note,) = [node.notes for node in shown(picture.graph).nodes if "number" in str(node.notes)]
    assert note == ("own number: 0.5, -0.3 … 3.1",)
    assert "each with its own number" in picture.svg and "with numbers of its own" in str(picture)
    assert group.unknown is not tape, "without a tape nobody knows which number a was taken from"


def test_runs_of_equal_numbers_among_others_do_not_cut_a_loop_into_pieces():
    picture = blended([0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0])
    assert labels(picture.graph) == ["× 14"]


def test_blocks_that_are_equal_fold_before_what_each_has_for_itself():
    x = z = torch.tensor(0.5, requires_grad=True)
    for _ in range(8):
        z = z * 2 * 3
    picture = draw_graph(z, x=x)
    assert (labels(picture.graph), boxes(picture.graph)) == (["× 8"], ["× 2", "× 3"])
    assert not picture.graph.groups[0].numbers


def test_an_inner_loop_over_other_numbers_in_each_round_is_told_of_both():
    z = torch.tensor(0.5, requires_grad=True)
    for i in range(4):
        for k in range(5):
            z = z * (2 + i + 7 * k)
        z = z.sin()
    outer, inner = draw_graph(z).graph.groups
    assert (outer.times, inner.times, outer.numbers, inner.numbers) == (4, 5, True, True)


def test_numbers_of_another_kind_are_not_alike():
    values = [Value(1, (), (number,)) for number in (1, 2, 3, 4, 1j, 2j, 3j, 4j)]
    sketch = Sketch()
    at = sketch.tensor(name="x")
    for value in values:
        at = sketch.apply("mul", at, constants=((1, value),), arity=2)
    assert [group.times for group in check(sketch.graph()).graph.groups] == []


def test_a_loop_that_writes_into_a_buffer_folds_and_says_that_its_versions_go_on():
    a = torch.tensor(0.3, requires_grad=True)
    with record_forward() as tape:
        level = torch.zeros(12)
        for t in range(1, 12):
            level[t] = level[t - 1] + a * (t - level[t - 1])
        z = level.sum()
    picture = draw_graph(z, tape=tape)
    (group,) = picture.graph.groups
    assert (group.times, group.versions, len(boxes(picture.graph)) < 25) == (9, True, True)
    assert "index 2, 3 … 10" in str(picture) and "versions of its own" in str(picture)


def test_constants_belong_to_each_copy_unless_all_are_known_to_be_equal():
    two, three = (Value(2, (2,), (number, number)) for number in (2.0, 3.0))
    assert groups_of([two] * 6) == [(6, 0, False)]
    assert groups_of([two] * 5 + [three]) == [(6, 1, False)]
    assert groups_of([Value(9, (9,), ends=(2.0, 2.0))] * 6) == [(6, 0, False)]
    assert groups_of([Value(9, (9,), ends=(0.0, 2.0))] * 6) == [(6, 1, False)]
    assert groups_of([None] * 6) == [(6, 1, False)]
    assert groups_of([two] * 6, role="leaf") == [(6, 1, False)]


def test_a_constant_that_stands_for_others_is_the_outer_blocks_own_if_one_of_these_is():
    sketch = Sketch()
    at = sketch.tensor(name="x")
    for outer in range(4):
        for inner in range(5):
            number = float(outer) if inner == 3 else 7.0
            value = Value(2, (2,), (number, number))
            at = sketch.apply("mul", at, sketch.tensor("constant", value=value))
        at = sketch.apply("sin", at)
    outer, inner = check(sketch.graph()).graph.groups
    assert (outer.times, inner.times) == (4, 5)
    assert outer.own == inner.own and len(inner.own) == 1


def test_a_block_says_whose_parameters_and_constants_are_shown():
    def head(mode):
        output, names = (torch.manual_seed(0), encoder(mode))[1]
        graph = fold.fold(trace(output, names, 1_000)).graph
        return words.carried(graph, graph.groups[0])

    shown_own = re.fullmatch(
        r"each next one takes #\d+ for x, with parameters of its own and constants of its own: "
        r"#\d+, #\d+ and 2 more are the first's; what is not drawn may differ",
        head("train"),
    )
    assert shown_own, head("train")
    assert re.fullmatch(
        r"each next one takes #\d+ for x, with parameters of its own; what is not drawn may differ",
        head("eval"),
    )


# The limit.


def test_a_folded_graph_is_cut_at_its_last_boxes_and_says_for_how_many_operations_they_stand():
    graph = chain(["exp", "log"] + ["sin"] * 10 + ["cos", "tanh"])
    folded = fold.fold_within(graph, 3)
    new = folded.graph
    assert boxes(new) == ["sin × 10", "cos", "tanh"] and new.limit == 12
    assert (new.nodes[0].kind, shown(new).nodes[0].notes, new.nodes[0].class_name) == (
        *("cut", ("continues, not drawn",)),
        "LogBackward0",
    )
    assert graph.edges[folded.edges[0]].source == folded.nodes[0] == 3
    assert fold.fold_within(graph, 5).graph.limit is None


def test_a_cut_takes_a_block_as_a_whole_and_never_leaves_nothing():
    graph = layers(period=3, before=0, after=2)
    assert labels(fold.fold_within(graph, 5).graph) == ["× 12"]
    new = fold.fold_within(graph, 4).graph
    assert boxes(new) == ["log", "log"] and not new.groups and new.limit == 2
    new = fold.fold_within(layers(period=3, before=0, after=0), 2).graph
    assert len(boxes(new)) == new.limit == 2


# Real computations.


def traced(build):
    """The whole graph of a loss."""
    torch.manual_seed(0)
    return trace(*build(), 1_000)


def parameters(**modules):
    return [
        (f"{name}.{part}", value)
        for name, module in modules.items()
        for part, value in module.named_parameters()
    ]


def encoder(mode="train", dropout=0.1, tracked=True):
    layer = nn.TransformerEncoderLayer(16, 2, 16, dropout, batch_first=True)
    model = nn.TransformerEncoder(layer, 12, enable_nested_tensor=False).train(mode == "train")
    x = torch.randn(2, 3, 16, requires_grad=tracked)
    return model(x).mean(), [("x", x), *parameters(encoder=model)]


def perceptron():
    model = nn.Sequential(*[part for _ in range(6) for part in (nn.Linear(4, 4), nn.Tanh())][:-1])
    return model(torch.randn(3, 4)).mean(), parameters(model=model)


def recurrent(cell=nn.RNNCell):
    model, data = cell(4, 4), torch.randn(20, 2, 4)
    h = torch.zeros(2, 4)
    for t in range(20):
        h = model(data[t], h)
    return h.sum(), [("h", h), *parameters(cell=model)]


def residual():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two, self.norm = (
                nn.Conv2d(2, 2, 1),
                nn.Conv2d(2, 2, 1),
                nn.BatchNorm2d(2),
            )

        def forward(self, x):
            return torch.relu(x + self.norm(self.two(torch.relu(self.one(x)))))

    model = nn.Sequential(nn.Conv2d(1, 2, 1), *[Block() for _ in range(5)])
    return model(torch.randn(2, 1, 3, 3)).mean(), parameters(model=model)


def descent():
    w = torch.tensor(1.0, requires_grad=True)
    start, loss, slope = w, None, None
    for _ in range(10):
        loss = (w * 3 - 1) ** 2
        (slope,) = torch.autograd.grad(loss, w, create_graph=True)
        w = w - 0.1 * slope
    return w, [("w", w), ("start", start), ("loss", loss), ("slope", slope)]


REAL = {
    "encoder": (encoder, "× 12", 45),
    "encoder without dropout": (lambda: encoder(dropout=0.0), "× 12", 45),
    "encoder in eval mode": (lambda: encoder("eval"), "× 12", 45),
    "encoder of untracked data": (lambda: encoder(tracked=False), "× 11", 80),
    "perceptron": (perceptron, "× 5", 7),
    "RNN": (recurrent, "× 19", 14),
    "GRU": (lambda: recurrent(nn.GRUCell), "× 19", 35),
    "residual": (residual, "× 5", 12),
    "descent": (descent, "× 9", 16),
}


@pytest.mark.parametrize(("build", "label", "most"), REAL.values(), ids=REAL)
def test_what_repeats_in_a_real_graph_is_one_group(build, label, most, monkeypatch):
    graph = traced(build)
    new = fold.fold(graph).graph
    assert labels(new) == [label] and len(boxes(new)) <= most
    monkeypatch.setattr(fold, "LARGE", 1_000)  # a run of views lists its operations in one title
    check(graph)


def test_a_group_of_layers_begins_where_a_layers_parameters_do():
    new = fold.fold(traced(lambda: encoder(tracked=False))).graph
    (group,) = new.groups
    assert {
        layer for key in group.nodes for layer in re.findall(r"layers\.\d+", new.nodes[key].name)
    } == {"layers.1"}
    assert len(group.carries) == 1


def test_in_a_large_graph_a_run_of_views_is_one_box_that_lists_them():
    graph = traced(encoder)
    new = fold.fold(graph).graph
    (box,) = [node for node in shown(new).nodes if node.name == "transpose, clone, view"]
    assert (box.class_name, box.count) == (
        "TransposeBackward0, CloneBackward0, UnsafeViewBackward0",
        3,
    )
    assert new.count() == len(boxes(graph)) > 15 * len(boxes(new))
    x = torch.ones(2, 3, requires_grad=True)
    z = x.t().reshape(6).view(3, 2).t()
    assert boxes(draw_graph(z).graph) == ["transpose", "clone", "view", "view", "transpose"]


def test_a_view_that_the_next_copy_takes_is_not_lost_in_a_run_of_views(monkeypatch):
    sketch = Sketch()
    at, total = sketch.tensor(name="x"), sketch.tensor(name="y")
    for _ in range(6):
        at = sketch.apply("view", at)
        total = sketch.apply("add", total, sketch.apply("transpose", at))
    monkeypatch.setattr(fold, "LARGE", 1)
    new = fold.fold(sketch.graph()).graph
    (group,) = new.groups
    assert (group.times, len(group.carries), boxes(new)) == (6, 2, ["view", "transpose", "add"])


# What is drawn.


def nested():
    """Groups in groups: the frames that a picture has."""
    x = torch.tensor(0.5, requires_grad=True)
    y = x
    for _ in range(6):
        for _ in range(4):
            y = y.sin() * 3
        y = (y + 1).cos()
    return y


def layered():
    torch.manual_seed(0)
    model = nn.Sequential(*[part for _ in range(6) for part in (nn.Linear(4, 4), nn.Tanh())][:-1])
    return model(torch.randn(3, 4)).mean()


def corners(cluster):
    return cluster.x, cluster.y, cluster.x + cluster.width, cluster.y + cluster.height


def test_a_frame_is_drawn_behind_what_it_holds_with_its_label():
    z = nested()
    picture = draw_graph(z)
    scene = compose(picture.graph)
    outer, inner = scene.clusters
    assert overlap(corners(outer), corners(inner))
    assert outer.x < inner.x and inner.x + inner.width < outer.x + outer.width
    svg = ElementTree.fromstring(picture.svg)
    texts = [element.text for element in svg.iter(f"{SVG}text")]
    assert {"6 times", "4 times", "the first of 6 is shown"} <= set(texts)
    classes = [element.get("class") for element in svg.iter() if element.get("class")]
    assert max(i for i, name in enumerate(classes) if name == "frame") < classes.index("edge")
    width, height = float(svg.get("width")), float(svg.get("height"))
    assert (
        0 < outer.x
        and outer.x + outer.width < width
        and 0 < outer.y
        and outer.y + outer.height < height
    )


def test_a_frame_says_what_the_next_copy_takes():
    x = torch.tensor(0.5, requires_grad=True)
    y = x
    for _ in range(20):
        y = y.sin() * 1.01
    picture = draw_graph(y)
    assert "<title>this block 20 times; each next one takes y for x</title>" in picture.svg
    lines = str(picture).splitlines()
    assert lines[0] == "Graph of y: 40 operations, drawn in 2 boxes"
    assert lines[2] == "╭ 20 times this block; each next one takes y for x"
    assert [line.split("  ")[0] for line in lines[3:]] == ["│ #1 = sin(x)", "│ y = #1 × 1.01", "╰"]
    assert lines[4].endswith("MulBackward0 saves other; after all 20")


def test_a_graph_without_groups_has_no_trace_of_frames():
    x = torch.tensor(0.5, requires_grad=True)
    z = x.sin()
    picture = draw_graph(z)
    assert not any(
        word in picture.svg + picture.source for word in ("frame", "cluster")
    ) and "╭" not in str(picture)


def test_dot_holds_a_cluster_for_each_group():
    z = nested()
    source = draw_graph(z).source
    assert re.findall(r"^(\t*)subgraph cluster\d", source, re.MULTILINE) == ["\t", "\t\t"]
    assert 'label="6 times, the first is shown"' in source


@pytest.mark.parametrize("ending", ["png", "pdf"])
def test_a_folded_graph_is_saved_as_a_figure(ending, tmp_path):
    z = layered()
    assert draw_graph(z).save(tmp_path / f"z.{ending}").stat().st_size > 5_000


def test_unfolded_each_operation_has_its_box():
    z = layered()
    folded, whole = draw_graph(z), draw_graph(z, fold=False)
    assert len(boxes(whole.graph)) == folded.graph.count() == 18
    assert len(boxes(folded.graph)) == 6 and not whole.graph.groups


def test_the_limit_counts_boxes():
    x = torch.tensor(0.5, requires_grad=True)
    z = x
    for _ in range(900):
        z = z.sin().exp().tanh().cos().exp().sin().cosh()
    # A walk goes back 6,000: 857 blocks, and one operation more.
    assert draw_graph(z, max_operations=7).graph.limit == 5_999
    z = x
    for _ in range(300):
        z = z.sin().exp().tanh()
    assert draw_graph(z, max_operations=3).graph.limit is None
    assert draw_graph(z, max_operations=2).graph.limit == 2
    assert draw_graph(z, max_operations=3, fold=False).graph.limit == 3
