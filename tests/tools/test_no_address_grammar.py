"""The tests' processes have not built the grammar that they do not need."""

import sys


def test_no_process_of_the_tests_builds_the_grammar():
    assert "nbformat" in sys.modules
    assert "lark" not in sys.modules
