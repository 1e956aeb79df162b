"""explore: each position is a pass that PyTorch ran, and nothing else changes."""

import base64
import itertools
import re

import pytest
import torch
from autograd_seen import draw_graph, explore, record_backward
from autograd_seen.show import slider

TEXTS = re.compile(r"<text\b[^>]*>([^<]*)</text>")


def wave(x):
    y = x**2
    z = torch.sin(y)
    return z


def bent(x):
    if x > 0:
        return x * 3
    h = torch.relu(x)
    return h * h + x


def hinge(x):
    return bent(x)


def number(text):
    return float(text.replace("−", "-").removeprefix("≈"))


def svgs(shown):
    return [base64.b64decode(one.data).decode() for one in shown.slides.pictures]


# --- what it shows --------------------------------------------------------------------------------


def test_every_position_is_what_autograd_gives():
    values = torch.linspace(-2, 2, 9, dtype=torch.float64)
    slides = explore(wave, x=values).slides
    assert slides.columns == ("z", "∂z/∂x")
    assert len(slides.rows) == len(slides.values) == 9
    for value, (text,), row in zip(values, slides.values, slides.rows, strict=True):
        x = value.clone().requires_grad_()
        z = wave(x)
        (slope,) = torch.autograd.grad(z, x)
        assert number(text) == value
        assert [number(one) for one in row] == pytest.approx([z.item(), slope.item()], abs=6e-5)


def test_at_each_position_the_picture_says_what_draw_graph_says():
    values = [0.5, 1.5, 100.0]
    slides = explore(wave, x=values).slides
    (svg,) = svgs(explore(wave, x=values))
    places = slides.pictures[0].places
    for value, moved in zip(values, slides.texts, strict=True):
        x = torch.tensor(value, requires_grad=True)
        y = x**2
        z = torch.sin(y)
        parts = re.split(r"(<(?:text|title)\b[^>]*>)([^<]*)(?=</)", svg)
        for place, text in zip(places, moved, strict=True):
            parts[2 + 3 * place] = text
        assert TEXTS.findall("".join(parts)) == TEXTS.findall(draw_graph(record_backward(z)).svg)
        assert f"y = {slider_text(y)}" in moved


def slider_text(tensor):
    return f"{tensor.item():g}"


def test_names_are_the_keyword_the_functions_own_and_the_functions_name():
    (svg,) = svgs(explore(lambda v: wave(v) * 2, h=[1, 2]))
    texts = " ".join(TEXTS.findall(svg))
    assert "h = 1" in texts and "f(h) = 1.6829" in texts
    (svg,) = svgs(explore(hinge, x=[1, 2]))
    assert "hinge(x) = 3" in TEXTS.findall(svg)
    (svg,) = svgs(explore(torch.sin, x=[1]))
    assert "sin(x) = 0.8415" in TEXTS.findall(svg)


def test_where_the_function_takes_another_way_the_picture_is_another():
    shown = explore(bent, x=[-2, -1, 1, 2, -3])
    assert shown.slides.picture_of == (0, 0, 1, 1, 0)
    first, second = svgs(shown)
    assert "ReluBackward0" in first and "ReluBackward0" not in second
    assert [one.first for one in shown.slides.pictures] == [0, 2]


def test_two_inputs_have_a_position_for_each_pair():
    def scaled(a, b):
        return a * torch.exp(b)

    slides = explore(scaled, b=[0, 1], a=[2, 3, 4]).slides
    assert slides.values == list(itertools.product(["0", "1"], ["2", "3", "4"]))
    assert slides.columns == ("scaled(b, a)", "∂scaled/∂b", "∂scaled/∂a")
    assert slides.rows[:2] == (("2", "2", "1"), ("3", "3", "1"))


def test_an_input_that_a_way_does_not_use_has_no_gradient():
    def either(a, b):
        return a * 2 if a > 0 else b * a.detach()

    slides = explore(either, a=[1, -1], b=[3]).slides
    assert slides.rows == (("2", "2", "None"), ("−3", "None", "−1"))


@pytest.mark.parametrize(
    "given, texts",
    [
        (range(3), ["0", "1", "2"]),
        ([True + 0.5, torch.tensor([2])], ["1.5", "2"]),
        (torch.tensor([1, 2]), ["1", "2"]),
        ([1e-20, float("inf")], ["1e−20", "inf"]),
    ],
)
def test_values_are_numbers_of_any_kind(given, texts):
    (found,) = explore(torch.sin, x=given).slides.inputs.values()
    assert list(found) == texts


def test_numbers_of_python_are_of_the_default_dtype_and_others_keep_theirs():
    seen = []

    def look(x):
        seen.append((x.dtype, x.shape, x.is_leaf, x.requires_grad))
        return x * 2

    explore(look, x=[1])
    explore(look, x=torch.tensor([1.0], dtype=torch.float64))
    dtypes = [torch.float32, torch.float64]
    assert seen == [(dtype, (), True, True) for dtype in dtypes]


# --- what it leaves alone -------------------------------------------------------------------------


def test_the_same_call_gives_the_same_bytes():
    assert explore(bent, x=[-1, 1, 2]).html == explore(bent, x=[-1, 1, 2]).html


def test_it_changes_no_grad_and_no_random_state():
    w = torch.tensor(2.0, requires_grad=True)
    w.grad = torch.tensor(7.0)
    values = torch.tensor([1.0, 2.0], requires_grad=True)
    state = torch.get_rng_state()
    slides = explore(lambda x: w * x + torch.rand(()), x=values).slides
    assert w.grad.item() == 7 and values.grad is None
    assert torch.equal(state, torch.get_rng_state())
    noise = [number(row[0]) - 2 * at for at, row in enumerate(slides.rows, 1)]
    assert noise[0] == pytest.approx(noise[1], abs=2e-4), "each position starts from one state"


@pytest.mark.parametrize("switch", [torch.no_grad, torch.inference_mode])
def test_it_records_where_recording_is_off(switch):
    with switch():
        assert explore(wave, x=[1]).slides.rows == (("0.8415", "1.0806"),)
        assert not torch.is_grad_enabled()


# --- what it refuses ------------------------------------------------------------------------------


def fails_at_zero(x):
    return torch.tensor(1 / int(x)) * x


def loses_what_it_saved(x):
    y = x.exp()
    z = y * y
    y.add_(1)
    return z


@pytest.mark.parametrize(
    "function, inputs, error, words",
    [
        (wave, {}, TypeError, "one or two inputs, and got none"),
        (wave, dict(a=[1], b=[1], c=[1]), TypeError, "one or two inputs, and got 3: a, b, c"),
        (torch.tensor(1.0), {"x": [1]}, TypeError, "needs a function, and got a Tensor"),
        (wave, {"x": []}, ValueError, "x has no values"),
        (wave, {"x": 3.0}, TypeError, "x needs several numbers, and got a float"),
        (wave, {"x": "12"}, TypeError, "x needs several numbers, and got a str"),
        (wave, {"x": [1, "a"]}, TypeError, "its value 2 is a str: 'a'"),
        (wave, {"x": [None]}, TypeError, "its value 1 is a NoneType"),
        (wave, {"x": [True]}, TypeError, "its value 1 is a bool"),
        (wave, {"x": [1j]}, TypeError, "its value 1 is a complex"),
        (wave, {"x": [[1, 2]]}, TypeError, "its value 1 is a list"),
        (wave, {"x": torch.ones(2, 2)}, ValueError, r"of shape \(2, 2\): use a vector"),
        (wave, {"x": itertools.count()}, ValueError, "and got at least 401: give fewer"),
        (lambda x, y: x * y, dict(x=range(21), y=range(20)), ValueError,
         "at most 400 positions, and got 420: give fewer"),
        (lambda x: x.item(), {"x": [2]}, TypeError, "at x = 2 the function returned a float"),
        (lambda x: x * torch.ones(3), {"x": [2]}, ValueError, r"the shape \(3,\): return one"),
        (lambda x: x.detach(), {"x": [2]}, ValueError, "at x = 2 .* without a graph: compute it"),
        (lambda x: wave(torch.ones((), requires_grad=True)), {"x": [2]}, ValueError,
         "at x = 2 the result was not computed from x"),
        (fails_at_zero, {"x": [2, 0]}, RuntimeError, "at x = 0 the function raised ZeroDivision"),
        (loses_what_it_saved, {"x": [2]}, RuntimeError, "at x = 2 its backward pass raised"),
    ],
)  # fmt: skip
def test_what_it_cannot_draw_it_refuses_in_one_sentence(function, inputs, error, words):
    with pytest.raises(error, match=words) as raised:
        explore(function, **inputs)
    assert "\n" not in str(raised.value)


def test_what_does_not_fit_says_how_many_positions_do(monkeypatch):
    monkeypatch.setattr(slider, "MOST_BYTES", 20_000)
    values = torch.linspace(0, 9, 61)
    with pytest.raises(ValueError, match=r"61 positions would take 2. kB") as raised:
        explore(wave, x=values)
    fit = int(re.search(r"the first (\d+) fit", str(raised.value))[1])
    assert 0 < fit < 61
    explore(wave, x=values[:fit])
    with pytest.raises(ValueError, match="fit"):
        explore(wave, x=values[: fit + 1])
