"""What folding may call equal: PyTorch's own operators say where two that look alike are not."""

import pytest
import torch
from autograd_seen.arrange import alike
from autograd_seen.arrange.rows import Row
from autograd_seen.graph import Fact, Node, Note
from autograd_seen.live import operations
from autograd_seen.live.walk import trace
from autograd_seen.values import Value

NAN = float("nan")


def operation(kind="Sin", **facts):
    node = Node(0, "operation", "operation", class_name=f"{kind}Backward0", arity=1)
    return node._replace(operator=operations.operator(node.class_name), **facts)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (0.0, -0.0, False),
        (1, True, False),
        (1, 1.0, False),
        (1.0, 1.0, True),
        (NAN, float("nan"), True),
        (1 + 2j, complex(1, 2), True),
        (complex(0, -0.0), complex(0, 0.0), False),
        (0.1, 0.1 + 2e-17, False),
    ],
)
def test_only_the_same_number_equals_a_number(one, other, equal):
    values = [Value(1, (), (number,)) for number in (one, other)]
    assert (alike.exactly(values[0]) == alike.exactly(values[1])) == equal
    nodes = [operation("Mul", constants=((1, value),)) for value in values]
    assert (alike.signature(nodes[0]) == alike.signature(nodes[1])) == equal
    nodes = [operation(settings=(("alpha", number),)) for number in (one, other)]
    assert (alike.signature(nodes[0]) == alike.signature(nodes[1])) == equal


@pytest.mark.parametrize(
    "change",
    [
        {"saved": ("self",)},
        {"freed": True},
        {"notes": (Note(Fact.WROTE, (0, 1)),)},
        {"count": 4},
        {"settings": (("dim", 1),)},
        {"constants": ((1, Value(1, (), (2.0,))),)},
        {"arity": 2},
        {"class_name": "SinBackward1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_signature_holds_all_that_an_operation_says(change):
    assert alike.signature(operation()) != alike.signature(operation()._replace(**change))


@pytest.mark.parametrize(
    ("values", "equal"),
    [
        ([Value(2, (2,), (1.0, 2.0))] * 2, True),
        ([Value(2, (2,), (1.0, 2.0)), Value(2, (2,), (1.0, 2.5))], False),
        ([Value(9, (9,), ends=(3.0, 3.0))] * 2, True),  # nine threes
        ([Value(9, (9,), ends=(0.0, 1.0))] * 2, False),  # between the ends, who knows
        ([Value(9, (9,), nans=9)] * 2, False),
        ([Value(0, (0,))] * 2, True),
        ([Value(9, (9,))] * 2, False),
        ([None] * 2, False),
        ([Value(9, None)] * 2, False),
    ],
)
def test_constants_are_equal_only_where_all_their_numbers_are_known(values, equal):
    nodes = [Node(i, "tensor", "constant", value=value) for i, value in enumerate(values)]
    assert alike.are_equal(nodes) == equal


@pytest.mark.parametrize(
    ("shown", "hidden", "may"),
    [
        ("layers.0.weight", "layers.7.weight", True),
        ("layers.0.weight", "layers.7.bias", False),
        ("h[0]", "h[12]", True),
        ("h0", "h1", False),
        ("very.long.0.na…", "very.long.10.n…", True),
        ("very.long.0.na…", "very.short.10.…", False),
    ],
)
def test_a_name_stands_for_one_that_differs_in_numbers_only(shown, hidden, may):
    one, two = (Node(0, "tensor", "leaf", name, True) for name in (shown, hidden))
    assert alike.may_stand_for(one, two) == may
    assert alike.may_stand_for(one, two._replace(named=False))


class Scaled(torch.autograd.Function):
    """Keeps its factor where nothing but its own code finds it."""

    @staticmethod
    def forward(ctx, x, factor):
        ctx.factors = [factor]
        return x * factor

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.factors[0], None


#: Two calls whose nodes say the same and that compute something else.
LOOK_ALIKE = {
    "add": lambda x, i: x + i,
    "rsub": lambda x, i: i - x,
    "fmod": lambda x, i: torch.fmod(x, i),
    "remainder": lambda x, i: torch.remainder(x, i),
    "copysign": lambda x, i: torch.copysign(x, 3.0 - 2 * i),
    "masked_fill": lambda x, i: x.masked_fill(torch.tensor([True, False, False]), i),
    "index_fill": lambda x, i: x.index_fill(0, torch.tensor([1]), i),
    "nan_to_num": lambda x, i: torch.nan_to_num(x / 0.0, posinf=i),
    "threshold": lambda x, i: torch.nn.functional.threshold(x, 1.5, i),
    "pad": lambda x, i: torch.nn.functional.pad(x, (1, -1), value=i),
    "scatter": lambda x, i: x.scatter(0, torch.tensor([0]), i),
    "index": lambda x, i: x[torch.tensor([0, i, 2 // i])],
    "gather": lambda x, i: x.gather(0, torch.tensor([0, i, 2])),
    "where": lambda x, i: torch.where(torch.tensor([True, i == 1, False]), x, x),
    "sort": lambda x, i: x.sort(descending=i == 1).values,
    "topk": lambda x, i: x.topk(2, largest=i == 1).values,
    "kthvalue": lambda x, i: x.kthvalue(i).values,
    "round": lambda x, i: torch.round(x, decimals=i),
    "layer_norm": lambda x, i: torch.nn.functional.layer_norm(x, (3,), eps=i),
    "batch_norm": lambda x, i: torch.nn.functional.batch_norm(
        x[:, None], torch.full((1,), 1.0 * i), torch.ones(1)
    ),
    "a function in Python": Scaled.apply,
    "write in place": lambda x, i: write_into(x, i),
}


def write_into(x, place):
    y = x.clone()
    y[place] = 0.0
    return y


@pytest.mark.parametrize("function", LOOK_ALIKE.values(), ids=LOOK_ALIKE)
def test_operations_that_look_alike_and_differ_are_known_to_depend_on_more(function):
    x = torch.tensor([1.1234, 2.2345, -0.3456], requires_grad=True)
    one, two = (function(x, i) for i in (1, 2))
    rows = [Row(trace(result, [("x", x)], 100)) for result in (one, two)]
    count = len(rows[0].operations)
    assert [rows[0].signature(i) for i in range(count)] == [
        rows[1].signature(i) for i in range(count)
    ]
    assert any(rows[0].depends_on_more(i) for i in range(count))


KNOWN = {
    "sin": torch.sin,
    "a product": lambda x: x * 2,
    "a sum": lambda x: x + x,
    "power": lambda x: x**3,
    "softmax": lambda x: x.softmax(0),
    "clamp": lambda x: x.clamp(-1, 1),
    "roll": lambda x: x.roll(1),
    "sum": lambda x: x.sum(),
    "view": lambda x: x.view(3, 1),
    "matmul": lambda x: x @ x,
    "log_sigmoid": torch.nn.functional.logsigmoid,
    "a difference in numbers": lambda x: torch.sub(x, x, alpha=3),
}


@pytest.mark.parametrize("function", KNOWN.values(), ids=KNOWN)
def test_of_most_operations_all_is_known(function):
    x = torch.tensor([1.1234, 2.2345, -0.3456], requires_grad=True)
    row = Row(trace(function(x), [("x", x)], 100))
    assert not any(row.depends_on_more(i) for i in range(len(row.operations)))
