"""Reading changes nothing: a mail gateway may follow every link."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

from calendars.addresses import feed_path
from store.units import feed_of
from tests.web.scenes import KEY, Scene

_MAIL, _MAILS = re.compile(r"/thu/\d+"), 5  # one letter's page is like another's


def crawl(scene: Scene, *starts: str) -> dict[str, int]:
    """Every path of this site that links lead to, and the status it answers with."""
    waiting, found = list(starts), dict[str, int]()
    while waiting:
        path = waiting.pop()
        if path in found or (_MAIL.fullmatch(path) and sum(bool(_MAIL.fullmatch(p)) for p in found) >= _MAILS):
            continue
        response = scene.get(path)
        found[path] = response.status_code
        for link in re.findall(r'(?:href|src|value)="((?:/|http)[^"#]*)', response.text):
            parts = urlsplit(unescape(link))
            if not parts.netloc or link.startswith(scene.office.base_url):
                waiting.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return found


# What the menu names and is still to come.
_NOT_THERE_YET = (
    "/nguoi",
    "/ban-tin",
    "/danh-ba",
    "/lich",
    "/xac-nhan",
)


def missing(found: dict[str, int]) -> set[str]:
    """What was linked to and is not answered."""
    return {path for path, status in found.items() if status != 200 and not path.startswith(_NOT_THERE_YET)}


def test_following_every_link_changes_no_row(replayed: Scene) -> None:
    scene = replayed
    mailed = [scene.link(unit) for unit in ("so-cong-thuong", "so-tu-phap", "so-tai-chinh")]
    before = scene.dump()
    # The last first: no scheduler runs here, which after two minutes is a fault.
    found = crawl(scene, "/", *mailed, *(f"{link}?da=ghi" for link in mailed), "/metrics", "/health")
    assert missing(found) == set()
    assert len(found) > 200
    assert f"/deadlines/{KEY}" in found
    for path in (*mailed, "/", "/units/so-cong-thuong", f"/deadlines/{KEY}"):
        assert scene.head(path).status_code == 200
    with scene.office.database.read() as tx:
        slug, name, version = feed_of(tx, "so-cong-thuong") or ("", "", 0)
    for method in ("GET", "HEAD"):
        assert scene.request(method, feed_path(scene.desk.secret, slug, name, version)).status_code == 200
    assert scene.dump() == before
