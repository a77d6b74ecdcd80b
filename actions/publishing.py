"""Feeds: one unit's as bytes, and all of them as files for any web server to carry."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from actions.events import feed_window
from actions.office import Office
from calendars.addresses import feed_path
from calendars.events import uid
from calendars.feeds import ended_event, feed_bytes
from plans.words import words
from store.events import unit_feed
from store.marks import secret
from store.successions import end_of
from store.units import feed_versions, read_roster


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """Where a unit's calendar is."""

    unit: str
    name: str
    url: str


def feed_addresses(tx: Connection, office: Office) -> list[FeedAddress]:
    """The address of every unit's feed, in the order of the roster."""
    key, versions = secret(tx), feed_versions(tx)
    return [
        FeedAddress(u.slug, u.name, office.base_url + feed_path(key, u.slug, u.name, versions[u.slug]))
        for u in read_roster(tx).units.values()
    ]


def render_feed(tx: Connection, office: Office, unit: str, name: str, now: datetime) -> bytes:
    """A unit's calendar: the join of its stored events; the same bytes while nothing and no date has changed.

    That of a unit that has ended says so, in its name and on the unit's last day.
    """
    say = words(office.language)
    events = unit_feed(tx, unit, office.language, *feed_window(office, now))
    end = end_of(tx, unit)
    if end is None or end.until >= office.today(now):
        return feed_bytes(say("feed.name", unit=name), events)
    stamp = office.start_of(end.until + timedelta(days=1))
    number = uid(office.domain, "end", unit)
    events.append(ended_event(number, end.until, end.successors, stamp, end.revision, say))
    return feed_bytes(say("feed.name_ended", unit=name, until=end.until), events)


@dataclass(frozen=True, slots=True)
class Published:
    """What writing the feeds did."""

    written: tuple[str, ...]
    unchanged: int
    removed: tuple[str, ...]


def publish(office: Office, now: datetime, folder: Path) -> Published:
    """Write every unit's `.ics` into a folder, each by one rename; delete feeds of units that are no more.

    Only files that changed are written. Raises OSError where the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with office.database.read() as tx:
        contents = {
            f"{u.slug}.ics": render_feed(tx, office, u.slug, u.name, now) for u in read_roster(tx).units.values()
        }
    written, unchanged = [], 0
    for name, content in contents.items():
        target = folder / name
        if target.exists() and target.read_bytes() == content:
            unchanged += 1
            continue
        part = folder / f".{name}.part"
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        written.append(name)
    removed = [f.name for f in sorted(folder.glob("*.ics")) if f.name not in contents and _is_ours(f)]
    for name in removed:
        (folder / name).unlink()
    return Published(tuple(written), unchanged, tuple(removed))


def _is_ours(file: Path) -> bool:
    """Whether this program wrote a calendar: somebody else's file in the folder is left alone."""
    with file.open("rb") as opened:
        return b"PRODID:-//nhachan//" in opened.read(200)
