"""`mail test`: a letter that says that letters arrive, with the whole dialogue; what signs in is hidden."""

from __future__ import annotations

import argparse
import asyncio
import uuid

from notifications.items import Mail
from notifications.mime import message_bytes, new_message_id
from notifications.outlets import Letter, Outcome, OutletDown, deliver_one
from notifications.outlets.replies import is_policy
from plans.problems import Problem, UserError
from scheduler.app import App
from scheduler.terminal import Terminal


def try_out(parsed: argparse.Namespace, app: App, terminal: Terminal) -> int:
    """Send the letter; 3 where it is not accepted."""
    settings, say, now = app.settings.mail, terminal.say, app.clock()
    if "@" not in parsed.address:
        raise UserError(Problem("settings.wants_address", {"key": say("cli.meta.address"), "value": parsed.address}))
    subject, text = say("cli.mail.test_subject"), say("cli.mail.test_text")
    mail = Mail(
        sender_name=settings.sender_name,
        sender=settings.sender,
        recipient_name="",
        recipient=parsed.address,
        subject=subject,
        text=f"{text}\n",
        html=f"<p>{text}</p>",
    )
    ref = new_message_id(settings.domain, "test", uuid.uuid4())
    content = message_bytes(mail, ref, now.astimezone(app.office.zone))
    letter = Letter(ref, settings.sender, parsed.address, content)
    try:
        outcome = asyncio.run(_send(app, letter, terminal))
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


async def _send(app: App, letter: Letter, terminal: Terminal) -> Outcome:
    async with app.outlet(lambda who, line: terminal.text(f"{who}: {line}")) as outlet:
        return await deliver_one(outlet, letter)
