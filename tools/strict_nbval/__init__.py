"""Makes nbval compare all that a notebook shows: a pytest plugin that knows no course.

README.md in this folder says what is compared, and how a project takes it into use.
"""
