"""What processes that grade or test can do without."""

import sys


def skip_address_grammar():
    """Spares this process a grammar of addresses, which no notebook has. Call it before nbformat is
    imported.

    jsonschema, which nbformat imports, would take a second to build it.
    """
    sys.modules.setdefault("rfc3987_syntax", None)
