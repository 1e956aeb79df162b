"""A step of nbgrader's is made once for the same settings, and takes its own."""

from forkgrade.steps import step
from nbgrader.preprocessors import DeduplicateIds, LimitOutput


def test_a_step_has_its_own_settings_and_no_other_one_s():
    settings = {"LimitOutput": {"max_lines": 7}, "ClearHiddenTests": {"enforce_metadata": False}}
    assert step(LimitOutput, settings).max_lines == 7
    assert step(LimitOutput).max_lines == LimitOutput().max_lines != 7


def test_a_step_is_made_once_for_the_same_settings():
    assert step(DeduplicateIds) is step(DeduplicateIds)
    first, second = ({"LimitOutput": {"max_lines": number}} for number in (7, 8))
    assert step(LimitOutput, first) is step(LimitOutput, dict(first))
    assert step(LimitOutput, first) is not step(LimitOutput, second)
