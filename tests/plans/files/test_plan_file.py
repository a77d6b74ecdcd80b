"""A plan file as a whole."""

from datetime import date

from plans.audiences import UNDETERMINED
from plans.files.plan_file import read_plan
from plans.files.reading import Reference
from plans.periods import Period
from plans.plan import Kind, Plan, Source, Task
from plans.problems import Place, Problem, Severity
from plans.rules import MonthDay, Operator, Standing, Within, Yearly

FULL = """\
plan:
  id: dien-bien-2458
  number: 2458/UBND-NC
  title: Triển khai thực hiện Chỉ thị số 19/CT-TTg
  issued: 05/08/2021
  issuer: UBND tỉnh Điện Biên
  coordinator: so-noi-vu
  until: 31/12/2030
  replaced_by: dien-bien-3000
  revision: 4
tasks:
  - id: bao-cao-nam
    title: Báo cáo kết quả thực hiện phong trào thi đua hằng năm
    kind: report
    product: báo cáo
    owed_by: [moi-don-vi]
    to: ubnd-tinh
    via: so-noi-vu
    due: {yearly: {before: 05/12}}
    late: strict
    policy: bao-cao
    collects: [tiep-tuc, ke-hoach-88/quy-1-03]
    section: II. Tổ chức thực hiện
    source: {line: 63, quote: "trước ngày 05 tháng 12 hàng năm"}
    note: Gửi qua Ban Thi đua - Khen thưởng
  - id: quy-1-03
    title: Chỉ đạo Hội nghị điển hình tiên tiến các cấp
    kind: work
    lead: so-noi-vu
    with: @chua-xac-dinh
    due: {within: {quarter: 1, year: 2020}}
  - {id: tiep-tuc, title: Tiếp tục đẩy mạnh, kind: standing, owed_by: moi-don-vi}
"""


def at(line, column):
    return Place("k.yaml", line, column)


def problem(code, at_line, column, severity=Severity.ERROR, **params):
    return Problem(code, params, at(at_line, column), severity)


def warning(code, line, column, **params):
    return problem(code, line, column, Severity.WARNING, **params)


def test_read_plan_with_every_key():
    read = read_plan("k.yaml", FULL.encode())
    assert read.problems == ()
    assert read.plan == Plan(
        slug="dien-bien-2458",
        number="2458/UBND-NC",
        title="Triển khai thực hiện Chỉ thị số 19/CT-TTg",
        issued=date(2021, 8, 5),
        issuer="UBND tỉnh Điện Biên",
        coordinator="so-noi-vu",
        until=date(2030, 12, 31),
        replaced_by="dien-bien-3000",
        revision=4,
        tasks=(
            Task(
                slug="bao-cao-nam",
                title="Báo cáo kết quả thực hiện phong trào thi đua hằng năm",
                kind=Kind.REPORT,
                product="báo cáo",
                owed_by=("moi-don-vi",),
                to="ubnd-tinh",
                via="so-noi-vu",
                due=Yearly(MonthDay(12, 5), Operator.BEFORE),
                strict=True,
                policy="bao-cao",
                collects=("tiep-tuc", "ke-hoach-88/quy-1-03"),
                section="II. Tổ chức thực hiện",
                source=Source(63, "trước ngày 05 tháng 12 hàng năm"),
                note="Gửi qua Ban Thi đua - Khen thưởng",
            ),
            Task(
                slug="quy-1-03",
                title="Chỉ đạo Hội nghị điển hình tiên tiến các cấp",
                kind=Kind.WORK,
                owed_by=("so-noi-vu",),
                coordinating=(UNDETERMINED,),
                due=Within(Period("2020-Q1")),
            ),
            Task("tiep-tuc", "Tiếp tục đẩy mạnh", Kind.STANDING, ("moi-don-vi",), Standing()),
        ),
    )


def test_read_plan_keeps_the_places_of_references():
    places = read_plan("k.yaml", FULL).places
    assert places[Reference("", "coordinator", "so-noi-vu")] == at(7, 16)
    assert places[Reference("bao-cao-nam", "")] == at(12, 5)
    assert places[Reference("bao-cao-nam", "owed_by", "moi-don-vi")] == at(16, 15)
    assert places[Reference("bao-cao-nam", "due")] == at(19, 5)
    assert places[Reference("quy-1-03", "owed_by", "so-noi-vu")] == at(29, 11)
    assert places[Reference("quy-1-03", "with", UNDETERMINED)] == at(30, 11)


def test_read_plan_with_the_least():
    read = read_plan("k.yaml", "plan: {id: a, title: A, issued: , until: '@chua-xac-dinh'}\ntasks: []\n")
    assert (read.plan, read.problems) == (Plan("a", "A"), ())


def test_read_plan_without_tasks_is_a_warning():
    read = read_plan("k.yaml", "plan: {id: a, title: A}\n")
    assert (read.plan, read.problems) == (Plan("a", "A"), (warning("plan.no_tasks", 1, 1),))


def test_read_plan_that_is_no_mapping():
    read = read_plan("k.yaml", "- a\n")
    assert (read.plan, read.problems) == (None, (problem("expected.mapping", 1, 1, key="k.yaml"),))


def test_read_plan_names_every_fault_of_the_head():
    text = "plan:\n  titel: A\n  issued: 31/02/2020\n  coordinator: Sở Nội vụ\n  revision: 0\ntasks: []\nnotes: x\n"
    read = read_plan("k.yaml", text)
    assert read.plan is None
    assert read.problems == (
        problem("key.missing", 2, 3, key="id"),
        problem("key.missing", 2, 3, key="title"),
        problem("key.unknown.nearest", 2, 3, name="titel", nearest="title"),
        problem("value.date_impossible", 3, 11, key="issued", value="31/02/2020"),
        problem("value.slug.nearest", 4, 16, key="coordinator", value="Sở Nội vụ", nearest="so-noi-vu"),
        problem("value.integer", 5, 13, key="revision", value="0", lowest=1, highest=999_999_999),
        problem("key.unknown", 7, 1, name="notes", choices="plan, tasks"),
    )


def test_read_plan_without_plan():
    read = read_plan("k.yaml", "tasks: []\n")
    assert (read.plan, read.problems) == (None, (problem("key.missing", 1, 1, key="plan"),))


def test_read_plan_until_before_issued_and_replacing_itself():
    text = "plan:\n  id: a\n  title: A\n  issued: 02/01/2026\n  until: 01/01/2026\n  replaced_by: a\ntasks: []\n"
    assert read_plan("k.yaml", text).problems == (
        problem("plan.until_before_issued", 5, 3, until=date(2026, 1, 1), issued=date(2026, 1, 2)),
        problem("plan.replaces_itself", 6, 3),
    )


def tasks(*lines):
    """A plan file whose tasks begin on line 3."""
    return read_plan("k.yaml", "plan: {id: a, title: A}\ntasks:\n" + "".join(f"  - {line}\n" for line in lines))


def test_read_plan_duplicate_task_ids_name_the_first_place():
    read = tasks("{id: x, title: X, due: {by: 1/1/2026}}", "{id: x, title: Y, due: {by: 1/1/2026}}")
    assert read.problems == (Problem("id.duplicate", {"id": "x", "line": 3}, at(4, 6)),)
    assert [task.title for task in read.plan.tasks] == ["X"]


def test_read_plan_collects_of_unknown_tasks_and_of_itself():
    read = tasks(
        "{id: bao-cao-nam, title: X, due: {by: 1/1/2026}, collects: [bao-cao-nan, bao-cao-nam, khac/bao-cao]}",
        "{id: y, title: Y, due: {by: 1/1/2026}, collects: [zzz]}",
    )
    assert read.problems == (
        problem("task.unknown.nearest", 3, 65, name="bao-cao-nan", nearest="bao-cao-nam"),
        problem("task.collects_itself", 3, 78, id="bao-cao-nam"),
        problem("task.unknown", 4, 55, name="zzz"),
    )


def test_read_plan_lead_and_owed_by_together():
    read = tasks("{id: x, title: X, due: {by: 1/1/2026}, owed_by: [a], lead: [b]}")
    assert read.problems == (problem("task.lead_and_owed_by", 3, 58),)


def test_read_plan_names_every_fault_of_every_task():
    read = tasks(
        "{id: Báo cáo, title: X, kind: reprot, owed_by: [so, Sở Y tế], due: {by: 5/12}}",
        "{title: , kind: work, lead: 'a, b', late: yes, source: {line: x}, collects: [a/b/c], when: 1}",
        "just text",
    )
    assert read.plan.tasks == ()
    assert read.problems == (
        problem("value.slug.nearest", 3, 10, key="id", value="Báo cáo", nearest="bao-cao"),
        problem("value.choice.nearest", 3, 35, name="reprot", nearest="report"),
        problem("value.slug.nearest", 3, 57, key="owed_by", value="Sở Y tế", nearest="so-y-te"),
        problem("due.year_missing", 3, 77, key="by", value="5/12"),
        problem("key.missing", 4, 5, key="id"),
        warning("due.undetermined", 4, 5),
        problem("key.missing", 4, 6, key="title"),
        problem("value.commas", 4, 33, key="lead", value="a, b"),
        problem("value.choice", 4, 47, name="yes", choices="strict"),
        problem("value.integer", 4, 67, key="line", value="x", lowest=1, highest=999_999),
        problem("value.slug.nearest", 4, 82, key="collects", value="a/b", nearest="a-b"),
        problem(
            "key.unknown",
            4,
            90,
            name="when",
            choices="id, title, kind, product, owed_by, lead, with, to, via, due, late, policy, officers, collects, "
            "ahead, section, source, note",
        ),
        problem("expected.mapping", 5, 5, key="tasks"),
    )
