"""The stages of a policy as its file lists them: `{at: T+3wd, time: "14:00", to: [officers, head]}`."""

from __future__ import annotations

import re

from plans.files.policy_checks import Placed
from plans.files.reading import Form
from plans.files.tree import Scalar
from plans.files.values import ValueFault
from plans.policies import Anchor, To, stage
from plans.rules import Count

_AT = re.compile(r"T([+-])([0-9]{1,3})(wd)?")
_WORDS = {"T0": Anchor.ACT_BY, "open": Anchor.OPENS, "now": Anchor.SET}
_FURTHEST = 366  # days from the date
_MOST_AGAIN = 20

_When = tuple[Anchor, int, Count]


def when(text: str) -> _When:
    """The anchor and the offset of `T-15`, `T-3wd`, `T0`, `T+1wd`, `open`, `now`. Raises ValueFault."""
    if text in _WORDS:
        return _WORDS[text], 0, Count.WORKDAYS
    found = _AT.fullmatch(text)
    days = int(found[2]) if found else 0
    if found is None or not 1 <= days <= _FURTHEST:
        raise ValueFault("value.stage", value=text)
    if found[1] == "-":
        return Anchor.ACT_BY, -days, Count.WORKDAYS if found[3] else Count.DAYS
    if not found[3]:
        raise ValueFault("value.stage_late", value=text)
    return Anchor.LATE_AFTER, days, Count.WORKDAYS


def written_when(anchor: Anchor, offset: int, unit: Count) -> str:
    """The text that `when` reads."""
    word = next((text for text, known in _WORDS.items() if known is anchor), None)
    if word is not None and not offset:
        return word
    return f"T{offset:+d}" + ("wd" if unit is Count.WORKDAYS else "")


def read_stages(form: Form, *, again: bool) -> list[Placed]:
    """The stages under `stages`, in the order of the file, and their places; `again`: of what was sent back."""
    if form.node("stages") is None:
        form.reading.error("key.missing", form.place_of("stages"), key="stages")
    return [placed for inner in form.forms("stages") for placed in _read_stage(inner, again=again)]


def _read_stage(form: Form, *, again: bool) -> list[Placed]:
    node = form.node("at")
    if node is None:
        form.reading.error("key.missing", form.place, key="at")
    found = form.typed(node, "at", when) if node else None
    at = form.time("time")
    to = _recipients(form)
    _check_list(form, to)
    offsets = _offsets(form, found)
    form.close()
    if found is None or node is None:
        return []
    anchor, _, unit = found
    return [Placed(stage(anchor, days, unit, at, one, again=again), node.place) for days in offsets for one in to]


def _recipients(form: Form) -> tuple[To, ...]:
    found: dict[To, None] = {}
    choices = [to.value for to in To]
    for node in form.nodes("to"):
        if not isinstance(node, Scalar):
            form.reading.error("expected.text", node.place, key="to")
        elif node.text in choices:
            found[To(node.text)] = None
        else:
            form.reading.unknown("value.choice", node.place, node.text, choices, choices=", ".join(choices))
    return tuple(found) or (To.OFFICERS,)


def _check_list(form: Form, to: tuple[To, ...]) -> None:
    """The coordinator gets lists, and nobody else does."""
    listed = form.choice("list", ("true", "false")) == "true"
    if listed and to != (To.COORDINATOR,):
        form.reading.error("policy.list_to", form.place_of("list"))
    elif To.COORDINATOR in to and not listed:
        form.reading.error("policy.coordinator_unlisted", form.place_of("to"))


def _offsets(form: Form, found: _When | None) -> list[int]:
    """The day of the stage and of its repetitions."""
    first = found[1] if found else 0
    inner = form.form("repeat")
    if inner is None:
        return [first]
    every, most = inner.integer("every", 1, 60), inner.integer("most", 1, _MOST_AGAIN)
    for key in ("every", "most"):
        if inner.node(key) is None:
            inner.reading.error("key.missing", inner.place_of(key), key=key)
    inner.close()
    if found is not None and found[0] is not Anchor.LATE_AFTER:
        form.reading.error("policy.repeat_early", form.place_of("repeat"))
        return [first]
    return [first + turn * (every or 1) for turn in range((most or 0) + 1)]
