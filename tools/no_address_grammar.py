"""Spares each process of the tests a grammar of addresses. pyproject.toml loads it before nbval,
whose imports would build that grammar in a second.
"""

from forkgrade.nbgrader_patches import skip_address_grammar

skip_address_grammar()
