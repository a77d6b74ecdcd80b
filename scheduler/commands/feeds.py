"""`feeds`: the addresses of the calendars; another address for one, or none; all events rendered anew."""

from __future__ import annotations

import argparse
from pathlib import Path

from actions.feeds import bind_feeds, feed_title, feed_url, render_anew, revoke_feed, rotate_feed
from actions.office import Act
from actions.publishing import feed_addresses
from plans.feeds import FeedKind
from scheduler.app import App, open_app
from scheduler.clock import Clock
from scheduler.progress import progress
from scheduler.terminal import Terminal, local
from store.marks import secret

ACTOR = "cli"


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        if parsed.act == "rotate":
            _rotate(app, parsed.owner, terminal)
        elif parsed.act == "revoke":
            gone = revoke_feed(app.office, Act(ACTOR, app.clock()), parsed.owner)
            terminal.line("cli.feeds.revoked", name=feed_title(gone, app.words), owner=gone.owner)
        elif parsed.act == "render":
            _render(app, terminal)
        else:
            _list(app, FeedKind(parsed.kind) if parsed.kind else None, terminal)
    return 0


def _rotate(app: App, owner: str, terminal: Terminal) -> None:
    feed = rotate_feed(app.office, Act(ACTOR, app.clock()), owner)
    with app.database.read() as tx:
        url = feed_url(app.office, secret(tx), feed)
    terminal.line("cli.feeds.rotated", name=feed_title(feed, app.words), url=url)


def _render(app: App, terminal: Terminal) -> None:
    with progress(terminal.say, "cli.feeds.rendering") as watch:
        done = render_anew(app.office, app.clock(), watch)
    with progress(terminal.say, "cli.feeds.binding") as watch:
        bound = bind_feeds(app.office, watch)
    terminal.line("cli.feeds.rendered", done=done, bound=bound)


def _list(app: App, kind: FeedKind | None, terminal: Terminal) -> None:
    with app.database.read() as tx:
        found = feed_addresses(tx, app.office, kind)
    if terminal.as_json:
        terminal.objects(
            {
                "owner": f.feed.owner,
                "kind": f.feed.kind.value,
                "name": f.feed.name or f.name,
                "url": f.url,
                "revoked": f.feed.revoked,
                "fetched": local(f.read_at, app.office.zone),
                "client": f.read_by,
            }
            for f in found
        )
        return
    if not found:
        terminal.line("cli.feeds.none")
        return
    rows = [
        (
            f.feed.owner,
            f.feed.name or f.name,
            f.url or terminal.say("cli.feeds.gone"),
            local(f.read_at, app.office.zone),
            terminal.say(f"feed.client.{f.read_by}") if f.read_by else None,
        )
        for f in found
    ]
    terminal.rows(("cli.col.feed", "cli.col.name", "cli.col.url", "cli.col.fetched", "cli.col.client"), rows)
