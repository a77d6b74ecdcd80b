"""Feeds: joined from stored events, bound to an entity tag, and caught up with what had to wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from actions.events import render_all, render_some, window_on
from actions.office import Act, Office
from calendars.addresses import feed_path
from calendars.events import uid
from calendars.feeds import ended_event, etag, feed_bytes
from calendars.options import FeedOptions, with_options
from plans.feeds import FeedKind
from plans.problems import Problem, UserError
from plans.words import Words, words
from store import events as stored
from store import feeds
from store.feed_contents import feed_events
from store.feeds import FeedRow
from store.marks import read_mark
from store.successions import end_of

_AT_ONCE = 200  # that are rendered or bound in one transaction: others wait no longer than that takes
PLAIN = FeedOptions()
Watch = Callable[[int, int], None]  # done, of how many


def _unwatched(_done: int, _of: int) -> None:
    """Nobody is watching."""


def feed_title(feed: FeedRow, say: Words) -> str:
    """What people are told a feed is: "Lịch nhắc hạn: Sở Nội vụ"."""
    return (
        say("feed.name", unit=feed.name)
        if feed.kind is FeedKind.UNIT
        else say(f"feed.name_{feed.kind}", name=feed.name)
    )


def feed_url(office: Office, secret: bytes, feed: FeedRow) -> str:
    """The address of a feed with the token of this version."""
    return office.base_url + feed_path(secret, feed.owner, path_name(feed, words(office.language)), feed.version)


def path_name(feed: FeedRow, say: Words) -> str:
    """What the last segment of an address is made of: of a unit its name alone, as in addresses that are in use."""
    return feed.name if feed.kind is FeedKind.UNIT else say(f"feed.file_{feed.kind}", name=feed.name)


def join_feed(tx: Connection, office: Office, feed: FeedRow, options: FeedOptions = PLAIN) -> bytes:
    """A feed as its bytes: a function of stored rows alone, on the local day that was last refreshed.

    That of a unit that has ended says so, in its name and on the unit's last day.
    """
    language = options.language if options.language in office.languages else office.language
    say, today = words(language), _refreshed(tx)
    events = feed_events(tx, feed, language, window_on(today) if today else None)
    events = with_options(events, options, say)
    end = end_of(tx, feed.owner) if feed.kind is FeedKind.UNIT else None
    if end is None or today is None or end.until >= today:
        return feed_bytes(feed_title(feed, say), events)
    stamp = office.start_of(end.until + timedelta(days=1))
    number = uid(office.domain, "end", feed.owner)
    events.append(ended_event(number, end.until, end.successors, stamp, end.revision, say))
    return feed_bytes(say("feed.name_ended", unit=feed.name, until=end.until), events)


def _refreshed(tx: Connection) -> date | None:
    found = read_mark(tx, "refreshed")
    return date.fromisoformat(found) if found else None


# -- afterwards ------------------------------------------------------------------------------------------------------


def bind_feeds(office: Office, watch: Watch = _unwatched, stopped: Callable[[], bool] = lambda: False) -> int:
    """Join the feeds that were touched and note their entity tags; returns how many.

    Bytes that are the same as before keep their Last-Modified. Ends early where `stopped` says so.
    """
    with office.database.read() as tx:
        of, done = feeds.count_unbound(tx), 0
    while not stopped():
        with office.database.read() as tx:
            some = feeds.unbound(tx, _AT_ONCE)
            joined = [(feed, etag(join_feed(tx, office, feed))) for feed in some]
        if not joined:
            break
        with office.database.write() as tx:
            feeds.bind(tx, joined)
        done += len(joined)
        watch(done, max(of, done))
    return done


def render_waiting(
    office: Office, now: datetime, watch: Watch = _unwatched, stopped: Callable[[], bool] = lambda: False
) -> int:
    """Render what was too much for one action, in short transactions; returns how many were looked at.

    Ends early where `stopped` says so; the rest goes on waiting.
    """
    with office.database.read() as tx:
        of, done = stored.count_waiting(tx), 0
    while of and not stopped():
        with office.database.write() as tx:
            some = render_next(tx, office, now)
        if not some:
            break
        done += some
        watch(done, max(of, done))
    return done


def render_next(tx: Connection, office: Office, now: datetime) -> int:
    """Some of what waits; returns how many."""
    some = stored.next_waiting(tx, _AT_ONCE)
    render_some(tx, office, now, some)
    return sum(map(len, some.values()))


def render_anew(office: Office, now: datetime, watch: Watch = _unwatched) -> int:
    """Compare every event with what it would say now, and render what differs; returns how many were looked at."""
    with office.database.write() as tx:
        render_all(tx, office, now)
    return render_waiting(office, now, watch)


# -- addresses -------------------------------------------------------------------------------------------------------


def rotate_feed(office: Office, act: Act, owner: str) -> FeedRow:
    """Give a feed, revoked or not, another address; its old one is gone. Raises UserError for an unknown owner."""
    with office.database.write() as tx:
        _known(tx, owner)
        feeds.rotate(tx, owner, act.now)
        found = _known(tx, owner)
        act.note(tx, "rotate_feed", f"feeds/{owner}", version=found.version)
        return found


def revoke_feed(office: Office, act: Act, owner: str) -> FeedRow:
    """Take the address of a feed away. Raises UserError for an unknown owner."""
    with office.database.write() as tx:
        if not _known(tx, owner).revoked:
            feeds.revoke(tx, owner, act.now)
            act.note(tx, "revoke_feed", f"feeds/{owner}")
        return _known(tx, owner)


def _known(tx: Connection, owner: str) -> FeedRow:
    found = feeds.find_feed(tx, owner)
    if found is None:
        raise UserError(Problem("feed.unknown", {"owner": owner}))
    return found
