"""The calendar over HTTP: its validators, its methods, and what a wrong address is told."""

from __future__ import annotations

import pytest
from icalendar import Calendar

from actions.receiving import Receipt, submit
from calendars.addresses import feed_path
from store.feeds import rotate
from store.units import feed_of
from tests.conftest import local
from tests.web.scenes import KEY, Scene, act

UNIT = "so-tu-phap"


@pytest.fixture
def scene(loaded: Scene) -> Scene:
    return loaded


def path_of(scene: Scene, unit: str = UNIT) -> str:
    with scene.office.database.read() as tx:
        feed = feed_of(tx, unit)
    assert feed is not None
    return feed_path(scene.desk.secret, *feed)


def test_feed_is_a_calendar(scene: Scene) -> None:
    answer = scene.get(path_of(scene), headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == 'inline; filename="so-tu-phap.ics"'
    assert answer.headers["cache-control"] == "private, max-age=3600"
    assert "content-encoding" not in answer.headers
    calendar = Calendar.from_ical(answer.content)
    assert str(calendar["X-WR-CALNAME"]).endswith("Sở Tư pháp")
    days = {(str(e["SUMMARY"]), e["DTSTART"].dt.isoformat()) for e in calendar.walk("VEVENT")}
    assert ("Báo cáo kết quả thực hiện phong trào thi đua hằng năm", "2026-12-04") in days


def test_same_data_same_bytes(scene: Scene) -> None:
    path = path_of(scene)
    first, second = scene.get(path), scene.get(path)
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"other", {tag}', '"other" ,W/{tag}', "*"])
def test_known_feed_is_not_sent_again(scene: Scene, form: str) -> None:
    path = path_of(scene)
    tag = scene.get(path).headers["etag"]
    for method in ("GET", "HEAD"):
        answer = scene.request(method, path, headers={"If-None-Match": form.format(tag=tag)})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert answer.headers["cache-control"] == "private, max-age=3600"


@pytest.mark.parametrize("value", ['"other"', 'W/"other"', "", "nonsense"])
def test_unknown_tag_gets_the_feed(scene: Scene, value: str) -> None:
    assert scene.get(path_of(scene), headers={"If-None-Match": value}).status_code == 200


def test_head_has_the_headers_of_get_and_no_body(scene: Scene) -> None:
    path = path_of(scene)
    got, head = scene.get(path), scene.head(path)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers == got.headers
    assert int(head.headers["content-length"]) == len(got.content)


def test_submission_changes_the_tag(scene: Scene) -> None:
    path = path_of(scene)
    tag = scene.get(path).headers["etag"]
    submit(scene.office, act("2026-11-02 10:00"), KEY, [UNIT], Receipt(local("2026-11-02 10:00").date()))
    answer = scene.get(path, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "[Đã gửi]" in Calendar.from_ical(answer.content).to_ical().decode()


def test_rotated_address_is_gone_and_the_new_one_works(scene: Scene) -> None:
    old = path_of(scene)
    for _ in range(2):
        with scene.office.database.write() as tx:
            rotate(tx, UNIT, local("2026-12-01 08:00"))
    for method in ("GET", "HEAD"):
        assert scene.request(method, old).status_code == 410
    assert "lấy lại địa chỉ" in scene.get(old).text
    assert scene.get(path_of(scene)).status_code == 200


def test_wrong_addresses_are_not_found(scene: Scene) -> None:
    right = path_of(scene)
    _, feeds, unit, token, name = right.split("/")
    wrong = [
        f"/{feeds}/{unit}/{token[:-1]}{'y' if token[-1] == 'x' else 'x'}/{name}",
        f"/{feeds}/{unit}/{token[:-1]}/",
        f"/{feeds}/{unit}//{name}",
        f"/{feeds}/{unit}/{token}/.ics",
        f"/{feeds}/{unit}/{token}/a/{name}",
        f"/{feeds}/so-cong-thuong/{token}/{name}",
        f"/{feeds}/khong-co/{token}/{name}",
        f"/{feeds}/{unit}/{token}/{name}.exe",
        "/feeds/",
        "/feeds/%00/x/y.ics",
        f"/feeds/{unit}/%C3%A9/y.ics",
    ]
    assert {path: scene.get(path).status_code for path in wrong} == dict.fromkeys(wrong, 404)


def test_name_in_the_address_may_be_an_earlier_one(scene: Scene) -> None:
    assert scene.get(path_of(scene).rpartition("/")[0] + "/ten-cu.ics").status_code == 200


def test_feed_is_only_read(scene: Scene) -> None:
    answer = scene.post_form(path_of(scene), {"a": "b"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
