"""What a reader sees: in come a graph or a recording, out come SVG, PNG, DOT, text and the player's
page.

Words are made here, and only here.
"""
