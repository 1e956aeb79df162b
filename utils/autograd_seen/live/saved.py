"""What an operation has saved for its backward pass, read without unpacking what a hook packed."""

import numbers
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch.autograd.graph import Node as TorchNode

from autograd_seen.live.found import node_name

#: A node that keeps another node inside, with what that one has saved.
COPY_SLICES = "torch::autograd::CopySlices"
#: By the type of a node: asking each node again takes longer than reading it.
ATTRIBUTES = WeakKeyDictionary()
#: What on a ctx holds no tensor that is not seen.
HARMLESS = (str, torch.Tensor, torch.dtype, torch.device, numbers.Number)
#: What a setting may be. The abstract class comes last, since asking it takes longest.
PLAIN = (int, float, str, tuple, list, numbers.Number)


@dataclass(frozen=True)
class Lost:
    """A tensor that was written into after an operation had saved it."""

    tensor: torch.Tensor | None
    #: Its version when it was saved, and now; empty where PyTorch does not say.
    versions: tuple[int, ...]


class Saved(NamedTuple):
    """What one operation has saved, by the name that it goes by there."""

    #: None for what PyTorch does not give out, or must not be asked for.
    tensors: dict[str, torch.Tensor | None]
    lost: dict[str, Lost]
    #: What it keeps beside tensors: what makes two operations of one name differ.
    settings: dict[str, object]
    #: A backward pass has freed it.
    freed: bool
    #: A hook has packed some of it: unpacking could run code of the user's.
    packed: bool
    #: A checkpoint has kept none of it, and will run its forward again.
    recomputed: bool
    #: Tensors that a Function written in Python keeps as attributes of its ctx.
    on_ctx: tuple[str, ...]
    #: There is more, which nothing here can see.
    opaque: bool
    #: Lists or objects on the ctx of a Function written in Python may hold tensors.
    holds_more: bool


def read_saved(node: TorchNode) -> Saved:
    """Reads what an operation has saved."""
    attributes, reader = _attributes(type(node)), _Reader(node)
    for attribute in attributes.raw:
        reader.read(attribute)
    own = getattr(node, "__dict__", {})  # of a Function written in Python
    return Saved(
        reader.tensors,
        reader.lost,
        _settings(node, attributes.plain, own),
        reader.freed,
        reader.packed,
        reader.recomputed,
        on_ctx=tuple([name for name, value in own.items() if isinstance(value, torch.Tensor)]),
        opaque=node_name(node) == COPY_SLICES,
        holds_more=any(map(_may_hold, own.values())),
    )


def is_of_checkpoint(hook: object) -> bool:
    """Whether an unpack hook runs a checkpoint's forward again."""
    return getattr(hook, "__module__", "") == "torch.utils.checkpoint"


def checkpoint_of(node: object) -> object | None:
    """The checkpoint that unpacks what a node saved by running its forward again, or None."""
    for attribute in _attributes(type(node)).raw:
        raw = getattr(node, f"_raw_saved_{attribute}")
        for one in raw if isinstance(raw, tuple | list) else [raw]:
            if is_of_checkpoint(one.unpack_hook):
                return one.unpack_hook
    return None


def _may_hold(thing: object) -> bool:
    """Whether what a Function keeps on its ctx may hold tensors that nothing here can see."""
    if isinstance(thing, tuple | list):
        return any(isinstance(one, torch.Tensor) or _may_hold(one) for one in thing)
    return not (thing is None or isinstance(thing, HARMLESS))


class _Reader:
    def __init__(self, node):
        self.node = node
        self.tensors: dict = {}
        self.lost: dict = {}
        self.freed = False
        self.packed = False
        self.recomputed = False

    def read(self, attribute: str) -> None:
        try:
            raw = getattr(self.node, f"_raw_saved_{attribute}")
        except RuntimeError:  # a list of saved tensors says so in this way when it has been freed
            self.freed = True
            return
        many = isinstance(raw, (tuple, list))
        saved = raw if many else [raw]
        labels = [f"{attribute}[{i}]" for i in range(len(saved))] if many else [attribute]
        if self._are_packed(saved):
            self.tensors |= dict.fromkeys(labels)
            return
        value, refusal = self._unpack(attribute)
        if saved and (many or value is None) and all(one.data is None for one in saved):
            # Nothing here: either freed, or never saved because no derivative needs it.
            self.freed |= refusal is not None
            return
        values = value if many and refusal is None else [value] * len(saved)
        self.tensors |= zip(labels, values, strict=True)
        if refusal is not None:
            for label, one in zip(labels, saved, strict=True):
                self._lose(label, one.data, refusal)

    def _are_packed(self, saved: Sequence) -> bool:
        """Whether a hook has packed what was saved: it alone can unpack it."""
        hooks = [one.unpack_hook for one in saved if one.unpack_hook is not None]
        self.packed |= bool(hooks)
        self.recomputed |= any(map(is_of_checkpoint, hooks))
        return bool(hooks)

    def _lose(self, label: str, tensor: torch.Tensor | None, refusal: str) -> None:
        versions = re.search(r"is at version (\d+); expected version (\d+)", refusal)
        now, then = map(int, versions.groups()) if versions else (None, None)
        # PyTorch gives out all of a list or nothing, and names the first that was overwritten.
        if versions is None or _version(tensor) == now:
            self.lost[label] = Lost(tensor, () if now is None else (then, now))

    def _unpack(self, attribute: str) -> tuple[object, str | None]:
        """What was saved, and what PyTorch says where it does not give that out."""
        # A Function written in Python gives out what it saved by another name.
        public = "saved_tensors" if attribute == "tensors" else f"_saved_{attribute}"
        try:
            return getattr(self.node, public), None
        except RuntimeError as refusal:
            return None, str(refusal)


def _version(tensor: torch.Tensor | None) -> int | None:
    return None if tensor is None or tensor.is_inference() else tensor._version


def _settings(node, names: tuple[str, ...], own: dict[str, object]) -> dict[str, object]:
    kept = {name: getattr(node, f"_saved_{name}") for name in names}
    settings = {name: value for name, value in kept.items() if isinstance(value, PLAIN)}
    for name, value in own.items():
        if isinstance(value, (numbers.Number, str)):
            settings.setdefault(name, value)
    return settings


class Attributes(NamedTuple):
    """The names of what a kind of node keeps: tensors, and what is none."""

    raw: tuple[str, ...]
    plain: tuple[str, ...]


def _attributes(kind: type) -> Attributes:
    # Of the type, since a Function may set attributes of its own.
    found = ATTRIBUTES.get(kind)
    if found is None:
        every = dir(kind)
        raw, plain = (
            [name.removeprefix(start) for name in every if name.startswith(start)]
            for start in ("_raw_saved_", "_saved_")
        )
        found = Attributes(tuple(raw), tuple(sorted(set(plain) - set(raw))))
        ATTRIBUTES[kind] = found
    return found
