"""A plan begun by form, and its tasks added one after another."""

from __future__ import annotations

import re
from html import unescape

import pytest
from httpx import Response

from plans.files.plan_file import read_plan as read_file
from plans.referring import References
from plans.units import Audience, Roster, Unit
from store.plans import plan_slugs, read_plan
from tests.conftest import load_text
from tests.web.scenes import ADMINISTRATOR, KEY, Scene
from tests.web.test_plan_pages import by, fields, send, shown
from web.plan_choices import EVERY, choices_of, with_chosen
from web.plan_forms import document_fields

FORM, SLUG = "/plans/moi/van-ban", "88-kh-ubnd-2026"
DOCUMENT = {
    "title": "Kế hoạch thi đua năm 2026",
    "number": "88/KH-UBND",
    "issued": "10-01-2026",
    "issuer": "UBND xã Mường Nhé",
    "coordinator": "so-noi-vu",
    "until": "2026-2027",
}
Y_TE = """
plan: {id: y-te, number: 7/KH-SYT, title: Của ngành y tế, issuer: Sở Y tế, issued: 05/01/2026, coordinator: so-y-te}
tasks: [{id: dich, title: Báo cáo phòng dịch, owed_by: [so-y-te], due: {yearly: {by: 21/12}}}]
"""


def options(page: Response) -> list[tuple[str, bool]]:
    """The units that may coordinate: which, and whether it is the one that is chosen."""
    (select,) = re.findall(r'<select id="coordinator".*?</select>', page.text, re.DOTALL)
    return [(slug, bool(chosen)) for slug, chosen in re.findall(r'<option value="([^"]+)"( selected)?', select)]


def begin(scene: Scene, **changes: str) -> Response:
    """Through both pages: the answer of the button that saves."""
    page = send(scene, FORM, {**DOCUMENT, **changes})
    assert page.status_code == 200, shown(page)
    return send(scene, FORM, {**fields(page), "chac-chan": "1"})


def test_form_offers_the_own_units_and_what_the_last_plan_had(replayed: Scene) -> None:
    load_text(replayed.office, replayed.now, Y_TE)
    mine = by(replayed).get("/plans/moi")
    assert options(mine) == [("so-noi-vu", True)]
    assert 'name="issuer" type="text" list="co-quan" value="UBND tỉnh Điện Biên"' in mine.text
    assert mine.text.index(f'action="{FORM}"') < mine.text.index('action="/plans/moi"')
    other = by(replayed, "vanthu.syt@dienbien.example").get("/plans/moi")
    assert options(other) == [("so-y-te", True)]
    assert "UBND tỉnh Điện Biên" not in other.text
    everybody = options(by(replayed, ADMINISTRATOR).get("/plans/moi"))
    assert len(everybody) > 40
    assert ("so-noi-vu", True) in everybody


def test_plan_is_shown_then_made_and_leads_to_its_first_task(replayed: Scene) -> None:
    scene, before = by(replayed), replayed.dump()
    page = send(scene, FORM, DOCUMENT)
    said = shown(page)
    assert page.status_code == 200
    assert "Ngày ban hành 10/01/2026" in said
    assert "Áp dụng đến hết ngày 31/12/2027" in said
    assert f"/plans/{SLUG}" in said
    assert replayed.dump() == before
    again = send(scene, FORM, {**fields(page), "sua-lai": "1"})
    assert 'value="10-01-2026"' in again.text
    answers = [send(scene, FORM, {**fields(page), "chac-chan": "1"}) for _ in range(2)]
    assert [(a.status_code, a.headers["location"]) for a in answers] == [(303, f"/plans/{SLUG}")] * 2
    made = scene.get(f"/plans/{SLUG}", cookies=dict(answers[0].cookies))
    assert "Đã thêm kế hoạch." in made.text
    assert made.text.index("Thêm nhiệm vụ đầu tiên") < made.text.index("Ma trận đơn vị")
    file = scene.get(f"/plans/{SLUG}/tai-ve.yaml")
    assert read_file("x.yaml", file.content).problems == ()
    assert "Không có gì thay đổi" in shown(send(scene, "/plans/moi", {"noi-dung": file.text}))
    for path in ("ma-tran", "ma-tran.csv", "nam-sau", "ket-thuc", "sua", "viec/them"):
        assert scene.get(f"/plans/{SLUG}/{path}").status_code == 200, path


def test_all_faults_stand_at_their_fields_and_what_was_typed_stays(replayed: Scene) -> None:
    typed = {
        "title": " ",
        "number": '"><script>alert(1)</script>',
        "issued": "31/02/2026",
        "until": "sang năm",
        "coordinator": "so-y-te",
    }
    page = send(by(replayed), FORM, typed)
    said = shown(page)
    assert page.status_code == 422
    assert "Chưa lưu: có 4 điều cần sửa." in said
    for sentence in (
        "Thiếu mục “tên”",
        "Không có ngày 31/02/2026; đề nghị kiểm tra lại mục “ngày ban hành”",
        "“sang năm” ở mục “ngày cuối áp dụng” không phải một ngày",
        "Ông/Bà không thêm được kế hoạch do đơn vị này làm đầu mối",
    ):
        assert said.count(sentence) == 2, sentence  # above all of them, and at the field
    assert page.text.count('aria-invalid="true"') == 4
    assert 'value="31/02/2026"' in page.text
    assert "<script>alert" not in page.text
    assert unescape(page.text).count(typed["number"]) == 1
    with replayed.office.database.read() as tx:
        assert "ke-hoach" not in plan_slugs(tx)


def test_same_document_is_told_with_the_way_to_it_for_who_may_read_it(replayed: Scene) -> None:
    load_text(replayed.office, replayed.now, Y_TE)
    ours = {**DOCUMENT, "number": "7/KH-SYT", "issuer": "sở y tế"}
    page = send(by(replayed), FORM, ours)
    assert page.status_code == 422
    assert "Đã có kế hoạch mang số 7/KH-SYT, cùng cơ quan và năm ban hành" in shown(page)
    assert "Của ngành y tế" not in page.text
    assert 'href="/plans/y-te"' not in page.text
    assert 'href="/plans/y-te"' in send(by(replayed, ADMINISTRATOR), FORM, ours).text
    warned = send(by(replayed, ADMINISTRATOR), FORM, {**ours, "issuer": "UBND xã"})
    assert warned.status_code == 200
    assert "Đã có một kế hoạch cũng mang số 7/KH-SYT" in shown(warned)


def test_who_is_second_is_told_and_gets_another_address(replayed: Scene) -> None:
    first, second = by(replayed), by(replayed, ADMINISTRATOR)
    mine = fields(send(second, FORM, {**DOCUMENT, "number": "", "issued": "11/01/2026"}))
    theirs = begin(first, number="", title="Kế hoạch thi đua, năm 2026")
    assert theirs.headers["location"] == "/plans/ke-hoach-thi-dua-nam-2026"
    late = send(second, FORM, {**mine, "chac-chan": "1"})
    assert late.status_code == 422
    assert "có người vừa thêm một kế hoạch khác lấy đúng mã “ke-hoach-thi-dua-nam-2026”" in shown(late)
    assert 'value="11/01/2026"' in late.text
    assert begin(second, number="", issued="11/01/2026").headers["location"] == "/plans/ke-hoach-thi-dua-nam-2026-2"


def test_tasks_are_added_one_after_another(replayed: Scene) -> None:
    scene = by(replayed)
    begin(scene)
    add = f"/plans/{SLUG}/viec/them"
    first = {
        "title": "Báo cáo quý",
        "kind": "report",
        "product": "báo cáo",
        "owed_by": "Sở Y tế",
        "owed_by-chon": ["so-ban-nganh", "so-tai-chinh", "khong-co"],
        "due": "quarterly",
        "quarterly-operator": "before",
        "quarterly-number": "20",
        "quote": "trước ngày 20 tháng cuối quý",
        "revision": "1",
    }
    page = send(scene, add, first)
    sure = fields(page)
    assert sure["owed_by"] == "Sở Y tế\nCác Sở, ban, ngành tỉnh\nSở Tài chính"
    saved = send(scene, add, {**sure, "chac-chan": "them-nua"})
    assert (saved.status_code, saved.headers["location"]) == (303, f"{add}?nhu=bao-cao-quy")
    form = scene.get(saved.headers["location"])
    assert "lấy theo “Báo cáo quý”" in shown(form)
    assert re.search(r'name="owed_by"[^>]*>\n?Sở Y tế\nCác Sở, ban, ngành tỉnh\nSở Tài chính</textarea>', form.text)
    assert '<option value="quarterly" selected>' in form.text
    assert '<option value="before" selected>' in form.text
    for ours in ('value="Báo cáo quý"', 'value="20"', "trước ngày 20 tháng"):
        assert ours not in form.text
    due = {"due": "yearly", "yearly-operator": "before", "yearly-days": "05/12"}
    second = {**sure, **due, "title": "Báo cáo năm", "id": "", "revision": "2"}
    saved = send(scene, add, {**second, "chac-chan": "1"})
    assert saved.headers["location"] == f"/plans/{SLUG}?them=bao-cao-nam"
    assert f'href="{add}?nhu=bao-cao-nam">Thêm nhiệm vụ khác' in scene.get(saved.headers["location"]).text
    assert "Thêm nhiệm vụ khác" not in scene.get(f"/plans/{SLUG}?them=khong-co").text
    with replayed.office.database.read() as tx:
        stored = read_plan(tx, SLUG)
    assert stored is not None
    assert [t.slug for t in stored.plan.tasks] == ["bao-cao-quy", "bao-cao-nam"]


def test_day_after_the_end_of_the_plan_is_pointed_out(replayed: Scene) -> None:
    scene = by(replayed)
    begin(scene, until="2026")
    once = {"title": "Báo cáo năm", "kind": "report", "due": "once", "once-operator": "by", "revision": "1"}
    sentence = "Kế hoạch chỉ áp dụng đến hết ngày 31/12/2026"
    assert sentence in shown(send(scene, f"/plans/{SLUG}/viec/them", {**once, "once-day": "15/01/2027"}))
    assert sentence not in shown(send(scene, f"/plans/{SLUG}/viec/them", {**once, "once-day": "15/12/2026"}))


def test_field_reads_as_the_form_calls_it(played: Scene) -> None:
    head = {"title": "", "issued": "32/1/2026", "revision": "1"}
    said = shown(send(by(played), f"/plans/{KEY.plan}/sua", head))
    assert "kiểm tra lại mục “ngày ban hành”" in said
    assert "“issued”" not in said


@pytest.mark.parametrize(
    ("typed", "until"),
    [
        ("2026", "31/12/2026"),
        ("năm 2026", "31/12/2026"),
        ("2026-2030", "31/12/2030"),
        ("Giai đoạn 2026 – 2030", "31/12/2030"),
        ("30.6.2027", "30/06/2027"),
        ("2027-06-30", "30/06/2027"),
        ("20266", "20266"),
        ("", None),
    ],
)
def test_years_stand_for_the_end_of_the_last_one(typed: str, until: str | None) -> None:
    assert document_fields({"title": " Một\n  hai ", "until": typed}) == {
        "title": "Một hai",
        "number": None,
        "issued": None,
        "issuer": None,
        "coordinator": None,
        "until": until,
    }


def test_all_units_may_be_ticked_where_there_are_no_audiences(played: Scene) -> None:
    today = played.office.today(played.now)
    units = {slug: Unit(slug, name, "so") for slug, name in (("a", "Sở A"), ("b", "Sở B"), ("c", "Sở C"))}
    alone = Roster(units)
    choices, names = choices_of(alone, today), References(alone)
    assert (choices.every, choices.several) == (3, ())
    assert with_chosen("sở b; Sở Lạ", [EVERY, "x"], names, choices, {"a"}) == "sở b\nSở Lạ\nSở C"
    grouped = Roster(units, audiences={"hai-so": Audience("hai-so", "Hai sở", units=("a", "b"))})
    choices, names = choices_of(grouped, today), References(grouped)
    assert (choices.every, choices.several) == (0, (("hai-so", "Hai sở", 2),))
    assert with_chosen("", [EVERY, "hai-so"], names, choices, ()) == "Hai sở"
