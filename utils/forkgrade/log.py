"""What nbgrader logs while it runs: where it says what went wrong, which its exceptions do not."""

import logging


class Listener(logging.Handler):
    """Keeps the errors that are logged."""

    def __init__(self, said):
        super().__init__(logging.ERROR)
        self.said = said

    def emit(self, record):
        self.said.append(record.getMessage())


def last_line(said, error):
    """The last line of the first traceback that was logged, or of the text of an error."""
    first = next((text for text in said if "Traceback" in text), error)
    return first.strip().splitlines()[-1]
