"""`login-link`: a link to sign in by for somebody whom no mail reaches now."""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path

from actions.office import Act
from actions.signing_in import print_link
from plans.problems import Problem, UserError
from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.terminal import Terminal

ACTOR = "cli"
_LONGEST = 7 * 24 * 60  # minutes


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    if not 1 <= parsed.minutes <= _LONGEST:
        raise UserError(Problem("option.minutes", {"value": parsed.minutes, "most": _LONGEST}))
    with open_app(home, clock, parsed.lang) as app:
        address, valid = parsed.address.strip().lower(), timedelta(minutes=parsed.minutes)
        link = print_link(app.office, Act(ACTOR, app.clock()), address, app.settings.web.granted, valid)
    terminal.text(link)
    terminal.aside("cli.login_link.once", span=terminal.say.minutes(parsed.minutes), address=address)
    return 0
