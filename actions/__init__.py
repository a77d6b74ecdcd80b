"""One function per act of a person or of the clock, each one transaction with its actor, its reason and `now`.

The command line, the pages and the daemon all call these; decisions are pure functions of this package and those below.
"""
