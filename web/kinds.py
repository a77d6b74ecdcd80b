"""The kinds of tasks that lists are narrowed to, as addresses and forms say them."""

from __future__ import annotations

from plans.filtering import Filter, pairs_of
from plans.plan import Kind
from plans.words import Words


def kind_value(kind: Kind | None) -> str:
    """The word of an address; "" for any kind."""
    return dict(pairs_of(Filter(task_kind=kind))).get("viec", "")


def kind_options(words: Words) -> list[tuple[str, str]]:
    """(value, text) of those that have deadlines."""
    return [(kind_value(kind), words(f"kind.{kind}")) for kind in Kind if kind is not Kind.STANDING]
