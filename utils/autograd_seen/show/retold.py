"""A scene with other texts in the same places."""

from dataclasses import fields

from autograd_seen.show.content import Content
from autograd_seen.show.scene import Scene


def retold(scene: Scene, before: Content, after: Content) -> Scene:
    """The same places with other texts. ``before`` is what the scene was made of; the texts of
    ``after`` have the same form, and none is wider.
    """
    new = {}
    for kind in ("nodes", "edges", "groups"):
        for old, told in zip(getattr(before, kind), getattr(after, kind), strict=True):
            new[id(old)] = told
            new |= zip(map(id, old.lines), told.lines, strict=True)
    kept = {one.name: getattr(scene, one.name) for one in fields(scene)}
    return Scene(**{name: _with_new(thing, new) for name, thing in kept.items()})


def _with_new(thing: object, new: dict[int, tuple]) -> object:
    """A tuple of tuples with others in the place of those that are ``new`` by id."""
    if id(thing) in new or not isinstance(thing, tuple):
        return new.get(id(thing), thing)
    parts = [_with_new(part, new) for part in thing]
    return type(thing)(*parts) if hasattr(thing, "_fields") else tuple(parts)
