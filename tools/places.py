"""Where the course lies, and the notebooks in it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def notebooks(*folders: str | Path) -> list[Path]:
    """The notebooks that are named, or lie below a named folder of the repository, in reading
    order.
    """
    places = [ROOT / folder for folder in folders]
    found = [path for path in places if path.suffix == ".ipynb"]
    found += [path for folder in places if folder.is_dir() for path in folder.rglob("*.ipynb")]
    return sorted(path for path in found if ".ipynb_checkpoints" not in path.parts)


def name(path: Path) -> str:
    """A notebook's path from the root of the repository, with forward slashes; the whole path
    elsewhere.
    """
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.as_posix()
