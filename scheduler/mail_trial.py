"""`mail test`: a letter that says that letters arrive, with the whole dialogue."""

from __future__ import annotations

import argparse
import asyncio

from actions.mail_trial import try_mail
from notifications.outlets import OutletDown
from notifications.outlets.replies import is_policy
from plans.problems import Problem, UserError
from scheduler.app import App
from scheduler.terminal import Terminal


def try_out(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    """Send the letter; 3 where it is not accepted."""
    say, now = terminal.say, app.clock().astimezone(app.office.zone)
    if "@" not in parsed.address:
        raise UserError(Problem("settings.wants_address", {"key": say("cli.meta.address"), "value": parsed.address}))
    trying = try_mail(
        app.outlet, app.settings.mail, say, parsed.address, now, lambda who, line: terminal.text(f"{who}: {line}")
    )
    try:
        outcome = asyncio.run(trying)
    except OutletDown as down:
        why = say.outlet_fault(down.fault.code, down.fault.reply, down.fault.answer)
        terminal.fault("cli.mail.test_down", address=parsed.address, why=why)
        return 3
    answer = " ".join(str(part) for part in (outcome.code, outcome.answer) if part)
    if outcome.kind == "sent":
        terminal.line("cli.mail.tested", address=parsed.address, answer=answer)
        return 0
    code = "cli.mail.test_unknown" if outcome.kind == "unknown" else "cli.mail.test_failed"
    terminal.fault(code, address=parsed.address, answer=answer)
    if is_policy(outcome):
        terminal.fault("cli.mail.test_policy")
    return 3
