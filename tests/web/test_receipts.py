"""Receipts of a deadline in one table: saved once, nothing typed is lost, and nobody's record is written over."""

from __future__ import annotations

import io
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from html import unescape
from typing import Any

import pytest
from httpx import Response
from openpyxl import Workbook

from actions.receiving import Receipt, accept, submit
from plans.obligations import Obligation
from plans.status import State
from store.obligations import of_deadline
from store.submissions import latest_submissions
from tests.web.browsing import token_of
from tests.web.scenes import ADMINISTRATOR, KEY, TDKT, Scene, act

assert KEY is not None
PATH = f"/deadlines/{KEY}/ghi-nhan"


@pytest.fixture
def scene(replayed: Scene) -> Scene:
    return replayed.seen_by(TDKT)


def owed(scene: Scene) -> dict[str, Obligation]:
    assert KEY is not None
    with scene.office.database.read() as tx:
        return {o.unit: o for o in of_deadline(tx, KEY)}


def recorded(scene: Scene, unit: str) -> tuple[State, str | None, date | None]:
    o = owed(scene)[unit]
    with scene.office.database.read() as tx:
        s = latest_submissions(tx, [o.id]).get(o.id)
    return o.state, s and s.number, s and s.received_on


def late_units(scene: Scene) -> list[str]:
    return [unit for unit, o in owed(scene).items() if o.state is State.OPEN and o.basis == "rule"]


def post(scene: Scene, form: dict[str, Any], **options: Any) -> Response:
    token = token_of(scene.get(PATH))
    return scene.request("POST", PATH, data={"form_token": token, **form}, **options)


def typed(scene: Scene, **rows: tuple[str, str]) -> dict[str, Any]:
    """The form with these rows (`so_y_te=("12/BC", "5/12")`) ticked."""
    numbers = {name: owed(scene)[name.replace("_", "-")].id for name in rows}
    form: dict[str, Any] = {"viec": [str(n) for n in numbers.values()]}
    for name, (number, day) in rows.items():
        form |= {f"so-{numbers[name]}": number, f"ngay-{numbers[name]}": day}
    return form


def told(scene: Scene, answer: Response) -> str:
    """What the page after an act says was done."""
    assert answer.status_code == 303, answer.text
    page = scene.get(answer.headers["location"], cookies=dict(answer.cookies)).text
    return unescape(re.findall(r'<p class="banner good" role="status">(.*?)</p>', page)[0])


def field(page: str, name: str) -> str:
    (found,) = re.findall(rf'name="{name}"[^>]*? value="([^"]*)"', page)
    return unescape(found)


def test_table_has_every_unit_and_what_is_recorded_can_not_be_typed_into(scene: Scene) -> None:
    page = scene.get(PATH).text
    assert "Còn 18 đơn vị chưa ghi nhận." in page
    assert page.count('<tr class="recorded">') == 64
    assert page.count('name="viec"') == 18
    names = [unescape(n) for n in re.findall(r"data-name[^>]*>([^<]+)<", page)]
    assert names == [o.unit_name for o in owed(scene).values()]
    assert field(page, "chung") == "09/12/2026"
    declared = next(o for o in owed(scene).values() if o.unit_name == "UBND xã Xa Dung")
    assert (field(page, f"so-{declared.id}"), field(page, f"ngay-{declared.id}")) == ("125/BC-A", "04/12/2026")


def test_rows_are_recorded_each_with_its_number_and_day_and_are_accepted(scene: Scene) -> None:
    first, second, third, *_ = late_units(scene)
    form = typed(scene, **{first: ("12/BC", "5/12"), second: ("", "0712"), third: ("14/BC", "")})
    form["chung"] = "8/12/2026"
    answer = post(scene, form)
    assert answer.headers["location"] == PATH
    assert told(scene, answer) == "Đã ghi nhận 3 đơn vị. Còn 15 đơn vị chưa ghi nhận."
    assert [recorded(scene, u) for u in (first, second, third)] == [
        (State.ACCEPTED, "12/BC", date(2026, 12, 5)),
        (State.ACCEPTED, None, date(2026, 12, 7)),
        (State.ACCEPTED, "14/BC", date(2026, 12, 8)),
    ]
    assert [owed(scene)[u].late for u in (first, second)] == [False, True]


def test_what_is_typed_without_a_script_needs_no_tick(scene: Scene) -> None:
    first, second, *_ = late_units(scene)
    form = typed(scene, **{first: ("12/BC", "5/12"), second: ("13/BC", "")}) | {"chung": "7/12"}
    form["viec"] = []
    deliberate = post(scene, form | {"tay": "1"})
    assert deliberate.status_code == 422
    assert "chưa đánh dấu đơn vị nào" in deliberate.text.lower()
    assert recorded(scene, first)[0] is State.OPEN
    assert told(scene, post(scene, form)).startswith("Đã ghi nhận 2 đơn vị.")
    assert recorded(scene, second) == (State.ACCEPTED, "13/BC", date(2026, 12, 7))


def test_what_units_declared_is_confirmed_by_a_tick_alone(scene: Scene) -> None:
    declared = next(u for u, o in owed(scene).items() if o.unit_name == "UBND xã Xa Dung")
    number = owed(scene)[declared].id
    shown = {f"so-{number}": "125/BC-A", f"ngay-{number}": "04/12/2026", f"cu-{number}": "125/BC-A|04/12/2026"}
    assert post(scene, shown).status_code == 422  # nothing is ticked, nothing was typed
    post(scene, shown | {"viec": str(number)})
    assert recorded(scene, declared) == (State.ACCEPTED, "125/BC-A", date(2026, 12, 4))


def test_nothing_typed_is_lost_and_nothing_is_recorded_while_something_is_wrong(scene: Scene) -> None:
    some = late_units(scene)[:5]
    rows = [("12/BC", "5/12"), ('"><script>', "hôm qua"), ("x" * 101, "05/12/2026"), ("4", "11/12"), ("5", "5/12/2015")]
    before = scene.dump()
    form = typed(scene, **dict(zip(some, rows, strict=True))) | {"chung": " 9/12 "}
    answer = post(scene, form)
    assert answer.status_code == 422
    assert scene.dump() == before
    page = answer.text
    for unit, (number, day) in zip(some, rows, strict=True):
        n = owed(scene)[unit].id
        assert (field(page, f"so-{n}"), field(page, f"ngay-{n}")) == (number, day)
        assert f'value="{n}" aria-labelledby="u{n}" checked' in page
    assert field(page, "chung") == "9/12"
    assert "<script>" not in page
    assert page.count('class="fault"') == 4
    for sentence in ("Không đọc được ngày “hôm qua”", "dài quá 100 ký tự", "còn ở phía trước", "quá một năm"):
        assert sentence in unescape(page)


def test_second_press_records_once_and_says_so(scene: Scene) -> None:
    form = typed(scene, **{late_units(scene)[0]: ("12/BC", "5/12")})
    post(scene, form)
    before = scene.dump()
    assert told(scene, post(scene, form)) == (
        "Các đơn vị này đã được ghi nhận trước đó, không có gì thay đổi. Còn 17 đơn vị chưa ghi nhận."
    )
    assert scene.dump() == before


def test_two_coordinators_at_once_both_land(scene: Scene) -> None:
    other = scene.seen_by(ADMINISTRATOR)
    first, second, *_ = late_units(scene)
    forms = ((scene, typed(scene, **{first: ("1/A", "5/12")})), (other, typed(scene, **{second: ("2/B", "7/12")})))
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda one: post(*one).status_code, forms))
    assert answers == [303, 303]
    assert [recorded(scene, u)[1] for u in (first, second)] == ["1/A", "2/B"]


def test_what_a_colleague_recorded_meanwhile_stays_and_is_named(scene: Scene) -> None:
    other = scene.seen_by(ADMINISTRATOR)
    first, second, third, *_ = late_units(scene)
    mine = typed(scene, **{first: ("1/A", "5/12"), second: ("2/A", "5/12")})
    theirs = typed(scene, **{second: ("2/B", "7/12"), third: ("3/B", "7/12")})
    post(scene, mine)
    name = owed(scene)[second].unit_name
    assert told(other, post(other, theirs)) == (
        "Đã ghi nhận 1 đơn vị. Giữ nguyên 1 đơn vị vì đã có người ghi nhận hoặc đã khép lại trước đó: "
        f"{name}. Còn 15 đơn vị chưa ghi nhận."
    )
    assert [recorded(scene, u)[1] for u in (first, second, third)] == ["1/A", "2/A", "3/B"]
    # The same beside a row that is wrong: what was typed for it is not lost either.
    page = post(other, typed(other, **{second: ("9/B", "8/12"), late_units(scene)[0]: ("1", "x")})).text
    assert "Đã có người ghi nhận trước; vừa gõ: 9/B 8/12." in page


def test_all_are_ticked_without_a_script_and_nothing_is_saved(scene: Scene) -> None:
    before = scene.dump()
    answer = post(scene, {"danh-dau": "tat-ca", "chung": "7/12"})
    assert (answer.status_code, answer.text.count(" checked")) == (200, 18)
    assert "vừa gõ" not in answer.text
    assert field(answer.text, "chung") == "7/12"
    assert scene.dump() == before


PASTED = """STT\tCơ quan gửi\tSố, ký hiệu\tNgày đến
1\tSở Công Thương\t12/BC-SCT\t07/12/2026
2\tSở Tài chính\t31/BC-STC\t08/12/2026
3\tSở Tài chinh tỉnh\t32/BC-STC\t08/12/2026
4\tUBND xã Mường Phăn\t3/BC-UBND\t08/12/2026
5\tSở Lạ\t1/BC\t04/12/2026
6\tSở Y tế\t9/BC-SYT\t04/12/2026
7\tUBND xã Na Son\t7/BC\t32/12/2026
"""


def test_register_fills_the_table_and_saves_nothing(scene: Scene) -> None:
    before = scene.dump()
    answer = post(scene, {"nhan": "dan", "dan": PASTED})
    assert answer.status_code == 200
    assert scene.dump() == before
    page, mine = answer.text, owed(scene)

    def row(unit: str) -> tuple[str, str, bool]:
        n = mine[unit].id
        return field(page, f"so-{n}"), field(page, f"ngay-{n}"), f'value="{n}" aria-labelledby="u{n}" checked' in page

    by_name = {o.unit_name: u for u, o in mine.items()}
    assert row(by_name["Sở Tài chính"]) == ("31/BC-STC", "08/12/2026", True)
    near = mine[by_name["UBND xã Mường Phăng"]]
    assert row(near.unit) == ("3/BC-UBND", "08/12/2026", False)  # only similar: a person ticks it
    assert f'name="ghi-{near.id}"' in page
    assert row(by_name["UBND xã Na Son"]) == ("7/BC", "", False)  # its day can't be read
    assert "1 ô trong sổ không đọc được" in page
    assert unescape(re.findall(r'name="le-ten" value="([^"]*)"', page)[0]) == "Sở Lạ"
    loose_for = by_name["Sở Tài chính"]
    # Everything as the browser sends it, the doubtful row ticked, the loose line given to a unit.
    form: dict[str, Any] = {"tay": "1", "viec": [str(near.id)], f"so-{near.id}": "3/BC-UBND"}
    form |= {f"ngay-{near.id}": "08/12/2026", f"ghi-{near.id}": "4", "chung": "09/12/2026"}
    form |= {"le-ten": "Sở Lạ", "le-so": "1/BC", "le-ngay": "4/12", "le-viec": str(mine[loose_for].id), "le-gan": ""}
    assert told(scene, post(scene, form)).startswith("Đã ghi nhận 2 đơn vị.")
    assert recorded(scene, near.unit) == (State.ACCEPTED, "3/BC-UBND", date(2026, 12, 8))
    assert recorded(scene, loose_for) == (State.ACCEPTED, "1/BC", date(2026, 12, 4))


def test_doubtful_row_can_be_recorded_for_another_unit_but_no_unit_twice(scene: Scene) -> None:
    first, second, *_ = late_units(scene)
    a, b = (owed(scene)[u].id for u in (first, second))
    form = typed(scene, **{first: ("1/A", "5/12")}) | {f"ghi-{a}": "12: Sở A", f"khac-{a}": str(b), f"thay-{a}": str(b)}
    twice = post(scene, {**form, "viec": [str(a), str(b)], f"so-{b}": "2/B", f"ngay-{b}": "5/12"})
    assert twice.status_code == 422
    assert "đã có ở một dòng khác" in twice.text
    assert f'<option value="{b}" selected>' in twice.text
    post(scene, form)
    assert (recorded(scene, first)[0], recorded(scene, second)[1]) == (State.OPEN, "1/A")


def book(rows: list[list[object]]) -> bytes:
    made, content = Workbook(), io.BytesIO()
    for row in rows:
        made.active.append(row)  # type: ignore[union-attr]
    made.save(content)
    return content.getvalue()


def bomb() -> bytes:
    """A small file that would take a hundred megabytes."""
    content = io.BytesIO(book([["Đơn vị", "Ngày đến"]]))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/image1.png", b"\0" * (101 << 20))
    return content.getvalue()


def upload(scene: Scene, name: str, content: bytes) -> Response:
    return post(scene, {"nhan": "tep"}, files={"tep": (name, content, "application/octet-stream")})


def test_uploaded_workbook_fills_the_table_whatever_it_is_called(scene: Scene) -> None:
    answer = upload(scene, "so.txt", book([["Đơn vị", "Số", "Ngày đến"], ["Sở Tài chính", None, date(2026, 12, 8)]]))
    (n,) = (o.id for o in owed(scene).values() if o.unit_name == "Sở Tài chính")
    assert answer.status_code == 200
    assert field(answer.text, f"ngay-{n}") == "08/12/2026"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (bomb(), "Tệp nén quá nhiều dữ liệu bên trong"),
        (b"%PDF-1.7", "không phải bảng tính"),
        (b"", "Chưa chọn tệp nào"),
        ("Tên;Tuổi\nA;1\n".encode(), "Không thấy cột ngày đến"),
    ],
    ids=["bomb", "pdf", "nothing", "no columns"],
)
def test_file_that_is_no_register_is_refused_with_a_sentence(scene: Scene, content: bytes, sentence: str) -> None:
    before = scene.dump()
    answer = upload(scene, "so.xlsx" if content else "", content)
    assert (answer.status_code, sentence in unescape(answer.text)) == (422, True)
    assert scene.dump() == before


def test_too_large_file_is_not_read_at_all(scene: Scene) -> None:
    assert upload(scene, "so.csv", b"x" * (5 * 1024 * 1024)).status_code == 413


def test_unit_that_was_accepted_before_its_row_was_saved_keeps_what_it_has(scene: Scene) -> None:
    """As the form is still open on another screen, the unit declares and a colleague confirms."""
    assert KEY is not None
    unit = late_units(scene)[0]
    form = typed(scene, **{unit: ("99/X", "9/12")})
    given = Receipt(date(2026, 12, 4), "1/BC")
    submit(scene.office, act("2026-12-09 09:20", actor="link:x@y.example"), KEY, [unit], given, by_unit=True)
    accept(scene.office, act("2026-12-09 09:25"), KEY, [unit])
    assert "Giữ nguyên 1 đơn vị" in told(scene, post(scene, form))
    assert recorded(scene, unit) == (State.ACCEPTED, "1/BC", date(2026, 12, 4))


def test_table_of_thousands_of_units_is_read_whole(scene: Scene) -> None:
    path = f"/deadlines/{KEY}/ghi-nhan"
    rows = {f"so-{n}": "" for n in range(10**8, 10**8 + 3000)} | {f"ngay-{n}": "" for n in range(10**8, 10**8 + 3000)}
    visitor = scene.seen_by(TDKT)
    answer = visitor.post_form(path, {"form_token": token_of(visitor.get(path)), **rows})
    assert answer.status_code == 422
    assert "Chưa ghi nhận đơn vị nào" in answer.text
