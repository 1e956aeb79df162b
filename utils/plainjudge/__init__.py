"""Judges an answer from plain data alone: what a student's code gave, beside what was wanted.

A check has three ends, and only this package knows all three. Where the student's code runs, it is
called on the cases, and what it gives becomes plain data (values). An instructor's oracles say what
is wanted, and what each misconception gives (oracles); they are compiled into a key (keys). Whoever
holds the key and the plain data says the verdict (verdicts): a notebook does so with the key of the
cases that a student may see, the grader with inputs that nobody has seen.

Nothing here imports torch, and nothing runs what a student wrote.
"""
