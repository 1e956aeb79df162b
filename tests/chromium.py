"""What drives a browser, and the browser: without one of them, whoever imports this is skipped.

A file of tests that needs more of another imports this first: pytest keeps half of a file that
skipped itself.
"""

import os
import shutil

import pytest

playwright = pytest.importorskip(
    "playwright.sync_api",
    reason="The player was not tried in a browser: `make browser` installs what that needs",
)

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
PROGRAM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
if PROGRAM is None:
    pytest.skip(
        "The player was not tried in a browser: there is none on PATH. Install Chromium (apt "
        "install chromium, brew install --cask chromium), or set CHROMIUM to the path of a Chrome, "
        "Chromium or Edge",
        allow_module_level=True,
    )
