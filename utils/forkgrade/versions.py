"""What grades must agree on, wherever they are made: versions of packages, and the files of the
course's own.
"""

import hashlib
import importlib.util
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

#: What follows the name of a package whose files are compared.
FILES = "'s files"


def versions(preload: Sequence[str] = ()) -> dict[str, str]:
    """The versions of what grades depend on; "" of a package that is on the path, not installed.
    That of torch only where it is to be imported.
    """
    names = ["autograd-seen", "nbgrader", *(["torch"] if "torch" in preload else [])]
    found = {name: version(name) for name in names}
    return found | {"python": platform.python_version()}


def version(name: str) -> str:
    """The version of an installed package, which is not imported for that; "" if there is none."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def facts(preload: Sequence[str], packages: Sequence[str]) -> dict[str, str]:
    """The versions, and a digest of the files of the grader and of a course's packages: what is
    worked on has the version of what was released.
    """
    files = {f"{name}{FILES}": digest_of_files(name) for name in ("forkgrade", *packages)}
    return versions(preload) | files


def digest_of_files(package: str) -> str:
    """A digest of the files of a package as it is installed, which is not imported for that; ""
    where there is none. What Python keeps beside them does not count.
    """
    spec = importlib.util.find_spec(package)
    total, found = hashlib.sha256(), []
    for folder in (spec and spec.submodule_search_locations) or []:
        for path in Path(folder).rglob("*"):
            name = path.relative_to(folder)
            if path.is_file() and "__pycache__" not in name.parts:
                found.append((name.as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()))
    for one in sorted(found):
        total.update("\n".join(one).encode())
    return total.hexdigest()[:12] if found else ""


def difference(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """What differs on another machine, as what is said of it; "" if nothing does.

    >>> difference({"torch": "2.13.0"}, {"torch": "2.14.1"})
    'has torch 2.14.1, and this course is graded with 2.13.0: install the same there'
    """
    for name, wanted in here.items():
        if (found := there.get(name, "")) == wanted:
            continue
        if name.endswith(FILES):
            package = name.removesuffix(FILES)
            what = (
                f"has other files of {package} than this machine" if found else f"has no {package}"
            )
        else:
            what = f"has {named(name, found)}, and this course is graded with {wanted or 'none'}"
        return f"{what}: install the same there"
    return ""


def named(package: str, version: str) -> str:
    """A package with its version, as one says it."""
    return f"{package} {version}" if version else f"no {package}"
