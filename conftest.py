"""Which Python files pytest does not look into for examples in docstrings."""

from importlib.util import find_spec

#: A file that traitlets runs, with a name of its own; and what only an instructor may have, which
#: tests/pages/test_lessons.py loads, so that a broken one is told as a part of its lesson.
collect_ignore_glob = ["utils/forkgrade/nbgrader_config.py", "solutions/*/private/*.py"]
if find_spec("resource") is None:
    # Windows: the grader's own processes ask for limits that it does not have.
    collect_ignore_glob += ["utils/forkgrade/*.py"]
