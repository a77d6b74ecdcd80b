"""Every feed of the sample province, as other people's programs read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from actions.feeds import join_feed
from calendars.options import FeedOptions
from plans.feeds import FeedKind
from store.feeds import list_feeds
from tests.calendars.readers import IcalJs, occurrences, read_icalendar, read_vobject, started_ical_js
from tests.web.scenes import Scene

ALL_OPTIONS = FeedOptions(alarms=True, todo=True)


@pytest.fixture(scope="module")
def ical_js() -> Iterator[IcalJs | str]:
    yield from started_ical_js()


def test_feeds_of_every_kind_are_read_alike(played: Scene, ical_js: IcalJs | str) -> None:
    readers = [read_icalendar, read_vobject, *([] if isinstance(ical_js, str) else [ical_js])]
    with played.office.database.read() as tx:
        feeds = list_feeds(tx)
        # The fullest three of each kind: reading all of them would say the same again.
        bodies = {feed.owner: (feed.kind, join_feed(tx, played.office, feed)) for feed in feeds}
        fullest = sorted(feeds, key=lambda feed: -len(bodies[feed.owner][1]))
        chosen = [feed for kind in FeedKind for feed in [f for f in fullest if f.kind is kind][:3]]
        variants = [(bodies[f.owner][1], join_feed(tx, played.office, f, ALL_OPTIONS)) for f in chosen]
    assert {feed.kind for feed in chosen} == set(FeedKind)
    for plain, with_all in variants:
        name, items = read_icalendar(plain)
        assert items
        for body in (plain, with_all):
            first = read_icalendar(body)
            assert [reader(body) for reader in readers] == [first] * len(readers)
            assert (first[0], [i.uid for i in first[1]]) == (name, [i.uid for i in items])
        uids = [i.uid for i in items]
        assert len(set(uids)) == len(uids)
        assert [
            i for i in items if i.start is None or i.end != f"{date.fromisoformat(i.start) + timedelta(days=1)}"
        ] == []
        assert occurrences(plain, date(2024, 1, 1), date(2029, 1, 1)) == sorted((i.start or "", i.uid) for i in items)
