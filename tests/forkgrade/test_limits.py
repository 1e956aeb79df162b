"""Limits are configured in one place, and reach a notebook's process as plain values."""

import json

import pytest
from forkgrade.limits import Limits, NotebookLimits
from traitlets import TraitError
from traitlets.config import Config


def test_a_config_changes_a_limit():
    assert Limits(config=Config(Limits={"cell_seconds": 20})).cell_seconds == 20
    with pytest.raises(TraitError):
        Limits(config=Config(Limits={"memory_mb": "much"}))


def test_the_limits_of_a_notebook_survive_the_way_to_its_process():
    limits = Limits(cell_seconds=7, readable=["/data"]).for_notebook()
    assert NotebookLimits(**json.loads(json.dumps(limits.as_dict()))) == limits
    assert (limits.cell_seconds, limits.readable) == (7, ["/data"])


def test_a_grade_depends_on_every_limit():
    assert Limits().as_dict().keys() == Limits.class_traits(config=True).keys()
    assert json.dumps(Limits().as_dict()) != json.dumps(Limits(notebook_mb=5).as_dict())


def test_the_warm_process_imports_what_the_solutions_need():
    limits = Limits(preload=["torch"], preload_with={"torch.optim": "torch._dynamo"})
    everything = ["torch", "torch._dynamo"]
    assert limits.modules("torch.optim.SGD([w], lr=0.1)") == limits.modules() == everything
    assert limits.modules("torch.sin(x)") == ["torch"]
