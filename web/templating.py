"""The templates of one language, and the words and dates that they may use."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date, datetime, time
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from actions.office import Office
from notifications.titles import title_of
from plans.words import Words
from plans.words import words as words_of
from web.pills import pill

TEMPLATES = Path(__file__).parent / "templates"
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def page_words(language: str) -> Words:
    """The words of pages: of `language` where it has templates, else Vietnamese, so that no page mixes the two."""
    return words_of(language if (TEMPLATES / language).is_dir() else "vi")


def environment(words: Words, office: Office, static: Path) -> Environment:
    """Everything is escaped; what people wrote loses characters that no reader can see."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES / words.language),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )

    def local(at: datetime) -> datetime:
        return at.astimezone(office.zone)

    made.filters |= {
        "day": "{:%d/%m/%Y}".format,
        "full": words.full_date,
        "weekday": words.weekday,
        "moment": lambda at: f"{local(at):%H:%M}, {local(at):%d/%m/%Y}",
        "local": local,
        "hour": _hour,
        "title": lambda item: title_of(item, words),
        "path": lambda key: quote(f"/deadlines/{key}"),
        "mailto": lambda address: f"mailto:{quote(address, safe='@')}",
        "capitalize_first": lambda text: text[:1].upper() + text[1:],
        "left_from": lambda until, today: office.calendar.count(today, until),
        "ago": lambda span, now: now - span,
    }
    made.globals |= {
        "words": words,
        "status_of": lambda o, now, today: pill(o, now, today, words, office.calendar.count),
        "static": _addresses(static),
    }
    return made


def _shown(value: object) -> object:
    """Text without marks that turn the direction of writing around: one title could look like another."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFC", value)) if type(value) is str else value


def _hour(at: time) -> str:
    return f"{at.hour} giờ {at.minute:02d}" if at.minute else f"{at.hour} giờ"


def _addresses(folder: Path) -> dict[str, str]:
    """Name → address of each static file; it changes with the content, so that browsers may keep it."""
    return {
        file.name: f"/static/{file.name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:8]}"
        for file in sorted(folder.iterdir())
    }


def day_of(text: str) -> date | None:
    """The date that someone typed: 5/12/2026, 05-12-2026, 05122026 or 2026-12-05; None for what is none."""
    text = text.strip()
    for form in ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %m %Y", "%d%m%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None
