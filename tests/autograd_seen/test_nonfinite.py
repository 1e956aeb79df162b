"""Where a nan came from: the cases of the lessons, each told apart from the others."""

import re
import warnings

import pytest
import torch
from autograd_seen import (
    draw_graph,
    find_nonfinite,
    record_backward,
    record_forward,
    saved_bytes,
)
from autograd_seen.births import Forward

from tests.autograd_seen.live.drawn import leaf

INF, NAN = float("inf"), float("nan")


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


# --- what is not an operation of the graph ----------------------------------------------------


def test_a_leaf_or_a_constant_that_is_not_finite_is_named_and_is_no_birth():
    w, data = leaf([1.0, NAN]), torch.tensor([INF, 2.0])
    found = find_nonfinite((w * data).sum())
    assert not found and found.first is None
    assert "w (leaf) holds nan from the start" in str(found)
    assert "data (constant) holds inf from the start" in str(found)
    assert "inf is a number in" in str(find_nonfinite(leaf() * INF))


def test_what_the_pass_starts_from_and_what_grad_held_before():
    x = leaf([1.0, 2.0])
    seeded = find_nonfinite(x * 1, torch.tensor([NAN, 1.0]))
    assert not seeded and "the gradient that the pass starts from holds nan" in str(seeded)
    x.grad = torch.tensor([INF, 0.0])
    assert "x.grad holds inf from before this pass" in str(find_nonfinite(x.sum()))


def test_an_inf_that_is_finite_again_is_told_and_is_no_birth():
    with record_forward() as tape:
        loss = masked_attention()
    found = find_nonfinite(loss, tape=tape)
    assert not found and not any(node.is_birthplace for node in found.recording.graph.nodes)
    assert re.search(r"-inf is made by .*masked_fill\(.*, and is not in loss", str(found))


def test_beside_a_value_that_is_nan_another_birth_is_found():
    # sqrt at 0 has nothing to do with the nan beside it.
    x = leaf([0.0, NAN, 4.0])
    (birth,) = find_nonfinite((x.sqrt() * torch.tensor([0.0, 1.0, 1.0])).sum()).births
    assert (birth.class_name, birth.cause) == ("SqrtBackward0", "0 · inf = nan, in 1 of 3")


def test_what_is_finite_again_is_no_birth_beside_one_that_is_not():
    with record_forward() as tape:
        loss = masked_attention() + leaf(-1.0).sqrt()
    forward = [one for one in told(find_nonfinite(loss, tape=tape)) if one[1] == FORWARD]
    assert forward == [("nan", FORWARD, "Sqrt")]


def test_a_matrix_that_holds_nan_sends_what_was_not_born_on_the_way_back():
    assert not find_nonfinite((leaf([[1.0, 2.0]]) @ torch.tensor([[NAN], [1.0]])).sum())


def test_what_was_not_kept_makes_it_here_or_before():
    def made():
        x = leaf([0.0, 1.0])
        return (x.log() + 1).sum()

    (birth,) = [one for one in find_nonfinite(made()).births if one.direction == FORWARD]
    assert not birth.certain and birth.class_name == "SumBackward0"
    assert [label.split(" = ")[1][:3] for label in birth.before] == ["log", "#2 "]
    with record_forward() as tape:
        output = made()
    (birth,) = [one for one in find_nonfinite(output, tape=tape).births if one[1] == FORWARD]
    assert birth.certain and birth.class_name == "LogBackward0" and birth.before == ()


@pytest.mark.parametrize("make", [torch.sub, lambda w, data: torch.cat([data, w])])
def test_an_input_of_which_nothing_is_shown_may_have_held_it(make):
    def made():
        return make(leaf([1.0, 2.0]), torch.tensor([3.0, NAN])).abs().mean()

    found = find_nonfinite(made())
    (birth,) = found.births
    assert not birth.certain and birth.may_have_entered and birth.before == ()
    assert ", or was in an input whose value is not known\n" in f"{found}\n"
    with record_forward() as tape:
        output = made()
    assert not find_nonfinite(output, tape=tape)


@pytest.mark.parametrize(("bias", "certain"), [(None, True), (torch.zeros(1), False)])
def test_a_convolution_without_a_bias_lacks_no_input(bias, certain):
    y = torch.nn.functional.conv1d(leaf([[[3e38, 3e38]]]), torch.ones(1, 1, 2), bias)
    (birth,) = find_nonfinite(y.sum()).births
    assert (birth.certain, birth.may_have_entered) == (certain, not certain)


def test_a_leaf_that_may_have_been_written_into_may_have_held_it():
    w = leaf([1.0, 2.0])
    with torch.no_grad():
        w.fill_(3e38)
    found = find_nonfinite(y := w.view(2) + leaf([3e38, 3e38]), torch.ones(2))
    (birth,) = found.births
    assert birth.may_have_entered and not birth.certain and "not drawn" not in str(found), y


def test_what_may_have_entered_is_not_said_to_be_made():
    scores = leaf([1.0, 2.0]) + torch.tensor([0.0, -INF])
    found = str(find_nonfinite(scores.softmax(0).sum()))
    assert re.search(r"-inf is in what comes out of scores = \S+ \+ const, and is not in ", found)


def test_of_a_part_nothing_is_said_because_the_whole_holds_nan():
    x = leaf([NAN, 1.0])
    graph = draw_graph(x[1].exp()).graph
    (part,) = [node.key for node in graph.nodes if node.name == "#1"]
    assert Forward(graph).kinds(part) is None


def test_what_may_have_come_from_a_value_that_was_not_kept_is_no_birth_on_the_way_back():
    x = leaf([3e38, 1.0])
    births = find_nonfinite((x + 3e38).exp().sum()).births
    assert [one.direction for one in births] == [FORWARD] and not births[0].certain


def test_a_view_and_a_minus_sign_tell_of_what_was_not_kept():
    found = find_nonfinite(log_of_softmax())
    assert told(found) == CASES[log_of_softmax] and found.first.certain


def test_a_value_that_was_written_into_is_not_taken_for_what_was_used():
    x = leaf([1.0, 2.0])
    y = x * 1
    z = (y.detach() * x).sum()
    y.data.fill_(NAN)  # since
    assert not [one for one in find_nonfinite(z).births if one.direction == FORWARD]


KINDS = {
    "complex": lambda: torch.view_as_real(torch.complex(leaf(), leaf()).log()).sum(),
    "empty": lambda: torch.ones(0, 3, requires_grad=True).log().sum(),
    "integer indices": lambda: leaf([1.0, 2.0])[torch.tensor([0, 1])].sum(),
    "half": lambda: torch.ones(3, dtype=torch.float16, requires_grad=True).sum(),
    "sparse gradient": lambda: torch.nn.Embedding(5, 3, sparse=True)(torch.tensor([1])).sum(),
    "a leaf alone": lambda: leaf(),
}


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_of_every_kind_of_tensor_it_says_that_all_is_finite(make):
    found = find_nonfinite(make())
    assert not found and re.fullmatch(r"\S+ = \S+ is finite, and so is each gradient", str(found))


@pytest.mark.filterwarnings("ignore:Sparse invariant checks")
def test_large_complex_and_sparse_tensors_are_counted():
    x = leaf([0.0] * 9)
    with record_forward() as tape:
        z = torch.complex(x, x) / 0
        loss = z.abs().sum()
    assert told(find_nonfinite(loss, tape=tape))[0] == ("nan", FORWARD, "Div")
    wide = torch.sparse_coo_tensor([[0], [1]], [INF], (2, 2), check_invariants=True)
    wide.requires_grad_()
    assert "wide (leaf) holds inf" in str(find_nonfinite((wide @ torch.ones(2, 1)).sum()))


def test_without_numbers_it_says_that_it_cannot_know():
    found = find_nonfinite(torch.ones(3, device="meta", requires_grad=True).log().sum())
    assert not found and "is finite cannot be read" in str(found)


# --- what it leaves behind ----------------------------------------------------------------------


def test_it_leaves_everything_as_it_was():
    x = leaf([0.0, 4.0])
    y = x.sqrt()
    y.retain_grad()
    called = []
    y.register_hook(lambda gradient: called.append(1))
    z = (y * torch.tensor([0.0, 1.0])).sum()
    before, version = torch.get_rng_state(), x._version
    one, two = find_nonfinite(z), find_nonfinite(z)
    assert len(called) == 2  # a hook runs once in each pass
    assert str(one) == str(two) and one.picture.svg == two.picture.svg
    assert x.grad is None and y.grad is None and x._version == version
    assert torch.equal(before, torch.get_rng_state())
    z.backward()
    assert x.grad.isnan().tolist() == [True, False]


def test_it_takes_a_tensor_or_a_recording_and_says_so():
    x = leaf()
    with pytest.raises(TypeError, match=r"find_nonfinite needs a tensor .* got a Linear: pass"):
        find_nonfinite(torch.nn.Linear(2, 2))
    with pytest.raises(TypeError, match="of a recording takes nothing else"):
        find_nonfinite(record_backward(x * 2), torch.tensor(1.0))
    with pytest.raises(ValueError, match="this one has none"):
        find_nonfinite(torch.tensor(1.0))
    with pytest.raises(RuntimeError, match="pass gradient="):
        find_nonfinite(x.expand(3))


# --- what is shown -------------------------------------------------------------------------------


def test_a_birthplace_is_not_folded_away():
    z = leaf(0.5)
    for i in range(30):
        z = (z - z).sqrt() if i == 17 else z.sin().exp()
    picture = find_nonfinite(z).picture
    assert "17 times" in picture.svg and picture.svg.count("is born here</text>") == 1


def test_the_innermost_module_is_named():
    class Root(torch.nn.Module):
        def forward(self, x):
            return x.sqrt()

    net = torch.nn.Sequential(torch.nn.ReLU(), Root())
    x = leaf([0.0, 4.0])
    with record_forward() as tape:
        loss = (net(x) * torch.tensor([0.0, 1.0])).sum()
    assert find_nonfinite(loss, tape=tape).first.module == "net.1"
    assert saved_bytes(loss, tape=tape).by_module == {"net.0": 8, "net.1": 8, "": 8}
    shut = draw_graph(record_backward(loss, tape=tape), modules=0)
    assert "◂ nan is born here" in shut.svg and shut.svg.count('class="born"') == 2
