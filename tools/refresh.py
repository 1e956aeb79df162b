"""Re-executes notebooks and writes them in normal form: `python -m tools.refresh [file or folder
…]`.
"""

import argparse
import sys
from pathlib import Path

from forkgrade.files import write_whole

from tools.places import name, notebooks
from tools.strict_nbval.normal_form import read, write_text
from tools.strict_nbval.running import CellFailed, build_font_cache, execute


def refresh(path: Path) -> bool:
    """Brings one notebook up to date, whole or not at all; returns whether its bytes changed.

    Raises CellFailed, and leaves the file as it is, where a cell fails or somebody else saved it.
    """
    before = path.read_bytes()
    after = write_text(execute(read(path), path.parent))
    if after.encode() == before:
        return False
    if path.read_bytes() != before:
        raise CellFailed("was saved from elsewhere during the run, so it is left as it is")
    write_whole(path, after)
    return True


def main(arguments: list[str] | None = None) -> int:
    """Refreshes what the command line names; returns 1 if a notebook could not be run."""
    parser = argparse.ArgumentParser(prog="python -m tools.refresh", description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks/ and solutions/ if left out")
    paths = [path.resolve() for path in parser.parse_args(arguments).paths]
    if missing := [str(path) for path in paths if not path.exists()]:
        parser.error(f"no such file or folder: {', '.join(missing)}")
    build_font_cache()
    failed = False
    for path in (
        notebooks(*paths) if paths else notebooks("notebooks", "solutions", "site/gallery.ipynb")
    ):
        try:
            print(f"{'changed' if refresh(path) else 'unchanged':9}  {name(path)}", flush=True)
        except CellFailed as error:
            failed = True
            print(f"failed     {name(path)}: {error}", file=sys.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
