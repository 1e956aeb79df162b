"""Which Python files pytest does not look into for examples in docstrings."""

from importlib.util import find_spec

#: What only an instructor may have: tests/pages/test_lessons.py loads it, so that a broken one is
#: told as a part of its lesson.
collect_ignore_glob = ["solutions/*/private/*.py"]
if find_spec("resource") is None:
    # Windows: the grader's own processes ask for limits that it does not have.
    collect_ignore_glob += ["utils/forkgrade/*.py"]
