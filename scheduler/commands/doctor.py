"""`doctor`: whether this installation is well."""

from __future__ import annotations

import argparse
from pathlib import Path

from actions.doctor import Finding, examine
from plans.problems import Severity
from scheduler.app import LEASE, App, open_app
from scheduler.clock import Clock
from scheduler.terminal import Terminal, local
from store.outlets import OutletState, outlet_down

_MARKS = {None: "✓", Severity.WARNING: "!", Severity.ERROR: "✗"}


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        with app.database.read() as tx:
            outlet = app.desk.mail.outlet_name
            found = examine(tx, app.office, app.clock(), LEASE, outlet, app.settings.web.granted)
            down = outlet_down(tx, outlet)
        where = Finding("database", None, {"url": app.database.display_url})
        found = [where, *found]
        if terminal.as_json:
            terminal.objects({"code": f.code, "severity": f.severity, **f.params} for f in found)
        else:
            for finding in found:
                more = _alarm(down, app, terminal) if finding.code == "mail_down" and down else {}
                said = terminal.say(f"doctor.{finding.code}", **{**finding.params, **more})
                terminal.text(f"{_MARKS[finding.severity]} {said}")
    return 3 if any(f.severity is Severity.ERROR for f in found) else 0


def _alarm(down: OutletState, app: App, terminal: Terminal) -> dict[str, object]:
    """What words need of an outlet that is down: the moment as people read it, and the sentence of its fault."""
    since = terminal.cell(local(down.down_since, app.office.zone))
    return {"since": since, "why": terminal.say.outlet_fault(down.fault, down.code, down.answer)}
