"""Pure functions: in come a graph, sizes and edges; out come a folded graph and whole pixels.

The same input gives the same numbers on every machine.
"""
