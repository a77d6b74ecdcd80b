"""The queues of a coordinator: what units declared is confirmed or sent back, what they ask for is answered."""

from __future__ import annotations

import re
from datetime import date

import pytest

from actions.requesting import Asker, ask_contact_change, ask_exemption, ask_extension
from plans.deadlines import Basis
from plans.requests import RequestState
from plans.status import State
from store.obligations import by_ids
from store.recipients import recipients_of
from store.requests import all_requests
from store.submissions import submissions_of
from store.units import read_roster
from tests.actions.province import mail_of
from tests.conftest import load_text, local
from tests.web.scenes import KEY, TDKT, Scene, act
from tests.web.test_board import LATE, OFFICER, OTHER_PLAN, obligation, press, state, words_of
from tests.web.test_pages import said

HOSTILE = "<img src=x onerror=alert(1)>"
OTHER = "vanthu.syt@dienbien.example"  # of Sở Y tế, which coordinates a plan of its own


@pytest.fixture
def scene(replayed: Scene) -> Scene:
    return replayed.seen_by(TDKT)


def declared(scene: Scene) -> list[int]:
    return [int(n) for n in re.findall(r'name="viec" value="(\d+)"', scene.get("/xac-nhan").text)]


def ask(scene: Scene, unit: str = LATE, text: str = "Chờ số liệu", until: date = date(2026, 12, 18)) -> int:
    number, asker = obligation(scene, unit), asker_of(scene, unit)
    by = act("2026-12-08 09:00", actor=f"link:{OFFICER}")
    return ask_extension(scene.office, by, number, asker, until, text)


def asker_of(scene: Scene, unit: str) -> Asker:
    with scene.office.database.read() as tx:
        return Asker(recipients_of(tx, unit)[0].id, HOSTILE)


def mail_to(scene: Scene, address: str) -> str:
    """The text of the only letter to an address."""
    (letter,) = (letter for letter in scene.post.letters if letter.recipient == address)
    body = mail_of(letter).get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def states(scene: Scene) -> dict[int, RequestState]:
    with scene.office.database.read() as tx:
        return {r.id: r.state for r in all_requests(tx)}


def test_queue_tells_number_day_and_who_declared_it_oldest_first(scene: Scene) -> None:
    page = said(scene, "/xac-nhan")
    row = "trước ngày 05/12/2026 125/BC-A thứ Sáu, 04/12/2026 trong hạn vanthu."
    assert row in page
    assert "@dienbien.example, qua liên kết trong thư 09:00, 07/12/2026" in page
    assert "Đơn vị đã báo gửi (2) Đề nghị của đơn vị (0)" in page
    assert "Chờ xác nhận (2)" in said(scene, "/"), "in the navigation of every page"
    assert f'href="/deadlines/{KEY}"' in scene.get("/xac-nhan").text
    first, second = declared(scene)
    with scene.office.database.read() as tx:
        at = [submissions_of(tx, number)[-1].recorded_at for number in (first, second)]
    assert at == sorted(at)
    assert "Không có báo cáo nào theo bộ lọc này." in said(scene, "/xac-nhan?tim=khong+co")


def test_several_are_confirmed_with_the_day_that_units_declared(scene: Scene) -> None:
    chosen, before = declared(scene), scene.dump()
    preview = press(scene, "xac-nhan", *chosen, query="?ve=xac-nhan")
    assert "2 báo cáo dưới đây được ghi là đã nhận" in words_of(preview)
    assert words_of(preview).count("gửi ngày 04/12/2026 Đúng hạn") == 2
    assert scene.dump() == before
    done = press(scene, "xac-nhan", *chosen, query="?ve=xac-nhan", chac_chan="1")
    assert (done.status_code, done.headers["location"]) == (303, "/xac-nhan")
    with scene.office.database.read() as tx:
        assert [(o.state, o.late, o.received_on) for o in by_ids(tx, chosen)] == [
            (State.ACCEPTED, False, date(2026, 12, 4))
        ] * 2
    assert "Không có báo cáo nào chờ xác nhận." in said(scene, "/xac-nhan")
    assert press(scene, "xac-nhan", *chosen, chac_chan="1").status_code == 422, "once is enough"


def test_return_reaches_the_officer_of_the_unit_by_mail(scene: Scene) -> None:
    number, _ = declared(scene)
    with scene.office.database.read() as tx:
        (o,) = by_ids(tx, [number])
        told = {p.address for p in recipients_of(tx, o.unit)}
    fields = {"ly_do": "Thiếu biểu số 2", "ngay": "14/12/2026"}
    preview = press(scene, "tra-lai", number, query="?ve=xac-nhan", xem="1", **fields)
    assert "gửi lại chậm nhất thứ Hai, 14/12/2026" in words_of(preview)
    assert "nhận một thư “Đề nghị bổ sung”" in words_of(preview)
    assert state(scene, number) is State.SUBMITTED
    assert press(scene, "tra-lai", number, chac_chan="1", ngay="14/12/2026").status_code == 422, "without a reason"
    assert press(scene, "tra-lai", number, chac_chan="1", **fields).status_code == 303
    with scene.office.database.read() as tx:
        (o,) = by_ids(tx, [number])
    assert (o.state, o.basis, o.dates.last_day) == (State.RETURNED, Basis.RESUBMISSION, date(2026, 12, 14))
    scene.post.letters.clear()
    scene.tick("2026-12-09 10:00")
    assert {letter.recipient for letter in scene.post.letters} >= told
    assert {a for a in told if "Thiếu biểu số 2" in mail_to(scene, a)} == told


def test_request_is_shown_with_what_its_answer_would_do_and_granted(scene: Scene) -> None:
    number = ask(scene, text="<script>alert(1)</script>")
    page = scene.get("/de-nghi").text
    assert "Đề nghị gia hạn đến ngày 18/12/2026 (&lt;img src=x onerror=alert(1)&gt;): &lt;script&gt;" in page
    assert "<img src=x" not in page
    assert "hạn hiện nay: thứ Sáu, 04/12/2026" in page
    assert "Đề nghị của đơn vị (1)" in page
    before = scene.dump()
    preview = press(scene, "dong-y", number, path="/de-nghi")
    assert "→ Hạn lùi đến hết thứ Sáu, 18/12/2026." in words_of(preview)
    assert "thứ Sáu, 11/12/2026" in words_of(
        press(scene, "dong-y", number, path="/de-nghi", xem="1", ngay="11/12/2026")
    )
    assert scene.dump() == before
    fields = {"ngay": "11/12/2026", "van_ban": "311/SNV", "ly_do": "Đồng ý một tuần"}
    assert press(scene, "dong-y", number, path="/de-nghi", chac_chan="1", **fields).status_code == 303
    assert states(scene) == {number: RequestState.GRANTED}
    with scene.office.database.read() as tx:
        (o,) = by_ids(tx, [obligation(scene, LATE)])
    assert (o.dates.last_day, o.reason) == (date(2026, 12, 11), "Đồng ý một tuần")
    assert press(scene, "dong-y", number, path="/de-nghi", chac_chan="1").status_code == 422, "answered once"


def test_refusal_needs_a_reason_and_is_told_to_who_asked(scene: Scene) -> None:
    number = ask(scene)
    assert "Chưa ghi lý do" in words_of(press(scene, "tu-choi", number, path="/de-nghi", xem="1"))
    told = words_of(press(scene, "tu-choi", number, path="/de-nghi", xem="1", ly_do="Không có căn cứ"))
    assert "Thời hạn giữ nguyên." in told
    assert "nhận một thư trả lời, có lý do dưới đây." in told
    assert press(scene, "tu-choi", number, path="/de-nghi", chac_chan="1", ly_do="Không có căn cứ").status_code == 303
    assert states(scene) == {number: RequestState.REFUSED}
    with scene.office.database.read() as tx:
        asked = recipients_of(tx, LATE)[0].address
    scene.post.letters.clear()
    scene.tick("2026-12-09 14:00")  # mail about what is overdue leaves in the afternoon
    assert "Không có căn cứ" in mail_to(scene, asked)


def test_requests_of_all_kinds_are_granted_together_or_none(scene: Scene) -> None:
    by = act("2026-12-08 09:00", actor=f"link:{OFFICER}")
    asker, late = asker_of(scene, LATE), obligation(scene, LATE)
    extension = ask(scene)
    contact = ask_contact_change(scene.office, by, LATE, asker, new="moi@dienbien.example", obligation=late)
    other = "xa-na-son"
    waiver = ask_exemption(scene.office, by, obligation(scene, other), asker_of(scene, other), "Không có")
    before = scene.dump()
    refused = press(scene, "dong-y", extension, contact, waiver, path="/de-nghi", chac_chan="1", ngay="01/12/2026")
    assert refused.status_code == 422
    assert "Sở Công Thương: 01/12/2026 không muộn hơn hạn đang có" in words_of(refused)
    assert scene.dump() == before
    told = words_of(press(scene, "dong-y", extension, contact, waiver, path="/de-nghi"))
    assert "Danh bạ được sửa ngay" in told
    assert "Đơn vị không phải thực hiện việc này." in told
    done = press(scene, "dong-y", extension, contact, waiver, path="/de-nghi", chac_chan="1")
    assert done.status_code == 303
    assert set(states(scene).values()) == {RequestState.GRANTED}
    with scene.office.database.read() as tx:
        assert "moi@dienbien.example" in {o.address for o in read_roster(tx).units[LATE].officers}


def test_queues_of_another_plan_are_not_seen_nor_answered(scene: Scene) -> None:
    load_text(scene.office, local("2026-12-09 08:00"), OTHER_PLAN)
    number = ask(scene)
    other, officer = scene.seen_by(OTHER), scene.seen_by(OFFICER)
    assert "Không có đề nghị nào chờ trả lời." in said(other, "/de-nghi")
    assert "Không có báo cáo nào chờ xác nhận." in said(other, "/xac-nhan")
    assert "Chờ xác nhận (" not in said(other, "/")
    before = scene.dump()
    for visitor in (other, officer):
        assert press(visitor, "dong-y", number, path="/de-nghi", chac_chan="1").status_code == 404
        assert press(visitor, "tra-lai", declared(scene)[0], chac_chan="1", ly_do="x").status_code == 404
    assert press(scene, "khac", number, path="/de-nghi").status_code == 404
    assert scene.dump() == before
