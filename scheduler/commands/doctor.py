"""`doctor`: whether this installation is well."""

from __future__ import annotations

import argparse
from pathlib import Path

from actions.doctor import Finding, examine
from plans.problems import Severity
from scheduler.app import LEASE, open_app
from scheduler.clock import Clock
from scheduler.terminal import Terminal

_MARKS = {None: "✓", Severity.WARNING: "!", Severity.ERROR: "✗"}


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        with app.database.read() as tx:
            found = examine(tx, app.office, app.clock(), LEASE)
        where = Finding("database", None, {"url": app.database.display_url})
    found = [where, *found]
    if terminal.as_json:
        terminal.objects({"code": f.code, "severity": f.severity, **f.params} for f in found)
    else:
        for finding in found:
            terminal.text(f"{_MARKS[finding.severity]} {terminal.say(f'doctor.{finding.code}', **finding.params)}")
    return 3 if any(f.severity is Severity.ERROR for f in found) else 0
