"""The further buttons of a mailed link: they ask, they hand over, and following the link presses none."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default

import pytest

from plans.deadlines import DeadlineKey
from plans.requests import RequestKind
from plans.status import State
from store.marks import trail
from store.obligations import of_deadline
from store.requests import open_requests
from store.submissions import submissions_of
from tests.conftest import local
from tests.web.scenes import KEY, Scene

assert KEY is not None
THE_KEY: DeadlineKey = KEY
UNIT, ADDRESS = "so-tu-phap", "vanthu.stp@dienbien.example"
FORMS: dict[str, dict[str, str]] = {
    "gia-han": {"until": "15/12", "text": "Chờ số liệu"},
    "khong-thuoc": {"text": "Không có phong trào"},
    "dau-moi": {"to": "moi@stp.example", "name": "Văn thư mới"},
    "chuyen": {"to": "dong.nghiep@stp.example", "name": "Chuyên viên"},
    "vang-mat": {"first": "03/12/2026", "last": "10/12/2026"},
}


@pytest.fixture
def scene(loaded: Scene) -> Scene:
    loaded.now = local("2026-12-03 10:00")
    return loaded


def mailed(scene: Scene, address: str) -> list[str]:
    """The paths of the links in the letters to an address, each once."""
    found = set()
    for letter in scene.post.letters:
        plain = message_from_bytes(letter.content, policy=default).get_body(("plain",))
        assert plain is not None
        found |= (
            set(re.findall(r"/l/[0-9]+-[0-9]+-[A-Za-z0-9_-]+", plain.get_content()))
            if letter.recipient == address
            else set()
        )
    return sorted(found)


def test_each_button_is_a_form_of_its_own_and_looking_changes_nothing(scene: Scene) -> None:
    link, before = scene.link(UNIT), scene.dump()
    page = scene.get(link).text
    for deed in FORMS:
        assert f'action="{link}/{deed}"' in page
        assert scene.get(f"{link}/{deed}").status_code == 405
    assert scene.dump() == before


@pytest.mark.parametrize("deed", ["gia-han", "khong-thuoc", "dau-moi"])
def test_what_is_asked_for_waits_and_the_page_says_so(scene: Scene, deed: str) -> None:
    link = scene.link(UNIT)
    answer = scene.post_form(f"{link}/{deed}", FORMS[deed] | {"who": "Văn thư Sở Công Thương"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{link}?da={deed}")
    page = scene.get(answer.headers["location"]).text
    assert "Đã gửi đề nghị." in page
    assert "Đang chờ trả lời:" in page
    with scene.office.database.read() as tx:
        (found,) = open_requests(tx)
        (o,) = of_deadline(tx, THE_KEY, [UNIT])
    kinds = {"gia-han": RequestKind.EXTENSION, "khong-thuoc": RequestKind.NOT_CONCERNED, "dau-moi": RequestKind.CONTACT}
    assert (found.kind, found.unit, found.address, found.asked_by) == (
        kinds[deed],
        UNIT,
        ADDRESS,
        "Văn thư Sở Công Thương",
    )
    assert o.state is State.OPEN
    again = scene.post_form(f"{link}/{deed}", FORMS[deed])
    assert again.status_code == 422
    assert "đã có đề nghị như vậy đang chờ trả lời" in again.text


def test_colleague_takes_over_what_the_link_is_about(scene: Scene) -> None:
    link = scene.link(UNIT)
    answer = scene.post_form(f"{link}/chuyen", FORMS["chuyen"])
    assert (answer.status_code, "Đã chuyển." in answer.text) == (200, True)
    passed = scene.get(link)
    assert passed.status_code == 410
    assert "<h1>Việc này nay do Chuyên viên phụ trách</h1>" in passed.text
    for left in ('<form method="post" action="/l/', "05/12/2026", "dong.nghiep@stp.example"):
        assert left not in passed.text
    assert "Nếu việc này vẫn do Ông/Bà phụ trách, xin báo" in passed.text
    scene.tick("2026-12-04 08:00")
    assert "dong.nghiep@stp.example" in {letter.recipient for letter in scene.post.letters}
    before = scene.dump()
    assert scene.post_form(link, {"day": "04/12/2026"}).status_code == 410
    assert scene.dump() == before
    (theirs,) = mailed(scene, "dong.nghiep@stp.example")
    assert scene.post_form(theirs, {"day": "03/12/2026"}).headers["location"] == f"{theirs}?da=ghi"


def test_head_keeps_the_link_when_a_task_is_handed_over(scene: Scene) -> None:
    scene.tick("2026-12-04 08:00")
    scene.post_form(f"{scene.link(UNIT)}/chuyen", FORMS["chuyen"])
    scene.post.letters.clear()
    scene.tick("2026-12-04 14:00")
    (heads,) = mailed(scene, "giamdoc.stp@dienbien.example")
    assert "Đã gửi báo cáo</button>" in scene.get(heads).text
    answer = scene.post_form(f"{heads}/chuyen", {"to": ADDRESS})
    assert "Đã chuyển." in answer.text  # and the officer who had handed it on has it again
    assert "Đã gửi báo cáo</button>" in scene.get(scene.link(UNIT)).text


def test_absence_of_the_holder_is_noted_with_who_said_so(scene: Scene) -> None:
    answer = scene.post_form(f"{scene.link(UNIT)}/vang-mat", FORMS["vang-mat"] | {"who": "Trưởng phòng"})
    assert (answer.status_code, "Đã ghi thời gian vắng mặt." in answer.text) == (200, True)
    with scene.office.database.read() as tx:
        (entry,) = [e for e in trail(tx, f"people/{ADDRESS}") if e.action == "absent"]
    assert (entry.actor, entry.reason, entry.detail["last"]) == (f"link:{ADDRESS}", "Trưởng phòng", "2026-12-10")


def test_faults_are_said_in_their_form_with_what_was_typed(scene: Scene) -> None:
    link, before = scene.link(UNIT), scene.dump()
    answer = scene.post_form(f"{link}/gia-han", {"until": "<b>mai</b>", "text": "Chờ"})
    assert answer.status_code == 422
    assert "Không đọc được ngày “&lt;b&gt;mai&lt;/b&gt;”" in answer.text
    assert 'value="&lt;b&gt;mai&lt;/b&gt;"' in answer.text
    assert answer.text.count("<details open>") == 1
    assert scene.post_form(f"{link}/xoa", {}).status_code == 404
    nothing = scene.post_form(f"{link}/gia-han", {"until": " ", "text": "Chờ"})
    assert "ưa ghi ngày; đề nghị ghi ngày/tháng/năm" in nothing.text
    assert scene.post_form("/l/1-1-abc/gia-han", FORMS["gia-han"]).status_code == 404
    assert scene.dump() == before


def test_declaration_through_a_link_of_another_keeps_the_name_typed(scene: Scene) -> None:
    scene.post_form(
        scene.link(UNIT), {"number": "1", "day": "03/12/2026", "note": "", "who": " Văn thư Sở Công Thương "}
    )
    with scene.office.database.read() as tx:
        (o,) = of_deadline(tx, THE_KEY, [UNIT])
        (handed_in,) = submissions_of(tx, o.id)
        (entry,) = trail(tx, f"{KEY}/{UNIT}")
    assert (handed_in.declared_by, handed_in.recorded_by) == ("Văn thư Sở Công Thương", f"link:{ADDRESS}")
    assert entry.detail["declared_by"] == "Văn thư Sở Công Thương"
    assert "người báo: Văn thư Sở Công Thương" in scene.get(f"/deadlines/{KEY}").text
