"""The temporary folder of one run: it is known whether its owner lives, so what a killed run left
can be removed, and nothing else.
"""

import os
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

from forkgrade.scratch import remove

PREFIX = "forkgrade-"
OWNER = "owner"  # a file that the owner holds locked as long as it lives


class OwnFolder:
    """A temporary folder that ends with close(), or, where its process was killed, as soon as
    another one calls remove_abandoned().

    Attributes:
        path: where it is.
    """

    def __init__(self):
        # Under its own name only once it is locked: else another process could take it for one that
        # was abandoned.
        new = tempfile.mkdtemp(prefix=f"new-{PREFIX}")
        self.lock = FileLock(os.path.join(new, OWNER), timeout=0)
        self.lock.acquire()
        self.path = os.path.join(os.path.dirname(new), os.path.basename(new).removeprefix("new-"))
        os.rename(new, self.path)

    def close(self) -> None:
        """Removes it."""
        remove(self.path)
        self.lock.release()


def remove_abandoned() -> None:
    """Removes the folders whose owners are dead."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder / OWNER
        try:
            if folder.is_symlink() or folder.stat().st_uid != os.getuid() or not owner.exists():
                continue
            with FileLock(owner, timeout=0):
                remove(folder)
        except (Timeout, OSError):
            continue  # its owner lives, or another process has just removed it
