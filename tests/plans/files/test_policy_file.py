"""What a person reads about a policy file, and that policies are kept as they were written."""

import json
from datetime import date, time

import pytest
from hypothesis import given

from plans.files.documents import read_documents
from plans.files.policy_file import policy_from_mapping, quiet_from_mapping, read_policy_file
from plans.files.policy_writing import policy_mapping, quiet_mapping
from plans.files.references import check_policies, check_references
from plans.files.stage_form import when, written_when
from plans.policies import POLICIES, PROGRAMS, Anchor, Policy, QuietDays, To, stage
from plans.problems import Severity, UserError
from plans.rules import Count, MonthDay
from plans.words import words
from tests.plans.strategies import policies, quiet_days

LISTED = "      - {at: T+1wd, to: coordinator, list: true}\n"


def sentences(content):
    return [
        f"{problem.place}: {words('vi').problem(problem)}"
        for problem in read_policy_file("c.yaml", content.encode()).problems
    ]


def policy(*stages, name="rieng", **more):
    """A policy file; stages begin in line 4."""
    fields = "".join(f"    {key}: {value}\n" for key, value in more.items())
    return f"policies:\n  - id: {name}\n{fields}    stages:\n" + "".join(f"      - {one}\n" for one in stages)


T0, LIST, LATE = "{at: T0}", "{at: T+1wd, to: coordinator, list: true}", "{at: T+1wd}"

TABLE = [
    # words that are none
    (policy("{at: T-15, tme: 08:00}"), ["c.yaml:4:20: Không có mục nào tên là “tme” ở đây; có phải “time”?"]),
    (policy("{at: T-15, to: oficers}"), ["c.yaml:4:24: Không có lựa chọn “oficers” ở đây; có phải “officers”?"]),
    (policy("{at: T-15, to: [officers, [head]]}"),
     ["c.yaml:4:35: “to” cần chữ hoặc số, không phải một danh sách hay các mục con."]),
    (policy("{at: T-15, time: 25:00}"),
     ["c.yaml:4:26: “25:00” không phải giờ trong ngày; đề nghị ghi từ 00:00 đến 23:59, ví dụ 16:30 hoặc 16h30."]),
    (policy("{at: D-15}"),
     ["c.yaml:4:14: “D-15” không phải mốc nhắc; đề nghị ghi T-15 (số ngày trước hạn), "
      "T-3wd (số ngày làm việc trước hạn), T0, T+1wd (số ngày làm việc quá hạn) hoặc open (bắt đầu kỳ)."]),
    (policy("{at: T-0}", T0),
     ["c.yaml:4:14: “T-0” không phải mốc nhắc; đề nghị ghi T-15 (số ngày trước hạn), "
      "T-3wd (số ngày làm việc trước hạn), T0, T+1wd (số ngày làm việc quá hạn) hoặc open (bắt đầu kỳ)."]),
    (policy("{time: 08:00}", T0), ["c.yaml:4:9: Thiếu mục “at”; đề nghị bổ sung."]),
    ("policies:\n  - id: rieng\n", ["c.yaml:2:5: Thiếu mục “stages”; đề nghị bổ sung."]),
    ("policies:\n  - stages: [{at: T0}]\n", ["c.yaml:2:5: Thiếu mục “id”; đề nghị bổ sung."]),
    (policy(T0, name="none"),
     ["c.yaml:2:5: “none” là chế độ không nhắc của chương trình, không đặt lại được; đề nghị chọn mã khác."]),
    (policy(T0) + "  - {id: rieng, stages: [{at: T0}]}\n",
     ["c.yaml:5:6: Mã “rieng” đã dùng ở dòng 2; đề nghị đặt mã khác."]),
    # stages that fall together
    (policy("{at: T-3wd}", "{at: T-3wd, time: 10:00}"),
     ["c.yaml:5:14: Mốc T-3wd đã có ở dòng 4 cho cùng người nhận; đề nghị bỏ một trong hai."]),
    (policy(LIST, "{at: T+3wd, repeat: {every: 5, most: 2}}", "{at: T+8wd, to: officers}", T0),
     ["c.yaml:6:14: Mốc T+8wd đã có ở dòng 5 cho cùng người nhận; đề nghị bỏ một trong hai."]),
    # after the date
    (policy(T0, LIST, "{at: T+5}"),
     ["c.yaml:6:14: Mốc nhắc quá hạn tính theo ngày làm việc; đề nghị ghi “T+5wd” thay cho “T+5”."]),
    (policy(T0, LATE, "{at: T+3wd}"),
     ["c.yaml:5:14: Trước mốc T+1wd, đơn vị đầu mối phải có danh sách chưa ghi nhận để không nhắc nhầm đơn vị đã gửi; "
      'đề nghị thêm mốc at: T+1wd, time: "08:00", to: coordinator, list: true.']),
    (policy(T0, LIST, "{at: T+1wd, time: 13:30}"),
     ["c.yaml:6:14: Thư quá hạn không gửi trước 14:00 ngày làm việc đầu tiên sau hạn, để đơn vị đầu mối kịp ghi nhận; "
      "đề nghị ghi 14:00 hoặc muộn hơn thay cho 13:30."]),
    (policy(T0, LATE, "{at: T+2wd, to: coordinator, list: true}"),
     ["c.yaml:5:14: Mốc T+1wd phải sau danh sách chưa ghi nhận một buổi: sớm nhất là T+2wd lúc 14:00; "
      "đề nghị lùi mốc này hoặc đưa danh sách lên sớm hơn."]),
    (policy(T0, "{at: T+1wd, time: 15:00}", "{at: T+1wd, time: 15:00, to: coordinator, list: true}"),
     ["c.yaml:5:14: Mốc T+1wd phải sau danh sách chưa ghi nhận một buổi: sớm nhất là T+2wd lúc 14:00; "
      "đề nghị lùi mốc này hoặc đưa danh sách lên sớm hơn."]),
    (policy(T0, LIST, "{at: T+2wd, to: coordinator, list: true}"),
     ["c.yaml:6:14: Mỗi chế độ nhắc chỉ có một danh sách chưa ghi nhận, đã có ở dòng 5; đề nghị bỏ mốc T+2wd-list."]),
    (policy(T0, LIST, "{at: T+1wd, to: coordinating}"),
     ["c.yaml:6:14: Đơn vị phối hợp không phải nhắc quá hạn; đề nghị bỏ coordinating ở mốc T+1wd-with."]),
    (policy(T0, LIST, LATE, name="milestone"),
     ["c.yaml:5:14: Chế độ nhắc “milestone” dùng cho việc không bị coi là quá hạn; đề nghị bỏ mốc T+1wd-list.",
      "c.yaml:6:14: Chế độ nhắc “milestone” dùng cho việc không bị coi là quá hạn; đề nghị bỏ mốc T+1wd."]),
    (policy("{at: T-3wd, to: coordinator, list: true}", T0),
     ["c.yaml:4:14: Danh sách chưa ghi nhận chỉ có sau hạn; đề nghị ghi at: T+1wd thay cho T-3wd-list."]),
    (policy(T0, "{at: T+1wd, to: coordinator}"),
     ["c.yaml:5:21: Đơn vị đầu mối chỉ nhận danh sách chưa ghi nhận, không nhận thư nhắc của đơn vị; "
      "đề nghị ghi thành một mốc riêng có to: coordinator và list: true."]),
    (policy(T0, "{at: T-1wd, list: true}"),
     ["c.yaml:5:21: Danh sách chưa ghi nhận chỉ gửi đơn vị đầu mối; đề nghị ghi to: coordinator."]),
    # the head
    (policy("{at: T-3wd, to: head}", T0),
     ["c.yaml:4:14: Thủ trưởng không nhận thư trước cán bộ phụ trách; đề nghị thêm officers ở mốc T-3wd-head "
      "hoặc ở mốc sớm hơn cùng phía của hạn."]),
    (policy(T0, LIST, "{at: T+1wd, to: head}", "{at: T+3wd}"),
     ["c.yaml:6:14: Thủ trưởng không nhận thư trước cán bộ phụ trách; đề nghị thêm officers ở mốc T+1wd-head "
      "hoặc ở mốc sớm hơn cùng phía của hạn."]),
    (policy("{at: T0, time: 14:00}", "{at: T0, to: head}"),
     ["c.yaml:5:14: Thủ trưởng không nhận thư trước cán bộ phụ trách; đề nghị thêm officers ở mốc T0-head "
      "hoặc ở mốc sớm hơn cùng phía của hạn."]),
    # hours
    (policy("{at: T-3wd, time: 06:30}", "{at: T-1wd, time: 17:00}"),
     ["c.yaml:4:14: Thư chỉ gửi trong giờ hành chính, từ 08:00 đến 17:00; mốc lúc 06:30 "
      "sẽ gửi vào giờ làm việc tiếp theo. Đề nghị ghi giờ trong khoảng đó.",
      "c.yaml:5:14: Thư chỉ gửi trong giờ hành chính, từ 08:00 đến 17:00; mốc lúc 17:00 "
      "sẽ gửi vào giờ làm việc tiếp theo. Đề nghị ghi giờ trong khoảng đó."]),
    (policy("{at: T0, time: 17:00}"),
     ["c.yaml:4:14: Thư không gửi sau 17:00, nên mốc ngày đến hạn lúc 17:00 không đến kịp; "
      "đề nghị ghi giờ sớm hơn 17:00."]),
    # caps and repetitions
    (policy("{at: T-3wd}", T0, LIST, LATE, most=2),
     ["c.yaml:8:14: “officers” nhận 3 thư về một hạn, nhiều hơn mức 2 ghi ở “most”; "
      "đề nghị bớt mốc nhắc hoặc nâng mức này."]),
    (policy(T0, LIST, "{at: T+1wd, repeat: {every: 5, most: 8}}", most=10), []),
    (policy(T0, LIST, "{at: T+1wd, repeat: {every: 5, most: 9}}", most=9),
     ["c.yaml:7:14: “officers” nhận 11 thư về một hạn, nhiều hơn mức 9 ghi ở “most”; "
      "đề nghị bớt mốc nhắc hoặc nâng mức này."]),
    (policy(T0, LIST, "{at: T+1wd, repeat: {every: 5}}"), ["c.yaml:6:29: Thiếu mục “most”; đề nghị bổ sung."]),
    (policy(T0, "{at: T-3wd, repeat: {every: 1, most: 2}}"),
     ["c.yaml:5:21: Chỉ mốc quá hạn (T+…wd) mới nhắc lại được; đề nghị ghi từng mốc trước hạn."]),
    # nothing before the date
    (policy(LIST, LATE),
     ["c.yaml:2:5: Chế độ nhắc “rieng” không nhắc lần nào từ ngày đến hạn trở về trước; "
      "đề nghị kiểm tra có cần thêm T-3wd hoặc T0 không."]),
    # what was sent back
    (policy("{at: now}", T0),
     ["c.yaml:4:14: Mốc “now” (khi có yêu cầu bổ sung) chỉ dùng trong chế độ nhắc “resubmission”; "
      "đề nghị thay bằng open hoặc T-…."]),
    (policy("{at: open}", T0, name="resubmission"),
     ["c.yaml:4:14: Yêu cầu bổ sung không có kỳ thực hiện; đề nghị thay “open” bằng “now”."]),
    (policy(T0, name="resubmission") + "    for: [{audience: cac-xa, stages: [{at: T0}]}]\n",
     ["c.yaml:5:5: Yêu cầu bổ sung được nhắc như nhau đối với mọi đơn vị; đề nghị bỏ mục “for”."]),
    # audiences
    (policy(T0) + "    for:\n" + "      - {audience: xa, stages: [{at: T0}]}\n"
     "      - {audience: xa, stages: []}\n      - {stages: x}\n",
     ["c.yaml:7:9: Chế độ nhắc “rieng” không nhắc lần nào từ ngày đến hạn trở về trước; "
      "đề nghị kiểm tra có cần thêm T-3wd hoặc T0 không.",
      "c.yaml:7:20: Đối tượng “xa” đã có mốc nhắc riêng ở trên; đề nghị gộp làm một.",
      "c.yaml:8:9: Thiếu mục “audience”; đề nghị bổ sung.",
      "c.yaml:8:18: “stages” cần một danh sách, mỗi phần tử bắt đầu bằng dấu gạch ngang."]),
    # quiet days
    ("quiet: [31/12, 31/02]\n", ["c.yaml:1:16: Không có ngày 31/02; đề nghị kiểm tra lại mục “quiet”."]),
    ("quiet: {after_tet: sometimes}\n",
     ["c.yaml:1:20: Không có lựa chọn “sometimes” ở đây; chọn một trong: true, false."]),
    ("quiet: {day: 31/12}\n", ["c.yaml:1:9: Không có mục nào tên là “day” ở đây; có phải “days”?"]),
    ("quiet: [" + ", ".join(f"{day}/12" for day in range(1, 32)) + "]\n",
     ["c.yaml:1:1: Có 31 ngày không gửi thư, nhiều hơn 30; thư nhắc có thể bị lùi quá lâu. Đề nghị bớt số ngày."]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), TABLE, ids=range(len(TABLE)))
def test_sentences_about_a_policy_file(content, expected):
    assert sentences(content) == expected


def test_faults_that_only_warn():
    warned = {
        problem.code
        for content, _ in TABLE
        for problem in read_policy_file("c.yaml", content.encode()).problems
        if problem.severity is Severity.WARNING
    }
    assert warned == {"policy.outside_hours", "policy.nothing_before"}


def test_stages_of_one_day_for_several_recipients_follow_each_other():
    read = read_policy_file(
        "c", policy(T0, LIST, "{at: T+1wd, time: 15h, to: [officers, head], repeat: {every: 2, most: 1}}")
    )
    assert read.problems == ()
    assert [(one.code, one.at, one.to) for one in read.policies[0].stages] == [
        ("T0", time(8), To.OFFICERS),
        ("T+1wd-list", time(8), To.COORDINATOR),
        ("T+1wd", time(15), To.OFFICERS),
        ("T+1wd-head", time(15), To.HEAD),
        ("T+3wd", time(15), To.OFFICERS),
        ("T+3wd-head", time(15), To.HEAD),
    ]


@pytest.mark.parametrize(
    ("text", "quiet"),
    [
        ("quiet: [31/12, 30/04/2027, 31/12]", QuietDays(True, (MonthDay(12, 31), date(2027, 4, 30)))),
        ("quiet: 31/12", QuietDays(True, (MonthDay(12, 31),))),
        ("quiet: {after_tet: false}", QuietDays(False)),
        ("quiet: {after_tet: true, days: [2027-04-30]}", QuietDays(True, (date(2027, 4, 30),))),
        ("quiet: []", QuietDays()),
        ("policies: []", None),
    ],
)
def test_quiet_days_of_a_file(text, quiet):
    read = read_policy_file("c", text)
    assert (read.problems, read.quiet) == ((), quiet)


UNITS = (
    b"units:\n  - {id: xa-a, name: A, kind: xa, mailbox: a@b.vn}\naudiences:\n  - {id: cac-xa, name: X, kinds: [xa]}\n"
)


def test_audiences_are_looked_up_in_the_units():
    content = (
        policy(T0)
        + "    for:\n      - {audience: cac-xaa, stages: [{at: T0}]}\n      - {audience: xa-a, stages: [{at: T0}]}\n"
    )
    read = read_documents([("c.yaml", content.encode()), ("u.yaml", UNITS)])
    found = check_policies(read.policies[0].policies, read.policies[0].places, read.rosters[0])
    assert [f"{p.place}: {words('vi').problem(p)}" for p in found] == [
        "c.yaml:6:20: Không có đơn vị, nhóm hay đối tượng “cac-xaa” trong danh bạ; có phải “cac-xa”?"
    ]


def plan_problems(policy_name, kind="report", files=()):
    task = f"{{id: t, title: T, kind: {kind}, owed_by: xa-a, due: {{by: 1/1/2026}}, policy: {policy_name}}}"
    plan = f"plan: {{id: a, title: A}}\ntasks:\n  - {task}\n"
    read = read_documents([("k.yaml", plan.encode()), ("u.yaml", UNITS), *files])
    assert read.problems == ()
    found = check_references(read.plans[0].plan, read.plans[0].places, read.rosters[0], read.book(PROGRAMS))
    return [f"{p.place}: {words('vi').problem(p)}" for p in found]


def test_policy_of_a_task_is_looked_up_where_it_is_named():
    assert plan_problems("monthly") == plan_problems("none") == []
    assert plan_problems("rieng", files=[("c.yaml", policy(T0).encode())]) == []
    assert plan_problems("montly") == ["k.yaml:3:81: Không có chế độ nhắc “montly”; có phải “monthly”?"]
    known = "report, monthly, weekly, work, milestone, review, none"
    assert plan_problems("rieng") == [f"k.yaml:3:81: Không có chế độ nhắc “rieng”; chọn một trong: {known}."]
    assert plan_problems("resubmission") == [
        f"k.yaml:3:81: Không có chế độ nhắc “resubmission”; chọn một trong: {known}."
    ]


def test_policy_of_a_task_that_is_never_late_has_stages_for_nothing():
    assert plan_problems("report", "target") == [
        "k.yaml:3:81: Nhiệm vụ loại “target” không bị coi là quá hạn, nên các mốc quá hạn của chế độ nhắc "
        "“report” không được dùng; nếu cần nhắc quá hạn, đề nghị đổi loại nhiệm vụ."
    ]


def test_policy_of_the_same_id_in_two_files():
    read = read_documents([(name, policy(T0).encode()) for name in ("a", "b")])
    assert [words("vi").problem(p) for p in read.problems] == [
        "Chế độ nhắc “rieng” đã có ở a:2:5; đề nghị giữ một chỗ."
    ]


@pytest.mark.parametrize("text", ["T0", "T-15", "T-3wd", "T+1wd", "T+366wd", "open", "now"])
def test_when_is_written_as_it_is_read(text):
    assert written_when(*when(text)) == text


@pytest.mark.parametrize("kept", [p for p in POLICIES.values() if p.stages], ids=lambda kept: kept.name)
def test_program_policies_are_kept_as_they_are(kept):
    assert policy_from_mapping(json.loads(json.dumps(policy_mapping(kept)))) == kept


@given(policies())
def test_policy_is_kept_as_it_was_written(kept):
    text = json.dumps({"policies": [policy_mapping(kept)]})
    read = read_policy_file("c", text)
    assert read.problems == ()
    assert read.policies == (kept,)
    body = policy_mapping(read.policies[0])
    again = policy_from_mapping(json.loads(json.dumps(body)))
    assert (again, list(again.variants)) == (kept, list(kept.variants))


@given(quiet_days())
def test_quiet_days_are_kept_as_they_were_written(quiet):
    assert quiet_from_mapping(json.loads(json.dumps(quiet_mapping(quiet)))) == quiet


def test_policy_that_a_later_version_would_refuse_is_still_read_from_the_store():
    early = Policy("rieng", (stage(Anchor.LATE_AFTER, 1, at=time(8)), stage(Anchor.ACT_BY, -15, Count.DAYS)))
    assert policy_from_mapping(policy_mapping(early)) == early


def test_stored_policy_that_is_none():
    with pytest.raises(UserError) as caught:
        policy_from_mapping({"id": "rieng", "stages": [{"at": "x"}]})
    assert [p.code for p in caught.value.problems] == ["value.stage"]
