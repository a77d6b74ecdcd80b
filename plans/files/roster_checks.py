"""Whether a roster holds together: its references exist, nothing contains itself, every audience means somebody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from plans.audiences import resolve
from plans.files.reading import Reading, Reference
from plans.files.references import timeless
from plans.problems import Place
from plans.units import Roster

# An audience is resolved once for every way that leads to it; thirty that each name the next twice would be a billion.
_MOST_WAYS = 1000
_DEEPEST = 20
_ANY_DAY = date(2000, 1, 1)


def check_roster(roster: Roster, reading: Reading) -> None:
    """Note every fault that shows only when the whole file is known."""
    _check_references(roster, reading)
    _check_heads(roster, reading)
    for unit in roster.units.values():
        if unit.slug in unit.successors:
            reading.error("unit.own_successor", _place(reading, unit.slug, "successors", unit.slug), id=unit.slug)
    parents = {s: (u.parent,) if u.parent else () for s, u in roster.units.items()}
    successors = {s: tuple(n for n in u.successors if n != s) for s, u in roster.units.items()}
    audiences = {s: a.audiences for s, a in roster.audiences.items()}
    _check_cycles(parents, "parent", reading)
    _check_cycles(successors, "successors", reading)
    if not _check_cycles(audiences, "audiences", reading):
        _check_audiences(roster, audiences, reading)


def _check_audiences(roster: Roster, graph: Mapping[str, Iterable[str]], reading: Reading) -> None:
    ways = _ways(graph)
    undated = timeless(roster)
    for slug in roster.audiences:
        if ways.get(slug, _MOST_WAYS + 1) > _MOST_WAYS:
            reading.error("audience.nested", _place(reading, slug), id=slug)
        elif not resolve([slug], undated, _ANY_DAY):
            reading.error("audience.nobody", _place(reading, slug), id=slug)


def _check_references(roster: Roster, reading: Reading) -> None:
    units, groups, audiences = list(roster.units), list(roster.groups), list(roster.audiences)
    kinds = list(dict.fromkeys(unit.kind for unit in roster.units.values()))
    known = {
        "parent": ("unknown.unit", units),
        "successors": ("unknown.unit", units),
        "members": ("unknown.unit", units),
        "units": ("unknown.unit", units),
        "except": ("unknown.unit", units),
        "groups": ("unknown.group", groups),
        "heads": ("unknown.group", groups),
        "kinds": ("unknown.kind", kinds),
        "audiences": ("unknown.audience", audiences),
    }
    present = {key: set(names) for key, (_, names) in known.items()}
    for (_, key, name), place in reading.places.items():
        if name and key in known and name not in present[key]:
            code, names = known[key]
            reading.unknown(code, place, name, names)


def _check_heads(roster: Roster, reading: Reading) -> None:
    """An audience of heads means somebody of each group it names."""
    headed = {s for s, group in timeless(roster).groups.items() if any(m.head for m in group.members)}
    for audience in roster.audiences.values():
        for slug in audience.heads:
            if slug in roster.groups and slug not in headed:
                reading.error("group.headless", _place(reading, audience.slug, "heads", slug), id=slug)


def _place(reading: Reading, owner: str, key: str = "", name: str = "") -> Place | None:
    return reading.places.get(Reference(owner, key, name))


def _check_cycles(graph: Mapping[str, Iterable[str]], key: str, reading: Reading) -> bool:
    found = cycles(graph)
    for circle in found:
        place = _place(reading, circle[0], key, circle[1])
        reading.error("cycle", place, key=key, chain=" → ".join(circle))
    return bool(found)


def cycles(graph: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """Circles of a graph, each from its first node back to itself; no two of them share a node."""
    found: list[tuple[str, ...]] = []
    finished: set[str] = set()
    for start in graph:
        # A stack of our own: a chain of a thousand parents must not exhaust Python's.
        path: dict[str, None] = {}
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                path.pop(node, None)
                finished.add(node)
            elif node in path:
                nodes = list(path)
                found.append((*nodes[nodes.index(node) :], node))
                finished.update(path)
            elif node not in finished and node in graph:
                path[node] = None
                stack.append((node, True))
                stack.extend((other, False) for other in reversed(tuple(graph[node])))
    return found


def _ways(graph: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """How many audiences are resolved for each, every way counted; without those nested too deep."""
    ways: dict[str, int] = {}
    waiting = dict(graph)
    for _ in range(_DEEPEST):
        ready = [s for s, others in waiting.items() if all(o in ways or o not in graph for o in others)]
        counts = {slug: 1 + sum(ways.get(other, 1) for other in waiting.pop(slug)) for slug in ready}
        ways |= {slug: min(count, 2 * _MOST_WAYS) for slug, count in counts.items()}
    return ways
