"""Takes out of nbgrader what it does again for each submission although nothing changed, and
nothing else.
"""

import functools
import json
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import nbgrader.api
from nbgrader.nbgraderformat import common
from sqlalchemy import create_engine


@functools.cache
def engine(url, **options):
    """The one engine for a grade book, which keeps the statements that it has compiled."""
    return create_engine(url, **options)


@functools.cache
def validator(schema):
    """The validator for a JSON schema, itself checked once."""
    schema = json.loads(schema)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def validate(instance, schema):
    validator(json.dumps(schema, sort_keys=True)).validate(instance)


def newest_version():
    """The version of the grade book's tables. nbgrader asks a new Python process, which imports
    everything again.
    """
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(Path(nbgrader.__file__).with_name("alembic"))).get_current_head()


def keep_what_is_compiled():
    """Makes nbgrader keep its engine and its checked schemas. For a process that does nothing but
    grade.
    """
    nbgrader.api.create_engine = engine
    tables = nbgrader.api.Base.metadata
    tables.create_all = functools.cache(
        tables.create_all
    )  # looks once in each grade book for what is missing
    nbgrader.api.get_alembic_version = newest_version
    common.jsonschema = SimpleNamespace(
        validate=validate, ValidationError=jsonschema.ValidationError
    )
