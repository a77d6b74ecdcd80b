"""Text of a file to a value: dates, times, slugs, addresses; a text that is none is a `ValueFault` with its code."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from contextlib import suppress
from datetime import date, time

from plans.periods import YEARS, reads_as_period
from plans.rules import MonthDay
from plans.unicode_forms import composed, decomposed

LONGEST_SLUG = 80
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}))?", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_TIME = re.compile(r"(\d{1,2})(?::(\d{2})|[hH](\d{2})?)", re.ASCII)
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "thu-hai thu-2 monday",
            "thu-ba thu-3 tuesday",
            "thu-tu thu-4 wednesday",
            "thu-nam thu-5 thursday",
            "thu-sau thu-6 friday",
            "thu-bay thu-7 saturday",
            "chu-nhat cn sunday",
        ),
        1,
    )
    for name in names.split()
}
_ATOM = r"(?:[a-z0-9!#$%&'*+/=?^_`{|}~-]|[^\W\x00-\x7f])+"  # letters of other alphabets: RFC 6531 §3.3
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


class ValueFault(Exception):
    """A text that isn't the value asked for."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def slugify(text: str) -> str:
    """The slug nearest to a Vietnamese name: "Sở Nội vụ" gives `so-noi-vu`; empty where no letter is left."""
    plain = decomposed(text.lower().replace("đ", "d"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_SLUG].strip("-")


def slug(text: str) -> str:
    if SLUG.fullmatch(text) and len(text) <= LONGEST_SLUG:
        return text
    suggestion = slugify(text)
    if suggestion:
        raise ValueFault("value.slug.nearest", value=text, nearest=suggestion)
    raise ValueFault("value.slug", value=text)


def reference(text: str) -> str:
    """The slug of something else; several in one text are a list that somebody forgot to bracket."""
    if "," in text or ";" in text:
        raise ValueFault("value.commas", value=text)
    return slug(text)


def address(text: str) -> str:
    """An e-mail address in lower case and NFC, since it is a person's identity; its domain as DNS has it (IDNA)."""
    local, at, domain = composed(text.lower().removeprefix("mailto:")).rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode() if not domain.isascii() else domain
    found = f"{local}@{domain}"
    # RFC 5321 §4.5.3.1 counts octets.
    fits = len(found.encode("utf-8", "replace")) <= 254 and len(local.encode("utf-8", "replace")) <= 64
    if not at or not fits or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise ValueFault("value.email", value=text)
    return found


def day(text: str) -> date:
    """A date with its year: dd/mm/yyyy or ISO."""
    found = day_or_month_day(text)
    if isinstance(found, MonthDay):
        raise ValueFault("value.date_without_year", value=text)
    return found


def month_day(text: str) -> MonthDay:
    """A day of every year, dd/mm; 29/02 is one."""
    found = day_or_month_day(text)
    if isinstance(found, date):
        raise ValueFault("value.date_with_year", value=text, day=f"{found:%d/%m}")
    return found


def day_or_month_day(text: str) -> date | MonthDay:
    """A date, or without a year a day of every year."""
    if found := _ISO.fullmatch(text):
        year, month, number = map(int, found.groups())
    elif found := _DAY.fullmatch(text):
        number, month, year = int(found[1]), int(found[2]), int(found[3] or 0)
    else:
        raise ValueFault("value.date", value=text)
    if year and year not in YEARS:
        raise ValueFault("value.date_year", value=text, first=YEARS[0], last=YEARS[-1])
    # 2024 is a leap year: 29/02 exists where no year is given.
    if not 1 <= month <= 12 or not 1 <= number <= monthrange(year or 2024, month)[1]:
        raise ValueFault("value.date_impossible", value=f"{number:02d}/{month:02d}" + (f"/{year}" if year else ""))
    return date(year, month, number) if year else MonthDay(month, number)


def time_of_day(text: str) -> time:
    """A time of day: 16:30, 16h30 or 16h."""
    found = _TIME.fullmatch(text.replace(" ", ""))
    hour, minute = (int(found[1]), int(found[2] or found[3] or 0)) if found else (24, 0)
    if hour > 23 or minute > 59:
        raise ValueFault("value.time", value=text)
    return time(hour, minute)


def weekday(text: str) -> int:
    """A day of the week as ISO's number; the Vietnamese count days from Sunday, so that "thứ 2" is Monday."""
    found = _WEEKDAYS.get(slugify(text))
    if found is None:
        raise ValueFault("value.weekday", value=text)
    return found


def event(text: str) -> str:
    """The slug of an event; one that reads as a period would be confused with it."""
    found = slug(text)
    if reads_as_period(found):
        raise ValueFault("value.event", value=text)
    return found


def integer(text: str, lowest: int, highest: int) -> int:
    # Nine digits are more than any number here has, and int() refuses thousands of them.
    if re.fullmatch(r"[0-9]{1,9}", text) and lowest <= int(text) <= highest:
        return int(text)
    raise ValueFault("value.integer", value=text, lowest=lowest, highest=highest)
