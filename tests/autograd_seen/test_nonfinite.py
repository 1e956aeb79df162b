"""Where a nan came from: the cases of the lessons, each told apart from the others."""

import re
import warnings

import pytest
import torch
from autograd_seen import find_nonfinite, record_backward, record_forward

from tests.autograd_seen.live.drawn import leaf

INF = float("inf")


def told(found):
    """Kind, direction and the name of PyTorch's node, of each birth."""
    return [(one.kind, one.direction, one.class_name.partition("Back")[0]) for one in found.births]


def mask_after_log():
    x = leaf([0.0, 6.25])
    return (x.log() * (x > 0)).sum()


def where_after_log():
    x = leaf([0.0, 6.25])
    return torch.where(x > 0, x.log(), 0.0).sum()


def log_of_what_is_kept():
    x = leaf([0.0, 6.25])
    return x[x > 0].log().sum()


def where_twice():
    x = leaf([0.0, 6.25])
    return torch.where(x > 0, torch.where(x > 0, x, 1.0).log(), 0.0).sum()


def root_of_a_sum_of_squares():
    return (leaf([0.0, 0.0]) ** 2).sum().sqrt()


def log_of_softmax():
    return -leaf([1000.0, 0.0]).softmax(0).log()[1]


def xlogy():
    x = leaf(0.0)
    return torch.xlogy(x, x)


def repaired_value():
    return leaf(0.0).log().nan_to_num()


def distances():
    p = leaf([[0.0, 0.0], [3.0, 1.0], [1.0, 4.0]])
    sides = torch.tensor([[0.0, 5.0, 12.0], [5.0, 0.0, 13.0], [12.0, 13.0, 0.0]])
    return ((((p[:, None] - p) ** 2).sum(2).sqrt() - sides) ** 2).sum()


def constant_column():
    h = torch.tensor([[1.0, 2.0], [4.0, 2.0], [2.0, 2.0]], requires_grad=True)
    centred = h - h.mean(0)
    return (centred / ((centred**2).mean(0).sqrt() + 1e-5)).sum()


def square_of_a_root():
    u = leaf(2.0) - 2
    return (3 * u.sqrt()) ** 2


def inf_for_a_log_at_0():
    return leaf(0.0).log()


def masked_attention():
    scores = leaf([[1.0, 2.0], [3.0, 4.0]])
    hidden = torch.tensor([[False, True], [False, False]])
    return (scores.masked_fill(hidden, -INF).softmax(1) ** 2).sum()


def a_row_masked_whole():
    scores = leaf([[1.0, 2.0], [3.0, 4.0]])
    hidden = torch.tensor([[False, True], [True, True]])
    return (scores.masked_fill(hidden, -INF).softmax(1) ** 2).sum()


def difference_of_infinite_gradients():
    y = leaf(1.0) * 1
    return y * INF - y * INF


def overflow_of_half():
    x = torch.tensor(300.0, dtype=torch.float16, requires_grad=True)
    return x * x


def raised_in_step_2():
    # Of raw degrees Fahrenheit, with a rate that is too large: lesson 17, script 5.
    w, b = leaf(60.0), leaf(1.0)
    p = torch.sigmoid(w * torch.tensor([66.0, 53.0]) + b)
    t = torch.tensor([0.0, 1.0])
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p)).mean()


FORWARD, BACKWARD = "forward", "backward"
CASES = {
    mask_after_log: [
        ("-inf", FORWARD, "Log"),
        ("nan", FORWARD, "Mul"),
        ("nan", BACKWARD, "Log"),
    ],
    where_after_log: [("nan", BACKWARD, "Log")],
    log_of_what_is_kept: [],
    where_twice: [],
    root_of_a_sum_of_squares: [("inf", BACKWARD, "Sqrt"), ("nan", BACKWARD, "Pow")],
    log_of_softmax: [
        ("-inf", FORWARD, "Log"),
        ("-inf", BACKWARD, "Log"),
        ("nan", BACKWARD, "Softmax"),
    ],
    xlogy: [("nan", BACKWARD, "Xlogy")],
    repaired_value: [("nan", BACKWARD, "Log")],
    distances: [("nan", BACKWARD, "Sqrt")],
    constant_column: [("nan", BACKWARD, "Sqrt")],
    square_of_a_root: [("nan", BACKWARD, "Sqrt")],
    inf_for_a_log_at_0: [("-inf", FORWARD, "Log"), ("inf", BACKWARD, "Log")],
    masked_attention: [],
    a_row_masked_whole: [("-inf", FORWARD, "MaskedFill"), ("nan", FORWARD, "Softmax")],
    difference_of_infinite_gradients: [("nan", FORWARD, "Sub"), ("nan", BACKWARD, "")],
    overflow_of_half: [("inf", FORWARD, "Mul")],
    raised_in_step_2: [
        ("-inf", FORWARD, "Log"),
        ("nan", FORWARD, "Mul"),
        ("nan", BACKWARD, "Log"),
        ("-inf", BACKWARD, "Log"),
        ("nan", BACKWARD, "Sigmoid"),
    ],
}


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_a_birthplace_is_named_as_what_it_is(make):
    with record_forward() as tape:
        output = make()
    found = find_nonfinite(output, tape=tape)
    assert told(found) == CASES[make]
    assert bool(found) == bool(CASES[make])
    assert found.first == (found.births[0] if found.births else None)
    # The same of a recording.
    assert told(find_nonfinite(record_backward(output, tape=tape))) == CASES[make]


def anomaly(output):
    """The operation that anomaly mode names, or "" where it finds nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.autograd.detect_anomaly():
            try:
                output.backward()
            except RuntimeError as problem:
                return re.search(r"Function '(\w+?)Back", str(problem)).group(1)
    return ""


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_the_first_nan_on_the_way_back_is_where_anomaly_mode_stops(make):
    back = [one for one in told(find_nonfinite(make())) if one[:2] == ("nan", BACKWARD)]
    stopped = anomaly(make())
    if make is difference_of_infinite_gradients:
        # A sum is no operation: anomaly mode stops at the next one, which nan has entered.
        assert back == [("nan", BACKWARD, "")] and stopped == "Mul"
    elif make is a_row_masked_whole:
        # It blames the first operation that sends nan: here one whose value was nan before.
        assert not back and stopped == "Pow"
    else:
        assert stopped == (back[0][2] if back else "")


def test_the_source_line_and_the_product_are_told():
    with record_forward() as tape:
        output = distances()
    first = find_nonfinite(output, tape=tape).first
    assert first.cause == "0 · inf = nan, in 3 of 9"
    assert first.line.endswith("((p[:, None] - p) ** 2).sum(2).sqrt()")
    assert first.certain and first.module == ""
