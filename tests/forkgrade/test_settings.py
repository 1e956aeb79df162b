"""What a notebook set is set back for a test, and is the notebook's again after it."""

import random
import warnings

import numpy
import pytest
import torch
from forkgrade.settings import Settings, load_in_this_process
from torch.utils.data import DataLoader, TensorDataset

CHANGES = {
    "default dtype": (lambda: torch.set_default_dtype(torch.float64), torch.get_default_dtype),
    "grad mode": (lambda: torch.set_grad_enabled(False), torch.is_grad_enabled),
    "anomalies": (lambda: torch.set_anomaly_enabled(True), torch.is_anomaly_enabled),
    "what NumPy says": (lambda: numpy.seterr(all="raise"), numpy.geterr),
}
SEEDS = {
    "random": random.random,
    "numpy": lambda: numpy.random.rand(),
    "torch": lambda: torch.rand(()).item(),
}


@pytest.fixture
def settings():
    """How things are now, to which they return in the end."""
    settings = Settings()
    yield settings
    for one in settings.modes + settings.seeds:
        one.set(one.first)


@pytest.mark.parametrize("name", CHANGES)
def test_a_mode_is_set_back_and_is_the_notebooks_again(settings, name):
    change, get = CHANGES[name]
    first = get()
    change()
    changed = get()
    with settings.as_they_were(seeds=False):
        assert get() == first != changed
    assert get() == changed


@pytest.mark.parametrize("name", SEEDS)
def test_a_test_draws_the_same_whatever_was_drawn_before(settings, name):
    draw = SEEDS[name]
    with settings.as_they_were(seeds=True):
        first = draw()
    second = draw()
    with settings.as_they_were(seeds=True):
        assert draw() == first
        draw()
    with settings.as_they_were(seeds=False):
        third = draw()
    assert len({first, second, third}) == 2, "the notebook's own numbers go on"


def test_a_notebook_is_not_told_of_what_a_test_did(settings):
    with pytest.raises(ValueError), settings.as_they_were(seeds=True):
        torch.set_grad_enabled(False)
        raise ValueError
    assert torch.is_grad_enabled()


def test_a_loader_with_workers_loads_here(monkeypatch):
    monkeypatch.setattr(DataLoader, "_get_iterator", DataLoader._get_iterator)
    load_in_this_process()
    with warnings.catch_warnings(action="ignore"):
        loader = DataLoader(
            TensorDataset(torch.arange(4.0)), num_workers=2, timeout=3, persistent_workers=True
        )
    assert [batch.item() for (batch,) in loader] == [0, 1, 2, 3]
    assert [batch.item() for (batch,) in loader] == [0, 1, 2, 3]
    assert type(iter(loader)).__name__ == "_SingleProcessDataLoaderIter"
