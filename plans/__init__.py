"""The model: every value that the store keeps, how plan and unit files become it, and how two of its states differ.

Nothing here reads a clock, a database or a network. Imports nothing of the other packages.
"""
