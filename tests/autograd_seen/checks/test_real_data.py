"""The data that an assignment carries along are those of the lessons."""

import csv

import pytest
from autograd_seen.checks import real_data

from tools.places import ROOT

TEXTS = {
    "hubble": (real_data.HUBBLE, ["distance", "velocity"]),
    "challenger": (real_data.CHALLENGER, ["temperature", "distress"]),
    "nile": (real_data.NILE, ["flow"]),
    "engel": (real_data.ENGEL, ["income", "food"]),
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_numbers_are_those_of_the_lessons(name):
    text, heads = TEXTS[name]
    with (ROOT / "notebooks" / "data" / f"{name}.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    for column, head in zip(real_data.columns(text), heads, strict=True):
        assert column == pytest.approx([float(row[head]) for row in rows], abs=0.00501)


def test_each_is_handed_out_as_tensors_of_double_precision():
    given = [*real_data.hubble(), *real_data.challenger(), real_data.nile(), *real_data.engel()]
    assert [len(one) for one in given] == [24, 24, 23, 23, 100, 235, 235]
    assert {str(one.dtype) for one in given} == {"torch.float64"}
