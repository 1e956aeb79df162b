"""Proves the course: every output on every page, every check, every figure that is told."""

import sys

# jsonschema looks for it to check addresses, which no notebook has; its grammar takes a second to build, and every
# process of the tests would.
sys.modules.setdefault("rfc3987_syntax", None)
