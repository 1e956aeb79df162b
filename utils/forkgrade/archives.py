"""What is in a download: the files of a folder or a zip, none of which is trusted."""

import lzma
import os
import stat
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from forkgrade.files import TooMuch, is_visible, kind_of, walk

#: Files of one download, and bytes that they have once they are unpacked.
MOST_FILES, MOST_BYTES = 100_000, 8 * 2**30
#: {what an entry of a folder is: why it is not taken}
PROBLEMS = {"link": "is a link", "unreadable": "cannot be read", "other": "is no file"}
LEFT_BY_A_MAC = "__MACOSX"
#: What zipfile raises for an entry that is broken, encrypted or packed in a way of its own.
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, OSError, EOFError)


class BadDownload(Exception):
    """Nothing can be taken from a download; the message says why."""


class Unreadable(Exception):
    """One file of a download cannot be taken; the message says why."""


@dataclass(frozen=True)
class Found:
    """One file of a download.

    Attributes:
        path: its path in the download.
        size: its bytes, as the download says.
        time: when it was written, in seconds since 1970, as the download says.
        key: what its download reads it by.
        problem: why it cannot be taken; empty if nothing is known that speaks against it.
    """

    path: PurePosixPath
    size: int
    time: float
    key: object
    problem: str = ""

    @property
    def leads_out(self) -> bool:
        """Whether the path is none within a folder, as `../x` and `C:/x` are."""
        parts = self.path.parts
        return self.path.is_absolute() or ".." in parts or not parts or parts[0][1:2] == ":"

    @property
    def is_visible(self) -> bool:
        """Whether a person made it, and no program beside it."""
        return all(is_visible(part) for part in self.path.parts if part != "..") and (
            LEFT_BY_A_MAC not in self.path.parts
        )


class FolderDownload:
    """The files of a folder."""

    def __init__(self, path: Path):
        self.path = path

    def __enter__(self):
        return self

    def __exit__(self, *_: object):
        pass

    def found(self) -> Iterator[Found]:
        """Each file, and each link or folder that has a problem."""
        with os.scandir(self.path) as entries:
            top = sorted((entry for entry in entries), key=lambda entry: entry.name)
        for entry in top:
            if entry.is_dir(follow_symlinks=False):
                yield from self.below(Path(entry.path))
            else:
                yield self.one(Path(entry.path), kind_of(entry))

    def below(self, folder: Path) -> Iterator[Found]:
        """What is below one folder: a student's, so it is walked within the bounds of a
        submission.
        """
        try:
            for path, kind in walk(folder):
                if kind != "folder":
                    yield self.one(path, kind)
        except TooMuch as error:
            yield replace(self.one(folder, "folder"), problem=f"{error}: what is beyond is left")

    def one(self, path: Path, kind: str) -> Found:
        """What there is to say of one path."""
        facts = path.lstat()
        place = PurePosixPath(path.relative_to(self.path).as_posix())
        return Found(place, facts.st_size, facts.st_mtime, path, PROBLEMS.get(kind, ""))

    def read(self, found: Found, most: int) -> bytes:
        """The bytes of a file, if they are no more than `most`. Raises Unreadable."""
        refuse_size(found.size, most)
        try:
            # Neither a link nor a pipe that was put there since is followed or waited for.
            flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
            handle = os.open(found.key, flags | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise Unreadable(f"cannot be read: {error.strerror}") from error
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise Unreadable("is no file")
            content = file.read(most + 1)
        refuse_size(len(content), most)
        return content


class ZipDownload:
    """The files of a zip. Raises BadDownload where it is none, or too much."""

    def __init__(self, path: Path):
        try:
            self.zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            raise BadDownload(f"{path} is no zip that can be read ({error})") from error
        entries = self.zip.infolist()
        size = sum(entry.file_size for entry in entries)
        if len(entries) > MOST_FILES or size > MOST_BYTES:
            self.zip.close()
            raise BadDownload(
                f"{path} has {len(entries)} files of {size / 2**30:.1f} GiB, and "
                f"{MOST_FILES} of {MOST_BYTES / 2**30:.0f} GiB are allowed: unpack and divide it"
            )

    def __enter__(self):
        return self

    def __exit__(self, *_: object):
        self.zip.close()

    def found(self) -> Iterator[Found]:
        """Each file, and each link."""
        for entry in self.zip.infolist():
            if not entry.filename.endswith("/"):  # is_dir fails where there is no name
                place = PurePosixPath(entry.filename.replace("\\", "/"))
                link = PROBLEMS["link"] if stat.S_ISLNK(entry.external_attr >> 16) else ""
                yield Found(place, entry.file_size, time_of(entry), entry, link)

    def read(self, found: Found, most: int) -> bytes:
        """The bytes of a file, if they are no more than `most`. Raises Unreadable."""
        entry = found.key
        refuse_size(found.size, most)
        try:
            with self.zip.open(entry) as file:
                content = file.read(most + 1)  # a zip may say less than it holds
        except BROKEN as error:
            raise Unreadable(f"cannot be unpacked: {error}") from error
        refuse_size(len(content), most)
        return content


def refuse_size(size: int, most: int) -> None:
    """Raises Unreadable where a file is larger than is allowed."""
    if size > most:
        raise Unreadable(f"has {size / 2**20:.1f} MiB or more, {most / 2**20:.0f} at most")


def time_of(entry: zipfile.ZipInfo) -> float:
    """When an entry of a zip was written, in this machine's zone: a zip does not say in which."""
    try:
        return time.mktime((*entry.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0


def open_download(path: Path) -> FolderDownload | ZipDownload:
    """The download at a path. Raises BadDownload."""
    if path.is_dir():
        return FolderDownload(path)
    if not path.is_file():
        raise BadDownload(f"{path} is not there: expected a zip or a folder of submissions")
    return ZipDownload(path)
