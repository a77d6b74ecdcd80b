from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from httpx import Response

from actions.planning import begin_edit
from plans.editing import task_fields
from plans.files.plan_file import read_plan as read_file
from plans.problems import errors
from plans.referring import References
from plans.status import State
from store.marks import trail
from store.obligations import of_plan
from store.plans import read_plan
from tests.conftest import load_text
from tests.web.scenes import ADMINISTRATOR, KEY, TDKT, Scene
from web.cookies import form_token
from web.plan_forms import texts_of
from web.requests import LARGEST_FILE

PLAN = KEY.plan
OFFICER = "vanthu.sct@dienbien.example"
TASK = f"/plans/{PLAN}/viec/{KEY.task}/sua"


def send(scene: Scene, path: str, form: dict[str, Any], **options: Any) -> Response:
    assert scene.visitor is not None
    return scene.request("POST", path, data={"form_token": form_token(scene.cookie(scene.visitor)), **form}, **options)


def typed(scene: Scene, slug: str = KEY.task, **changes: str) -> dict[str, str]:
    """What the form of a task holds as it is opened, with changes."""
    with scene.office.database.read() as tx:
        begun = begin_edit(tx, PLAN)
    task = begun.plan.task(slug)
    assert task is not None
    return {**texts_of(task_fields(task), References(begun.roster)), "revision": str(begun.revision), **changes}


def shown(response: Response) -> str:
    """The words of a page, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


def fields(page: Response) -> dict[str, str]:
    """The hidden fields that a page sends along."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    found += re.findall(r'<textarea name="([^"]+)" hidden[^>]*>\n?([^<]*)</textarea>', page.text)
    return {unescape(name): unescape(value) for name, value in found}


def by(scene: Scene, address: str = TDKT) -> Scene:
    return scene.seen_by(address)


# -- reading ----------------------------------------------------------------------------------------------------------


def test_list_tells_how_each_plan_stands_and_is_searched_without_marks(played: Scene) -> None:
    page = by(played).get("/plans")
    assert "Chỉ thị số 19" in page.text or "2458" in page.text
    assert "Đến hạn trong 30 ngày" in page.text
    assert "/plans/moi" in page.text
    assert f"/plans/{PLAN}" in by(played).get("/plans?tim=2458%2FUBND").text
    assert f"/plans/{PLAN}" not in by(played).get("/plans?tim=khong+co+gi").text
    assert "Chưa có kế hoạch nào kết thúc" in by(played).get("/plans?loai=da-ket-thuc").text
    officer = by(played, OFFICER).get("/plans")
    assert f"/plans/{PLAN}" in officer.text
    assert "/plans/moi" not in officer.text


def test_plan_stands_by_quarter_with_numbers_of_its_deadlines(played: Scene) -> None:
    work = by(played).get("/plans/dien-bien-88-2026?nam=2026")
    headings = [
        h for h in ("Quý I năm 2026", "Quý II năm 2026", "Quý III năm 2026", "Quý IV năm 2026") if h in work.text
    ]
    assert len(headings) == 4
    report = by(played).get(f"/plans/{PLAN}?nam=2026")
    assert "Hạn cố định, định kỳ" in report.text
    assert "Hằng năm, trước ngày 05/12" in shown(report)
    with played.office.database.read() as tx:
        owed = [o for o in of_plan(tx, PLAN) if o.key == KEY and o.state not in (State.WAIVED, State.CANCELLED)]
    done = sum(o.state in (State.SUBMITTED, State.ACCEPTED) for o in owed)
    assert f"{done}/{len(owed)} đã gửi" in shown(report)


def test_officer_reads_the_plan_without_its_buttons_and_of_others_nothing(played: Scene) -> None:
    page = by(played, OFFICER).get(f"/plans/{PLAN}?nam=2026")
    assert "/viec/them" not in page.text
    assert "0/1 đã gửi" in shown(page) or "1/1 đã gửi" in shown(page)
    for path in ("sua", "viec/them", f"viec/{KEY.task}/sua", f"viec/{KEY.task}/huy", "nam-sau", "ket-thuc"):
        assert by(played, OFFICER).get(f"/plans/{PLAN}/{path}").status_code == 404
        assert by(played).get(f"/plans/{PLAN}/{path}").status_code == 200
    assert by(played, OFFICER).get("/plans/moi").status_code == 404
    assert by(played).get("/plans/khong-co/sua").status_code == 404
    assert by(played).get(f"/plans/{PLAN}/viec/khong-co/sua").status_code == 404


def test_file_of_a_plan_states_its_revision_and_reads_back(played: Scene) -> None:
    answer = by(played).get(f"/plans/{PLAN}/tai-ve.yaml")
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{PLAN}.yaml"')
    read = read_file("x.yaml", answer.content)
    with played.office.database.read() as tx:
        stored = read_plan(tx, PLAN)
    assert stored is not None
    assert (errors(read.problems), read.plan) == ([], replace(stored.plan, revision=stored.revision))


# -- editing ----------------------------------------------------------------------------------------------------------


def test_consequences_are_shown_then_happen_and_only_once(replayed: Scene) -> None:
    scene = by(replayed)
    before = replayed.dump()
    form = typed(scene, **{"due": "yearly", "yearly-days": "20/12", "ly-do": "Công văn 15/SNV"})
    page = send(scene, TASK, form)
    said = shown(page)
    assert page.status_code == 200
    assert "thứ Sáu, 04/12/2026 → thứ Sáu, 18/12/2026" in said
    assert "Năm 2027: thứ Sáu, 17/12/2027" in said
    assert replayed.dump() == before
    sure = {**fields(page), "chac-chan": "1"}
    assert sure["yearly-days"] == "20/12"
    answers = [send(scene, TASK, sure) for _ in range(2)]
    assert [a.status_code for a in answers] == [303, 303]
    with replayed.office.database.read() as tx:
        stored = read_plan(tx, PLAN)
        changes = [e for e in trail(tx, PLAN, exact=True) if e.action == "change"]
    assert stored is not None
    assert (stored.revision, len(changes)) == (2, 1)
    assert (changes[0].actor, changes[0].reason) == (f"person:{TDKT}", "Công văn 15/SNV")
    assert "18/12/2026" in shown(scene.get(f"/deadlines/{KEY}"))


def test_faults_stand_beside_their_fields_and_what_was_typed_stays(played: Scene) -> None:
    scene = by(played)
    form = typed(scene, title="", owed_by="Sở Y tếe", note="Giữ <b>lại</b>", **{"yearly-days": "31/02"})
    page = send(scene, TASK, form)
    assert page.status_code == 422
    said = shown(page)
    assert "Không có đơn vị, khối hoặc đối tượng nào tên “Sở Y tếe”; có phải là: Sở Y tế" in said
    assert page.text.count('aria-invalid="true"') >= 3
    assert 'value="31/02"' in page.text
    assert "Giữ &lt;b&gt;lại&lt;/b&gt;" in page.text


def test_who_comes_second_sees_what_changed_and_saves_on_top(replayed: Scene) -> None:
    first, second = by(replayed), by(replayed, ADMINISTRATOR)
    mine = typed(second, note="Gửi kèm biểu", **{"yearly-days": "18/12"})
    theirs = typed(first, title="Báo cáo TĐKT", **{"yearly-days": "20/12", "ly-do": "Theo CV 15"})
    assert send(first, TASK, {**theirs, "chac-chan": "1"}).status_code == 303
    page = send(second, TASK, {**mine, "chac-chan": "1"})
    said = shown(page)
    assert page.status_code == 409
    assert f"{TDKT} (đã đăng nhập): Theo CV 15" in said
    assert (
        "Thời hạn cả hai cùng sửa hằng năm, trước ngày 05/12 hằng năm, trước ngày 20/12 hằng năm, trước ngày 18/12"
        in said
    )
    assert "Gửi kèm biểu" in page.text
    assert re.search(r'id="title"[^>]*value="Báo cáo TĐKT"', page.text)
    assert re.search(r'name="yearly-days"[^>]*value="18/12"', page.text)
    again = typed(second, title="Báo cáo TĐKT", note="Gửi kèm biểu", **{"yearly-days": "18/12", "chac-chan": "1"})
    assert again["revision"] == "2"
    assert send(second, TASK, again).status_code == 303
    with replayed.office.database.read() as tx:
        task = begin_edit(tx, PLAN).plan.task(KEY.task)
    assert task is not None
    assert (task.title, task.note, task_fields(task)["due"]) == (
        "Báo cáo TĐKT",
        "Gửi kèm biểu",
        {"yearly": {"before": "18/12"}},
    )


def test_task_is_added_cancelled_and_put_back(replayed: Scene) -> None:
    scene, add = by(replayed), f"/plans/{PLAN}/viec/them"
    form = {
        "title": "Báo cáo nhanh <script>alert(1)</script>",
        "kind": "report",
        "owed_by": "Sở Y tế\nSở Tài chính",
        "due": "monthly",
        "monthly-operator": "before",
        "monthly-number": "25",
        "revision": "1",
    }
    page = send(scene, add, form)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    sure = {**fields(page), "chac-chan": "1"}
    slug = sure["id"]
    assert [send(scene, add, sure).status_code for _ in range(2)] == [303, 303]
    plan = scene.get(f"/plans/{PLAN}")
    assert "<script>alert" not in plan.text
    assert "Hằng tháng, trước ngày 25" in shown(plan)
    cancel = f"/plans/{PLAN}/viec/{slug}/huy"
    assert send(scene, cancel, {"revision": "2"}).status_code == 422
    assert send(scene, cancel, {"revision": "2", "ly-do": "Thừa", "chac-chan": "1"}).status_code == 303
    late = send(scene, f"/plans/{PLAN}/viec/{slug}/sua", {**form, "revision": "2", "title": "Tên mới"})
    assert late.status_code == 409
    assert "Nhiệm vụ này đã bị hủy" in late.text
    assert f'action="{add}"' in late.text
    assert send(scene, add, {**form, "id": slug, "revision": "3", "chac-chan": "1"}).status_code == 303


def test_head_and_end_of_a_plan(replayed: Scene) -> None:
    scene = by(replayed)
    head = {"title": "Tên mới", "number": "19/CT", "coordinator": "Sở Nội vụ", "issued": "05/8/2021", "revision": "1"}
    page = send(scene, f"/plans/{PLAN}/sua", head)
    assert "Số, ký hiệu: 2458/UBND-NC → 19/CT" in shown(page)
    assert send(scene, f"/plans/{PLAN}/sua", {**fields(page), "chac-chan": "1"}).status_code == 303
    wrong = send(scene, f"/plans/{PLAN}/ket-thuc", {"until": "31/02/2027", "revision": "2"})
    assert wrong.status_code == 422
    assert 'value="31/02/2027"' in wrong.text
    assert "Không có ngày 31/02/2027; đề nghị kiểm tra lại mục “ngày cuối áp dụng”." in wrong.text
    page = send(scene, f"/plans/{PLAN}/ket-thuc", {"until": "31/12/2026", "revision": "2"})
    assert "(năm 2027): thứ Bảy, 04/12/2027" in shown(page)
    assert send(scene, f"/plans/{PLAN}/ket-thuc", {**fields(page), "chac-chan": "1"}).status_code == 303
    assert "Áp dụng đến hết ngày 31/12/2026" in scene.get(f"/plans/{PLAN}").text
    assert send(scene, f"/plans/{PLAN}/ket-thuc", {"until": "", "revision": "3", "chac-chan": "1"}).status_code == 303
    kept = send(scene, f"/plans/{PLAN}/con-ap-dung", {"nam": "2028"})
    assert kept.status_code == 303
    assert send(scene, f"/plans/{PLAN}/con-ap-dung", {"nam": "2027"}).status_code == 422
    assert "đến hết năm 2028" in scene.get(f"/plans/{PLAN}/ket-thuc").text


def test_period_is_closed_after_it_is_shown_and_opened_again(replayed: Scene) -> None:
    scene = by(replayed)

    def missing() -> int:
        with replayed.office.database.read() as tx:
            return sum(o.state is State.MISSING for o in of_plan(tx, PLAN))

    page = send(scene, f"/plans/{PLAN}/dong-ky", {"ky": "2026", "ly-do": "Hết năm"})
    assert (page.status_code, missing()) == (200, 0)
    shown_number = int(re.search(r'data-label="Số đơn vị">(\d+)<', page.text)[1])  # type: ignore[index]
    assert send(scene, f"/plans/{PLAN}/dong-ky", {**fields(page), "chac-chan": "1"}).status_code == 303
    assert missing() == shown_number > 0
    assert send(scene, f"/plans/{PLAN}/mo-lai", {"ky": "2026"}).status_code == 422
    back = {"ky": "2026", "ly-do": "Nhầm", "chac-chan": "1"}
    assert send(scene, f"/plans/{PLAN}/mo-lai", back).status_code == 303
    assert missing() == 0


# -- loading ----------------------------------------------------------------------------------------------------------

NEW = """plan:
  id: ke-hoach-moi
  title: Kế hoạch mới
  coordinator: so-noi-vu
tasks:
  - {id: bao-cao, title: Báo cáo nhanh, owed_by: [so-y-te], due: {by: 20/12/2026}}
"""


def upload(scene: Scene, *texts: str, **form: str) -> Response:
    files = [("tep", (f"tep-{n}.yaml", text.encode(), "application/yaml")) for n, text in enumerate(texts)]
    return send(scene, "/plans/moi", form, files=files or None)


def test_every_problem_of_a_file_is_told_at_its_place_and_the_text_stays(played: Scene) -> None:
    wrong = NEW.replace("so-y-te", "so-y-tee").replace("20/12/2026", "20/13/2026") + "  - {id: x, title: </textarea>}\n"
    page = upload(by(played), wrong)
    said = shown(page)
    assert page.status_code == 422
    assert "tep-0.yaml:6:51 Không có đơn vị, nhóm hay đối tượng “so-y-tee” trong danh bạ; có phải “so-y-te”?" in said
    assert "tep-0.yaml:6:72 Không có ngày 20/13/2026" in said
    assert "&lt;/textarea&gt;" in page.text
    assert "</textarea>}" not in page.text
    blank = send(by(played), "/plans/moi", {"noi-dung": "  "})
    assert (blank.status_code, "Chưa có tệp hoặc nội dung" in blank.text) == (422, True)


def test_odd_days_and_years_are_answered_with_a_sentence(played: Scene) -> None:
    text = "plan: {id: moi, title: Kế hoạch, issued: 05/01/2026, coordinator: so-noi-vu}\ntasks: []\n"
    for day in ("mai", "31/12/9999"):
        page = send(by(played), "/plans/moi", {"noi-dung": text, "theo-doi-tu": day})
        assert (page.status_code, f"được ngày “{day}”" in unescape(page.text)) == (422, True)
    assert send(by(played), f"/plans/{KEY.plan}/con-ap-dung", {"nam": "9" * 5000}).status_code == 422


def test_text_that_no_database_looks_up_is_not_there(played: Scene) -> None:
    paths = ("/plans/%00", "/plans?sau=a%00b", f"/plans/{KEY.plan}?nam=%00")
    assert [by(played).get(path).status_code for path in paths] == [404, 404, 404]


def test_file_is_loaded_after_its_consequences_were_shown(replayed: Scene) -> None:
    scene, before = by(replayed), replayed.dump()
    page = upload(scene, NEW)
    assert page.status_code == 200
    assert "Báo cáo nhanh: Chủ nhật, 20/12/2026" in shown(page)
    assert replayed.dump() == before
    sure = {**fields(page), "chac-chan": "1"}
    assert sure["noi-dung"] == NEW.rstrip("\n") + "\n"
    answers = [send(scene, "/plans/moi", sure) for _ in range(2)]
    assert [a.headers["location"] for a in answers] == ["/plans/ke-hoach-moi"] * 2
    with replayed.office.database.read() as tx:
        stored = read_plan(tx, "ke-hoach-moi")
        assert stored is not None
        assert stored.revision == 1


@pytest.mark.parametrize(
    "text",
    [
        NEW.replace("so-noi-vu", "so-y-te"),  # of a unit that coordinates nothing
        NEW.replace("ke-hoach-moi", "y-te"),  # there already, and another's
        "units:\n  - {id: don-vi-x, name: Đơn vị X, kind: so-nganh, mailbox: x@dienbien.example}\n",
    ],
)
def test_coordinators_load_what_is_theirs_alone(replayed: Scene, text: str) -> None:
    other = NEW.replace("ke-hoach-moi", "y-te").replace("so-noi-vu", "so-y-te")
    load_text(replayed.office, replayed.now, other)
    page = send(by(replayed), "/plans/moi", {"noi-dung": text, "chac-chan": "1"})
    assert page.status_code == 422
    assert send(by(replayed, ADMINISTRATOR), "/plans/moi", {"noi-dung": text}).status_code == 200


def test_what_is_too_large_is_refused(played: Scene) -> None:
    scene = by(played)
    assert upload(scene, "# " + "x" * (1 << 20)).status_code == 422  # one file
    assert upload(scene, "x" * LARGEST_FILE).status_code == 413  # all of it
    assert send(scene, TASK, typed(scene, note="x" * 70_000)).status_code == 413
    assert "tối đa 20 tệp" in shown(upload(scene, *["plan: {}"] * 21))


def test_next_year_is_a_draft_that_can_be_taken_away_or_loaded(played: Scene) -> None:
    scene, before = by(played), played.dump()
    page = scene.get("/plans/dien-bien-88-2026/nam-sau")
    assert "Lập kế hoạch năm 2027" in page.text
    draft = scene.get("/plans/dien-bien-88-2026/nam-sau/tai-ve?nam=2027")
    read = read_file("x.yaml", draft.content)
    assert read.plan is not None
    assert (errors(read.problems), read.plan.slug) == ([], "dien-bien-88-2027")
    sent = send(scene, "/plans/moi", {"ten": "dien-bien-88-2027.yaml", "noi-dung": draft.text})
    assert sent.status_code == 200
    assert "kế hoạch mới" in sent.text
    assert played.dump() == before


def test_what_is_still_open_is_pointed_out_and_saved_all_the_same(replayed: Scene) -> None:
    desk = by(replayed)
    form = typed(replayed, due="undetermined", owed_by="@chua-xac-dinh")
    preview = send(desk, TASK, form)
    assert preview.status_code == 200
    assert "Cần xem lại, nhưng vẫn lưu được" in shown(preview)
    assert shown(preview).count("đề nghị người phụ trách quyết định") == 2  # the date, and who owes it: each once
    saved = send(desk, TASK, {**form, "chac-chan": "1"})
    assert (saved.status_code, saved.headers["location"]) == (303, f"/plans/{PLAN}")


def test_list_counts_what_a_task_names_its_reader_for(replayed: Scene) -> None:
    named = "rieng@dienbien.example"
    load_text(
        replayed.office,
        replayed.now,
        f"""
plan: {{id: rieng, title: Kế hoạch riêng, issued: 05/01/2026, coordinator: so-noi-vu}}
tasks:
  - id: viec
    title: Báo cáo riêng
    owed_by: [so-y-te, so-tai-chinh]
    due: {{by: 15/12/2026}}
    officers: [{{unit: so-y-te, name: Chuyên viên được giao, email: {named}}}]
""",
    )
    page = shown(by(replayed, named).get("/plans"))
    assert "Kế hoạch riêng" in page
    assert "Kế hoạch riêng chưa có số Sở Nội vụ 0 1 từ" in page
