"""The private folder of a notebook that runs: how much is in it, and how to be rid of it."""

import itertools
import os
import shutil


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


def remove(folder: str) -> None:
    """Removes a folder and everything in it, however deep, and whatever its owner may not do there.

    What cannot be removed is left.
    """
    # Each folder below is moved up before it is emptied, so that no path grows long and no call
    # calls itself.
    numbers = itertools.count()
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            os.chmod(place, 0o700)
            with os.scandir(place) as entries:
                inner = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
            for entry in inner:
                os.chmod(entry.path, 0o700, follow_symlinks=True)
                moved = f"{folder}.{next(numbers)}"
                os.rename(entry.path, moved)
                waiting.append(moved)
        except OSError:
            pass
        shutil.rmtree(place, ignore_errors=True)
