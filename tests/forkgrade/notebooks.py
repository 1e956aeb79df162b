"""How several tests send a notebook to the warm process, and read what came of it."""

from forkgrade.limits import Limits
from forkgrade.warm_client import Cell

LIMITS = Limits(cell_seconds=1, grace_seconds=0.5, total_seconds=5, folder_mb=1).for_notebook()


def run(warm, folder, *sources, limits=LIMITS):
    return warm.run([Cell(source, "student") for source in sources], str(folder), limits)


def text(result):
    return result.outputs[0]["data"]["text/plain"]


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
