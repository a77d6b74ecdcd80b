"""The sample installations as they are shipped: they read without a fault and say what their documents say."""

from __future__ import annotations

import zlib
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

import config
from plans.audiences import UNDETERMINED, resolve
from plans.files.documents import read_documents
from plans.files.references import check_references
from plans.periods import Period
from plans.plan import Kind, Plan, Task
from plans.problems import Problem, Severity
from plans.rules import FromTo, MonthDay, Once, Operator, Standing, Undetermined, Within, Yearly
from plans.units import Roster

CONFIG = Path(config.__file__).parent
SAMPLES = CONFIG / "samples"
RECEIVERS = ("ubnd-tinh", "so-noi-vu")  # of both documents of Điện Biên; audiences leave them out

# Checksums of the thirty cells of the document, which is not part of the project: in NFC, single spaces, no <i> tags.
CELLS = {
    "quy-1": "d1a4ccd1 761dc29c 5652108c 894ce617 e92c6ca0 ab4acf50 1f45458e d552dc9d f9895fe7 c92d9a31",
    "quy-2": "514be508 ab6385fd 40c2fc7c 91f60d23 8c1c1c7d 3a695064",
    "quy-3": "d0c799fc 554e49b1 b226a214 009676e5 9d313e6f",
    "quy-4": "82dd29f6 298e2ee0 582bbbe2 7dfebc21 4ed9dae1",
    "thuong-xuyen": "f69d6e70 1c5f1e26 554d98bd 17e61ff7",
}


def read(folder: str) -> tuple[Roster, dict[str, Plan], list[Problem]]:
    """Roster, plans by slug and every problem of one installation."""
    paths = [SAMPLES / folder / "units.yaml", *sorted((SAMPLES / folder / "plans").glob("*.yaml"))]
    documents = read_documents((path.name, path.read_bytes()) for path in paths)
    (roster,) = documents.rosters
    problems = list(documents.problems)
    plans: dict[str, Plan] = {}
    for file in documents.plans:
        if file.plan is not None:
            plans[file.plan.slug] = file.plan
            problems += check_references(file.plan, file.places, roster)
    return roster, plans, problems


def addresses(roster: Roster) -> list[str]:
    """Every e-mail address of a roster, as often as it occurs."""
    found = [unit.mailbox for unit in roster.units.values() if unit.mailbox]
    found += [officer.address for unit in roster.units.values() for officer in unit.officers]
    return found + [person.address for person in (*roster.overseers, *roster.leaders)]


@pytest.fixture(scope="module")
def roster() -> Roster:
    return read("dien-bien")[0]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return read("dien-bien")[1]["dien-bien-88-2020"]


@pytest.fixture
def rows(plan: Plan) -> list[Task]:
    """The tasks of the table of Kế hoạch 88/KH-UBND."""
    return [t for t in plan.tasks if t.slug.startswith(("quy-", "thuong-xuyen-"))]


def task(plan: Plan, slug: str) -> Task:
    found = plan.task(slug)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("folder", "units", "plans"),
    [
        ("bac-kan", 27, {"bac-kan-2024": 7}),
        ("dien-bien", 106, {"dien-bien-2458": 13, "dien-bien-88-2020": 36, "dien-bien-88-2026": 34}),
        ("dien-bien-phu", 28, {"dien-bien-phu-2025": 6}),
        ("lai-chau", 32, {"lai-chau-2023": 8}),
    ],
)
def test_each_folder_reads_without_an_error(folder: str, units: int, plans: dict[str, int]) -> None:
    roster, found, problems = read(folder)
    assert [p for p in problems if p.severity is Severity.ERROR] == []
    # What the document leaves open is the only thing a person is asked.
    assert {p.code for p in problems} <= {"due.undetermined", "reference.undetermined"}
    assert len(roster.units) == units
    assert {slug: len(plan.tasks) for slug, plan in found.items()} == plans


def test_the_table_above_names_every_folder() -> None:
    assert sorted(p.name for p in SAMPLES.iterdir()) == ["bac-kan", "dien-bien", "dien-bien-phu", "lai-chau"]


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.yaml")), ids=lambda path: path.name)
def test_every_file_begins_with_a_comment_for_the_operator(path: Path) -> None:
    comment = [line for line in path.read_text(encoding="utf-8").split("\n\n", 1)[0].splitlines() if line[:1] == "#"]
    assert any("Người vận hành" in line for line in comment)


@pytest.mark.parametrize("folder", ["bac-kan", "dien-bien", "dien-bien-phu", "lai-chau"])
def test_no_mail_can_reach_anybody_real(folder: str) -> None:
    found = addresses(read(folder)[0])
    assert found
    assert [a for a in found if not a.endswith(f"@{folder.replace('-', '')}.example")] == []


class TestDienBien:
    def test_units_by_kind(self, roster: Roster) -> None:
        assert Counter(unit.kind for unit in roster.units.values()) == {
            "uy-ban": 1,
            "hoi-dong": 1,
            "so-nganh": 25,
            "mat-tran-doan-the": 6,
            "dang": 2,
            "bao-chi": 3,
            "luc-luong-vu-trang": 3,
            "truong": 3,
            "su-nghiep": 2,
            "doanh-nghiep": 5,
            "huyen": 10,
            "xa": 45,
        }

    @pytest.mark.parametrize(
        ("on", "units", "districts", "communes"),
        [
            (date(2020, 3, 30), 52, 10, 0),
            (date(2025, 6, 30), 47, 10, 0),  # seven departments merged in spring into others, two of them new
            (date(2026, 12, 4), 82, 0, 45),
        ],
    )
    def test_the_audience_of_all_units_follows_the_reorganisations(
        self, roster: Roster, on: date, units: int, districts: int, communes: int
    ) -> None:
        found = resolve(["moi-don-vi"], roster, on, RECEIVERS)
        kinds = Counter(roster.units[slug].kind for slug in found)
        assert (len(found), kinds["huyen"], kinds["xa"]) == (units, districts, communes)
        assert not {"uy-ban", "hoi-dong", "dang"} & set(kinds)
        assert not set(RECEIVERS) & set(found)

    def test_the_districts_end_the_day_before_their_communes_begin(self, roster: Roster) -> None:
        districts = [unit for unit in roster.units.values() if unit.kind == "huyen"]
        communes = {slug for slug, unit in roster.units.items() if unit.kind == "xa"}
        assert {unit.until for unit in districts} == {date(2025, 6, 30)}
        assert {roster.units[slug].since for slug in communes} == {date(2025, 7, 1)}
        assert {slug for unit in districts for slug in unit.successors} == communes

    def test_every_unit_that_ended_names_who_follows(self, roster: Roster) -> None:
        ended = [unit for unit in roster.units.values() if unit.until]
        assert len(ended) == 18
        assert [unit.slug for unit in ended if not unit.successors] == []

    def test_one_officer_serves_three_communes(self, roster: Roster) -> None:
        counts = Counter(officer.address for unit in roster.units.values() for officer in unit.officers)
        assert {a: n for a, n in counts.items() if n > 1} == {"vanthu.biengioi@dienbien.example": 3}

    def test_the_coordinator_has_two_officers_and_a_head(self, roster: Roster) -> None:
        assert [officer.role for officer in roster.units["so-noi-vu"].officers] == ["officer", "officer", "head"]

    @pytest.mark.parametrize(
        ("on", "heads"),
        [(date(2025, 12, 31), ["so-tai-chinh"]), (date(2026, 1, 1), ["so-tu-phap"])],
    )
    def test_the_heads_of_a_group_rotate_and_stay_members(self, roster: Roster, on: date, heads: list[str]) -> None:
        members = [m for m in roster.groups["khoi-1"].members if (m.since or on) <= on <= (m.until or on)]
        assert [m.unit for m in members if m.head] == heads
        assert {"so-tai-chinh", "so-tu-phap"} <= {m.unit for m in members}


class TestPlan88Of2020:
    def test_head(self, plan: Plan) -> None:
        assert (plan.number, plan.issued, plan.until) == ("88/KH-UBND", date(2020, 1, 10), date(2020, 12, 31))
        assert (plan.issuer, plan.coordinator) == ("UBND tỉnh Điện Biên", "so-noi-vu")

    def test_thirty_rows_in_their_quarters(self, rows: list[Task]) -> None:
        slugs = [f"quy-{q}-{n:02d}" for q, count in enumerate((10, 6, 5, 5), 1) for n in range(1, count + 1)]
        assert [t.slug for t in rows] == slugs + [f"thuong-xuyen-{n:02d}" for n in range(1, 5)]
        for t in rows[:26]:
            assert (t.kind, t.due) == (Kind.WORK, Within(Period.quarter(2020, int(t.slug[4]))))
        assert {(t.kind, t.due) for t in rows[26:]} == {(Kind.STANDING, Standing())}

    def test_rows_stand_on_the_lines_of_the_document(self, rows: list[Task]) -> None:
        lines = [*range(38, 46), 47, 48, *range(50, 56), 57, 58, 59, 60, 62, *range(64, 69), *range(70, 74)]
        assert [t.source.line for t in rows] == lines

    def test_so_noi_vu_leads_all_but_the_two_rows_that_leave_it_open(self, rows: list[Task]) -> None:
        assert Counter(t.owed_by for t in rows) == {("so-noi-vu",): 28, (UNDETERMINED,): 2}
        assert [t.slug for t in rows if t.owed_by == (UNDETERMINED,)] == ["thuong-xuyen-02", "thuong-xuyen-03"]

    def test_coordinating_units_are_all_units_or_open_or_blank(self, rows: list[Task]) -> None:
        assert {t.slug for t in rows if t.coordinating == ("moi-don-vi",)} == {
            "quy-1-03",
            "quy-1-05",
            "quy-1-08",
            "quy-2-01",
            "quy-2-03",
            "quy-2-05",
            "quy-3-04",
            "quy-3-05",
            "quy-4-01",
            "quy-4-03",
            "quy-4-04",
            "thuong-xuyen-01",
        }
        assert {t.slug for t in rows if t.coordinating == ()} == {
            "quy-1-02",
            "quy-1-04",
            "quy-1-06",
            "quy-3-03",
            "quy-4-02",
            "quy-4-05",
            "thuong-xuyen-02",
            "thuong-xuyen-03",
        }
        assert sum(t.coordinating == (UNDETERMINED,) for t in rows) == 10

    @pytest.mark.parametrize(
        ("slug", "words"),
        [
            ("quy-1-03", "Chỉ đạo Hội nghị điển hình tiên tiến các cấp"),
            ("quy-2-01", "Chỉ đạo rà soát, ban hành Quyết định kiện toàn Khôi, Cụm thi đua trên địa bàn tỉnh."),
            ("quy-3-01", "Tổ chức Đại hội Thi đua yêu nước tỉnh Điện Biên lần thứ V (2020 - 2025)"),
            # The document numbers this row and the one before it 3.
            (
                "quy-3-04",
                "Ban hành Kế hoạch triển khai các văn bản pháp luật hiện hành về Thi đua, khen thưởng và tổ chức bồi "
                "dưỡng nghiệp vụ cho cán bộ làm công tác thi đua, khen thưởng các cấp",
            ),
            # Its quotation mark is never closed.
            (
                "quy-4-01",
                "Xét, trình HĐND tỉnh ban hành Nghị quyết xét tặng Huy hiệu “Vì sự nghiệp xây dựng và phát triển tỉnh "
                "Điện Biên.",
            ),
            (
                "thuong-xuyen-02",
                "Tiếp tục tuyên truyền tư tưởng thi đua yêu nước của Chủ tịch Hồ Chí Minh gắn với thực hiện Chỉ thị số "
                "05-CT/TW ngày 15/5/2016 của Bộ Chính trị về việc “Đẩy mạnh học tập và làm theo tư tưởng, đạo đức, "
                "phong cách Hồ Chí Minh”.",
            ),
        ],
    )
    def test_titles_keep_the_words_of_the_document(self, plan: Plan, slug: str, words: str) -> None:
        assert task(plan, slug).title == words

    def test_every_title_equals_its_cell(self, rows: list[Task]) -> None:
        sums: dict[str, list[str]] = {}
        for t in rows:
            sums.setdefault(t.slug[:-3], []).append(f"{zlib.crc32(t.title.encode()):08x}")
        assert {section: " ".join(found) for section, found in sums.items()} == CELLS

    def test_unit_plans_are_due_before_31_march(self, plan: Plan) -> None:
        found = task(plan, "ke-hoach-don-vi")
        assert (found.kind, found.product, found.to) == (Kind.REPORT, "kế hoạch", "so-noi-vu")
        assert found.owed_by == ("moi-don-vi",)
        assert found.due == Once(date(2020, 3, 31), Operator.BEFORE)
        assert (found.source.line, found.source.quote) == (113, "chậm nhất trước ngày 31/3/2020")

    def test_the_periodic_summary_has_no_date_a_machine_may_assume(self, plan: Plan) -> None:
        found = task(plan, "tong-hop-bao-cao")
        assert (found.kind, found.due, found.source.line) == (Kind.REPORT, Undetermined(), 97)


def test_the_sample_of_2026_has_the_shape_of_2020() -> None:
    plan = read("dien-bien")[1]["dien-bien-88-2026"]
    assert (plan.number, plan.issued, plan.until) == (None, date(2026, 1, 12), date(2026, 12, 31))
    rows = Counter(t.due for t in plan.tasks if t.slug.startswith("quy-"))
    assert rows == {Within(Period.quarter(2026, q)): n for q, n in enumerate((10, 5, 4, 5), 1)}
    assert task(plan, "ke-hoach-don-vi").due == Once(date(2026, 3, 31), Operator.BEFORE)
    path = SAMPLES / "dien-bien" / "plans" / "dien-bien-88-2026.yaml"
    assert path.read_text(encoding="utf-8").startswith("# MẪU, KHÔNG PHẢI VĂN BẢN THẬT")


def test_the_yearly_report_is_due_before_5_december() -> None:
    plan = read("dien-bien")[1]["dien-bien-2458"]
    assert (plan.number, plan.issued, plan.until) == ("2458/UBND-NC", date(2021, 8, 5), None)
    found = task(plan, "bao-cao-nam")
    assert found.title == "Báo cáo kết quả thực hiện phong trào thi đua hằng năm"
    assert (found.kind, found.product, found.owed_by) == (Kind.REPORT, "báo cáo", ("moi-don-vi",))
    assert (found.to, found.via) == ("ubnd-tinh", "so-noi-vu")
    assert found.due == Yearly(MonthDay(12, 5), Operator.BEFORE)
    assert (found.source.line, found.source.quote) == (63, "trước ngày 05 tháng 12 hàng năm")
    others = Counter(t.due for t in plan.tasks if t is not found)
    assert others == {Standing(): 11, Undetermined(): 1}


def test_lai_chau_has_the_end_of_a_campaign_and_no_anniversaries() -> None:
    plan = read("lai-chau")[1]["lai-chau-2023"]
    assert (plan.number, plan.issued) == (None, None)
    campaign = task(plan, "phong-trao-dac-biet")
    assert (campaign.kind, campaign.due) == (Kind.MILESTONE, FromTo(None, date(2023, 10, 30)))
    review = task(plan, "tong-ket-phong-trao")
    assert (review.owed_by, review.due) == (("hoi-dong-tdkt",), Undetermined())
    assert {t.due for t in plan.tasks if t not in (campaign, review)} == {Standing()}


def test_the_target_of_the_city_outlives_the_city() -> None:
    roster, plans, _ = read("dien-bien-phu")
    plan = plans["dien-bien-phu-2025"]
    target = task(plan, "xoa-nha-tam")
    assert (target.kind, target.due) == (Kind.TARGET, Once(date(2025, 12, 31), Operator.BEFORE))
    assert task(plan, "tong-hop-bao-cao").due == Undetermined()
    assert Counter(t.kind for t in plan.tasks) == {Kind.TARGET: 1, Kind.STANDING: 4, Kind.REPORT: 1}
    assert resolve(target.owed_by, roster, date(2025, 12, 30)) == [
        "phuong-dien-bien-phu",
        "phuong-muong-thanh",
        "xa-muong-phang",
        "xa-na-tau",
    ]


def test_bac_kan_has_no_deadline() -> None:
    plan = read("bac-kan")[1]["bac-kan-2024"]
    assert {(t.kind, t.due) for t in plan.tasks} == {(Kind.STANDING, Standing())}
    assert [t.source.line for t in plan.tasks] == [29, 31, 37, 41, 43, 45, 47]
