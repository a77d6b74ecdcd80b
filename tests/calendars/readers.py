"""What other people's programs read in a feed, brought to one form.

`Item` is that form: days as ISO dates, alarms as seconds from the day they relate to. Each reader is a function from
the bytes of a feed to its name and its items, in the order of their UIDs.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import icalendar
import recurring_ical_events
import vobject

ICAL_JS = "ical.js@2.2.1"
_INTEGRITY = "yK/UlPbEs316igb/tjRgbFA8ZV75rCsBJp/hWOatpyaPNlgw0dGDmU+FoicOcwX4xXkeXOkYiOmCqNPFpNPkQg=="  # SHA-512
_IN_ARCHIVE = "package/dist/ical.es5.cjs"
_ONCE = ("--fetch-retries=0", "--fetch-timeout=15000")  # ms; a machine without the registry does not wait for it
_CACHE = Path(__file__).parents[2] / ".cache"
_SCRIPT = Path(__file__).with_name("ical_js.cjs")


@dataclass(frozen=True, slots=True, order=True)
class Item:
    uid: str
    component: str  # VEVENT | VTODO
    summary: str
    description: str
    start: str | None  # None in a to-do
    end: str  # exclusive; the due day of a to-do
    categories: tuple[str, ...]
    status: str | None
    sequence: int
    alarms: tuple[int, ...]
    names: tuple[str, ...]  # of all its properties


def read_icalendar(body: bytes) -> tuple[str, list[Item]]:
    calendar = icalendar.Calendar.from_ical(body)
    return _unescaped(str(calendar["NAME"])), sorted(_of_icalendar(c) for c in calendar.walk() if c.name in _SHOWN)


_SHOWN = ("VEVENT", "VTODO")


def _unescaped(name: str) -> str:
    """icalendar and ical.js do not know NAME of RFC 7986 as text, and leave it as it stands."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], name)


def _of_icalendar(found: Any) -> Item:
    todo = found.name == "VTODO"
    return Item(
        uid=str(found["UID"]),
        component=found.name,
        summary=str(found["SUMMARY"]),
        description=str(found.get("DESCRIPTION", "")),
        start=None if todo else found["DTSTART"].dt.isoformat(),
        end=found["DUE" if todo else "DTEND"].dt.isoformat(),
        categories=tuple(str(c) for c in found["CATEGORIES"].cats) if "CATEGORIES" in found else (),
        status=str(found["STATUS"]) if "STATUS" in found else None,
        sequence=int(found["SEQUENCE"]),
        alarms=tuple(int(a["TRIGGER"].dt.total_seconds()) for a in found.walk("VALARM")),
        names=tuple(sorted(found)),
    )


def read_vobject(body: bytes) -> tuple[str, list[Item]]:
    calendar = vobject.readOne(body.decode())
    found = [c for c in calendar.getChildren() if c.name in _SHOWN]
    return calendar.x_wr_calname.value, sorted(map(_of_vobject, found))


def _of_vobject(found: Any) -> Item:
    todo, has = found.name == "VTODO", found.contents
    return Item(
        uid=found.uid.value,
        component=found.name,
        summary=found.summary.value,
        description=found.description.value if "description" in has else "",
        start=None if todo else found.dtstart.value.isoformat(),
        end=(found.due if todo else found.dtend).value.isoformat(),
        categories=tuple(found.categories.value) if "categories" in has else (),
        status=found.status.value if "status" in has else None,
        sequence=int(found.sequence.value),
        alarms=tuple(int(a.trigger.value.total_seconds()) for a in has.get("valarm", [])),
        names=tuple(sorted(name.upper() for name in has if name != "valarm")),
    )


def occurrences(body: bytes, first: date, last: date) -> list[tuple[str, str]]:
    """(day, UID) of every event that recurring-ical-events shows on a day in [first, last)."""
    shown = recurring_ical_events.of(icalendar.Calendar.from_ical(body), components=["VEVENT"]).between(first, last)
    return sorted((event["DTSTART"].dt.isoformat(), str(event["UID"])) for event in shown)


class IcalJs:
    """Thunderbird's ical.js in one process of node, which answers line by line."""

    def __init__(self, library: Path) -> None:
        self._node = subprocess.Popen(
            ["node", _SCRIPT, library], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __call__(self, body: bytes) -> tuple[str, list[Item]]:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps(body.decode()) + "\n")
        self._node.stdin.flush()
        answer = json.loads(self._node.stdout.readline())
        assert "error" not in answer, answer
        items = [Item(**{k: tuple(v) if isinstance(v, list) else v for k, v in i.items()}) for i in answer["items"]]
        return _unescaped(answer["name"]), sorted(items)

    def close(self) -> None:
        self._node.communicate()


def fetched_ical_js() -> Path | str:
    """ical.js of the pinned version, from the npm registry or as fetched before; or why there is none."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node and npm are missing (apt install nodejs npm): ical.js did not read the feeds"
    target = _CACHE / f"{ICAL_JS}.cjs"
    if target.exists():
        return target
    folder = _CACHE / f"npm-{os.getpid()}"  # several processes may fetch it at once
    folder.mkdir(parents=True)
    try:
        command = ["npm", "pack", "--silent", "--ignore-scripts", *_ONCE, ICAL_JS, "--pack-destination", folder]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return f"the npm registry can't be reached: {ICAL_JS} did not read the feeds"
        [archive] = folder.iterdir()
        digest = b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        assert digest == _INTEGRITY, f"{ICAL_JS} is not the package that was looked at"
        with tarfile.open(archive) as opened:
            source = opened.extractfile(_IN_ARCHIVE)
            assert source is not None
            (folder / target.name).write_bytes(source.read())
        (folder / target.name).replace(target)
        return target
    finally:
        shutil.rmtree(folder)


def started_ical_js() -> Iterator[IcalJs | str]:
    library = fetched_ical_js()
    if isinstance(library, str):
        yield library
        return
    reader = IcalJs(library)
    yield reader
    reader.close()
