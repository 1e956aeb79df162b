"""Files: written whole, and known by what is in them."""

import hashlib
import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes a file whole or not at all: beside it first, then in its place. Makes the folder if
    there is none.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        beside.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def tree_digest(folder: Path) -> str:
    """A digest of a file, or of all files below a folder: names and bytes. A link counts by where
    it points.
    """
    total = hashlib.sha256()
    is_tree = folder.is_dir() and not folder.is_symlink()
    total.update(name_and_bytes(folder, folder.name))
    for path in sorted(folder.rglob("*")) if is_tree else ():
        total.update(name_and_bytes(path, str(path.relative_to(folder))))
    return total.hexdigest()


def name_and_bytes(path: Path, name: str) -> bytes:
    """What of a path counts in the digest of a tree."""
    heading = f"\n{name}\n".encode("utf-8", "surrogateescape")
    if path.is_symlink():
        return heading + os.fsencode(os.readlink(path))
    if not path.is_file():
        return heading
    with path.open("rb") as file:
        return heading + hashlib.file_digest(file, "sha256").digest()
