"""Reading changes nothing: a mail gateway may follow every link."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

from fastapi.routing import APIRoute

from calendars.addresses import feed_path
from store.units import feed_of
from tests.web.scenes import KEY, Scene
from web.app import ROUTES

_ALIKE = 8  # pages of one kind that are followed


def crawl(scene: Scene, *starts: str) -> dict[str, int]:
    """Every path of this site that links lead to, and the status it answers with; of many alike the first few."""
    waiting, found = list(starts), dict[str, int]()
    followed: dict[str, set[str]] = {}
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        response = scene.get(path)
        found[path] = response.status_code
        for link in re.findall(r'(?:href|src|value)="((?:/|http)[^"#]*)', response.text):
            parts = urlsplit(unescape(link))
            if parts.netloc and not link.startswith(scene.office.base_url):
                continue
            to = parts.path + (f"?{parts.query}" if parts.query else "")
            alike = followed.setdefault(_kind(parts.path, parts.query), set())
            if len(alike) < _ALIKE:
                alike.add(to)
                waiting.append(to)
    return found


def _kind(path: str, query: str) -> str:
    """What letters, people, and the views of one list have in common; pages without a number or a query are alone."""
    shape, keys = re.sub(r"\d+", "#", path), re.sub(r"=[^&]*", "", query)
    if path.startswith("/units/") and keys:
        shape = "/units/*"
    if path.startswith("/feeds/"):  # the secret in it makes each another
        shape = f"/feeds/#.{path.rpartition('.')[2] if path.endswith('.ics') else ''}"
    return f"{shape}?{keys}" if keys or shape != path else path


def missing(found: dict[str, int]) -> set[str]:
    """What was linked to and is not answered."""
    return {path for path, status in found.items() if status != 200}


def unreached(scene: Scene, found: dict[str, int]) -> set[str]:
    """The routes of pages and files to which no link led."""
    paths = [path.partition("?")[0] for path in found]
    routes = [r for make in ROUTES for r in make(scene.site).routes if isinstance(r, APIRoute) and "GET" in r.methods]
    return {r.path for r in routes if not any(r.path_regex.match(path) for path in paths)}


def test_following_every_link_changes_no_row(replayed: Scene) -> None:
    scene = replayed
    mailed = [scene.link(unit) for unit in ("so-cong-thuong", "so-tu-phap", "so-tai-chinh")]
    before = scene.dump()
    # The last first: no scheduler runs here, which after two minutes is a fault.
    found = crawl(scene, "/", *mailed, *(f"{link}?da=ghi" for link in mailed), "/metrics", "/health")
    assert missing(found) == set()
    strangers = {"/dang-nhap", "/dang-nhap/{token}"}
    # Answered before the routes; the same under two names, twice.
    elsewhere = {"/feeds/{owner}/{given}", "/plans/{slug}/tai-ve", "/plans/moi/van-ban"}
    assert unreached(scene, found) == strangers | elsewhere
    assert len(found) > 200
    assert f"/deadlines/{KEY}" in found
    for path in (*mailed, "/", "/units/so-cong-thuong", f"/deadlines/{KEY}"):
        assert scene.head(path).status_code == 200
    with scene.office.database.read() as tx:
        slug, name, version = feed_of(tx, "so-cong-thuong") or ("", "", 0)
    for method in ("GET", "HEAD"):
        assert scene.request(method, feed_path(scene.desk.secret, slug, name, version)).status_code == 200
    assert scene.dump() == before
