"""What a check relies on is put back, and its name is told."""

import builtins
import logging
import math
import sys
import types
import warnings

import pytest
from forkgrade.guard import GUARDED, Guard, look_up


@pytest.fixture
def lesson(monkeypatch):
    """A course's package of one module, as an import would make it."""
    source = """
TABLE, LIST, SET = {"slope": 6.0}, [1, [2]], {3}
class Check:
    def __init__(self, wanted): self.wanted = wanted
    def __call__(self, value, *, close=0): return abs(value - self.wanted) <= close
class Strict(Check): pass
check = Strict(6.0)
def helper(x, y=1): return x + y
"""
    module = types.ModuleType("lesson")
    exec(source, vars(module))
    for value in vars(module).values():
        if isinstance(value, type | types.FunctionType):
            value.__module__ = "lesson"
    monkeypatch.setitem(sys.modules, "lesson", module)
    return module


@pytest.fixture
def guard(lesson):
    """A guard that remembers the lesson, and puts all of it back in the end."""
    guard = Guard(["lesson"])
    yield guard
    guard.put_back()


def test_where_nothing_was_replaced_nothing_is_told(guard):
    assert guard.put_back() == [] and guard.put_back() == []


CHANGES = {
    "lesson.helper": "lesson.helper = print",
    "lesson.Check.__call__": "lesson.Check.__call__ = lambda *a: True",
    "lesson.Strict.__call__": "lesson.Strict.__call__ = lambda *a: True",
    "lesson.check.wanted": "lesson.check.wanted = 7.0",
    "lesson.TABLE": "lesson.TABLE['slope'] = 7.0",
    "lesson.LIST": "lesson.LIST.append(4)",
    "lesson.SET": "lesson.SET.clear()",
    "lesson.abs": "lesson.abs = lambda x: 0",
    "lesson": "sys.modules['lesson'] = types.SimpleNamespace()",
    "builtins.all": "builtins.all = lambda x: True",
    "math.isclose": "math.isclose = lambda *a: True",
    "math": "sys.modules['math'] = types.SimpleNamespace()",
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_replaced_is_put_back_and_told(guard, lesson, name):
    there = dict(lesson=lesson, sys=sys, types=types, builtins=builtins, math=math)
    before = lesson.check(6.0), lesson.TABLE, lesson.LIST, lesson.SET, math.isclose, builtins.all
    exec(CHANGES[name], there)
    assert guard.put_back() == [name]
    after = lesson.check(6.0), lesson.TABLE, lesson.LIST, lesson.SET, math.isclose, builtins.all
    assert after == before and lesson.check(7.0) is False
    assert not hasattr(lesson, "abs") and sys.modules["lesson"] is lesson


def test_the_code_and_the_defaults_of_a_function_are_put_back(guard, lesson):
    lesson.helper.__code__ = (lambda x, y: 0).__code__
    assert guard.put_back() == ["lesson.helper"] and lesson.helper(1) == 2
    lesson.helper.__defaults__ = (9,)
    assert guard.put_back() == ["lesson.helper"] and lesson.helper(1) == 2
    lesson.Check.__call__.__kwdefaults__["close"] = 100
    guard.put_back()
    assert not lesson.check(7.0)


def test_tracing_ends_and_the_filters_of_warnings_are_put_back(guard):
    before = list(warnings.filters)
    warnings.filters.clear()
    sys.setprofile(lambda *event: None)
    guard.put_back()
    assert sys.getprofile() is None and warnings.filters == before


def test_a_students_own_names_stay(guard, lesson):
    lesson.mine = 1
    lesson.check.note = "mine"
    assert guard.put_back() == [] and lesson.mine == 1
    del lesson.mine, lesson.check.note


def test_what_a_library_replaces_itself_is_nobodys_doing():
    import torch

    guard, seed = Guard(), torch.manual_seed
    torch.set_default_dtype(torch.float64)
    torch.manual_seed = lambda seed: None
    logging.captureWarnings(True)
    try:
        assert guard.put_back() == []
    finally:
        torch.set_default_dtype(torch.float32)
        torch.manual_seed = seed
        logging.captureWarnings(False)


def test_every_guarded_name_is_one():
    import forkgrade.cells  # noqa: F401
    import torch.autograd.gradcheck
    import torch.testing  # noqa: F401  (as a check would import them)

    assert [name for name in GUARDED if look_up(name) is None] == []
    assert look_up("torch.no_such") is None and look_up("no_such.thing") is None


def test_the_guard_says_what_it_does_not_stop():
    assert "does not stop" in Guard.__doc__ and "process that it guards" in " ".join(
        Guard.__doc__.split()
    )
