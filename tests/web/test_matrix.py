"""The matrix: what its cells, totals and files say, and how large it is."""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
from datetime import UTC, date, datetime

import pytest
from openpyxl import load_workbook

from plans.deadlines import DeadlineKey, DueDates
from plans.periods import Period
from plans.plan import Kind
from plans.rules import Operator
from plans.status import Status
from plans.words import words
from reports.matrix import Saying, Share, matrix_csv, matrix_xlsx, shares, table
from store.matrix import Cell, Column, GroupTotal, Matrix, UnitRow
from store.obligations import of_deadline
from tests.web.scenes import KEY, Scene
from web.pages.matrix import LETTERS, body_of

PATH = f"/plans/{KEY.plan}/ma-tran"
OFFICER = "vanthu.sct@dienbien.example"  # of Sở Công Thương
TODAY = date(2026, 12, 9)
DATES = DueDates(
    date(2026, 12, 5),
    Operator.BEFORE,
    date(2026, 12, 4),
    date(2026, 12, 4),
    date(2026, 12, 5),
    datetime(2026, 12, 5, 17, tzinfo=UTC),
)
SAYING = Saying(words("vi"), {(1, 2): 3}, lambda after, until: (until - after).days, TODAY)


def column(number: int, kind: Kind = Kind.REPORT) -> Column:
    return Column(number, DeadlineKey("ke", f"viec-{number}", Period("2026")), f"Việc {number}", kind, None, DATES)


def row(number: int, *statuses: Status | None, group: str = "khoi", name: str = "") -> UnitRow:
    cells = tuple(None if s is None else Cell(s, DATES.late_on) for s in statuses)
    return UnitRow(number, f"don-vi-{number}", name or f"Đơn vị {number}", (group,), cells)


SMALL = Matrix(
    (column(1), column(2, Kind.WORK)),
    (
        row(1, Status.OVERDUE, Status.LATE, name="=HYPERLINK(1)"),
        row(2, Status.ON_TIME, Status.MISSING),
        row(3, Status.WAIVED, None, group="khac"),
        row(4, Status.SUBMITTED, Status.CANCELLED),
    ),
    (GroupTotal("khoi", "Khối 1", 3, {}), GroupTotal("khac", "Khối khác", 1, {})),
    {},
)
SAID = [
    ["'=HYPERLINK(1)", "quá hạn 4", "chậm 3", "1/2"],
    ["Đơn vị 2", "đúng hạn", "không xong", "1/2"],
    ["Đơn vị 3", "miễn", "–", "–"],
    ["Đơn vị 4", "chờ XN", "hủy", "1/1"],
    ["Khối 1", "2/3", "1/2", "3/5"],
    ["Khối khác", "–", "–", "–"],
    ["Tất cả đơn vị", "2/3", "1/2", "3/5"],
]


def test_files_say_every_cell_and_calculate_nothing() -> None:
    titles = [c.title for c in SMALL.columns]
    rows = list(csv.reader(io.StringIO(matrix_csv(table(SMALL, titles, SAYING, words("vi"))).decode("utf-8-sig"))))
    assert rows == [["Đơn vị", "Việc 1", "Việc 2", "Đã xong"], ["Thời hạn", "05/12/2026", "05/12/2026", ""], *SAID]
    book = load_workbook(io.BytesIO(matrix_xlsx(table(SMALL, titles, SAYING, words("vi")), SMALL, "Ma trận")))
    sheet = book.active
    assert sheet is not None
    found = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert found[1] == ["Thời hạn", datetime(2026, 12, 5), datetime(2026, 12, 5), None]  # noqa: DTZ001 - as Excel has it
    assert found[2:] == SAID
    assert {cell.data_type for line in sheet.iter_rows() for cell in line} == {"s", "d", "n"}, "no formula"
    assert sheet.freeze_panes == "B3"


def test_who_is_exempt_or_does_not_owe_it_counts_for_nothing() -> None:
    assert shares(SMALL, SMALL.rows) == (Share(2, 3), Share(1, 2))
    assert shares(SMALL, ()) == (Share(0, 0), Share(0, 0))
    assert shares(SMALL, (row(1, Status.UNTRACKED, Status.OVERDUE),)) == (Share(0, 0), Share(0, 1))


def test_every_status_has_a_word_and_a_letter() -> None:
    assert set(LETTERS) == set(Status)
    assert len(set(LETTERS.values())) == len(Status)
    for language in ("vi", "en"):
        saying = Saying(words(language), {}, lambda _after, _until: 0, TODAY)
        said = {saying(1, column(1), Cell(status, TODAY)) for status in Status}
        assert len(said) == len(Status)
        assert not any(text.startswith("cell.") for text in said)


def test_matrix_of_300_units_and_60_deadlines_is_small_enough() -> None:
    """Statuses at random, half of the year over: worse than any real one."""
    chance = random.Random(7)
    over = [Status.ON_TIME, Status.ON_TIME, Status.LATE, Status.OVERDUE, Status.SUBMITTED, Status.WAIVED]
    rows = [
        row(n, *(chance.choice(over) if c < 30 else Status.PENDING for c in range(60)), name=f"UBND xã Mường {n}")
        for n in range(300)
    ]
    matrix = Matrix(tuple(map(column, range(60))), tuple(rows), (), {})
    late = {(n, c): chance.randint(1, 20) for n in range(300) for c in range(60)}
    html = body_of(matrix, Saying(words("vi"), late, lambda _after, _until: 4, TODAY))
    assert html.count("<td") == 300 * 61
    assert len(gzip.compress(html.encode(), 5)) < 95_000


def test_page_says_how_each_unit_stands(played: Scene) -> None:
    html = played.get(f"{PATH}?nam=2026").text
    with played.office.database.read() as tx:
        owed = {o.unit: o.status(played.now, TODAY) for o in of_deadline(tx, KEY)}
    cells = dict(re.findall(rf'<td class="(\w)"><a href="/deadlines/{KEY}#don-vi-([\w-]+)">', html))
    cells = {unit: letter for letter, unit in re.findall(r'<td class="(\w)"><a href="[^"]*#don-vi-([\w-]+)">', html)}
    assert cells == {unit: LETTERS[status] for unit, status in owed.items()}
    assert "quá hạn 3</a>" in html
    for unit in ("so-cong-thuong", "so-tu-phap"):
        assert f'id="don-vi-{unit}"' in played.get(f"/deadlines/{KEY}").text
    legend = dict(re.findall(r'<span class="(\w)">[^<]+</span>[^<]+<b>(\d+)</b>', html))
    assert sum(map(int, legend.values())) == len(owed)
    assert f"<td>{65}/{81}</td>" in html


def test_page_is_narrowed_by_group_kind_and_year(played: Scene) -> None:
    every = played.get(PATH).text.count('<th scope="row"><a')
    group = re.findall(r'<option value="([^"]+)">', played.get(PATH).text.split('name="khoi"')[1])[0]
    some = played.get(f"{PATH}?nam=2026&khoi={group}").text.count('<th scope="row"><a')
    assert 0 < some < every == 82
    assert "Không có thời hạn nào" in played.get(f"{PATH}?viec=moc").text
    assert "Không có thời hạn nào" in played.get(f"{PATH}?nam=1999").text
    assert "Ma trận năm 2027" in played.get(f"{PATH}?nam=2027").text


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_file_has_what_its_visitor_may_read(played: Scene, ending: str) -> None:
    def units(visitor: Scene) -> list[object]:
        answer = visitor.get(f"{PATH}.{ending}?nam=2026")
        assert f'filename="{KEY.plan}-2026.{ending}"' in answer.headers["content-disposition"]
        if ending == "csv":
            return [line[0] for line in csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))]
        sheet = load_workbook(io.BytesIO(answer.content)).active
        assert sheet is not None
        return [line[0].value for line in sheet.iter_rows()]

    assert units(played.seen_by(OFFICER))[2] == "Sở Công Thương"
    assert units(played.seen_by(OFFICER))[-1] == "Tất cả đơn vị"
    assert len([u for u in units(played.seen_by(OFFICER)) if str(u).startswith(("Sở", "UBND"))]) == 1
    assert len(units(played)) > 84


def test_officer_sees_the_row_of_the_own_unit(played: Scene) -> None:
    html = played.seen_by(OFFICER).get(PATH).text
    assert re.findall(r'<th scope="row"><a href="([^"]+)"', html) == ["/units/so-cong-thuong"]
    assert "<td>0/1</td>" in html
