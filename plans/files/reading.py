"""Forms: typed reading of a mapping's keys, gathering every fault with its place instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, time
from difflib import get_close_matches
from typing import NamedTuple, TypeVar

from plans.audiences import UNDETERMINED
from plans.files import values
from plans.files.tree import Mapping, Node, Scalar, Sequence
from plans.files.values import ValueFault
from plans.problems import Place, Problem, Severity

T = TypeVar("T")
_SHOWN = 100  # problems of one file
_LONGEST = 60  # characters of the input that a problem repeats


class Reference(NamedTuple):
    """Where a file names something: `owner` (a task, a unit; empty for the plan itself), its key, and the name."""

    owner: str
    key: str
    name: str = ""


Places = dict[Reference, Place]


class Reading:
    """What reading one file gathers beside values: its problems and the place of every reference."""

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        self._problems = list(problems)
        self.places: Places = {}

    def error(self, code: str, place: Place | None, **params: object) -> None:
        self._problems.append(Problem(code, _shortened(params), place))

    def warning(self, code: str, place: Place | None, **params: object) -> None:
        self._problems.append(Problem(code, _shortened(params), place, Severity.WARNING))

    def unknown(self, code: str, place: Place | None, name: str, known: Iterable[str], **params: object) -> None:
        """An error `code`, or `code`.nearest where one of `known` resembles `name`."""
        near = None if len(self._problems) > _SHOWN else nearest(name, known)
        if near is None:
            self.error(code, place, name=name, **params)
        else:
            self.error(f"{code}.nearest", place, name=name, nearest=near)

    def problems(self) -> tuple[Problem, ...]:
        """In the order of the file; of very many the first hundred and a count."""
        found = sorted(self._problems, key=lambda p: (p.place.line, p.place.column) if p.place else (0, 0))
        if len(found) <= _SHOWN:
            return tuple(found)
        more = Problem("file.more", {"count": len(found) - _SHOWN}, found[_SHOWN].place)
        return (*found[:_SHOWN], more)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `name` was probably meant to be."""
    # Comparing takes time quadratic in the length; nothing known is this long.
    return next(iter(get_close_matches(name, known, 1, 0.6)), None) if len(name) <= values.LONGEST_SLUG else None


def _shortened(params: dict[str, object]) -> dict[str, object]:
    return {
        k: f"{v[:_LONGEST]}…" if isinstance(v, str) and k != "choices" and len(v) > _LONGEST else v
        for k, v in params.items()
    }


class Form:
    """The keys of one mapping; `close` reports those nobody asked for. A blank value counts as absent."""

    def __init__(self, node: Mapping, reading: Reading, owner: str = "") -> None:
        self.reading = reading
        self.owner = owner  # the slug under which references are noted
        self.place = node.place
        self._values = {key.text: value for key, value in node.entries}
        self._keys = [key for key, _ in node.entries]
        self._asked: dict[str, None] = {}

    @classmethod
    def of(cls, node: Node, reading: Reading, key: str, owner: str = "") -> Form | None:
        """The form of a node that has to be a mapping."""
        if isinstance(node, Mapping):
            return cls(node, reading, owner)
        reading.error("expected.mapping", node.place, key=key)
        return None

    def close(self) -> None:
        for key in self._keys:
            if key.text not in self._asked:
                self.reading.unknown("key.unknown", key.place, key.text, self._asked, choices=", ".join(self._asked))

    def node(self, key: str) -> Node | None:
        """The value of a key as it stands; None where it is absent or blank."""
        self._asked[key] = None
        value = self._values.get(key)
        return None if isinstance(value, Scalar) and not value.text else value

    def has(self, key: str) -> bool:
        """Whether the key is there at all, blank or not; does not count as asking for it."""
        return key in self._values

    def place_of(self, key: str) -> Place:
        """Where the key's name stands; the form's own place where it is absent."""
        return next((k.place for k in self._keys if k.text == key), self.place)

    def text(self, key: str) -> str | None:
        return self._typed(key, str)

    def required(self, key: str) -> str:
        """Text that must be there; empty after the problem was noted."""
        return self._required(key, self.text(key))

    def slug(self, key: str) -> str | None:
        return self._typed(key, values.slug)

    def required_slug(self, key: str) -> str:
        return self._required(key, self.slug(key))

    def required_address(self, key: str) -> str:
        return self._required(key, self.address(key))

    def address(self, key: str) -> str | None:
        found = self._typed(key, values.address)
        node = self.node(key)
        if found is not None and node is not None and not found.isascii():
            # Real ones are rare; far more often a Vietnamese keyboard was left on.
            self.reading.warning("value.email_letters", node.place, value=found)
        return found

    def day(self, key: str) -> date | None:
        return self._typed(key, values.day)

    def time(self, key: str) -> time | None:
        return self._typed(key, values.time_of_day)

    def integer(self, key: str, lowest: int, highest: int) -> int | None:
        return self._typed(key, lambda text: values.integer(text, lowest, highest))

    def choice(self, key: str, choices: Iterable[str]) -> str | None:
        """One of a few words; None where it is absent or wrong."""
        node, choices = self.node(key), list(choices)
        if node is None:
            return None
        if not isinstance(node, Scalar):
            self.reading.error("expected.text", node.place, key=key)
        elif node.text in choices:
            return node.text
        else:
            self.reading.unknown("value.choice", node.place, node.text, choices, choices=", ".join(choices))
        return None

    def nodes(self, key: str) -> list[Node]:
        """The items of a list without the blank ones; a single value counts as a list of one."""
        node = self.node(key)
        if isinstance(node, Mapping):
            self.reading.error("expected.list", node.place, key=key)
            return []
        items = node.items if isinstance(node, Sequence) else () if node is None else (node,)
        return [item for item in items if not isinstance(item, Scalar) or item.text]

    def forms(self, key: str) -> list[Form]:
        """The items of a list of mappings."""
        node = self.node(key)
        if isinstance(node, Sequence):
            return [form for item in node.items if (form := Form.of(item, self.reading, key))]
        if node is not None:
            self.reading.error("expected.list", node.place, key=key)
        return []

    def form(self, key: str) -> Form | None:
        node = self.node(key)
        return None if node is None else Form.of(node, self.reading, key, self.owner)

    def reference(self, key: str) -> str | None:
        """A slug that names something else; None, with a warning, where the file says that a person decides."""
        node = self.node(key)
        if isinstance(node, Scalar) and node.text == UNDETERMINED:
            self.reading.warning("reference.undetermined", node.place, key=key)
            return None
        name = self._typed(key, values.reference)
        if node is not None and name is not None:
            self.note(key, name, node.place)
        return name

    def references(
        self, key: str, convert: Callable[[str], str] = values.reference, noted_as: str | None = None
    ) -> tuple[str, ...]:
        """Slugs that name something else, each once; their places are kept under `noted_as` or the key."""
        noted_as = noted_as or key
        if self.has(key):
            self.note(noted_as, "", self.place_of(key))
        found: dict[str, None] = {}
        for node in self.nodes(key):
            name = self.typed(node, key, convert)
            if name is not None:
                found[name] = None
                self.note(noted_as, name, node.place)
        return tuple(found)

    def note(self, key: str, name: str, place: Place) -> None:
        """Keep where a name stands that other checks ask about; of several places the first."""
        self.reading.places.setdefault(Reference(self.owner, key, name), place)

    def typed(self, node: Node, key: str, convert: Callable[[str], T]) -> T | None:
        """The value of a scalar node; None after the problem was noted."""
        if not isinstance(node, Scalar):
            self.reading.error("expected.text", node.place, key=key)
            return None
        try:
            return convert(node.text)
        except ValueFault as fault:
            self.reading.error(fault.code, node.place, key=key, **fault.params)
            return None

    def _typed(self, key: str, convert: Callable[[str], T]) -> T | None:
        node = self.node(key)
        return None if node is None else self.typed(node, key, convert)

    def _required(self, key: str, value: str | None) -> str:
        # A value that is there but wrong has been reported already.
        if value is None and self.node(key) is None:
            self.reading.error("key.missing", self.place_of(key), key=key)
        return value or ""
