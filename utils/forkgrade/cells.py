"""Runs the cells of one notebook in this process, one at a time, and returns their outputs as a
kernel would.

In the course's own cells (tests and set-up) names mean what the course meant, whatever the student
called so. A notebook can bend all of this: it runs in the same process. So the course's exercises
have no tests here, but probes, which know no right answer: what they see is judged elsewhere.
"""

import ast
import base64
import builtins
import dis
import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.text import SList
from traitlets import Type

from forkgrade.protocol import CUT, MOMENT, CellKind, Output
from forkgrade.settings import Settings

HERE = os.path.dirname(__file__)  # frames of this package say nothing to a student


class CellTimeoutError(BaseException):
    """A cell ran longer than it may. No `except Exception` of a notebook catches it."""


class Stream:
    """A stand-in for sys.stdout or sys.stderr that writes into a list of outputs."""

    encoding, errors, closed = "utf-8", "replace", False

    def __init__(self, name: str, runner: "Runner"):
        self.name, self.runner = name, runner

    def write(self, text: str) -> int:
        """Adds a text to the outputs."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.runner.add_text(self.name, text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Adds each of some texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Does nothing: what was written is there."""

    def isatty(self) -> bool:
        """Whether a person reads along: no."""
        return False

    def writable(self) -> bool:
        """Whether one can write: yes."""
        return True

    def readable(self) -> bool:
        """Whether one can read: no."""
        return False


class Hook(DisplayHook):
    """Puts the value of a cell's last expression into the outputs."""

    def start_displayhook(self) -> None:
        """Prints no empty line, as a terminal would."""

    def write_output_prompt(self) -> None:
        """Prints no prompt."""

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        """Adds the value in all its forms."""
        self.shell.runner.add_result(format_dict, md_dict or {})

    def finish_displayhook(self) -> None:
        """Prints no empty line."""


class Publisher(DisplayPublisher):
    """Puts what a cell displays into the outputs."""

    def publish(
        self,
        data: dict,
        metadata: dict | None = None,
        *,
        transient: dict | None = None,
        update: bool = False,
        **_: object,
    ) -> None:
        """Adds what is displayed; an update of something displayed before is left out."""
        if not update:
            data = as_stored(data)
            self.shell.runner.add(output_type="display_data", data=data, metadata=metadata or {})

    def clear_output(self, wait: bool = False) -> None:
        """Takes away what the cell has displayed so far."""
        self.shell.runner.outputs.clear()


class Shell(InteractiveShell):
    """An IPython shell without a history, whose outputs its runner collects."""

    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)

    def init_history(self) -> None:
        """Keeps no history: it would be a thread and a database."""
        self.config.HistoryManager.enabled = False
        super().init_history()

    def init_magics(self) -> None:
        """Leaves out the cells of a shell, which start a process in a way of their own."""
        super().init_magics()
        for name in ("bash", "sh", "script"):
            self.register_magic_function(self.not_run, "line_cell", name)

    def enable_gui(self, gui: str | None = None) -> None:
        """Does nothing: nobody looks on."""

    def enable_matplotlib(self, gui: str | None = None) -> tuple[str, str]:
        """Leaves plots as they are: a page has no window."""
        return "inline", "inline"

    def not_run(self, line: str, cell: str = "") -> None:
        """Says that a command was not run."""
        print("not run while grading:", line or cell.split("\n")[0])

    def system(self, cmd: str) -> None:
        """Runs a line such as `!pip install torch`; where that is refused, says so and goes on."""
        try:
            sys.audit("os.system", cmd)
            super().system(cmd)
        except OSError:
            self.not_run(cmd)
            self.user_ns["_exit_code"] = 1

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> SList | str:
        """What a command prints, as `system` runs it."""
        try:
            sys.audit("os.system", cmd)
            return super().getoutput(cmd, split, depth + 1)
        except OSError:
            self.not_run(cmd)
            return SList() if split else ""

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str] | str) -> None:
        frames = [stb] if isinstance(stb, str) else stb
        self.runner.outputs.append(
            error_output(evalue, [frame for frame in frames if HERE not in frame])
        )


class Runner:
    """Runs cells in a shell of its own. Make it before any notebook's code runs: it remembers how
    things are.

    Attributes:
        outputs: those of the cell that runs.
        output_chars: how many characters of printed text are kept of a cell.
        trusted_names: what the course's set-up cells defined, which its tests see whatever the
            student put in the place of these names.
    """

    def __init__(self, packages: Iterable[str] = ()):
        self.outputs: list[Output] = []
        self.printed_chars = self.kept_chars = 0
        self.output_chars = 20_000
        # A stored traceback is read by a student: short, without a machine's colours and paths'
        # bodies.
        self.shell = Shell.instance(xmode="Plain", colors="nocolor")
        self.shell.runner = self
        self.trusted_names: dict[str, object] = {}
        self.count = 0
        self.settings = Settings()
        self.packages = frozenset(packages)
        self.now, self.builtins = vars(builtins), dict(vars(builtins))
        self.transform = TransformerManager().transform_cell
        self.streams = Stream("stdout", self), Stream("stderr", self)

    def warm_up(self, sources: Iterable[str]) -> None:
        """Runs some cells and forgets them: what they import, compile and keep is there for the
        notebooks of processes that are forked from this one.
        """
        standard = sys.stdout, sys.stderr
        for source in sources:
            self.run(source, "student", MOMENT)
        sys.stdout, sys.stderr = standard
        self.shell.reset()
        self.outputs, self.count = [], 0

    # -- outputs

    def add(self, **output: object) -> None:
        """Adds an output."""
        self.outputs.append(output)

    def add_text(self, name: str, text: str) -> None:
        """Adds what was printed on the stream of a name, as far as the limit goes."""
        self.printed_chars += len(text)
        text = text[: max(self.output_chars - self.kept_chars, 0)]
        self.kept_chars += len(text)
        if not text:
            return
        if self.outputs and self.outputs[-1].get("name") == name:
            self.outputs[-1]["text"] += text
        else:
            self.add(output_type="stream", name=name, text=text)

    def add_result(self, data: dict, metadata: dict) -> None:
        """Adds the value of a cell's last expression."""
        self.add(
            output_type="execute_result",
            data=as_stored(data),
            metadata=metadata,
            execution_count=self.count,
        )

    def add_error(self, error: BaseException) -> None:
        """Adds an error without lines and values of the code that raised it."""
        own = getattr(type(error), "_render_traceback_", None)
        is_ours = str(type(error).__module__).partition(".")[0] in self.packages
        self.outputs.append(error_output(error, own(error) if own and is_ours else None))

    # -- running

    def run(
        self, source: str, kind: CellKind, seconds: float, question: dict | None = None
    ) -> tuple[list[Output], object]:
        """Runs one cell; returns its outputs, and of a probe what it sees of the answer to its
        question.
        """
        seen = None
        self.outputs, self.printed_chars, self.kept_chars = [], 0, 0
        self.count += 1
        self.shell.execution_count = self.count
        sys.stdout, sys.stderr = self.streams
        with alarm(seconds):
            if kind == "student":
                self.run_own_cell(source)
            else:
                # A trace would see, and slow down, what is the course's.
                sys.settrace(None)
                sys.setprofile(None)
                with self.settings.as_they_were(seeds=kind != "set-up"):
                    if kind == "probe":
                        seen = self.ask(question)
                    else:
                        self.run_course_cell(source, keep=kind == "set-up")
        # At once: without builtins as they were, not even the result can be sent.
        self.now.update(self.builtins)
        outputs = self.outputs
        if kind in ("test", "probe"):
            for output in outputs:
                if output.get("name") == "stderr":  # it would cost the points, whatever it says
                    output["name"] = "stdout"
        if self.printed_chars > self.kept_chars:
            counts = f"{self.kept_chars} of {self.printed_chars}"
            streams = [output for output in outputs if output["output_type"] == "stream"]
            if streams:
                streams[-1]["text"] += f"\n{CUT}{counts} characters are kept …\n"
        return outputs, seen

    def ask(self, question: dict) -> object:
        """What the answer to a question gives, as the function says that the question names."""
        try:
            module, _, name = question["observe"].rpartition(".")
            return getattr(importlib.import_module(module), name)(question, self.shell.user_ns)
        except BaseException as error:
            self.add_error(error)
            return None

    def run_own_cell(self, source: str) -> None:
        """Runs a student's cell in the shell."""
        error = None
        try:
            result = InteractiveShell.run_cell(self.shell, source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
        except BaseException as broken:  # the shell itself fails where a notebook has bent it
            error = broken
        self.now.update(self.builtins)
        shown = any(output["output_type"] == "error" for output in self.outputs)
        if error is not None and not shown:
            self.add_error(error)

    def run_course_cell(self, source: str, keep: bool) -> None:
        """Runs a cell of the course in a copy of the notebook's names, where the course's own names
        win. Where `keep`, what it defines is among these from then on.
        """
        names = self.shell.user_ns
        # A name such as `abs` of the student's own stays theirs, in their functions, and is not
        # seen here.
        hidden = self.builtins.keys() | {"__builtins__"}
        seen = {key: value for key, value in names.items() if key not in hidden}
        seen |= self.trusted_names
        before, bound = dict(seen), set()
        try:
            tree = ast.parse(self.transform(source), "<course>")
            bound = bound_names(tree)
            self.evaluate(tree, seen, show=not source.rstrip().endswith(";"))
        except BaseException as error:
            # Neither lines nor values of a hidden test: a name and a message are all that a student
            # reads.
            self.add_error(error)
        new = {key: value for key, value in seen.items() if before.get(key, self) is not value}
        new.pop("__builtins__", None)
        if keep:
            names.update(new)
            made = {key: seen[key] for key in bound if key in seen}
            self.trusted_names |= new | made
        else:
            # What a hidden test calls `x` is not what the student called so.
            names.update({key: value for key, value in new.items() if key not in names})

    def evaluate(self, tree: ast.Module, names: dict[str, object], show: bool) -> None:
        """Runs a cell's source with these names; where `show`, adds the value of its last
        expression.
        """
        body = list(tree.body)
        last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), "<course>", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<course>", "eval"), names)
            if value is not None and show:
                self.add_result(*self.shell.display_formatter.format(value))


def as_stored(data: dict, encode: Callable = base64.b64encode) -> dict:
    """The forms of a display as a notebook stores them: bytes, of a picture say, as base64."""
    return {
        kind: encode(form).decode() if isinstance(form, bytes) else form
        for kind, form in data.items()
    }


def bound_names(tree: ast.Module) -> set[str]:
    """The names that a source binds at its top, whether to something new or not."""
    steps = dis.get_instructions(compile(tree, "<course>", "exec"))
    return {step.argval for step in steps if step.opname in {"STORE_NAME", "STORE_GLOBAL"}}


def error_output(error: BaseException, traceback: list[str] | None = None) -> Output:
    """The stored output of an error; where no traceback is given, with one line."""
    name = type(error).__name__
    try:
        evalue = str(error)
    except Exception as other:  # an exception class of the notebook's own may have any __str__
        evalue = f"(its message cannot be read: {type(other).__name__})"
    lines = [f"{name}: {evalue}"] if traceback is None else list(traceback)
    return {"output_type": "error", "ename": name, "evalue": evalue, "traceback": lines}


@contextmanager
def alarm(
    seconds: float,
    # Bound now: a notebook may put others in their places.
    set_signal: Callable = signal.signal,
    set_timer: Callable = signal.setitimer,
    number: int = signal.SIGALRM,
    real: int = signal.ITIMER_REAL,
    error: type[BaseException] = CellTimeoutError,
) -> Iterator[None]:
    """Raises CellTimeoutError in the block once it has run so many seconds."""

    def ring(signum: int, frame: object) -> None:
        raise error(f"this cell ran longer than {seconds:g} s and was interrupted")

    set_signal(number, ring)
    set_timer(real, seconds)
    try:
        yield
    finally:
        set_timer(real, 0)
