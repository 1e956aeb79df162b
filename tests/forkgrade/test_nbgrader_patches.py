"""What is kept of nbgrader's work gives what nbgrader's own work gives."""

import re
import subprocess
import sys

import pytest
from forkgrade.nbgrader_patches import newest_version, validate

SCHEMA = {"type": "object", "properties": {"points": {"type": "number"}}, "required": ["points"]}


def test_a_kept_schema_accepts_and_rejects_as_jsonschema_does():
    import jsonschema

    for value in {"points": 1}, {"points": "1"}, {}, []:
        try:
            jsonschema.validate(value, SCHEMA)
        except jsonschema.ValidationError as error:
            with pytest.raises(jsonschema.ValidationError, match=re.escape(error.message)):
                validate(value, SCHEMA)
        else:
            validate(value, SCHEMA)


def test_the_version_of_the_tables_is_that_of_nbgraders_newest_migration():
    from pathlib import Path

    import nbgrader

    versions = Path(nbgrader.__file__).parent / "alembic" / "versions"
    assert [path for path in versions.glob("*.py") if newest_version() in path.name]


@pytest.mark.parametrize(
    "module", ["forkgrade", "forkgrade.nbgrader_patches", "forkgrade.__main__"]
)
def test_importing_waits_for_neither_nbgrader_nor_torch(module):
    code = f"import sys, {module}; print({{'nbgrader', 'torch', 'IPython'}} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
