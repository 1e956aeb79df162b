"""nbgrader's form grader with pages that fetch nothing from another host, as an extension of the
Jupyter server:

    jupyter server --ServerApp.jpserver_extensions="forkgrade.form_grader=True"
"""

from jupyter_server.serverapp import ServerApp
from nbgrader.server_extensions import formgrader

from forkgrade.feedback import FormPage


def _load_jupyter_server_extension(app: ServerApp) -> None:
    """Loads the form grader, and has it show submissions as FormPage does."""
    formgrader.load_jupyter_server_extension(app)
    settings = app.web_app.settings
    settings["nbgrader_exporter"] = FormPage(config=settings["nbgrader_formgrader"].config)
