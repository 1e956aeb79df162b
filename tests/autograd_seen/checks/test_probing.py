"""An answer is asked by its name, on cases that came as plain data."""

import json

import torch
from autograd_seen.checks import accumulation, scalar_gradients
from autograd_seen.checks.families import cubic, half_held
from autograd_seen.checks.probing import observe, received

MODULE = scalar_gradients.__name__
SLOPE = scalar_gradients.slope


def slope(f, x):
    x = torch.tensor(float(x), requires_grad=True)
    f(x).backward()
    return x.grad.item()


def question(*rounds, check="slope"):
    sent = [[SLOPE.sent(case) for case in cases] for cases in rounds]
    return json.loads(json.dumps({"module": MODULE, "check": check, "rounds": sent}))


def test_a_function_is_sent_by_its_name_and_numbers():
    sent = SLOPE.sent((cubic(5, -4), [1.5, (2, "a")]))
    assert sent == [
        {"function": ["autograd_seen.checks.families", "cubic", [5, -4]]},
        [1.5, [2, "a"]],
    ]
    function, values = received(json.loads(json.dumps(sent)))
    assert function(2.0) == cubic(5, -4)(2.0) and values == [1.5, [2, "a"]]


def test_a_function_of_a_module_is_sent_without_numbers():
    sent = SLOPE.sent((slope,))
    assert sent == [{"function": [__name__, "slope", None]}]


def test_an_answer_is_asked_round_by_round():
    asked = question([(cubic(1, 0), 2.0), (half_held(3), 2.0)], [(cubic(2, 0), 1.0)])
    assert observe(asked, {"slope": slope}) == [
        [{"value": 12.0}, {"value": 6.0}],
        [{"value": 6.0}],
    ]


def test_a_name_that_is_not_there_is_no_answer():
    assert observe(question([(cubic(1, 0), 2.0)]), {}) == [[{"open": ": there is no slope"}]]


def test_a_prediction_is_taken_as_it_is():
    asked = {"module": MODULE, "check": "two_steps", "rounds": [[[]]]}
    assert observe(asked, {"two_steps": 15}) == [[{"value": 15}]]
    assert observe(asked, {"two_steps": ...}) == [[{"open": ""}]]


def test_a_doubt_goes_along_with_the_value():
    asked = {
        "module": accumulation.__name__,
        "check": "batch_gradient",
        "rounds": [[[2.0, [1.0, 2.0], [0.0, 0.0], 1]]],
    }

    def at_once(w, x, t, size):
        ((w * x - t) ** 2).mean().backward()
        return w.grad

    ((entry,),) = observe(asked, {"batch_gradient": at_once})
    assert entry["doubt"][0] == "w has received 1 time"
    assert "value" in entry
