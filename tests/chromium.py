"""What drives a browser, and the browser."""

import importlib
import os
import shutil
from importlib.util import find_spec

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
PROGRAM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
playwright = importlib.import_module("playwright.sync_api") if find_spec("playwright") else None


def skip_without() -> None:
    """Skips a file of tests where one of them is missing.

    Each file calls it before it imports more from another: pytest keeps half of a file that skipped
    itself.
    """
    if playwright is None:
        pytest.skip(
            "Nothing was tried in a browser: `make browser` installs what that needs",
            allow_module_level=True,
        )
    if PROGRAM is None:
        pytest.skip(
            "Nothing was tried in a browser: there is none on PATH. Install Chromium (apt install "
            "chromium, brew install --cask chromium), or set CHROMIUM to the path of a Chrome, "
            "Chromium or Edge",
            allow_module_level=True,
        )
