"""A mail as a line of a listing."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from scheduler.terminal import local
from store.mail_log import Logged


def mail_object(mail: Logged, zone: ZoneInfo) -> dict[str, object]:
    """With the keys that `rehearse` and `mail list` promise."""
    at, sent, again = local(mail.at, zone), local(mail.sent_at, zone), local(mail.next_at, zone)
    return {
        "id": mail.id or None,  # none: it never came into a mail
        "at": at.isoformat() if at else None,
        "sent_at": sent.isoformat() if sent else None,
        "person": mail.person,
        "address": mail.address,
        "kind": mail.kind,
        "subject": mail.subject,
        "state": mail.state,
        "reason": mail.reason,
        "code": mail.code,
        "enhanced": mail.enhanced,
        "answer": mail.answer,
        "attempts": mail.attempts,
        "next_at": again.isoformat() if again else None,
        "items": [
            {
                "obligation": i.obligation,
                "deadline": i.deadline,
                "unit": i.unit,
                "stage": i.stage,
                "state": i.state,
                "reason": i.reason,
            }
            for i in mail.items
        ],
    }


def mail_row(mail: Logged, zone: ZoneInfo) -> tuple[object, ...]:
    return (local(mail.at, zone), mail.address, mail.subject)
