"""The settings file becomes each room's own frozen settings; the shipped working-day table and sample provinces.

Read by the composition root alone.
"""
