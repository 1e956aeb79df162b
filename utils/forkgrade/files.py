"""Files: written whole, walked within bounds, and known by what is in them."""

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

#: What no course needs, and what could otherwise keep a run busy: folders in folders, and entries.
MOST_FOLDERS_DEEP, MOST_ENTRIES = 20, 5_000
#: Bytes of one folder that are read to know it; of what lies beyond, size and time are enough.
MOST_READ = 64 * 2**20
MAKE_READABLE = "give the grader the right to (chmod -R u+rX), and grade again"


class TooMuch(Exception):
    """A folder is not walked to its end; the message says why."""


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes a file whole or not at all, even where the power fails: beside it first, then in its
    place. Makes the folder if there is none.
    """
    changed = [path.parent, *(one.parent for one in path.parents if not one.exists())]
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with beside.open("wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    for folder in changed:
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Makes sure that the names in a folder are on the disk. Windows has no such call."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- walking --------------------------------------------------------------------------------------


def walk(folder: Path) -> Iterator[tuple[Path, str]]:
    """(path, kind) of everything below a folder, in the same order each time, its own entries
    first, and nothing of what lies in folders such as .git.

    The kind is "file", "folder", "link", "unreadable" (a folder whose names cannot be read) or
    "other". No link is followed. Raises TooMuch.
    """
    waiting, seen = [(folder, 0)], 0
    while waiting:
        place, depth = waiting.pop()
        if depth > MOST_FOLDERS_DEEP:
            raise TooMuch(f"has folders more than {MOST_FOLDERS_DEEP} deep")
        try:
            with os.scandir(place) as found:
                # One more than is allowed: a folder of a million names is not read to its end.
                entries = [entry for entry, _ in zip(found, range(MOST_ENTRIES + 1), strict=False)]
        except OSError:
            yield place, "unreadable"
            continue
        seen += len(entries)
        if seen > MOST_ENTRIES:
            raise TooMuch(f"has more than {MOST_ENTRIES} files and folders")
        for entry in sorted(entries, key=lambda entry: entry.name):
            kind = kind_of(entry)
            yield Path(entry.path), kind
            if kind == "folder" and is_visible(entry.name):
                waiting.append((Path(entry.path), depth + 1))


def is_visible(name: str) -> bool:
    """Whether a file or folder of this name is one that a person made."""
    return not name.startswith(".") and name != "__pycache__"


def kind_of(entry: os.DirEntry) -> str:
    """What an entry of a folder is: see walk."""
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "other"


def tree_digest(folder: Path) -> str:
    """A digest of a file, or of all files below a folder: names and bytes.

    A link counts by where it points. A file counts by size and time where it cannot be read, or
    where MOST_READ bytes were read before it.
    """
    total, left = hashlib.sha256(), MOST_READ
    kind = "link" if os.path.islink(folder) else "file" if os.path.isfile(folder) else "folder"
    found = walk(folder) if kind == "folder" else [(folder, kind)]
    try:
        for path, kind in found:
            name = os.path.relpath(path, folder) if path != folder else folder.name
            total.update(f"\n{kind}\n{name}\n".encode("utf-8", "surrogateescape"))
            if kind == "link":
                total.update(os.fsencode(os.readlink(path)))
            if kind == "file":
                content, read = file_digest(path, left)
                total.update(content)
                left -= read
    except TooMuch as error:
        total.update(str(error).encode())
    return total.hexdigest()


def file_digest(path: Path, most: int) -> tuple[bytes, int]:
    """(what of a file counts in the digest of a tree, how many bytes of it were read)."""
    facts = path.lstat()
    if facts.st_size <= most:
        with contextlib.suppress(PermissionError), path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest(), facts.st_size
    return f"{facts.st_size} {facts.st_mtime_ns}".encode(), 0
