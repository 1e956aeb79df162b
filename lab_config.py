"""JupyterLab as `make lab` opens it: `jupyter lab --config=lab_config.py`.

Nothing is written to a reader's own settings, and what they say counts more than what is here.
"""

from pathlib import Path

import zmq

c = get_config()  # noqa: F821  (traitlets defines it)

course = Path(__file__).resolve().parent
first = min((course / "my" / "notebooks").glob("[0-9]*.ipynb"), default=None)
# JupyterLab shows what a reader may change, and no tracked file.
c.ServerApp.root_dir = str(course / "my")
c.LabApp.default_url = f"/lab/tree/notebooks/{first.name}" if first else "/lab"
# No question about news before the first lesson, and Markdown pages are shown as they are read.
c.LabApp.app_settings_dir = str(course / "tools" / "lab_settings")
# What goes between JupyterLab and a kernel is encrypted, so no kernel warns that it is not.
c.KernelManager.transport_encryption = "auto" if zmq.has("curve") else "disabled"
