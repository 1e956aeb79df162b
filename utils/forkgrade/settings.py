"""Settings of this process that a notebook may change, and that no test may depend on: the default
dtype, whether gradients are recorded, what random numbers come next.
"""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple


class Setting(NamedTuple):
    """One setting.

    Attributes:
        get: returns it.
        set: takes what `get` returned.
        first: what it was before any notebook ran.
    """

    get: Callable[[], object]
    set: Callable[[object], object]
    first: object


class Settings:
    """Remembers how things are set. Make it before any notebook's code runs."""

    def __init__(self):
        """Remembers the settings of the modules that are imported by now."""
        modes, seeds = [], [(random.getstate, random.setstate)]
        if numpy := sys.modules.get("numpy"):
            modes.append((numpy.geterr, lambda held: numpy.seterr(**held)))
            seeds.append((numpy.random.get_state, numpy.random.set_state))
        if torch := sys.modules.get("torch"):
            modes += [
                (torch.get_default_dtype, torch.set_default_dtype),
                (torch.is_grad_enabled, torch._C._set_grad_enabled),
                (torch.is_anomaly_enabled, torch.set_anomaly_enabled),
            ]
            seeds.append((torch.get_rng_state, torch.set_rng_state))
        self.modes = [Setting(get, put, get()) for get, put in modes]
        self.seeds = [Setting(get, put, get()) for get, put in seeds]

    @contextmanager
    def as_they_were(self, seeds: bool) -> Iterator[None]:
        """Sets everything back, and after the block to what the notebook had made of it.

        Where not `seeds`, the random numbers go on as they do.
        """
        settings = self.modes + self.seeds if seeds else self.modes
        held = [one.get() for one in settings]
        for one in settings:
            one.set(one.first)
        try:
            yield
        finally:
            for one, value in zip(settings, held, strict=True):
                with suppress(Exception):  # a notebook can bend what a setting needs
                    one.set(value)


def load_in_this_process() -> None:
    """Makes torch's DataLoader load in this process, where it could start no worker."""
    module = sys.modules.get("torch.utils.data.dataloader")
    if module is None:
        return

    def iterate(loader: object) -> object:
        loader.num_workers = loader.timeout = 0
        return module._SingleProcessDataLoaderIter(loader)

    module.DataLoader._get_iterator = iterate
