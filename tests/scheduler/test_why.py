"""`why` for every form of rule: the four dates and each step, in Vietnamese, in less than a screen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from textwrap import wrap

import pytest

from tests.scheduler.conftest import LOADED, quietly
from tests.scheduler.homes import Nhachan

SCREEN = 24
FORMS = {
    "mot-lan": "{before: 05/12/2026}",
    "co-gio": "{by: 05/12/2026, time: 16:30}",
    "hang-nam": "{yearly: {before: 05/12}}",
    "nam-sau": "{yearly: {by: 15/01, of: following_year}}",
    "ba-dot": "{yearly: {before: [15/03, 15/07, 15/11]}}",
    "sau-thang": "{half_yearly: {by: [10/07, 10/01]}}",
    "chin-thang": "{nine_monthly: {before: 05/10}}",
    "hang-quy": "{quarterly: {before: 10, of: following_month}}",
    "hang-thang": "{monthly: {by: 30}}",
    "hang-tuan": "{weekly: {before: thứ Năm, time: 15:00}}",
    "tuan-sau": "{weekly: {by: thứ Ba, of: following_week}}",
    "trong-quy": "{within: {quarter: 4, year: 2026}}",
    "trong-chin-thang": "{within: {nine_months: true, year: 2026}}",
    "tu-den": "{from: 18/09/2026, to: 26/09/2026}",
    "den-ngay": "{from: , to: 26/09/2026}",
    "sau-hoi-nghi": "{after: {event: hoi-nghi, name: Hội nghị điển hình tiên tiến, working_days: 10}}",
    "truoc-hop": "{before_event: {event: hop-hoi-dong, name: Cuộc họp Hội đồng, days: 5}}",
    "truoc-tet": "{before_event: {event: tet-nguyen-dan, days: 10}}",
    "sau-tet": "{after: {event: tet-nguyen-dan, working_days: 60}}",
    "sau-gio-to": "{after: {event: gio-to-hung-vuong, days: 5}}",
    "hai-thang": '{rrule: {before: "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=10", from: 01/01/2026}}',
    "ra-soat": "{standing: {review: {quarterly: {by: last}}}}",
}
PERIODS = {
    "hang-nam": "2026",
    "nam-sau": "2026",
    "ba-dot": "2026-3",
    "sau-thang": "2026-H2",
    "chin-thang": "2026-9M",
    "hang-quy": "2026-Q4",
    "hang-thang": "2027-02",
    "hang-tuan": "2026-W47",
    "tuan-sau": "2026-W47",
    "trong-quy": "2026-Q4",
    "trong-chin-thang": "2026-9M",
    "sau-hoi-nghi": "hoi-nghi",
    "truoc-hop": "hop-hoi-dong",
    "truoc-tet": "2027",
    "sau-tet": "2026",
    "sau-gio-to": "2026",
    "hai-thang": "2026-11-10",
    "ra-soat": "2026-Q4",
}
RECURRING = {
    "hang-nam", "nam-sau", "ba-dot", "sau-thang", "chin-thang", "hang-quy", "hang-thang", "hang-tuan", "tuan-sau",
    "hai-thang", "ra-soat",
}  # fmt: skip
WAITING = {"sau-hoi-nghi", "truoc-hop"}


def plan() -> str:
    head = "plan:\n  {id: cac-han, title: Các cách ghi thời hạn, number: 88/KH-UBND, issued: 05/01/2026}\ntasks:\n"
    return head + "".join(
        f"  - {{id: {slug}, title: Việc {slug}, kind: {'standing' if 'standing' in due else 'report'}, "
        f'owed_by: [xa-a], due: {due}, source: {{line: 63, quote: "chậm nhất trước ngày 05/12"}}}}\n'
        for slug, due in FORMS.items()
    )


@pytest.fixture(scope="module")
def forms(small_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that nobody changes, with a task of each form."""
    home = Path(shutil.copytree(small_template, tmp_path_factory.mktemp("forms") / "home"))
    (home / "plans" / "cac-han.yaml").write_text(plan(), encoding="utf-8")
    quietly("--home", home, "--now", LOADED, "load", home)
    return home


@pytest.mark.parametrize("slug", sorted(FORMS.keys() - WAITING))
def test_why_of_every_form_fits_a_screen(slug: str, forms: Path, nhachan: Nhachan) -> None:
    deadline = f"cac-han/{slug}/{PERIODS.get(slug, 'once')}"
    said = nhachan("why", deadline, home=forms, now=LOADED)
    assert (said.code, said.err) == (0, "")
    lines = said.lines
    never = slug == "ra-soat"
    last = "Không bao giờ tính là chậm hay quá hạn (loại việc: Thường xuyên)." if never else "Tính là chậm sau"
    heads = ["Văn bản nêu", "Ngày cuối cùng", "Cần xong trong", last]
    assert [line.strip()[: len(head)] for line, head in zip(lines[2:6], heads, strict=True)] == heads
    found = json.loads(nhachan("why", "--json", deadline, home=forms, now=LOADED).out)
    numbered = [line for line in lines if line.lstrip()[:1].isdigit() and ". " in line[:6]]
    assert len(numbered) == len(found["steps"])
    assert (found["late_after"] is None, found["late_at"] is None) == (never, never)
    assert [line for line in lines if line.startswith("Quy tắc lặp:")] == (
        [f"Quy tắc lặp: {found['rrule']}"] if slug in RECURRING else []
    )
    wide = [part for line in lines for part in wrap(line, 120) or [""]]
    assert len(wide) <= SCREEN


@pytest.mark.parametrize("slug", sorted(WAITING))
def test_why_of_a_task_that_waits_for_an_event_says_how_to_enter_its_day(
    slug: str, forms: Path, nhachan: Nhachan
) -> None:
    said = nhachan("why", f"cac-han/{slug}/{PERIODS[slug]}", home=forms, now=LOADED)
    name = {"sau-hoi-nghi": "Hội nghị điển hình tiên tiến", "truoc-hop": "Cuộc họp Hội đồng"}[slug]
    assert (said.code, said.out) == (1, "")
    assert f"Chưa có ngày của sự kiện “{name}”" in said.err
    assert f"nhachan event {PERIODS[slug]} " in said.err


WEEKLY = """\
Việc hang-tuan (tuần 47 năm 2026)
Theo 88/KH-UBND: Các cách ghi thời hạn
  Văn bản nêu             thứ Năm, 19/11/2026 15:00
  Ngày cuối cùng          thứ Năm, 19/11/2026
  Cần xong trong          thứ Năm, 19/11/2026
  Tính là chậm sau        thứ Năm, 19/11/2026 15:00
Trích dòng 63: “chậm nhất trước ngày 05/12”
  1. Tuần 47 kéo dài từ 16/11/2026 đến 22/11/2026; ngày được nêu trong tuần là thứ Năm, 19/11/2026.
  2. Thời hạn: trước 15:00 ngày 19/11/2026 (thứ Năm).
  3. Văn bản viết “chậm nhất … trước”, nhưng vì có giờ cụ thể nên theo chữ “trước” hay chữ “chậm nhất” thì ngày cuối \
cùng vẫn là 19/11/2026.
  4. Thời hạn có giờ cụ thể nên ngày cuối cùng là chính ngày được nêu: thứ Năm, 19/11/2026.
  5. Ngày cuối cùng là ngày làm việc nên cần hoàn thành chậm nhất trong thứ Năm, 19/11/2026.
  6. Tính là quá hạn từ 15:00, thứ Năm, 19/11/2026.
Quy tắc lặp: FREQ=WEEKLY;BYDAY=TH
"""


def test_why_of_a_weekly_rule(forms: Path, nhachan: Nhachan) -> None:
    assert nhachan("why", "cac-han/hang-tuan/2026-W47", home=forms, now=LOADED).out == WEEKLY
