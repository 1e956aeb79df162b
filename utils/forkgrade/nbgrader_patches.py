"""What is changed in nbgrader and its libraries while they run: work that they do again for each
submission although nothing changed.

Importing this module imports none of them.
"""

import functools
import json
import sys
from pathlib import Path
from types import SimpleNamespace


def skip_address_grammar() -> None:
    """Spares this process a grammar of addresses, which no notebook has. Call it before nbformat is
    imported.

    jsonschema, which nbformat imports, would take a second to build it.
    """
    sys.modules.setdefault("rfc3987_syntax", None)


def keep_what_is_compiled() -> None:
    """Makes nbgrader keep its engine and its checked schemas. For a process that does nothing but
    grade.
    """
    import jsonschema
    import nbgrader.api
    from nbgrader.nbgraderformat import common

    if nbgrader.api.get_alembic_version is newest_version:
        return
    # One engine for a grade book, which keeps the statements that it has compiled.
    nbgrader.api.create_engine = functools.cache(nbgrader.api.create_engine)
    tables = nbgrader.api.Base.metadata
    # Looks in each grade book for the tables that are missing once, and again where there are more.
    create = functools.cache(lambda bind, count, create_all=tables.create_all: create_all(bind))
    tables.create_all = lambda bind: create(bind, len(tables.tables))
    nbgrader.api.get_alembic_version = newest_version
    common.jsonschema = SimpleNamespace(
        validate=validate, ValidationError=jsonschema.ValidationError
    )


@functools.cache
def validator(schema: str) -> object:
    """The validator for a JSON schema, itself checked once."""
    from jsonschema.validators import validator_for

    schema = json.loads(schema)
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def validate(instance: object, schema: dict) -> None:
    """Does what jsonschema.validate does."""
    validator(json.dumps(schema, sort_keys=True)).validate(instance)


def newest_version() -> str:
    """The version of the grade book's tables. nbgrader asks a new Python process, which imports
    everything again.
    """
    import nbgrader
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(Path(nbgrader.__file__).with_name("alembic"))).get_current_head()
