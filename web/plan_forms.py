"""The forms in which a plan is edited: what was typed to an edit, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from actions.reconciling import PlanLoad
from plans.deadlines import DeadlineKey
from plans.editing import Clash, PutHead, PutTask, task_fields
from plans.files.due_entry import FORMS, due_value, entry_of
from plans.files.due_writing import written_day
from plans.plan import Kind, Plan, Task
from plans.problems import Problem
from plans.referring import References, lines_of
from plans.words import Words
from web.typed_days import day_of

Texts = Mapping[str, str]
_PLAIN = ("title", "kind", "product", "section", "policy", "ahead", "note")
_SEVERAL, _SINGLE = ("owed_by", "with"), ("to", "via")
DUE_FIELDS = tuple(f"{form.kind}-{name}" for form in FORMS for name in form.fields)
TASK_FIELDS = (*_PLAIN, *_SEVERAL, *_SINGLE, "late", "collects", "line", "quote", "due", *DUE_FIELDS)
DOCUMENT_FIELDS = ("number", "title", "issued", "issuer", "coordinator", "until")
HEAD_FIELDS = ("title", "number", "issued", "issuer", "coordinator", "until", "replaced_by")
_LONGEST, _LONGEST_LIST = 5000, 20_000  # characters of a field, and of one with names
# "2026", "năm 2026", "2026 - 2030", "giai đoạn 2026-2030"
_YEARS = re.compile(r"(?:năm |giai đoạn )?(?:[0-9]{4} ?[-–] ?)?([0-9]{4})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form asked for, and what is wrong with it as such; a problem's place is its field."""

    edit: PutTask | PutHead
    problems: tuple[Problem, ...]


def texts_from(form: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, str]:
    """The fields of a form as they were sent; files and everything else are left out."""
    found = {name: form.get(name) for name in fields}
    return {
        name: value.replace("\r\n", "\n")[: _LONGEST_LIST if name in _SEVERAL else _LONGEST]
        for name, value in found.items()
        if isinstance(value, str) and value
    }


def in_words(problems: Iterable[Problem], words: Words) -> list[Problem]:
    """The same problems, of which each calls a field as people do, where one of a file says its key."""
    found = []
    for problem in problems:
        key = f"key.{problem.params.get('key', '')}"
        named = {**problem.params, "key": words(key)} if words.has(key) else problem.params
        found.append(replace(problem, params=named))
    return found


def task_edit(texts: Texts, names: References, slug: str, *, new: bool = False) -> Typed:
    """The edit of a task that was typed."""
    problems: list[Problem] = []
    fields: dict[str, Any] = {name: texts.get(name, "").strip() for name in _PLAIN}
    for name in (*_SEVERAL, *_SINGLE):
        found, unknown = names.read(name, lines_of(texts.get(name, "")))
        problems += unknown
        fields[name] = found if name in _SEVERAL else (found[0] if len(found) == 1 else found or None)
    due, faults = due_value(texts.get("due", ""), texts)
    problems += faults
    fields["due"] = None if texts.get("due") == "standing" and fields["kind"] == Kind.STANDING else due
    fields["late"] = "strict" if texts.get("late") else None
    fields["collects"] = lines_of(texts.get("collects", "").replace(",", ";"))
    source = {name: texts.get(name, "").strip() for name in ("line", "quote")}
    fields["source"] = {name: value for name, value in source.items() if value} or None
    return Typed(PutTask(slug, fields, new), tuple(problems))


def head_edit(texts: Texts, names: References) -> Typed:
    """The edit of a plan's own fields that was typed."""
    fields: dict[str, Any] = {name: texts.get(name, "").strip() for name in HEAD_FIELDS}
    found, problems = names.read("coordinator", lines_of(fields["coordinator"]))
    fields["coordinator"] = found[0] if len(found) == 1 else found or None
    return Typed(PutHead(fields), tuple(problems))


def document_fields(texts: Texts) -> dict[str, str | None]:
    """The fields of a document that was typed, on which a plan is begun; years stand for the end of the last one."""
    fields: dict[str, str | None] = {name: " ".join(texts.get(name, "").split()) or None for name in DOCUMENT_FIELDS}
    for name in ("issued", "until"):
        text = fields[name] or ""
        if name == "until" and (years := _YEARS.fullmatch(text)):
            text = f"31/12/{years[1]}"
        day = day_of(text)
        fields[name] = (written_day(day) if day else text) or None
    return fields


_LIKE = ("kind", "product", "section", "policy", "owed_by", "with", "to", "via", "late", "due")


def texts_like(task: Task, names: References) -> dict[str, str]:
    """What the form of a new task says after the one before it: who owes what kind of thing, not its name and day."""
    found = texts_of(task_fields(task), names)
    like = (*_LIKE, f"{found['due']}-operator")
    return {name: found[name] for name in like if name in found}


def texts_of(fields: Mapping[str, Any], names: References, typed: Texts | None = None) -> dict[str, str]:
    """What a form shows for the fields of a task or a plan; a rule that is none stands as it was `typed`."""
    found = {name: str(value) for name, value in fields.items() if isinstance(value, str | int)}
    for name in (*_SEVERAL, *_SINGLE, "coordinator"):
        value = fields.get(name)
        some = value if isinstance(value, list) else [value] if value else []
        found[name] = "\n".join(names.shown(str(slug)) for slug in some)
    found["collects"] = "\n".join(fields.get("collects") or ())
    found |= {name: str(value) for name, value in (fields.get("source") or {}).items()}
    found.pop("source", None)
    if "kind" in fields:
        found |= _due_texts(fields, typed)
    return {name: text for name, text in found.items() if text}


def _due_texts(fields: Mapping[str, Any], typed: Texts | None) -> dict[str, str]:
    value = fields.get("due")
    if typed is not None and value == due_value(typed.get("due", ""), typed)[0]:
        return {name: typed[name] for name in ("due", *DUE_FIELDS) if name in typed}
    if value is None:
        value = "standing" if fields.get("kind") == Kind.STANDING else "@chua-xac-dinh"
    kind, entry = entry_of(value)
    return {"due": kind, **entry}


@dataclass(frozen=True, slots=True)
class Said:
    """A value of a field as a table of differences shows it: a text, or a due rule by its fields."""

    text: str
    due: tuple[str, Mapping[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class ShownClash:
    """A field that differs, in words."""

    field: str
    base: Said
    theirs: Said
    yours: Said
    both: bool


def shown_clash(clash: Clash, names: References) -> ShownClash:
    """A difference for people."""
    base, theirs, yours = (said(clash.field, v, names) for v in (clash.base, clash.theirs, clash.yours))
    return ShownClash(clash.field, base, theirs, yours, clash.both)


def said(field: str, value: Any, names: References) -> Said:
    """A value of a field of a plan or a task, as an edit says it."""
    if value in (None, "", [], {}):
        return Said("")
    if field == "due":
        return Said("", entry_of(value))
    if field in (*_SEVERAL, *_SINGLE, "coordinator"):
        some = value if isinstance(value, list) else [value]
        return Said("; ".join(names.shown(str(slug)) for slug in some))
    if isinstance(value, dict):
        return Said("; ".join(str(one) for one in value.values()))
    if isinstance(value, list):
        return Said("; ".join(o if isinstance(o, str) else str(o.get("email", "")) for o in value))
    return Said(str(value))


def deadline_names(words: Words, titles: Mapping[str, str]) -> Callable[[str], str]:
    """What a deadline is called, by its key: the title of its task and the period; `titles` are by `plan/task`."""

    def named(text: str) -> str:
        key = DeadlineKey.parse(text)
        title = titles.get(f"{key.plan}/{key.task}") if key else None
        if key is None or title is None:
            return text
        period = words.period(key.period)
        return f"{title} ({period})" if period else title

    return named


def titles_of(plans: Iterable[Plan], loads: Iterable[PlanLoad] = ()) -> dict[str, str]:
    """The titles of tasks by `plan/task`, of plans and of what loads say of theirs."""
    found = {f"{plan.slug}/{task.slug}": task.title for plan in plans for task in plan.tasks}
    for load in loads:
        changed = (change.new for change in load.difference.changed)
        for task in (*load.difference.removed, *changed, *load.difference.added):
            found[f"{load.plan}/{task.slug}"] = task.title
    return found
