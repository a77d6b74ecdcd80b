"""The mailed link: only its button records anything, and only once."""

from __future__ import annotations

import re
from datetime import date

import pytest
from httpx import Response
from sqlalchemy import update

from actions.people import absent, back, hand_over
from actions.receiving import accept, send_back
from plans.status import State
from store.marks import trail
from store.obligations import of_deadline
from store.schema import people
from store.submissions import submissions_of
from tests.conftest import local
from tests.web.scenes import KEY, Scene, act
from web.pages.link_acts import DEEDS

UNIT, DEPUTY = "so-tu-phap", "vanthu.sct@dienbien.example"
FORM = {"number": "125/BC-STP", "day": "03/12/2026", "note": ""}


@pytest.fixture
def scene(loaded: Scene) -> Scene:
    loaded.now = local("2026-12-03 10:00")
    return loaded


def state(scene: Scene, unit: str = UNIT) -> State:
    with scene.office.database.read() as tx:
        return of_deadline(tx, KEY, [unit])[0].state


def test_page_says_what_it_is_about_and_whom_it_speaks_for(scene: Scene) -> None:
    page = scene.get(scene.link(UNIT)).text
    assert "<h1>Báo cáo kết quả thực hiện phong trào thi đua năm 2026</h1>" in page
    assert "Văn thư Sở Tư pháp" in page
    assert "vanthu.stp@dienbien.example" in page
    assert "trước ngày 05/12/2026" in page
    assert "thứ Sáu, 04/12/2026" in page
    assert 'name="day" type="text" class="short" autocomplete="off" required value="03/12/2026"' in page
    assert '<button type="submit" class="big">Đã gửi báo cáo</button>' in page


def test_button_records_once_and_names_who_pressed_it(scene: Scene) -> None:
    link = scene.link(UNIT)
    answer = scene.post_form(link, FORM | {"note": "gửi qua eOffice"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{link}?da=ghi")
    page = scene.get(answer.headers["location"]).text
    assert "Xin cảm ơn Ông/Bà, đã ghi nhận." in page
    assert "kiểm tra văn bản và xác nhận" in page
    assert "Đã gửi báo cáo</button>" not in page
    with scene.office.database.read() as tx:
        (obligation,) = of_deadline(tx, KEY, [UNIT])
        (handed_in,) = submissions_of(tx, obligation.id)
        (entry,) = trail(tx, f"{KEY}/{UNIT}")
    assert obligation.state is State.SUBMITTED
    assert (handed_in.number, handed_in.received_on, handed_in.note) == (
        "125/BC-STP",
        date(2026, 12, 3),
        "gửi qua eOffice",
    )
    assert (entry.actor, entry.action) == ("link:vanthu.stp@dienbien.example", "submit")


def test_second_press_changes_nothing_and_says_so(scene: Scene) -> None:
    link = scene.link(UNIT)
    scene.post_form(link, FORM)
    before = scene.dump()
    answer = scene.post_form(link, FORM | {"number": "126/BC-STP"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{link}?da=co")
    assert "Lần bấm vừa rồi không thay đổi gì." in scene.get(f"{link}?da=co").text
    assert scene.dump() == before


def test_press_stops_the_reminders(scene: Scene) -> None:
    scene.tick("2026-12-01 08:00")
    assert "vanthu.stp@dienbien.example" in {letter.recipient for letter in scene.post.letters}
    scene.post_form(scene.link(UNIT), FORM)
    scene.post.letters.clear()
    for at in ("2026-12-04 08:00", "2026-12-04 14:00", "2026-12-07 14:00"):
        scene.tick(at)
    told = {letter.recipient for letter in scene.post.letters}
    assert "vanthu.sct@dienbien.example" in told
    assert not {"vanthu.stp@dienbien.example", "giamdoc.stp@dienbien.example"} & told


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("", "Chưa ghi ngày"),
        ("hôm qua", "Không đọc được ngày này"),
        ("31/02/2026", "Không đọc được ngày này"),
        ("04/12/2026", "Ngày này còn ở phía trước (hôm nay là 03/12/2026)"),
        ("03/12/2016", "Ngày này đã qua hơn một năm"),
        ("03/12/0206", "Ngày này đã qua hơn một năm"),
        ('"><script>', "Không đọc được ngày này"),
    ],
)
def test_wrong_date_is_answered_beside_its_field_and_all_that_was_typed_is_kept(
    scene: Scene, day: str, sentence: str
) -> None:
    before = scene.dump()
    answer = scene.post_form(scene.link(UNIT), {"number": '1/"BC"', "day": day, "note": "hai\ndòng"})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="1/&#34;BC&#34;"' in answer.text
    assert ">hai\ndòng</textarea>" in answer.text
    assert "<script>" not in answer.text
    assert scene.dump() == before


def test_too_long_texts_are_answered_beside_their_fields(scene: Scene) -> None:
    answer = scene.post_form(scene.link(UNIT), FORM | {"number": "x" * 101, "note": "y" * 1001})
    assert answer.status_code == 422
    assert "dài quá 100 ký tự" in answer.text
    assert "dài quá 1000 ký tự" in answer.text
    assert state(scene) is State.OPEN


def test_work_asks_for_its_completion(scene: Scene) -> None:
    key = KEY.parse("dien-bien-88-2026/quy-4-01/2026-Q4")
    assert key is not None
    link = scene.link("so-noi-vu", key)
    assert '<button type="submit" class="big">Đã hoàn thành</button>' in scene.get(link).text
    assert scene.post_form(link, FORM).headers["location"] == f"{link}?da=ghi"


def test_returned_report_can_be_declared_again(scene: Scene) -> None:
    link = scene.link(UNIT)
    scene.post_form(link, FORM)
    send_back(scene.office, act("2026-12-03 11:00", "Thiếu biểu số liệu"), KEY, [UNIT])
    page = scene.get(link).text
    assert "Thiếu biểu số liệu" in page
    assert "Đã gửi lại báo cáo" in page
    assert scene.post_form(link, FORM).headers["location"] == f"{link}?da=ghi"
    accept(scene.office, act("2026-12-03 12:00"), KEY, [UNIT])
    assert "đã xác nhận. Không cần làm gì thêm." in scene.get(link).text


def test_revoked_link_is_gone(scene: Scene) -> None:
    link = scene.link(UNIT)
    with scene.office.database.write() as tx:
        tx.execute(update(people).where(people.c.address == "vanthu.stp@dienbien.example").values(link_version=3))
    for answer in (scene.get(link), scene.post_form(link, FORM)):
        assert answer.status_code == 410
        assert "đã được thu hồi" in answer.text
    assert scene.link(UNIT) != link
    assert scene.get(scene.link(UNIT)).status_code == 200
    assert state(scene) is State.OPEN


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1], lambda t: t + "A", lambda t: t.replace("/l/", "/l/1"), lambda t: t[:3]]
)
def test_unknown_link_is_not_found(scene: Scene, spoil: object) -> None:
    link = spoil(scene.link(UNIT))  # type: ignore[operator]
    before = scene.dump()
    assert scene.get(link).status_code == 404
    assert scene.post_form(link, FORM).status_code == 404
    assert scene.dump() == before


def test_another_units_number_in_a_token_is_not_found(scene: Scene) -> None:
    mine, other = scene.link(UNIT), scene.link("so-cong-thuong")
    mixed = "-".join([other.split("-")[0], *mine.split("-")[1:]])
    assert scene.get(mixed).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://127.0.0.1:8088"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 303),
    ],
)
def test_form_of_another_site_is_refused(scene: Scene, headers: dict[str, str], status: int) -> None:
    answer = scene.post_form(scene.link(UNIT), FORM, headers=headers)
    assert answer.status_code == status
    assert (state(scene) is State.SUBMITTED) == (status == 303)


def test_link_page_is_not_kept_by_browsers(scene: Scene) -> None:
    assert scene.get(scene.link(UNIT)).headers["cache-control"] == "private, no-store"


def main(answer: Response) -> str:
    return answer.text.partition("<main")[2].partition("</main>")[0]


def unchanged(scene: Scene, link: str) -> str:
    """What a link answers that has lost its right, whatever is sent by it; none of that changes anything."""
    before = scene.dump()
    answer = scene.get(link)
    assert (answer.status_code, answer.headers["cache-control"]) == (410, "private, no-store")
    assert scene.head(link).status_code == 410
    for form in (FORM, FORM | {"sua": "1"}):
        again = scene.post_form(link, form)
        assert (again.status_code, main(again)) == (410, main(answer))
    for deed in sorted(DEEDS):
        again = scene.post_form(
            f"{link}/{deed}", {"to": "khac@stp.example", "name": "Khác", "text": "x", "first": "3/12"}
        )
        assert (again.status_code, main(again)) == (410, main(answer)), deed
    assert scene.dump() == before
    return main(answer)


def test_link_of_who_has_handed_everything_over_names_the_unit_alone(scene: Scene) -> None:
    link = scene.link(UNIT)
    new = "moi.stp@dienbien.example"
    hand_over(scene.office, act("2026-12-03 09:00"), "vanthu.stp@dienbien.example", new, name="Chuyên viên mới")
    page = unchanged(scene, link)
    assert "<h1>Việc này nay do Sở Tư pháp phụ trách</h1>" in page
    assert "Chuyên viên mới" not in page
    assert new not in page
    assert "05/12/2026" not in page
    assert scene.link(UNIT) != link
    assert scene.get(scene.link(UNIT)).status_code == 200
    assert state(scene) is State.OPEN


def test_who_is_away_and_who_stands_in_both_hold_links(scene: Scene) -> None:
    mine = scene.link(UNIT)
    absent(scene.office, act("2026-12-03 09:00"), "vanthu.stp@dienbien.example", date(2026, 12, 3), None, DEPUTY)
    deputys = scene.link(UNIT)
    assert deputys != mine
    for link in (mine, deputys):
        assert "Đã gửi báo cáo</button>" in scene.get(link).text
    back(scene.office, act("2026-12-03 09:30"), "vanthu.stp@dienbien.example")
    assert "Việc này nay do Sở Tư pháp phụ trách" in unchanged(scene, deputys)
    assert scene.post_form(mine, FORM).headers["location"] == f"{mine}?da=ghi"


def declared(scene: Scene) -> tuple[State, str | None, date | None, str | None]:
    with scene.office.database.read() as tx:
        (o,) = of_deadline(tx, KEY, [UNIT])
        last = submissions_of(tx, o.id)[-1:]
    return (o.state, *((last[0].number, last[0].received_on, last[0].note) if last else (None, None, None)))


def test_number_and_day_can_be_set_right_while_they_wait(scene: Scene) -> None:
    link = scene.link(UNIT)
    scene.post_form(link, FORM)
    assert 'name="number" type="text" maxlength="100" autocomplete="off" value="125/BC-STP"' in scene.get(link).text
    wrong = scene.post_form(link, {"sua": "1", "number": "126/BC-STP", "day": "40/12", "note": "ghi lại"})
    assert wrong.status_code == 422
    assert 'value="40/12"' in wrong.text
    assert 'value="126/BC-STP"' in wrong.text
    answer = scene.post_form(link, {"sua": "1", "number": "126/BC-STP", "day": "2/12", "note": "ghi lại"})
    assert answer.headers["location"] == f"{link}?da=sua"
    assert "Đã sửa." in scene.get(answer.headers["location"]).text
    assert declared(scene) == (State.SUBMITTED, "126/BC-STP", date(2026, 12, 2), "ghi lại")
    with scene.office.database.read() as tx:
        entry = trail(tx, f"{KEY}/{UNIT}")[0]
    assert (entry.action, entry.detail["before"]) == (
        "correct_declaration",
        {"number": "125/BC-STP", "received": "2026-12-03"},
    )
    accept(scene.office, act("2026-12-03 12:00"), KEY, [UNIT])
    before = scene.dump()
    assert scene.post_form(link, FORM | {"sua": "1"}).headers["location"] == f"{link}?da=co"
    assert scene.dump() == before


def test_declaration_by_mistake_is_taken_back_and_reminders_go_on(scene: Scene) -> None:
    link = scene.link(UNIT)
    scene.tick("2026-12-01 08:00")
    scene.post_form(link, FORM)
    answer = scene.post_form(f"{link}/rut-lai", {})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{link}?da=rut-lai")
    page = scene.get(answer.headers["location"]).text
    assert "Đã rút lại." in page
    assert "Đã gửi báo cáo</button>" in page
    assert declared(scene) == (State.OPEN, None, None, None)
    scene.post.letters.clear()
    scene.tick("2026-12-04 08:00")
    assert "vanthu.stp@dienbien.example" in {letter.recipient for letter in scene.post.letters}
    again = scene.post_form(f"{link}/rut-lai", {})
    assert again.status_code == 422
    assert "không còn chờ xác nhận" in again.text


def test_returned_report_taken_back_is_to_be_completed_as_before(scene: Scene) -> None:
    link = scene.link(UNIT)
    scene.post_form(link, FORM)
    send_back(scene.office, act("2026-12-03 11:00", "Thiếu biểu số liệu"), KEY, [UNIT])
    scene.post_form(link, FORM | {"number": "126/BC-STP"})
    scene.post_form(f"{link}/rut-lai", {})
    assert declared(scene)[:2] == (State.RETURNED, "125/BC-STP")
    assert "Thiếu biểu số liệu" in scene.get(link).text


def test_page_leads_to_what_else_the_same_mail_was_about(scene: Scene) -> None:
    key = KEY.parse("dien-bien-88-2026/quy-4-01/2026-Q4")
    assert key is not None
    mine = scene.link("so-noi-vu", key)
    assert "Các việc khác trong cùng thư" not in scene.get(mine).text
    scene.tick("2026-11-20 08:00")
    scene.tick("2026-12-01 08:00")
    paths = re.findall(r'<li><a href="(/l/[^"]+)"', scene.get(mine).text)
    assert paths
    for path in paths:
        page = scene.get(path)
        assert page.status_code == 200
        assert f'href="{mine}"' in page.text
    scene.post_form(paths[0], FORM)
    assert paths[0] not in scene.get(mine).text  # nothing is left to do about it


def test_day_needs_no_year(scene: Scene) -> None:
    scene.post_form(scene.link(UNIT), FORM | {"day": "0212"})
    assert declared(scene)[2] == date(2026, 12, 2)
