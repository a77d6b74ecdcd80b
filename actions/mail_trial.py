"""A letter that says that letters arrive, with the whole dialogue; what signs in is hidden by the outlet."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from notifications.items import Mail
from notifications.mime import message_bytes, new_message_id
from notifications.outlets import Letter, Outcome, Outlet, deliver_one
from notifications.outlets.pipelining import Trace
from notifications.settings import MailSettings
from plans.words import Words

OpenOutlet = Callable[[Trace | None], Outlet]


async def try_mail(
    open_outlet: OpenOutlet, settings: MailSettings, say: Words, address: str, at: datetime, trace: Trace
) -> Outcome:
    """Send the letter at once, whatever the hour; `at` is local. Raises OutletDown where none gets through."""
    subject, text = say("cli.mail.test_subject"), say("cli.mail.test_text")
    mail = Mail(
        sender_name=settings.sender_name,
        sender=settings.sender,
        recipient_name="",
        recipient=address,
        subject=subject,
        text=f"{text}\n",
        html=f"<p>{text}</p>",
    )
    ref = new_message_id(settings.domain, "test", uuid.uuid4())
    letter = Letter(ref, settings.sender, address, message_bytes(mail, ref, at))
    async with open_outlet(trace) as outlet:
        return await deliver_one(outlet, letter)
