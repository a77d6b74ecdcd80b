"""All feeds as files that any web server carries, in the layout in which they are served."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection

from actions.feeds import Watch, bind_feeds, feed_title, feed_url, join_feed, path_name
from actions.office import Office
from calendars.addresses import feed_path
from calendars.feeds import token
from calendars.index_page import index_page
from plans.feeds import FeedKind
from plans.words import Words, words
from store.feeds import FeedRow, last_reads, list_feeds
from store.marks import secret

MANIFEST = ".nhachan-feeds.json"
_INDEX = "office.index"  # an owner that no feed has
_AT_ONCE = 200
_COMPRESSED = ".gz"


def _unwatched(_done: int, _of: int) -> None:
    """Nobody is watching."""


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """Where a calendar is, and who fetched it last."""

    feed: FeedRow
    name: str
    url: str | None  # None: revoked
    read_by: str | None  # kind of client
    read_at: datetime | None


def feed_addresses(tx: Connection, office: Office, kind: FeedKind | None = None) -> list[FeedAddress]:
    """Every feed, or those of a kind."""
    key, reads, say = secret(tx), last_reads(tx), words(office.language)
    found = []
    for feed in list_feeds(tx):
        if kind in (None, feed.kind):
            client, at = reads.get(feed.id, (None, None))
            url = None if feed.revoked else feed_url(office, key, feed)
            found.append(FeedAddress(feed, feed_title(feed, say), url, client, at))
    return found


@dataclass(frozen=True, slots=True)
class Published:
    """What writing the feeds did, by the paths of files in the folder."""

    written: tuple[str, ...]
    unchanged: int
    removed: tuple[str, ...]
    index: str  # path of the page that lists all feeds


def publish(office: Office, folder: Path, *, compressed: bool = False, watch: Watch = _unwatched) -> Published:
    """Write every feed as `<owner>/<token>/<name>.ics`, each by one rename, with a page that lists them.

    Only what changed since the last time is even joined. Files of addresses that were rotated or revoked are deleted,
    and what others keep in the folder is left alone. Raises OSError where it can't be written.
    """
    bind_feeds(office)
    folder.mkdir(parents=True, exist_ok=True)
    before = _read_manifest(folder)
    with office.database.read() as tx:
        key, say = secret(tx), words(office.language)
        feeds = [feed for feed in list_feeds(tx) if not feed.revoked]
    paths = {feed.owner: _path(key, feed, say) for feed in feeds}
    now = {paths[feed.owner]: _kept(feed.etag or "", compressed=compressed) for feed in feeds}
    # One that was touched just now is written with whatever it says, and again the next time.
    todo = [f for f in feeds if not f.etag or before.get(p := paths[f.owner]) != now[p] or not (folder / p).exists()]
    if before and now.keys() - before.keys():
        # Before they are there: one whose address is taken away after an interrupted run would be deleted by nobody.
        _note(folder, {**dict.fromkeys(now, ""), **before})
    for start in range(0, len(todo), _AT_ONCE):
        some = todo[start : start + _AT_ONCE]
        with office.database.read() as tx:
            contents = [(paths[feed.owner], join_feed(tx, office, feed)) for feed in some]
        for path, content in contents:
            _write(folder, path, content, compressed=compressed)
        watch(min(start + _AT_ONCE, len(todo)), len(todo))
    index = f"{_INDEX}/{token(key, _INDEX, 1)}/index.html"
    page = _index_page(feeds, paths, say)
    written = [paths[feed.owner] for feed in todo]
    if not (folder / index).exists() or (folder / index).read_bytes() != page:
        _write(folder, index, page, compressed=False)
        written.append(index)
    removed = sorted(path for path in before if path not in now)
    removed += _flat(folder) + ([] if before else _forgotten(folder, now))
    for path in removed:
        _remove(folder, path)
    if now != before or written:
        # Nothing is noted as written that a loss of power could still undo: one wait for the disk, not one per file.
        os.sync()
        _note(folder, now)
    return Published(tuple(written), len(feeds) - len(todo), tuple(removed), index)


def _path(key: bytes, feed: FeedRow, say: Words) -> str:
    return feed_path(key, feed.owner, path_name(feed, say), feed.version).removeprefix("/feeds/")


def _kept(etag: str, *, compressed: bool) -> str:
    """What the manifest says of a file; with a compressed one beside it, something else."""
    return etag.strip('"') + (_COMPRESSED if compressed else "")


def _read_manifest(folder: Path) -> Mapping[str, str]:
    """Path → what was written there; nothing where it can't be read: then all is written anew."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {path: tag for path, tag in found.items() if isinstance(tag, str) and _is_feed(path)}


def _note(folder: Path, tags: Mapping[str, str]) -> None:
    _write(folder, MANIFEST, json.dumps(tags, indent=0, sort_keys=True).encode(), compressed=False)


def _is_feed(path: str) -> bool:
    """Whether a path of the manifest is one that this program writes: it might be deleted."""
    parts = PurePosixPath(path).parts
    return len(parts) == 3 and ".." not in parts and not path.startswith("/") and path.endswith(".ics")


def _write(folder: Path, path: str, content: bytes, *, compressed: bool) -> None:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    _replace(target, content)
    beside = target.with_name(target.name + _COMPRESSED)
    if compressed:
        _replace(beside, gzip.compress(content, mtime=0))
    else:
        beside.unlink(missing_ok=True)  # a web server would prefer it, and it would be out of date


def _replace(target: Path, content: bytes) -> None:
    """Whoever fetches the file meanwhile gets the old one or the new one, whole."""
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(content)
    part.replace(target)


def _remove(folder: Path, path: str) -> None:
    target = folder / path
    target.unlink(missing_ok=True)
    target.with_name(target.name + _COMPRESSED).unlink(missing_ok=True)
    for above in (target.parent, target.parent.parent):
        if above != folder and folder in above.parents:
            try:
                above.rmdir()
            except OSError:  # something else is in it
                return


def _forgotten(folder: Path, now: Mapping[str, str]) -> list[str]:
    """Where nothing tells any more what was written: files of this program at addresses that are no more."""
    found = [file for file in sorted(folder.glob("*/*/*.ics")) if _is_ours(file)]
    return [path for file in found if (path := file.relative_to(folder).as_posix()) not in now]


def _flat(folder: Path) -> list[str]:
    """Files that earlier versions wrote, at addresses that could be guessed."""
    return [file.name for file in sorted(folder.glob("*.ics")) if _is_ours(file)]


def _is_ours(file: Path) -> bool:
    """Whether this program wrote a calendar: somebody else's file in the folder is left alone."""
    with file.open("rb") as opened:
        return b"PRODID:-//nhachan//" in opened.read(200)


def _index_page(feeds: Iterable[FeedRow], paths: Mapping[str, str], say: Words) -> bytes:
    listed = [(feed.kind, feed_title(feed, say), f"../../{paths[feed.owner]}") for feed in feeds]
    return index_page(listed, say)
