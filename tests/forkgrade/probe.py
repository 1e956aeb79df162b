"""A probe for tests: it sees a number by its name."""


def observe(question, names):
    return [[{"value": names[question["check"]]}]]
