"""A shell in which cells are typed, with the extension loaded."""

import re
import sys
import warnings

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

SET_BY_A_SHELL = {"excepthook", "last_type", "last_value", "last_traceback", "last_exc"}


class Reader:
    """Types cells into a shell and reads what comes back, without colours."""

    def __init__(self, shell, capsys):
        self.shell, self.capsys = shell, capsys

    def run(self, source):
        self.capsys.readouterr()
        self.shell.run_cell(source, store_history=True)
        return re.sub(r"\x1b\[[0-9;]*m", "", self.capsys.readouterr().out).rstrip().splitlines()

    def warned(self, source):
        self.capsys.readouterr()
        self.shell.run_cell(source, store_history=True)
        return self.capsys.readouterr().err.splitlines()


@pytest.fixture
def reader(capsys):
    before = {name: value for name, value in vars(sys).items() if name in SET_BY_A_SHELL}
    main = sys.modules["__main__"]
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config)
    with warnings.catch_warnings():
        warnings.resetwarnings()
        shell.run_cell("import torch, warnings\n%load_ext autograd_seen", store_history=True)
        yield Reader(shell, capsys)
        shell.run_cell("%unload_ext autograd_seen")
    for name in SET_BY_A_SHELL & vars(sys).keys():
        delattr(sys, name)
    vars(sys).update(before)
    sys.modules["__main__"] = main
