"""What the exercises call: one module of checks for each assignment, and the engine that judges an
answer.
"""
