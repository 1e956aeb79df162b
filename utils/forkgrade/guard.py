"""Remembers what the course's own cells rely on, and puts it back before each of them."""

import builtins
import sys
import types
import warnings
from collections.abc import Iterable, Iterator

#: What a check may call, beside everything in the course's packages and whatever of the preloaded
#: ones the course's own modules hold.
GUARDED = """
math operator functools warnings signal dis types traceback contextlib numbers
torch torch.Tensor torch.nn.Module torch.autograd torch.autograd.functional torch.autograd.gradcheck
torch.testing torch.testing._comparison torch.functional torch.nn.functional torch._tensor
forkgrade.cells forkgrade.cells.Runner forkgrade.guard forkgrade.guard.Guard
""".split()
#: What libraries replace themselves, and no check relies on: as the default dtype changes, as the
#: first optimizer is made, as warnings are logged.
NOT_KEPT = {"torch.Storage", "torch.manual_seed", "warnings.showwarning"}
#: Names that every class has of its own.
ALWAYS_OWN = {"__doc__", "__slotnames__"}


class Guard:
    """Remembers what checks call, and puts it back.

    Of torch and the standard library it remembers what can be called in GUARDED; of the course's
    own packages everything: modules, classes, functions, the objects that hold a check, and their
    tables.

    It stops an accident and a simple cheat: a name that was overwritten, a function that was
    patched, a table that was emptied. It does not stop somebody who knows it. It runs in the
    process that it guards, so a notebook can change what stands on no list here, such as a module
    that the interpreter itself uses to run a test; it can walk frames and objects to what a check
    expects, or to this very object; and it can return something that claims to be equal to
    everything. What a notebook must not be able to do, sandbox.py forbids.
    """

    # What is kept stands in plain tuples, which a notebook cannot give another meaning as it could
    # to a class.

    def __init__(self, packages: Iterable[str] = ()):
        """Remembers how things are now, with all parts of the course's packages."""
        self.packages = frozenset(packages)
        self.now, self.builtins = vars(builtins), dict(vars(builtins))
        # With __builtins__, which would stand in for all of them.
        self.builtin_names = frozenset(self.builtins) | {"__builtins__"}
        self.filters = list(warnings.filters)
        parts = sorted(name for name in sys.modules if name.partition(".")[0] in self.packages)
        guarded = [name for name in GUARDED if name in sys.modules]
        self.modules = {name: sys.modules[name] for name in parts + guarded}
        self.namespaces, self.functions, self.tables, self.seen = [], [], [], set()
        for name in GUARDED:
            self.remember(name, look_up(name), deep=False)
        for name in parts:
            self.remember(name, sys.modules[name], deep=True)

    # -- remembering

    def remember(self, name: str, thing: object, deep: bool) -> None:
        """Remembers what a name stands for, and the functions in it; where `deep`, everything in
        it that is the course's.
        """
        if thing is None or id(thing) in self.seen:
            return
        self.seen.add(id(thing))
        self.keep(name, thing, deep)
        for key, value in list(contents(thing, deep).items()):
            if isinstance(value, types.FunctionType) or (deep and self.is_ours(value)):
                self.remember(f"{name}.{key}", value, deep)

    def keep(self, name: str, thing: object, deep: bool) -> None:
        """Keeps what is to be put back of one thing."""
        if isinstance(thing, types.FunctionType):
            named = dict(thing.__kwdefaults__ or {})
            self.functions.append((name, thing, thing.__code__, thing.__defaults__, named))
        elif deep and isinstance(thing, dict | list | set):
            self.tables.append((name, thing, thing.copy()))
        elif is_namespace(thing, deep):
            held = dict(vars(thing))
            kept = {
                key: value
                for key, value in held.items()
                if (deep or is_used(value)) and f"{name}.{key}" not in NOT_KEPT
            }
            self.namespaces.append((name, thing, kept, frozenset(held)))

    def is_ours(self, value: object) -> bool:
        """Whether a value is part of the course's packages: made there, or a plain table that they
        hold.
        """
        if isinstance(value, dict | list | set):
            return True
        return root_of(value if isinstance(value, type) else type(value)) in self.packages

    # -- putting back

    def put_back(self) -> list[str]:
        """Puts everything back, and returns the names of what had been replaced."""
        replaced = self.put_back_builtins()
        for name, thing, kept, keys in self.namespaces:
            replaced += self.put_back_names(name, thing, kept, keys)
        sys.settrace(None)
        sys.setprofile(None)
        warnings.filters[:] = self.filters
        replaced += self.put_back_modules()
        replaced += self.put_back_functions()
        replaced += self.put_back_tables()
        return replaced

    def put_back_builtins(self) -> list[str]:
        """Puts Python's builtins back, by means that need none of them; returns the names of what
        had been replaced.
        """
        replaced = [
            "builtins." + key
            for key, value in self.builtins.items()
            if self.now.get(key) is not value
        ]
        self.now.update(self.builtins)
        return replaced

    def put_back_names(
        self, name: str, thing: object, kept: dict[str, object], keys: frozenset[str]
    ) -> Iterator[str]:
        """Puts back what a module, a class or an object held; yields the names of what had been
        replaced.
        """
        now = vars(thing)
        for key, value in kept.items():
            if now.get(key, self) is not value:
                assign(thing, key, value)
                yield f"{name}.{key}"
        for key in self.shadows(thing, keys):
            type.__delattr__(thing, key) if isinstance(thing, type) else now.pop(key)
            yield f"{name}.{key}"

    def shadows(self, thing: object, keys: frozenset[str]) -> list[str]:
        """New names that hide what a check would else find: a builtin in a module, an inherited
        method in a class.
        """
        new = [key for key in vars(thing) if key not in keys]
        if not isinstance(thing, type):
            return [key for key in new if key in self.builtin_names and key[:2] != "__"]
        inherited = {key for base in thing.__mro__[1:] for key in vars(base)} - ALWAYS_OWN
        return [key for key in new if key in inherited]

    def put_back_modules(self) -> Iterator[str]:
        """Puts back which module a name imports; yields the names of what had been replaced."""
        for name, module in self.modules.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module
                yield name

    def put_back_functions(self) -> Iterator[str]:
        """Puts back what functions do; yields the names of those that had been changed."""
        for name, function, code, defaults, named in self.functions:
            if function.__code__ is not code or function.__defaults__ is not defaults:
                function.__code__, function.__defaults__ = code, defaults
                yield name
            if named:
                function.__kwdefaults__ = dict(named)

    def put_back_tables(self) -> Iterator[str]:
        """Puts back what tables held; yields the names of those that had been changed."""
        for name, table, kept in self.tables:
            if not is_same(table, kept):
                table.clear()
                (table.extend if isinstance(table, list) else table.update)(kept)
                yield name


def contents(thing: object, deep: bool) -> dict[str, object]:
    """What is looked through in a thing, by name: a dict's own items, or its attributes."""
    if isinstance(thing, dict):
        return thing
    return getattr(thing, "__dict__", {}) if is_namespace(thing, deep) else {}


def is_namespace(thing: object, deep: bool) -> bool:
    """Whether a thing's attributes count: those of a module or a class, where `deep` of any."""
    if isinstance(thing, types.ModuleType | type):
        return True
    return deep and hasattr(thing, "__dict__")


def is_used(value: object) -> bool:
    """Whether a check may call a value or look inside it."""
    return callable(value) or isinstance(
        value, types.ModuleType | property | staticmethod | classmethod
    )


def root_of(cls: type) -> str:
    """The name of the package that a class was made in, or "" where it does not say."""
    home = getattr(cls, "__module__", None)
    return home.partition(".")[0] if isinstance(home, str) else ""


def assign(thing: object, key: str, value: object) -> None:
    """Sets an attribute, whatever the thing's own class has to say about that."""
    if isinstance(thing, type):
        type.__setattr__(thing, key, value)
    else:
        vars(thing)[key] = value


def is_same(table: dict | list | set, kept: dict | list | set) -> bool:
    """Whether a table holds the very things that it held."""
    if len(table) != len(kept):
        return False
    if isinstance(table, dict):
        return all(key in table and table[key] is value for key, value in kept.items())
    if isinstance(table, set):
        return table == kept
    return all(now is before for now, before in zip(table, kept, strict=True))


def look_up(name: str) -> object:
    """The module or class of a dotted name; None where it does not exist."""
    first, *rest = name.split(".")
    value = sys.modules.get(first)
    for part in rest:
        value = getattr(value, part, None)
    return value
