"""What nbgrader logs while it runs: where it says what went wrong, which its exceptions do not."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ErrorLog(logging.Handler):
    """Keeps the errors that are logged, in `messages`."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one error."""
        self.messages.append(record.getMessage())

    def cause(self, error: str) -> str:
        """What went wrong, in a line: from the first traceback that was logged, or else from the
        text of an error.
        """
        first = next((text for text in self.messages if "Traceback" in text), error)
        lines = first.strip().splitlines()
        # A message may have many lines: the first of them stands behind the last frame.
        frames = [at for at, line in enumerate(lines) if line.startswith("  File ")]
        behind = lines[frames[-1] + 1 :] if frames else lines[-1:]
        return next((line for line in behind if line[:1].strip()), lines[-1])


def first_line(error: BaseException) -> str:
    """What an error says in its first line, without the full stop; its class if it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def own_failure(cause: str) -> str:
    """A sentence on a failure of the grader itself, which an instructor can act on."""
    return (
        f"the grader failed on it ({cause[:200]}), which may be no fault of the student's: grade "
        "again, and where it stays so, see log.txt beside grades.csv"
    )


@contextmanager
def open_log(path: Path | None = None) -> Iterator[tuple[logging.Logger, ErrorLog]]:
    """A logger for nbgrader, and what it is told of errors, which goes to the end of a file too."""
    logger, errors = logging.Logger("grading", logging.WARNING), ErrorLog()
    logger.addHandler(errors)
    if path:
        file = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace", delay=True)
        file.setLevel(logging.ERROR)
        logger.addHandler(file)
    try:
        yield logger, errors
    finally:
        for handler in logger.handlers:
            handler.close()
