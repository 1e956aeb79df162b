"""nbgrader's own steps, as a course's config sets them."""

from collections.abc import Mapping
from types import MappingProxyType

from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets.config import Config


def step(
    kind: type[NbGraderPreprocessor], settings: Mapping[str, dict] = MappingProxyType({})
) -> NbGraderPreprocessor:
    """A step of a kind. `settings` are those of a bundle, of which it takes its own."""
    return kind(config=Config({kind.__name__: settings.get(kind.__name__, {})}))
