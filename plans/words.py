"""Words for people: codes with parameters become sentences here, from one gettext catalogue per language.

A sentence is a `str.format` template. A date in it reads 05/12/2026, `{day:full}` thứ Bảy, 05/12/2026, `{day:weekday}`
thứ Bảy; text in ISO form (as stored explanations hold it) counts as a date. A code without a sentence is a defect: the
test of the catalogues finds it, and the code itself is shown.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from functools import cache
from pathlib import Path

from plans.deadlines import Step
from plans.periods import Period
from plans.plan import Kind
from plans.problems import Problem
from plans.requests import Request
from plans.status import Status
from plans.succession import successor_in
from plans.urging import urged_on

LANGUAGES = ("vi", "en")
LOCALES = Path(__file__).parent / "locale"
_STAGE = re.compile(r"(T|R)(?:(0)|([+-])([0-9]+)(wd)?)(?:-(head|with|list))?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


class _Day(str):
    """A date that knows its three readings; `str` so that plain `{day}` works."""

    __slots__ = ("day", "words")
    day: date
    words: Words

    def __format__(self, spec: str) -> str:
        if spec == "full":
            return self.words.full_date(self.day)
        if spec == "weekday":
            return self.words.weekday(self.day)
        if spec == "short":
            return f"{self.day:%d/%m}"
        return super().__format__(spec)


class Words:
    """The catalogue of one language; cheap to ask for again (`words`)."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = gettext.translation("nhachan", LOCALES, languages=[language])

    def __reduce__(self) -> tuple[Callable[[str], Words], tuple[str]]:
        return words, (self.language,)  # its catalogue is read anew wherever it arrives

    def __call__(self, code: str, **params: object) -> str:
        """The sentence of `code` filled with `params`."""
        text = self._catalogue.gettext(code)
        if not params:
            return text
        return text.format(**{k: self._param(v) for k, v in params.items()})

    def has(self, code: str) -> bool:
        return self._catalogue.gettext(code) != code

    def _param(self, value: object) -> object:
        if isinstance(value, datetime):
            return value
        if isinstance(value, str) and _ISO.fullmatch(value):
            # Problems repeat what people typed: 2026-02-31 has the form of a date.
            with suppress(ValueError):
                value = date.fromisoformat(value)
        if isinstance(value, date):
            day = _Day(f"{value:%d/%m/%Y}")
            day.day, day.words = value, self
            return day
        return value

    def weekday(self, day: date) -> str:
        return self._catalogue.gettext(f"weekday.{day.isoweekday()}")

    def full_date(self, day: date) -> str:
        """thứ Sáu, 04/12/2026"""
        return f"{self.weekday(day)}, {day:%d/%m/%Y}"

    def minutes(self, number: int) -> str:
        """How long something lasts: "15 phút", in whole hours where it can be, "24 giờ"."""
        hours, rest = divmod(number, 60)
        return self("span.minutes", n=number) if rest else self("span.hours", n=hours)

    def period(self, period: Period) -> str:
        """ "6 tháng đầu năm 2026", "quý IV năm 2026", "tháng 11/2026"; empty for `once` and for an event.

        Either is a task's only turn, and an event's slug is no word for people.
        """
        parts: Mapping[str, int | str] = period.parts()
        if not parts:
            return ""
        for name in ("half", "nine", "quarter", "week", "day", "month", "nth"):
            if name in parts:
                code = f"period.{name}.{parts[name]}" if name in ("half", "quarter") else f"period.{name}"
                return self(code, **parts)
        return self("period.year", **parts)

    def status(self, status: Status, kind: Kind, *, sent_back: bool = False, within: str = "status") -> str:
        """A report is sent, other work is completed; of what was sent back nobody says that it was not sent."""
        code = f"{within}.{status}"
        variants = [name for name, so in (("returned", sent_back), ("work", kind is not Kind.REPORT)) if so]
        return self(next((c for v in variants if self.has(c := f"{code}.{v}")), code))

    def step(self, step: Step) -> str:
        """One step of an explanation of a date."""
        return self(f"why.{step.code}", **step.params)

    def stage(self, code: str) -> str:
        """A stage of a policy: those of the program's have sentences of their own, an office's are put together."""
        code = code.partition(".")[0]  # the number of a request to complete something
        if (day := urged_on(code)) is not None:
            return self("stage.urge", day=day)
        if self.has(f"stage.{code}"):
            return self(f"stage.{code}")
        found = _STAGE.fullmatch(code)
        if found is None:
            return code
        again, today, sign, days, workdays, to = found.groups()
        side = "after.workdays" if sign == "+" else "before.workdays" if workdays else "before.days"
        said = self("stage.list") if to == "list" else self("stage.today") if today else self(f"stage.{side}", n=days)
        if to in ("head", "with"):
            said = self(f"stage.to.{to}", stage=said)
        return self("stage.again", stage=said[:1].lower() + said[1:]) if again == "R" else said

    def reason(self, reason: str | None, names: Mapping[str, str] | None = None) -> str | None:
        """Why an obligation ended, where the program knows by a code; what a person wrote stays as it is.

        `names`: slug → name of the units that a code may name.
        """
        if (slug := successor_in(reason)) is not None:
            return self("reason.merged", unit=(names or {}).get(slug, slug))
        return self(f"audit.why.{reason}") if reason is not None and self.has(f"audit.why.{reason}") else reason

    def unit(self, name: str, formerly: str | None) -> str:
        """ "UBND phường Mường Lay (trước là UBND thị xã Mường Lay)"."""
        return name if formerly is None else self("unit.formerly", unit=name, formerly=formerly)

    def outlet_fault(self, code: str, reply: int | None, answer: str) -> str:
        """Why no mail gets through and what to do about it, then what the mail server or the system said."""
        sentence = self(f"outlet.{code}" if self.has(f"outlet.{code}") else "outlet.other")
        if reply is not None:
            return self("outlet.answered", sentence=sentence, said=f"{reply} {answer}".strip())
        return self("outlet.detail", sentence=sentence, said=answer) if answer else sentence

    def request(self, r: Request) -> str:
        """What a unit asks for and why, as a list says it after the unit's name."""
        d = r.detail
        to = " ".join(part for part in (d.get("name"), f"<{d['new']}>" if "new" in d else "") if part) or "–"
        said = self(f"request.{r.kind}", until=r.until, old=d.get("old", r.address), to=to)
        by = self("request.by", name=r.asked_by) if r.asked_by else ""
        return f"{said}{by}: {r.text}" if r.text else said + by

    def problem(self, problem: Problem) -> str:
        """The sentence of a problem, without its place; `{named}` is its `key` in words: "đơn vị phối hợp (with)"."""
        key = problem.params.get("key")
        words = self(f"key.{key}") if self.has(f"key.{key}") else None
        named = f"{words} ({key})" if words else f"“{key}”"
        return self(f"problem.{problem.code}", **{**problem.params, "named": named})


@cache
def words(language: str = "vi") -> Words:
    """The words of a language; Vietnamese where it is not known."""
    return Words(language if language in LANGUAGES else "vi")
