"""The templates in one language, and the words and dates that they may use."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from actions.office import Office
from notifications.outlets.maildir import is_kept
from notifications.titles import title_of
from plans.unicode_forms import composed
from plans.words import Words
from plans.words import words as words_of
from web.browsers import browser_of
from web.pills import pill
from web.translating import translations

TEMPLATES = Path(__file__).parent / "templates"
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def environment(language: str, office: Office, static: Path) -> Environment:
    """Everything is escaped; what people wrote loses characters that no reader can see."""
    words, texts = words_of(language), translations(language)
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )

    made.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]

    def local(at: datetime) -> datetime:
        return at.astimezone(office.zone)

    made.filters |= {
        "day": "{:%d/%m/%Y}".format,
        "full": words.full_date,
        "weekday": words.weekday,
        "moment": lambda at: f"{local(at):%H:%M}, {local(at):%d/%m/%Y}",
        "local": local,
        "hour": lambda at: words("hour.minutes" if at.minute else "hour.whole", hour=at.hour, minute=at.minute),
        "relative": lambda day, today: _relative(words, (day - today).days),
        "title": lambda item: title_of(item, words),
        "path": lambda key: quote(f"/deadlines/{key}"),
        "mailto": lambda address: f"mailto:{quote(address, safe='@')}",
        "capitalize_first": lambda text: text[:1].upper() + text[1:],
        "left_from": lambda until, today: office.calendar.count(today, until),
        "browser": browser_of,
        "is_kept": is_kept,
        "dict": dict,
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
    return _INVISIBLE.sub("", composed(value)) if type(value) is str else value


def _relative(words: Words, days: int) -> str:
    """ "hôm nay", "ngày mai", "3 ngày nữa", "5 ngày trước": calendar days."""
    if abs(days) < 2:
        return words(f"relative.{days}")
    return words("relative.ahead" if days > 0 else "relative.ago", days=abs(days))


def _addresses(folder: Path) -> dict[str, str]:
    """Name → address of each static file; it changes with the content, so that browsers may keep it."""
    return {
        file.name: f"/static/{file.name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:8]}"
        for file in sorted(folder.iterdir())
    }
