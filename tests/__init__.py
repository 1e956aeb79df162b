"""Proves the course: every output on every page, every check, every figure that is told."""

from utils.grading.lean import skip_address_grammar

skip_address_grammar()  # here, so that every process of the tests does
