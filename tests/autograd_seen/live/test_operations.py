"""The maths in a picture is true: read as Python and worked out, it gives what PyTorch computed."""

import random
import re

import pytest
import torch
import torch.nn.functional as F
from autograd_seen import draw_graph
from autograd_seen.live.operations import OPERATORS, operator
from autograd_seen.show.maths import UNSAVED
from autograd_seen.values import number

from tests.autograd_seen.shown import shown

POWERS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def as_python(maths):
    """``"2·(x)²"`` as Python."""
    maths = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: f"**({found[0].translate(POWERS)})", maths)
    for sign, python in (("−", "-"), ("×", "*"), ("÷", "/"), ("·", "*"), ("^", "**")):
        maths = maths.replace(sign, python)
    return maths


def operations_of(picture):
    """Each operation with the tensor that it made."""
    nodes = shown(picture.graph).nodes
    return [
        (nodes[e.source], nodes[e.target])
        for e in picture.graph.edges
        if nodes[e.source].kind == "operation"
    ]


def last(picture):
    """The operation that made the root."""
    return operations_of(picture)[-1][0]


def run(written, tensors):
    """The result of a line, and its picture as drawn where these tensors have these names."""
    namespace = tensors | {"torch": torch, "F": F, "draw_graph": draw_graph}
    exec(f"z = {written}; picture = draw_graph(z)", namespace)
    return namespace["z"], namespace["picture"]


def numbers():
    """Tensors for a line of maths; no two of them are equal, and none is 0, 1 or 2."""
    x, y, w = (
        torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (3.0, 2.5, -0.7)
    )
    return {"x": x, "y": y, "w": w, "c": torch.tensor(5.5, dtype=torch.float64)}


# What is written, how it reads, and what the constant was that no operation saved.
ARITHMETIC = [
    ("x + y", "x + y", None),
    ("x + 4", "x + const", 4),
    ("4 + x", "x + const", 4),
    ("c + x", "const + x", 5.5),
    ("x - y", "x − y", None),
    ("x - 4", "x − const", 4),
    ("4 - x", "const − x", 4),
    ("c - x", "const − x", 5.5),
    ("x * y", "x × y", None),
    ("x * 4", "x × 4", None),
    ("c * x", "c × x", None),
    ("x * (1 + 4j)", "x × (1+4j)", None),
    ("x / y", "x ÷ y", None),
    ("x / 4", "x ÷ 4", None),
    ("c / x", "c ÷ x", None),
    ("-x", "−x", None),
    ("torch.reciprocal(x)", "1 ÷ x", None),
    ("x ** 2", "x²", None),
    ("x ** -12", "x⁻¹²", None),
    ("x ** 0.5", "x^0.5", None),
    ("x ** (1 + 4j)", "x^(1+4j)", None),
    ("torch.square(x)", "x²", None),
    ("x ** y", "x^y", None),
    ("x ** c", "x^c", None),
    ("c ** x", "c^x", None),
    ("2 ** x", "2^x", None),
    ("torch.pow(-4, x)", "(-4)^x", None),
    ("torch.add(x, y, alpha=0.5)", "x + 0.5·y", None),
    ("torch.sub(x, y, alpha=4)", "x − 4·y", None),
    ("torch.sub(x, 6, alpha=4)", "x − 4·const", 6),
    ("torch.rsub(x, y)", "y − x", None),
    ("torch.rsub(x, y, alpha=4)", "y − 4·x", None),
    ("torch.rsub(x, 6, alpha=4)", "const − 4·x", 6),
]


@pytest.mark.parametrize(
    ("written", "reads", "const"), ARITHMETIC, ids=[case[0] for case in ARITHMETIC]
)
def test_arithmetic_reads_as_it_was_computed(written, reads, const):
    z, picture = run(written, numbers())
    assert last(picture).expression == reads
    assert torch.isclose(eval(as_python(reads), numbers() | {UNSAVED: const}), z)


@pytest.mark.parametrize("seed", range(40))
def test_a_random_program_can_be_worked_out_again_from_its_picture(seed):
    chance, t = random.Random(seed), numbers()
    forms = [
        "{0} + {1}",
        "{0} - {1}",
        "{0} * {1}",
        "{0} / {1}",
        "{0} ** 2",
        "{0} ** -3",
        "2 ** {0}",
    ]
    forms += [
        "-{0}",
        "reciprocal({0})",
        "sin({0})",
        "sigmoid({0})",
        "maximum({0}, {1})",
        "atan2({0}, {1})",
    ]
    forms += [
        "add({0}, {1}, alpha=0.5)",
        "sub({0}, {1}, alpha=4)",
        "rsub({0}, {1}, alpha=4)",
        "{0} * 4",
        "{0} / 4",
    ]
    newest = "t['x']"
    for i in range(14):
        # The newest is always used, so that the graph is deep; others from anywhere make it wide.
        operands = [newest, chance.choice([f"t[{name!r}]" for name in t])]
        chance.shuffle(operands)
        computed = eval(chance.choice(forms).format(*operands), vars(torch) | {"t": t})
        if computed.requires_grad:  # a form of one operand may have taken the constant
            newest = f"t['{i}']"
            t[str(i)] = computed
    picture = draw_graph(eval(newest))

    nodes = [node for node in shown(picture.graph).nodes if node.kind == "tensor"]
    for node in nodes:
        assert node.value == number(eval(node.name).item())
    for operation, result in operations_of(picture):
        again = eval(as_python(operation.expression), vars(torch) | {"t": t, UNSAVED: t["c"]})
        assert torch.allclose(again, eval(result.name), equal_nan=True)


def test_a_number_in_a_derivatives_own_graph_is_read_too():
    x = torch.tensor(3.0, requires_grad=True)
    (slope,) = torch.autograd.grad(x**3, x, create_graph=True)
    assert "#1 × 3" in [operation.expression for operation, _ in operations_of(draw_graph(slope))]


# The code, how its last operation reads, and where each input enters.
CASES = [
    ("A @ B", "A @ B", {"A": 0, "B": 1}),
    ("A @ v", "A @ v", {"A": 0, "v": 1}),
    ("v @ v", "v · v", {"v": 1}),
    ("A.t() @ torch.ones(2, 1)", "#1 @ #2", {}),
    ("F.linear(X, A, b)", "X @ #1 + b", {"b": 0, "X": 1}),
    ("F.linear(X, A)", "X @ #1", {"X": 0}),
    ("torch.addmm(b, X, A.t(), beta=0.5, alpha=3)", "3·X @ #1 + 0.5·b", {}),
    ("v.clamp(0, 1)", "clamp(v)", {}),
    ("torch.where(mask, v, u)", "where(mask, v, u)", {"v": 0, "u": 1, "mask": None}),
    ("torch.where(mask, v, 0.0)", "where(mask, v)", {"v": 0, "mask": None}),
    ("v.max(dim=0)[0]", "max(v)", {}),
    ("torch.maximum(v, u)", "maximum(v, u)", {"v": 0, "u": 1}),
    ("torch.div(v, u, rounding_mode='floor')", "floor div(v, u)", {"v": 0, "u": 1}),
    ("torch.div(v, 4, rounding_mode='trunc')", "trunc div(v, 4)", {}),
    ("F.embedding(ids, table)", "embedding(table, ids)", {"table": 0, "ids": None}),
    ("table[ids]", "index(table, ids)", {"table": 0, "ids": None}),
    ("F.cross_entropy(table, target)", "nll_loss(#1, target)", {"target": None}),
    ("F.mse_loss(v, k)", "mse_loss(v, k)", {"v": 0, "k": 1}),
    ("F.mse_loss(k, v)", "mse_loss(k, v)", {"k": 0, "v": 1}),
    ("F.binary_cross_entropy(p, k)", "BCE(p, k)", {"p": 0, "k": 1}),
    ("F.binary_cross_entropy_with_logits(v, k)", "BCE with logits(v, k)", {"v": 0, "k": 1}),
    ("F.dropout(v, 0.5)", "v × #1", {"v": 0}),
    ("F.layer_norm(A, (3,), v, u)", "layer_norm(A, v, u)", {"A": 0, "v": 1, "u": 2}),
    (
        "F.batch_norm(A, None, None, v, u, training=True)",
        "batch_norm(A, v, u)",
        {"A": 0, "v": 1, "u": 2},
    ),
    ("F.conv1d(S, kernel, v)", "conv(S, kernel, v)", {"S": 0, "kernel": 1, "v": 2}),
    ("F.conv1d(S, kernel)", "conv(S, kernel)", {"S": 0, "kernel": 1}),
    ("F.conv_transpose1d(S, kernel.transpose(0, 1))", "transposed conv(S, #1)", {"S": 0}),
    ("torch.cat([v, u, v])", "cat(v, u, v)", {"u": 1}),
    ("torch.stack([v, u])", "stack(v, u)", {"v": 0, "u": 1}),
    ("v.cumsum(0)", "cumsum(v)", {}),
    ("v.log1p()", "log1p(v)", {}),
    ("v[1:]", "slice(v)", {}),
    ("v.double()", "to(v)", {}),
    ("torch.lerp(v, u, 0.5)", "lerp(v, u)", {"v": 0, "u": 1}),
]


@pytest.mark.parametrize(("written", "reads", "slots"), CASES, ids=[case[0] for case in CASES])
def test_an_operation_on_tensors_names_its_inputs_in_order(written, reads, slots):
    torch.manual_seed(0)
    shapes = {
        "A": (2, 3),
        "B": (3, 4),
        "table": (5, 3),
        "kernel": (3, 2, 2),
        "v": 3,
        "u": 3,
        "p": 3,
        "b": 2,
    }
    tensors = {name: torch.rand(shape, requires_grad=True) for name, shape in shapes.items()}
    tensors |= {"X": torch.rand(4, 3), "S": torch.rand(1, 2, 6), "k": torch.tensor([1.0, 0.0, 1.0])}
    tensors |= {"mask": torch.tensor([True, False, True]), "ids": torch.tensor([2, 0])}
    tensors["target"] = torch.tensor([0, 1, 2, 0, 1])
    _, picture = run(written, tensors)
    operation = last(picture)
    assert operation.expression == reads
    entered = {
        shown(picture.graph).nodes[e.source].name: e.slot
        for e in picture.graph.inputs(operation.key)
    }
    assert entered.items() >= slots.items()


@pytest.mark.parametrize(
    "written", ["v.max(0)", "v.sort()", "v.topk(2)", "v.median(0)", "v.cummax(0)", "v.kthvalue(2)"]
)
def test_indices_that_an_operation_found_are_no_input_of_it(written):
    v = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
    values, indices = eval(written, {"v": v})
    picture = draw_graph(values)
    assert [node.name for node in shown(picture.graph).nodes if node.kind == "tensor"] == [
        "v",
        "values",
    ]
    # Of the operation that they are an input of, they are.
    rows = indices.reshape(-1)
    picked = v.gather(0, rows)
    assert last(draw_graph(picked)).expression == "gather(v, rows)"


def test_a_lists_tensors_enter_in_its_order():
    parts = [torch.ones(1, requires_grad=True) for _ in range(3)]
    whole = torch.cat([parts[2], parts[0], parts[1]])
    assert last(draw_graph(whole)).expression == "cat(parts[2], parts[0], parts[1])"


def test_an_operation_whose_order_matters_numbers_its_inputs():
    x, y = (torch.tensor(value, requires_grad=True) for value in (3.0, 2.5))
    for z, ordered in (
        (x - y, True),
        (x / y, True),
        (x**y, True),
        (x + y, False),
        (x * y, False),
        (-x, False),
    ):
        assert last(draw_graph(z)).ordered == ordered


@pytest.mark.parametrize("name", ["Mul", "Pow", "T", "Neg", "AddBackward", "Mine2"])
def test_a_function_of_the_users_keeps_the_name_it_was_given(name):
    double = type(
        name,
        (torch.autograd.Function,),
        {
            "forward": staticmethod(lambda ctx, x: 2 * x),
            "backward": staticmethod(lambda ctx, g: 2 * g),
        },
    )
    x = torch.tensor(3.0, requires_grad=True)
    z = double.apply(x)
    node = last(draw_graph(z))
    assert (node.name, node.expression, node.class_name) == (name, f"{name}(x)", f"{name}Backward")


@pytest.mark.parametrize(
    ("class_name", "word"),
    [
        ("LogSoftmaxBackward0", "log_softmax"),
        ("Expm1Backward0", "expm1"),
        ("GridSampler2DBackward0", "grid_sampler2d"),
        ("MaxPool2DWithIndicesBackward0", "max_pool2d_with_indices"),
        ("LinalgLuFactorExBackward0", "linalg_lu_factor_ex"),
        ("torch::autograd::CopyBackwards", "copy"),
        ("torch::autograd::CopySlices", "write into a view"),
        ("torch::autograd::NotImplemented", "not_implemented"),
        ("", ""),
    ],
)
def test_a_node_without_a_sign_reads_as_its_name(class_name, word):
    assert operator(class_name).word == word


def test_every_operator_is_found_by_the_name_of_its_node():
    x = torch.ones(2, requires_grad=True)
    z = torch.empty(2, dtype=torch.float64).copy_(x)
    assert last(draw_graph(z)).expression == "copy(x)"
    for kind, row in OPERATORS.items():
        found = operator(kind if "::" in kind else f"{kind}Backward0")
        assert (found.sign, found.elementwise) == (row.sign, row.elementwise), kind


@pytest.mark.parametrize(
    ("written", "reads"),
    [
        ("x * 0.99999", "x × 0.99999"),
        ("x * 1.000001", "x × 1.000001"),
        ("x * 1.000001 * 1.000006", "#1 × 1.000006"),
        ("x ** 1.00001", "x^1.00001"),
        ("x / 2.000001", "x ÷ 2.000001"),
    ],
)
def test_a_constant_is_never_written_as_the_round_number_beside_it(written, reads):
    _, picture = run(written, numbers())
    assert last(picture).expression == reads
