"""Names: what the caller calls its tensors, and nothing that the caller does not."""

import sys

import pytest
import torch
from autograd_seen.live.names import MOST_IN_ONE, of_frame
from autograd_seen.values import LONGEST_NAME

OF_THE_MODULE = torch.tensor(1.0)
SHADOWED = torch.tensor(2.0)


def here():
    """The names in the caller's frame, as a dict from name to tensor."""
    return dict(of_frame(sys._getframe(1)))


def names_in(namespace):
    """The names at the top level of a module or notebook that holds this."""
    namespace = dict(namespace, look=of_frame, frame=sys._getframe)
    exec("found = look(frame())", namespace)
    return [name for name, _ in namespace["found"]]


def test_a_name_is_found_by_the_tensor_it_holds():
    w = torch.tensor(3.0)
    number = 3.0
    names = here()
    assert names["w"] is w
    assert "number" not in names and number == w.item()


def test_names_of_the_function_come_before_those_of_the_module():
    of_the_function = torch.tensor(3.0)
    names = here()
    assert list(names).index("of_the_function") < list(names).index("OF_THE_MODULE")
    assert names["of_the_function"] is of_the_function


def test_a_name_means_what_it_means_to_the_caller():
    def inner():
        SHADOWED = torch.tensor(5.0)
        return here(), SHADOWED

    names, local = inner()
    assert names["SHADOWED"] is local
    assert not any(tensor is SHADOWED for tensor in names.values())


def test_lists_dicts_and_modules_are_read_one_level_deep():
    a, b, c, d = (torch.tensor(float(i)) for i in range(4))
    layers, pair, params, deeper = [a, 7, [d]], (b,), {"w": c, 3: d, None: a}, {"in": {"w": a}}
    model = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False))
    names = here()
    assert names["layers[0]"] is a and names["pair[0]"] is b
    assert names["params['w']"] is c and names["params[3]"] is d
    assert names["model.0.weight"] is model[0].weight
    assert not [
        name for name in names if name.startswith("deeper") or "None" in name or "layers[2]" in name
    ]
    assert len(layers) == 3 and pair and params and deeper


def test_a_plain_name_comes_before_a_place_in_a_list():
    weights = [torch.tensor(1.0)]
    w = weights[0]
    found = [name for name, tensor in of_frame(sys._getframe()) if tensor is w]
    assert found == ["w", "weights[0]"]


def test_what_jupyter_keeps_has_no_names():
    tensor = torch.tensor(1.0)
    history = {
        "_": tensor,
        "_1": tensor,
        "__": tensor,
        "_i": tensor,
        "Out": {1: tensor},
        "In": [tensor],
    }
    assert names_in(history) == []
    assert names_in(history | {"x": tensor}) == ["x"]


def test_a_long_list_is_not_read_to_its_end():
    assert MOST_IN_ONE <= 1_000
    states = [torch.tensor(float(i)) for i in range(MOST_IN_ONE + 50)]
    assert sum(name.startswith("states[") for name in here()) == MOST_IN_ONE
    assert len(states) > MOST_IN_ONE


@pytest.mark.parametrize(
    "key", ["a\nb", "\ud800", '"quoted"', "x" * 10_000, "<b>", "\\N"], ids=ascii
)
def test_a_strange_key_becomes_a_name_of_one_short_line(key):
    strange = {key: torch.tensor(1.0)}
    (name,) = [name for name in here() if name.startswith("strange")]
    assert name.isprintable() and len(name) <= LONGEST_NAME
    assert key in strange


class Rude(torch.nn.Module):
    """A module that cannot be inspected."""

    def named_parameters(self, *args, **kwargs):
        raise KeyError("not now")


class RudeKey(str):
    """A key that cannot be written."""

    def __repr__(self):
        raise RuntimeError("not now")


def test_what_raises_when_it_is_inspected_has_no_names():
    rude, odd, x = Rude(), {RudeKey("w"): torch.tensor(1.0)}, torch.tensor(2.0)
    names = here()
    assert names["x"] is x and not [name for name in names if name.startswith(("rude", "odd"))]
    assert rude is not None and odd
