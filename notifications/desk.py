"""What writing mail needs of the installation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from calendars.working import WorkingCalendar
from notifications.links import LinkKey, link_token
from notifications.settings import MailSettings
from plans.words import Words


@dataclass(frozen=True, slots=True)
class Desk:
    """The calendar, words, addresses and secret with which mails are written."""

    calendar: WorkingCalendar
    zone: ZoneInfo
    words: Words
    mail: MailSettings
    base_url: str
    secret: bytes = field(repr=False)

    def today(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def link(self, key: LinkKey) -> str:
        """The page on which its holder declares an obligation sent."""
        return f"{self.base_url}/l/{link_token(self.secret, key)}"
