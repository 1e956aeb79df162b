"""Folders that are kept for a while, such as that of a notebook that runs: how much is in one, and
how to be rid of it.
"""

import contextlib
import itertools
import os
from pathlib import Path


def usage(folder: str, most: int) -> tuple[int, int]:
    """(bytes of all files below a folder, how many files and folders there are); past `most` of
    them it stops counting.

    Raises OSError where a folder cannot be looked into.
    """
    total, count, waiting = 0, 0, [folder]
    while waiting and count <= most:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in itertools.islice(entries, most + 1):
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:  # the notebook has just removed it
            continue
    return total, count


def remove(folder: str | Path) -> None:
    """Removes a folder and all that is in it, however deep and whatever its rights; what is not
    there, or cannot be removed, is no error.

    Each folder is moved up to the top before it is looked into: so no path grows too long for the
    system, and nothing calls itself.
    """
    top, waiting, emptied, count = os.fspath(folder), [os.fspath(folder)], [], 0
    if os.path.islink(top):
        return
    while waiting:
        place = waiting.pop()
        emptied.append(place)
        for entry in entries_to_remove(place):
            with contextlib.suppress(OSError):
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)
                    continue
                os.chmod(entry.path, 0o700)  # or it could not be moved
                count += 1
                moved = os.path.join(top, f"removed-{os.getpid()}-{count}")
                os.rename(entry.path, moved)
                waiting.append(moved)
    for place in reversed(emptied):
        with contextlib.suppress(OSError):
            os.rmdir(place)


def entries_to_remove(place: str) -> list[os.DirEntry]:
    """The entries of a folder, once its rights allow to remove them; none where it is none."""
    try:
        os.chmod(place, 0o700)
        with os.scandir(place) as entries:
            return list(entries)
    except OSError:
        return []
