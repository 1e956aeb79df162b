"""A step of nbgrader's takes its own settings."""

from forkgrade.steps import step
from nbgrader.preprocessors import LimitOutput


def test_a_step_has_its_own_settings_and_no_other_one_s():
    settings = {"LimitOutput": {"max_lines": 7}, "ClearHiddenTests": {"enforce_metadata": False}}
    assert step(LimitOutput, settings).max_lines == 7
    assert step(LimitOutput).max_lines == LimitOutput().max_lines != 7
