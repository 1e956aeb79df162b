"""nbgrader's own steps, as a course's config sets them."""

import functools
import pickle
from collections.abc import Mapping
from types import MappingProxyType

from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets.config import Config


def step(
    kind: type[NbGraderPreprocessor], settings: Mapping[str, dict] = MappingProxyType({})
) -> NbGraderPreprocessor:
    """A step of a kind that keeps nothing from one notebook to the next, made once. `settings` are
    those of a bundle, of which it takes its own.
    """
    return made(kind, pickle.dumps(settings.get(kind.__name__, {})))


@functools.lru_cache(maxsize=32)
def made(kind: type[NbGraderPreprocessor], settings: bytes) -> NbGraderPreprocessor:
    """A step of a kind with its settings."""
    return kind(config=Config({kind.__name__: pickle.loads(settings)}))
