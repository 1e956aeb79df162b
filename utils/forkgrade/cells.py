"""Runs the cells of one notebook in this process, one at a time, and returns their outputs as a
kernel would.

The course's own cells (tests and set-up) are run so that a notebook cannot have bent them: what
they call is put back first, and their names mean what the course meant."""

import ast
import builtins
import os
import signal
import sys
import types
import warnings
from contextlib import contextmanager

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type

from forkgrade.warm import CUT

HERE = os.path.dirname(__file__)  # frames of this package say nothing to a student
# What a check may call, beside everything in the preloaded packages whose names the course's own
# modules hold.
GUARDED = """math operator functools warnings signal dis types traceback contextlib numbers
torch torch.Tensor torch.nn.Module torch.autograd torch.autograd.functional torch.autograd.gradcheck
torch.testing torch.testing._comparison torch.functional torch.nn.functional torch._tensor
forkgrade.cells forkgrade.cells.Runner forkgrade.cells.Guard""".split()


class CellTimeoutError(BaseException):
    """A cell ran longer than it may. No `except Exception` of a notebook catches it."""


class Stream:
    """A stand-in for sys.stdout or sys.stderr that writes into a list of outputs."""

    encoding, errors, closed = "utf-8", "replace", False

    def __init__(self, name, runner):
        self.name, self.runner = name, runner

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.runner.add_text(self.name, text)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def writable(self):
        return True

    def readable(self):
        return False


class Hook(DisplayHook):
    """Puts the value of a cell's last expression into the outputs."""

    def start_displayhook(self):
        pass

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        self.shell.runner.add_result(format_dict, md_dict or {})

    def finish_displayhook(self):
        pass


class Publisher(DisplayPublisher):
    """Puts what a cell displays into the outputs."""

    def publish(self, data, metadata=None, *, transient=None, update=False, **_):
        if not update:
            self.shell.runner.add(output_type="display_data", data=data, metadata=metadata or {})

    def clear_output(self, wait=False):
        self.shell.runner.outputs.clear()


class Shell(InteractiveShell):
    """An IPython shell without a history, whose outputs its runner collects."""

    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)

    def init_history(self):
        self.config.HistoryManager.enabled = False  # else a thread and a database
        super().init_history()

    def _showtraceback(self, etype, evalue, stb):
        frames = [stb] if isinstance(stb, str) else stb
        self.runner.outputs.append(
            error_output(evalue, [frame for frame in frames if HERE not in frame])
        )


class Runner:
    """Runs cells in a shell of its own. Make it before any notebook's code runs: it remembers how
    things are.
    """

    def __init__(self, packages=()):
        self.outputs, self.text, self.kept = [], 0, 0
        self.output_chars = 20_000
        # A stored traceback is read by a student: short, without a machine's colours and paths'
        # bodies.
        self.shell = Shell.instance(xmode="Plain", colors="nocolor")
        self.shell.runner = self
        self.course = {}
        self.count = 0
        self.guard = Guard(packages)
        self.transform = TransformerManager().transform_cell
        self.streams = Stream("stdout", self), Stream("stderr", self)

    # -- outputs

    def add(self, **output):
        self.outputs.append(output)

    def add_text(self, name, text):
        self.text += len(text)
        text = text[: max(self.output_chars - self.kept, 0)]
        self.kept += len(text)
        if not text:
            return
        if self.outputs and self.outputs[-1].get("name") == name:
            self.outputs[-1]["text"] += text
        else:
            self.add(output_type="stream", name=name, text=text)

    def add_result(self, data, metadata):
        self.add(
            output_type="execute_result", data=data, metadata=metadata, execution_count=self.count
        )

    # -- running

    def run(self, source, course, seconds):
        """Runs one cell and returns (its outputs, what had been replaced and was put back).

        `course` is "" for a cell that is the student's, else "test" or "set-up".
        """
        self.outputs, self.text, self.kept = [], 0, 0
        self.count += 1
        self.shell.execution_count = self.count
        put_back = self.guard.put_back() if course else []
        for key in course and set(vars(self)) & set(vars(Runner)):
            delattr(self, key)  # a method that a notebook replaced
        sys.stdout, sys.stderr = self.streams
        with alarm(seconds):
            if course:
                self.run_course_cell(source, keep=course == "set-up")
            else:
                put_back = self.run_own_cell(source)
        outputs = self.outputs
        if self.text > self.kept:
            note = f"\n{CUT}{self.kept} of {self.text} characters are kept …\n"
            # As part of what was cut: a word on stderr would cost a test cell its points.
            last = next(
                (output for output in reversed(outputs) if output["output_type"] == "stream"), None
            )
            last["text"] += note
        return outputs, put_back

    def run_own_cell(self, source):
        """Runs a student's cell in the shell; returns what it replaced of Python's builtins."""
        error = None
        try:
            result = InteractiveShell.run_cell(self.shell, source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
        except BaseException as broken:  # the shell itself fails where a notebook has bent it
            error = broken
        finally:
            # At once: without builtins as they were, not even the result can be sent.
            put_back = self.guard.put_back_builtins()
        if error is not None and not any(
            output["output_type"] == "error" for output in self.outputs
        ):
            self.outputs.append(error_output(error, packages=self.guard.packages))
        return put_back

    def run_course_cell(self, source, keep):
        """Runs a cell of the course in a copy of the notebook's names, where the course's own names
        win.
        """
        names = self.shell.user_ns
        # A name such as `abs` of the student's own stays theirs, in their functions, and is not
        # seen here.
        seen = {key: value for key, value in names.items() if key not in self.guard.builtin_names}
        seen |= self.course
        before, tree = dict(seen), ast.Module([], [])
        try:
            tree = ast.parse(self.transform(source), "<course>")
            body = tree.body
            last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
            exec(compile(ast.Module(body, []), "<course>", "exec"), seen)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), "<course>", "eval"), seen)
                if value is not None and not source.rstrip().endswith(";"):
                    self.add_result(*self.shell.display_formatter.format(value))
        except BaseException as error:
            # Neither lines nor values of a hidden test: a name and a message are all that a student
            # reads.
            self.outputs.append(error_output(error, packages=self.guard.packages))
        new = {key: value for key, value in seen.items() if before.get(key, self) is not value}
        new.pop("__builtins__", None)
        names.update(new)
        if keep:
            bound = {key: seen[key] for key in bound_names(tree) if key in seen}
            self.course |= {key: value for key, value in bound.items() if is_used(value)}


def bound_names(tree):
    """The names that a source binds, whether to something new or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def error_output(error, traceback=None, packages=()):
    """The stored output of an error; where no traceback is given, its own rendering if a package of
    the course made it, else one line."""
    try:
        evalue = str(error)
    except Exception as other:  # an exception class of the notebook's own may have any __str__
        evalue = f"(its message cannot be read: {type(other).__name__})"
    name = type(error).__name__
    own = getattr(type(error), "_render_traceback_", None)
    if traceback is None:
        traceback = (
            own(error) if own and root_of(type(error)) in packages else [f"{name}: {evalue}"]
        )
    return {"output_type": "error", "ename": name, "evalue": evalue, "traceback": list(traceback)}


@contextmanager
def alarm(
    seconds,
    # Bound now: a notebook may put others in their places.
    set_signal=signal.signal,
    set_timer=signal.setitimer,
    number=signal.SIGALRM,
    real=signal.ITIMER_REAL,
    error=CellTimeoutError,
):
    def ring(signum, frame):
        raise error(f"this cell ran longer than {seconds:g} s and was interrupted")

    set_signal(number, ring)
    set_timer(real, seconds)
    try:
        yield
    finally:
        set_timer(real, 0)


class Guard:
    """Remembers what checks call, and puts it back.

    Of torch and the standard library it remembers what can be called in GUARDED; of the course's
    own package everything: modules, classes, functions, the objects that hold a check, and their
    tables."""

    def __init__(self, packages=()):
        self.packages = frozenset(packages)
        self.now, self.builtins = vars(builtins), dict(vars(builtins))
        self.builtin_names = frozenset(self.builtins) | {
            "__builtins__"
        }  # which would stand in for all of them
        self.filters = list(warnings.filters)
        ours = sorted(name for name in sys.modules if name.partition(".")[0] in self.packages)
        self.modules = {
            name: sys.modules[name] for name in ours + [n for n in GUARDED if n in sys.modules]
        }
        self.places, self.functions, self.tables, self.seen = [], [], [], set()
        for name in GUARDED:
            self.remember(name, look_up(name), deep=False)
        for name in ours:
            self.remember(name, sys.modules[name], deep=True)

    def remember(self, name, thing, deep):
        """Remembers what a name stands for, and where it is our own all that it holds."""
        if thing is None or id(thing) in self.seen:
            return
        self.seen.add(id(thing))
        if isinstance(thing, types.FunctionType):
            kept = thing.__code__, thing.__defaults__, dict(thing.__kwdefaults__ or {})
            self.functions.append((name, thing, *kept))
        elif deep and isinstance(thing, dict | list | set):
            self.tables.append((name, thing, thing.copy()))
        elif isinstance(thing, types.ModuleType | type) or (deep and hasattr(thing, "__dict__")):
            kept = {
                key: value for key, value in list(vars(thing).items()) if deep or is_used(value)
            }
            self.places.append((name, thing, kept, frozenset(vars(thing))))
        inside = {}
        if isinstance(thing, dict):
            inside = thing
        elif isinstance(thing, types.ModuleType | type) or deep:
            inside = getattr(thing, "__dict__", {})
        for key, value in list(inside.items()):
            function = isinstance(value, types.FunctionType)
            if function or (deep and self.is_ours(value)):
                self.remember(f"{name}.{key}", value, deep)

    def is_ours(self, value):
        """Whether a value is part of the course's packages: made there, or a plain table that they
        hold.
        """
        if isinstance(value, dict | list | set):
            return True
        return root_of(value if isinstance(value, type) else type(value)) in self.packages

    def put_back_builtins(self):
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

    def put_back(self):
        """Puts everything back, and returns the names of what had been replaced."""
        replaced = self.put_back_builtins()
        replaced += [name for place in self.places for name in self.refill(*place)]
        sys.settrace(None)
        sys.setprofile(None)
        warnings.filters[:] = self.filters
        for name, module in self.modules.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module
                replaced.append(name)
        for name, function, code, defaults, named in self.functions:
            if function.__code__ is not code or function.__defaults__ is not defaults:
                function.__code__, function.__defaults__ = code, defaults
                replaced.append(name)
            if named:
                function.__kwdefaults__ = dict(named)
        for name, table, kept in self.tables:
            if not same(table, kept):
                table.clear()
                (table.extend if isinstance(table, list) else table.update)(kept)
                replaced.append(name)
        return replaced

    def refill(self, name, place, kept, keys):
        """Puts back what a module, a class or an object held; yields the names of what had been
        replaced.
        """
        now = vars(place)
        for key, value in kept.items():
            if now.get(key, self) is not value:
                assign(place, key, value)
                yield f"{name}.{key}"
        for key in self.added(place, keys):
            type.__delattr__(place, key) if isinstance(place, type) else now.pop(key)
            yield f"{name}.{key}"

    def added(self, place, keys):
        """Names that shadow what a check would else find: a builtin in a module, an inherited
        method in a class.
        """
        new = [key for key in vars(place) if key not in keys]
        if isinstance(place, type):
            inherited = {key for base in place.__mro__[1:] for key in vars(base)} - {
                "__doc__",
                "__slotnames__",
            }
            return [key for key in new if key in inherited]
        return [key for key in new if key in self.builtin_names and key[:2] != "__"]


def is_used(value):
    """Whether a check may call a value or look inside it."""
    return callable(value) or isinstance(
        value, types.ModuleType | property | staticmethod | classmethod
    )


def root_of(cls):
    """The name of the package that a class was made in, or "" where it does not say."""
    home = getattr(cls, "__module__", None)
    return home.partition(".")[0] if isinstance(home, str) else ""


def assign(place, key, value):
    if isinstance(place, type):
        type.__setattr__(place, key, value)
    else:
        vars(place)[key] = value


def same(table, kept):
    """Whether a table holds the very things that it held."""
    if len(table) != len(kept):
        return False
    if isinstance(table, dict):
        return all(key in table and table[key] is value for key, value in kept.items())
    return (
        table == kept
        if isinstance(table, set)
        else all(a is b for a, b in zip(table, kept, strict=True))
    )


def look_up(name):
    """The module or class of a dotted name; None where it does not exist."""
    parts = name.split(".")
    value = sys.modules.get(parts[0])
    for part in parts[1:]:
        value = getattr(value, part, None)
    return value
