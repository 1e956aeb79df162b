"""What a platform says of each file of its download, by the way in which it names files: whose it
is, when it was handed in, and which of two is the later.

Canvas: `lovelaceada_LATE_1001_5001_assignment_01-2.ipynb`, with the student's name, number, and the
number of the file (canvas-lms, lib/content_zipper.rb).
Moodle: `Ada Lovelace_1001_assignsubmission_file/…`, with the number of the participant; before
Moodle 4.1 the folder ends in `_`, and where folders are not asked for a file's name does so instead
(moodle, mod/assign/classes/downloader.php).
Gradescope: `submission_123456/…` and a `submission_metadata.yml` beside these folders.
Else: any folders and names, as an instructor has them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from forkgrade.archives import BadDownload, Found, Unreadable
from forkgrade.rosters import Key

CANVAS = re.compile(
    r"((?!LATE_)(?P<name>[^\s/]*?)_)?(?P<late>LATE_)?((?P<id>\d+)|anon_(?P<anonymous>[^\W_]+))"
    r"_(?P<file>\d+)_(?P<original>.+)"
)
MOODLE = re.compile(r"(?P<name>[^_]+)_(?P<id>\d+)_assignsubmission_[a-z]+(_(?P<original>.*))?")
METADATA, SUBMISSION = "submission_metadata.yml", re.compile(r"submission_\d+")
#: Bytes of Gradescope's metadata: it holds every test's output of every submission.
MOST_METADATA = 64 * 2**20
NOTEBOOK = ".ipynb"
#: What a part of a path may be of a student.
KINDS = ("student", "login", "id", "sid", "email", "name")
#: A part of a name that is shorter means nobody: the 1 of `hw_1.ipynb`.
SHORTEST, MOST_WORDS = 3, 20


@dataclass(frozen=True)
class HandedInFile:
    """One file as the platform describes it.

    Attributes:
        found: where it is in the download.
        place: its path in the submission, as the student named it.
        levels: what is known of whose it is: see Roster.find.
        called: the student, for want of a roster; "" where nobody can know.
        number: the later of two files has the higher one.
        time: when it was handed in, where the platform says so.
        late: whether the platform says that it was late.
    """

    found: Found
    place: PurePosixPath
    levels: Sequence[Sequence[Key]] = ()
    called: str = ""
    number: float = 0
    time: datetime | None = None
    late: bool = False


@dataclass
class Platform:
    """How the files of one download are to be read.

    Attributes:
        name: what it is called.
        describe: for a file, whose it is; one file of a group is several students'.
        metadata: the file that the platform itself added, if any.
    """

    name: str
    describe: Callable[[Found], list[HandedInFile]]
    metadata: Found | None = None


def platform_of(
    files: Sequence[Found], read: Callable[[Found, int], bytes], names: Sequence[str]
) -> Platform:
    """The platform that a download is from; `names` are those of the assignment and of its
    notebooks, without .ipynb. Raises BadDownload.
    """
    if metadata := metadata_in(files):
        try:
            return gradescope(metadata, read(metadata, MOST_METADATA))
        except Unreadable as error:
            raise BadDownload(f"{metadata.path} {error}") from error
    named = [one for one in files if one.path.suffix.lower() == NOTEBOOK and not one.leads_out]
    shared = shared_folders([one.path.parent.parts for one in named])
    for platform in (
        Platform("Moodle", lambda one: moodle(one, shared)),
        Platform("Canvas", lambda one: canvas(one, shared)),
    ):
        # Most decide: what one student calls a file must not change the others'.
        if 2 * sum(bool(platform.describe(one)) for one in named) > len(named):
            return platform
    by_name = not shared or sum(len(one.path.parts) == shared + 1 for one in named) > 1
    return Platform("a folder", lambda one: anything(one, names, shared, by_name))


def metadata_in(files: Sequence[Found]) -> Found | None:
    """Gradescope's metadata, if this is an export of Gradescope's: all folders beside them are
    submissions, and nothing lies elsewhere. A student may hand in a file of that name anywhere.
    """
    found = [one for one in files if one.path.name == METADATA]
    first = min(found, key=lambda one: len(one.path.parts), default=None)
    if first is None:
        return None
    root = first.path.parent
    paths = [one.path for one in files if not one.leads_out]
    if not all(path.is_relative_to(root) for path in paths):
        return None
    inside = [path.relative_to(root).parts for path in paths]
    return first if all(len(one) == 1 or SUBMISSION.fullmatch(one[0]) for one in inside) else None


def shared_folders(folders: Sequence[tuple[str, ...]]) -> int:
    """How many folders all paths begin with: what lies below them a student may have made."""
    first, last = min(folders, default=()), max(folders, default=())
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    return same


# --- Canvas ---------------------------------------------------------------------------------------


def canvas(found: Found, shared: int = 0) -> list[HandedInFile]:
    """Whose a file of a Canvas download is; nobody's where it is not named as Canvas does, or lies
    deeper than in the folders that all `shared`.
    """
    match = CANVAS.fullmatch(found.path.name)
    if not match or len(found.path.parts) > shared + 1:
        return []
    number, late = int(match["file"]), bool(match["late"])
    place = PurePosixPath(match["original"])
    if match["anonymous"]:
        name = f"anon_{match['anonymous']}"
        return [HandedInFile(found, place, [[("student", name)]], name, number, late=late)]
    keys = [("id", match["id"])]
    if match["name"]:
        keys.append(("name", match["name"]))
    name = "_".join(filter(None, [match["name"], match["id"]]))
    return [HandedInFile(found, place, [keys], name, number, late=late)]


def without_number(name: str) -> str:
    """A file's name without the -1 or -2 that Canvas adds where one of the name was there before.

    >>> without_number("assignment_01-2.ipynb")
    'assignment_01.ipynb'
    """
    return re.sub(r"-\d+(\.\w+)$", r"\1", name)


# --- Moodle ---------------------------------------------------------------------------------------


def moodle(found: Found, shared: int = 0) -> list[HandedInFile]:
    """Whose a file of a Moodle download is; nobody's where neither a folder that all `shared` nor
    the part of its path behind them is named as Moodle does.
    """
    named = [MOODLE.fullmatch(part) for part in found.path.parts[: shared + 1]]
    part = next((place for place, match in enumerate(named) if match), None)
    if part is None:
        return []
    match = named[part]
    rest = found.path.parts[part + 1 :] or [match["original"] or found.path.name]
    keys = [("id", match["id"]), ("name", match["name"])]
    called = f"{match['name']}_{match['id']}"
    return [HandedInFile(found, PurePosixPath(*rest), [keys], called, found.time)]


# --- Gradescope -----------------------------------------------------------------------------------


def gradescope(metadata: Found, content: bytes) -> Platform:
    """The platform whose metadata are these. Raises BadDownload where nobody can read them."""
    import yaml  # JupyterLab brings it; here, since few downloads need it

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        """Reads plain data, and what Ruby marks as an object of its own as plain data too."""

    Loader.add_multi_constructor("!ruby/", plain_data)
    Loader.flatten_mapping = lambda *_: None  # a few merged keys can stand for millions
    try:
        submissions = yaml.load(content, Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadDownload(f"{metadata.path} is no YAML that can be read: {reason}") from error
    if not isinstance(submissions, dict):
        raise BadDownload(f"{metadata.path} is not Gradescope's: expected a submission a key")
    root = metadata.path.parent
    return Platform("Gradescope", lambda found: gradescope_file(found, root, submissions), metadata)


def plain_data(loader: object, _: str, node: object) -> object:
    """The data of a YAML node, whatever it is said to be."""
    if node.id == "mapping":
        return loader.construct_mapping(node, deep=True)
    if node.id == "sequence":
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


def gradescope_file(found: Found, root: PurePosixPath, submissions: dict) -> list[HandedInFile]:
    """Whose a file of a Gradescope export is: that of each student who handed it in."""
    parts = found.path.parts[len(root.parts) :]
    about = submissions.get(parts[0]) if len(parts) > 1 else None
    if not isinstance(about, dict):
        return []
    when = time_of(about.get(":created_at"))
    number = when.timestamp() if when else found.time
    submitters = about.get(":submitters")
    described = []
    for one in submitters if isinstance(submitters, list) else []:
        about_one = one if isinstance(one, dict) else {}
        known = {kind: about_one.get(f":{kind}") for kind in ("email", "sid", "name")}
        keys = [(kind, str(value)) for kind, value in known.items() if is_word(value)]
        if keys:
            place = PurePosixPath(*parts[1:])
            described.append(HandedInFile(found, place, [keys], keys[0][1], number, when))
    return described


def is_word(value: object) -> bool:
    """Whether this is a name or a number."""
    return isinstance(value, str | int) and bool(value)


def time_of(value: object) -> datetime | None:
    """The time that Gradescope says, in UTC; None where it says none."""
    if isinstance(value, dict):
        value = value.get("utc") or value.get("time")
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


# --- any other ------------------------------------------------------------------------------------


def anything(found: Found, names: Sequence[str], shared: int, by_name: bool) -> list[HandedInFile]:
    """Whose a file of any name in any folder may be.

    Without a roster it is said by the first folder below those that all files `shared`, which is
    not a student's to choose; of a file that lies in none, by its own name where `by_name`, else by
    the last of those that is not called as the assignment is.
    """
    folders = found.path.parts[:-1]
    below, above = folders[shared:], [part for part in folders[:shared] if part not in names]
    stem = found.path.stem
    for name in names:
        stem = re.sub(rf"(^|[\W_]+){re.escape(name)}(-\d+)?([\W_]+|$)", " ", stem)
    stem = stem.strip(" _-.()[]")
    if below:
        called = below[0]
    elif by_name:
        called = stem if found.path.suffix.lower() == NOTEBOOK else ""
    else:
        called = above[-1] if above else stem
    whole = [*(part for part in folders if part not in names), found.path.stem]
    levels = [
        [("file", found.path.as_posix())],
        [("file", found.path.name)],
        [(kind, part) for part in whole for kind in KINDS],
        *runs([*whole[:-1], stem]),
    ]
    return [HandedInFile(found, found.path, levels, called, found.time)]


def runs(parts: Sequence[str]) -> Iterator[list[Key]]:
    """What words of names that stand side by side may be of a student, the longest first."""
    words = [[word for word in re.split(r"[^\w.@+]|_", part) if word] for part in parts]
    words = [some[:MOST_WORDS] for some in words]
    for length in range(max(map(len, words), default=0), 0, -1):
        together = [
            separator.join(some[start : start + length])
            for some in words
            for start in range(len(some) - length + 1)
            for separator in (" ", "_", "-")
        ]
        yield [(kind, one) for one in together if len(one) >= SHORTEST for kind in KINDS]
