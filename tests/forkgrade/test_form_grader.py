"""The form grader shows a submission as a page that fetches nothing from elsewhere.

test_browser_pages.py looks at it in a browser.
"""

from types import SimpleNamespace

from traitlets.config import Config


def test_a_submission_is_shown_by_the_page_that_fetches_nothing(monkeypatch):
    from forkgrade import form_grader
    from forkgrade.feedback import FormPage

    config = Config(HTMLExporter={"template_name": "classic"})
    app = SimpleNamespace(web_app=SimpleNamespace(settings={"nbgrader_exporter": None}))

    def load(app):
        app.web_app.settings["nbgrader_formgrader"] = SimpleNamespace(config=config)

    monkeypatch.setattr(form_grader.formgrader, "load_jupyter_server_extension", load)
    form_grader._load_jupyter_server_extension(app)
    exporter = app.web_app.settings["nbgrader_exporter"]
    assert type(exporter) is FormPage and exporter.template_name == "classic"
