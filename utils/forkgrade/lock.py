"""One run at a time for a course: a lock of the system, which ends with the process that holds
it.
"""

import getpass
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from forkgrade.files import write_whole


class Busy(Exception):
    """Another run holds the course; the message says which, and since when."""


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Holds a course, whose records are in a folder, for the block. Raises Busy at once where
    another process does; one that was killed holds nothing.
    """
    # A name with a dot is no student's: see Course.submissions.
    lock, holder = folder / ".lock", folder / ".holder.json"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            write_whole(holder, json.dumps(me()))
            try:
                yield
            finally:
                holder.unlink(missing_ok=True)
    except Timeout:
        raise Busy(
            f"this course is being graded by {described(holder)}: wait until that run has ended"
        ) from None


def me() -> dict[str, str]:
    """What another run will want to know of this process."""
    since = datetime.now().astimezone().isoformat(" ", "seconds")
    who = {"user": user(), "machine": platform.node()}
    return who | {"process": str(os.getpid()), "since": since}


def user() -> str:
    """The name of this process' user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return f"user {os.getuid()}"


def described(holder: Path) -> str:
    """Who holds the lock and since when, as far as the file says so."""
    try:
        facts = json.loads(holder.read_bytes())
        return "process {process} of {user} on {machine}, since {since}".format(**facts)
    except (OSError, ValueError, KeyError, TypeError):  # it has just begun, or just ended
        return "another process"
