"""The mail with a link to sign in by: what it is, until when, and that it may be ignored. Nothing else is in it."""

from __future__ import annotations

from datetime import datetime

from notifications.items import Mail
from notifications.rendering import render_html, render_subject, render_text
from notifications.settings import MailSettings
from plans.words import Words


def compose_sign_in(
    name: str, address: str, link: str, until: datetime, minutes: int, words: Words, settings: MailSettings
) -> Mail:
    """`until` is the local moment at which the link ends, `minutes` how long it lives altogether."""
    subject = render_subject("sign_in", words, settings.sender_name, minutes=minutes)
    context = {"reader": name, "link": link, "until": until, "minutes": minutes, "site": settings.sender_name}
    return Mail(
        sender_name=settings.sender_name,
        sender=settings.sender,
        recipient_name=name,
        recipient=address,
        subject=subject,
        text=render_text("sign_in", words, **context),
        html=render_html("sign_in", words, subject=subject, **context),
    )
