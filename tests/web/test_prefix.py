"""Behind a proxy that serves all this under a path, whether it takes the path off or leaves it on."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.web.scenes import Scene
from tests.web.serving import serving
from tests.web.test_feed_answers import path_of

UNIT = "so-cong-thuong"


@pytest.fixture(scope="module")
def scene(played: Scene) -> Scene:
    office = replace(played.office, base_url="https://tinh.example/nhachan")
    desk = replace(played.desk, base_url=office.base_url)
    return Scene(office, desk, played.post, played.now)


ASKED = {"stripped": "http://tinh.example", "left on": "http://tinh.example/nhachan"}


def ask(scene: Scene, root: str, path: str) -> tuple[int, str]:
    answer = scene.get(root + path)
    return answer.status_code, answer.text


@pytest.mark.parametrize("root", ASKED.values(), ids=ASKED)
def test_calendar_and_its_page(scene: Scene, root: str) -> None:
    path = path_of(scene, UNIT)
    status, text = ask(scene, root, path)
    assert (status, text[:15]) == (200, "BEGIN:VCALENDAR")
    status, text = ask(scene, root, path.rpartition("/")[0] + "/")
    assert status == 200
    assert f'value="https://tinh.example/nhachan{path}"' in text
    assert f'href="webcal://tinh.example/nhachan{path}"' in text
    assert ask(scene, root, path.replace(UNIT, "so-noi-vu", 1))[0] == 404


@pytest.mark.parametrize("root", ASKED.values(), ids=ASKED)
def test_links_of_pages_lead_back_to_where_they_are_served(scene: Scene, root: str) -> None:
    for page in ("/", f"/units/{UNIT}", scene.link(UNIT), "/khong-co"):
        _, html = ask(scene, root, page)
        links = re.findall(r'(?:href|src|action|formaction)="(/[^"]*)"', html)
        assert len(links) > 4
        assert {link for link in links if not link.startswith("/nhachan/")} == set()
        style = next(link for link in links if "site.css" in link)
        assert ask(scene, root, style.removeprefix("/nhachan"))[0] == 200


def test_prefix_is_a_whole_segment(scene: Scene) -> None:
    assert ask(scene, "http://tinh.example", "/nhachan")[0] == 200
    assert ask(scene, "http://tinh.example", "/nhachanh/units")[0] == 404
    assert ask(scene, "http://tinh.example/nhachan", "/nhachan/units")[0] == 404  # only once


def test_redirect_after_a_form(scene: Scene, replayed: Scene) -> None:
    own = Scene(replace(scene.office, database=replayed.office.database), scene.desk, scene.post, scene.now)
    link = own.link(UNIT)
    answer = own.post_form(f"http://tinh.example/nhachan{link}", {"day": "04/12/2026"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/nhachan{link}?da=ghi")


def test_shortcut_knows_the_prefix(scene: Scene) -> None:
    path = path_of(scene, UNIT)
    with serving(scene.app) as served:
        whole = served.get(f"/nhachan{path}")
        del served.seen[:]
        for asked in (f"/nhachan{path}", path):
            assert served.get(asked).content == whole.content
        assert served.seen == []
