"""What a notebook has used while it runs, seen from outside its process."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from forkgrade.limits import NotebookLimits
from forkgrade.scratch import usage

MIB = 2**20
#: Lines of files of the kernel's. A process can choose its name, which stands in one of them, and
#: in which the kernel writes the end of a line as two characters.
WRITTEN, THREADS = (re.compile(rb"^%s:\s*(\d+)$" % name, re.M) for name in (b"wchar", b"Threads"))


@dataclass(frozen=True)
class Meter:
    """Watches the process of a notebook and its folder.

    What it reads is the kernel's own count. Between two looks a notebook can go past a limit by
    what a processor does in that time.
    """

    process: int
    folder: str
    limits: NotebookLimits

    def exceeded(self, sent: int) -> str:
        """What the notebook has done too much, in words; "" if nothing. `sent` are the bytes of its
        results, which it has written too, but to no file.
        """
        return next(self.reasons(sent), "")

    def reasons(self, sent: int) -> Iterator[str]:
        """What the notebook has done too much, in words."""
        limits = self.limits
        try:
            size, count = usage(self.folder, limits.files)
        except OSError as error:
            yield f"the notebook made a folder that cannot be looked into: {error.strerror}"
            size, count = 0, 0
        if size > limits.folder_mb * MIB:
            yield f"the notebook wrote more than {limits.folder_mb} MiB of files"
        if count > limits.files:
            yield f"the notebook made more than {limits.files} files and folders"
        if written(self.process) - sent > limits.written_mb * MIB:
            yield (
                f"the notebook wrote more than {limits.written_mb} MiB to files in all, removed "
                "ones too"
            )
        if threads(self.process) > limits.threads:
            yield f"the notebook ran more than {limits.threads} threads at once"


def written(process: int) -> int:
    """The bytes that a process has ever written, to files, also to those that it has removed since,
    and to pipes. 0 where the kernel does not count, or the process has ended.
    """
    # Not write_bytes: that leaves out what lies in memory, such as a /tmp that is a tmpfs.
    return number(f"/proc/{process}/io", WRITTEN)


def threads(process: int) -> int:
    """How many threads a process has; 0 once it has ended."""
    return number(f"/proc/{process}/status", THREADS)


def number(path: str, line: re.Pattern[bytes]) -> int:
    """The number in a line of a file; 0 where there is no such file or line.

    Raises PermissionError.
    """
    try:
        with open(path, "rb", buffering=0) as file:
            found = line.search(file.read())
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(found[1]) if found else 0
