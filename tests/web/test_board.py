"""The board's filters live in its address; what is done with a selection is told first, then done wholly or not."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from httpx import Response

from plans.deadlines import DeadlineKey
from plans.filtering import Filter, filter_from, pairs_of
from plans.plan import Kind
from plans.status import State, Status
from store.marks import trail
from store.obligations import by_ids, of_deadline
from tests.conftest import load_text, local
from tests.web.browsing import token_of
from tests.web.scenes import KEY, TDKT, Scene
from tests.web.test_pages import said
from web.pages.selection import MOST

assert KEY is not None
THE_KEY: DeadlineKey = KEY
OFFICER = "vanthu.sct@dienbien.example"  # of Sở Công Thương, which is late
COORDINATOR_OF_ANOTHER = "vanthu.syt@dienbien.example"
LATE, SENT = "so-cong-thuong", "so-y-te"


def obligation(scene: Scene, unit: str, key: DeadlineKey = THE_KEY) -> int:
    with scene.office.database.read() as tx:
        (found,) = of_deadline(tx, key, [unit])
    return found.id


def state(scene: Scene, number: int) -> State:
    with scene.office.database.read() as tx:
        return by_ids(tx, [number])[0].state


def press(scene: Scene, deed: str, *numbers: int, query: str = "", path: str = "/viec", **fields: str) -> Response:
    """A button below a list, with rows ticked."""
    form = {"form_token": token_of(scene.get("/phien")), **{k.replace("_", "-"): v for k, v in fields.items()}}
    ticked = {"viec": [str(n) for n in numbers]} if numbers else {}
    return scene.request("POST", f"{path}/{deed}{query}", data=form | ticked)


def words_of(response: Response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


def rows_of(scene: Scene, query: str) -> list[str]:
    return re.findall(r'<a class="open" href="([^"]+)"', scene.get(f"/{query}").text)


@pytest.fixture
def scene(replayed: Scene) -> Scene:
    """As the coordinator's officer sees it, on a working morning."""
    return replayed.seen_by(TDKT)


def test_filters_of_the_form_are_those_of_the_address(played: Scene) -> None:
    chosen = Filter(
        plan=THE_KEY.plan,
        group="khoi-1",
        unit_kind="so-nganh",
        task_kind=Kind.REPORT,
        period="2026",
        year=2026,
        status=Status.OVERDUE,
        text="<b> & so",
    )
    page = played.get("/", params=pairs_of(chosen)).text
    form = re.search(r"<form class=\"filters\".*?</form>", page, re.DOTALL)
    assert form is not None
    selects = re.findall(r'<select id="\w+" name="(\w+)">(.*?)</select>', form[0], re.DOTALL)
    sent = {name: re.findall(r'<option value="([^"]*)" selected', options) for name, options in selects}
    typed = dict(re.findall(r'<input id="(\w+)" name="tim" type="search" value="([^"]*)"', form[0]))
    pairs = [(name, unescape(value)) for name, values in sent.items() for value in values]
    assert filter_from([*pairs, *((n, unescape(v)) for n, v in typed.items())]) == chosen
    kept = {
        tuple(parse_qsl(urlsplit(unescape(a)).query)) for a in re.findall(r'class="card[^"]*" href="(/\?[^"]+)"', page)
    }
    assert {dict(pairs)["trangthai"] for pairs in kept} == {"qua-han", "trong-tuan"}
    assert {tuple(p for p in pairs if p[0] != "trangthai") for pairs in kept} == {
        tuple(p for p in pairs_of(chosen) if p[0] != "trangthai")
    }
    assert "<b> &" not in page, "what was typed is text"
    assert played.get("/?kehoach=khong-co").status_code == 200


def test_filters_narrow_list_and_numbers_and_are_said_in_words(played: Scene) -> None:
    page = said(played, "/?tim=SO+CONG+thuong")
    assert "1 Quá hạn, chưa ghi nhận" in page
    assert "Quá hạn, chưa ghi nhận 1 việc" in page
    assert "Đang lọc: “SO CONG thuong”" in page
    assert "Đang lọc" not in said(played, "/?trangthai=dung-han")
    assert len(rows_of(played, "?trangthai=cho-xac-nhan")) == 2
    assert rows_of(played, "?kehoach=dien-bien-88-2026") == []
    assert "Không có việc nào theo bộ lọc này." in said(played, "/?kehoach=dien-bien-88-2026")


def test_list_goes_on_behind_its_last_row(played: Scene) -> None:
    query, seen = "?trangthai=dung-han&nam=2026", list[str]()
    while query:
        page = played.get(f"/{query}").text
        seen += re.findall(r'<a href="(/units/[^"]+)">', re.findall(r"<tbody>.*?</tbody>", page, re.DOTALL)[0])
        following = re.search(r'rel="next" href="/([^"]+)"', page)
        query = unescape(following[1]) if following else ""
        assert "nam=2026" in query or not query
    assert len(seen) == len(set(seen)) > 50
    assert f"{len(seen)} việc" in said(played, "/?trangthai=dung-han&nam=2026")


def test_leader_and_officer_have_nothing_to_tick_and_their_posts_find_nothing(scene: Scene) -> None:
    number = obligation(scene, LATE)
    for address in (OFFICER, "chutich.hdtdkt@dienbien.example"):
        visitor = scene.seen_by(address)
        assert 'name="viec" value' not in visitor.get("/").text
        for deed in ("nhac", "gia-han", "mien", "xac-nhan", "tra-lai"):
            assert press(visitor, deed, number, chac_chan="1").status_code == 404
    before = scene.dump()
    other = scene.seen_by(COORDINATOR_OF_ANOTHER)
    load_text(scene.office, local("2026-12-09 08:00"), OTHER_PLAN)
    before = scene.dump()
    assert press(other, "nhac", number, chac_chan="1").status_code == 404, "another's plan"
    assert press(scene, "nhac", 2**30, chac_chan="1").status_code == 404
    assert press(scene, "khong-co", number).status_code == 404
    assert scene.dump() == before


OTHER_PLAN = """
plan: {id: y-te, title: Kế hoạch của ngành y tế, issued: 05/01/2026, coordinator: so-y-te}
tasks:
  - {id: dich, title: Báo cáo phòng dịch, owed_by: [so-y-te, so-tai-chinh], due: {yearly: {by: 21/12}}}
"""


def test_all_of_a_filter_is_all_that_may_be_changed(scene: Scene) -> None:
    load_text(scene.office, local("2026-12-09 08:00"), OTHER_PLAN)
    other = scene.seen_by(COORDINATOR_OF_ANOTHER)
    page = press(other, "mien", query="?trangthai=chua-xong", tat_ca="1", ly_do="Thử", xem="1").text
    assert "Kế hoạch của ngành" not in page
    with scene.office.database.read() as tx:
        own = {o.id for o in of_deadline(tx, DeadlineKey.parse("y-te/dich/2026"))}  # type: ignore[arg-type]
    chosen = re.search(r'name="viec" value="([^"]+)"', page)
    assert chosen is not None
    assert own <= set(map(int, chosen[1].split()))
    with scene.office.database.read() as tx:
        assert {o.key.plan for o in by_ids(tx, list(map(int, chosen[1].split())))} == {"y-te"}


def test_more_than_may_be_chosen_is_refused(scene: Scene) -> None:
    answer = press(scene, "nhac", viec=" ".join(map(str, range(1, MOST + 2))))
    assert answer.status_code == 422
    assert f"Đã chọn hơn {MOST} việc" in words_of(answer)
    assert "Chưa chọn việc nào" in words_of(press(scene, "nhac"))


@pytest.mark.parametrize("deed", ["nhac", "gia-han", "mien", "xac-nhan", "tra-lai"])
def test_nothing_is_done_by_looking(scene: Scene, deed: str) -> None:
    number = obligation(scene, SENT if deed in ("tra-lai",) else LATE)
    before = scene.dump()
    assert scene.get(f"/viec/{deed}").status_code == 405
    assert press(scene, deed, number).status_code == (422 if deed == "xac-nhan" else 200)
    assert press(scene, deed, number, xem="1", ngay="20/12/2026", ly_do="Sáp nhập").status_code in (200, 422)
    assert scene.request("POST", f"/viec/{deed}", data={"viec": str(number), "chac-chan": "1"}).status_code == 403
    assert scene.dump() == before


def test_urging_says_who_gets_a_mail_and_is_refused_twice_a_day(scene: Scene) -> None:
    late, sent = obligation(scene, LATE), obligation(scene, SENT)
    query = "?trangthai=qua-han&tim=so"
    told = words_of(press(scene, "nhac", late, sent, query=query))
    assert "Mỗi người dưới đây nhận một thư : 2 thư. Thư đi ngay." in told
    assert "Văn thư Sở Công Thương vanthu.sct@dienbien.example Sở Công Thương – Báo cáo" in told
    assert told.index("Bỏ qua, không gửi thư") < told.index("đã được xác nhận")
    done = press(scene, "nhac", late, sent, query=query, chac_chan="1", loi_nhan="Gửi trong hôm nay")
    assert (done.status_code, done.headers["location"]) == (303, f"/{query}")
    flashed = {c.split("=", 1)[0]: c.split("=", 1)[1].split(";")[0] for c in done.headers.get_list("set-cookie")}
    board = words_of(scene.get("/", cookies={k: v.strip('"') for k, v in flashed.items()}))
    assert "Đã xếp thư đôn đốc cho 2 người, về 1 việc." in board
    again = words_of(press(scene, "nhac", late))
    assert "Không còn ai để đôn đốc" in again
    assert "đã đôn đốc trong ngày này" in again
    assert "Thực hiện" not in again
    before = scene.dump()
    refused = press(scene, "nhac", late, chac_chan="1")
    assert (refused.status_code, "Chưa có gì thay đổi." in words_of(refused)) == (422, True)
    assert scene.dump() == before
    scene.tick("2026-12-09 10:00")
    mails = [letter for letter in scene.post.letters if letter.recipient == OFFICER]
    assert len(mails) == 1
    with scene.office.database.read() as tx:
        newest = next(iter(trail(tx, f"{THE_KEY}/{LATE}")))
    assert (newest.actor, newest.action) == (f"person:{TDKT}", "urge")


def test_one_that_cannot_be_extended_leaves_all_as_they_are(scene: Scene) -> None:
    late, waived = obligation(scene, LATE), obligation(scene, SENT)
    before = scene.dump()
    fields = {"ngay": "5/12/2026", "ly_do": "Sáp nhập đơn vị", "van_ban": "311/SNV"}
    for more in ({"xem": "1"}, {"chac_chan": "1"}):
        answer = press(scene, "gia-han", late, waived, **fields, **more)
        said_ = words_of(answer)
        assert answer.status_code == 422
        assert "Chưa có gì thay đổi." in said_
        assert "Sở Y tế, Báo cáo kết quả thực hiện phong trào thi đua năm 2026: đã được xác nhận" in said_
        for kept in ('value="5/12/2026"', 'value="311/SNV"', "Sáp nhập đơn vị</textarea>"):
            assert kept in answer.text
        assert re.findall(r'name="viec" value="(\d+)" checked', answer.text) == [str(late), str(waived)]
    assert scene.dump() == before


def test_every_fault_is_listed_at_once(scene: Scene) -> None:
    answer = press(scene, "gia-han", obligation(scene, LATE), xem="1", ngay="31/02/2026")
    assert answer.status_code == 422
    assert re.findall(r"<li>([^<]+)</li>", answer.text)[:2] == [
        "Không đọc được ngày “31/02/2026”; đề nghị ghi ngày/tháng/năm",
        "Chưa ghi lý do hoặc nội dung; đơn vị cần đọc được",
    ]


def test_extension_is_previewed_then_granted_and_told(scene: Scene) -> None:
    late = obligation(scene, LATE)
    fields = {"ngay": "15/12/2026", "ly_do": "Sáp nhập đơn vị", "van_ban": "311/SNV"}
    preview = press(scene, "gia-han", late, xem="1", **fields)
    assert (
        "Sở Công Thương Báo cáo kết quả thực hiện phong trào thi đua năm 2026 thứ Sáu, 04/12/2026 thứ Ba, 15/12/2026"
        in (words_of(preview))
    )
    form = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', preview.text))
    del form["form_token"]
    assert press(scene, "gia-han", chac_chan="1", **form).status_code == 303
    with scene.office.database.read() as tx:
        (o,) = by_ids(tx, [late])
        (entry, *_) = trail(tx, f"{THE_KEY}/{LATE}")
    assert (f"{o.dates.last_day:%d/%m/%Y}", o.reason) == ("15/12/2026", "Sáp nhập đơn vị")
    assert (entry.action, entry.reason, entry.detail["document"]) == ("extend", "Sáp nhập đơn vị", "311/SNV")
    assert rows_of(scene, "?tim=so+cong+thuong") == []


def test_waiving_needs_a_reason(scene: Scene) -> None:
    late = obligation(scene, LATE)
    assert press(scene, "mien", late, chac_chan="1").status_code == 422
    assert state(scene, late) is State.OPEN
    assert press(scene, "mien", late, chac_chan="1", ly_do="Không có phong trào riêng").status_code == 303
    assert state(scene, late) is State.WAIVED


def test_board_speaks_english_to_who_asks(played: Scene) -> None:
    page = words_of(played.get("/", cookies={"nhachan-language": "en"}))
    assert "14 Overdue, not recorded" in page
    assert "Choose all 14 items of this filter" in page


def test_what_is_due_next_leads_a_coordinator_to_its_receipts(played: Scene) -> None:
    played = played.seen_by(TDKT)
    coming = re.compile(r'href="(/deadlines/[^"]+)/ghi-nhan"')
    found = coming.findall(played.get("/").text)
    assert found
    assert {played.get(f"{path}/ghi-nhan").status_code for path in found} == {200}
    assert coming.findall(played.seen_by(OFFICER).get("/").text) == []
