"""What a person reads about a bad file: `file:line:column: sentence`, in Vietnamese."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.files.documents import read_documents
from plans.files.references import check_references
from plans.words import words

HEAD = "plan: {id: a, title: A}\ntasks:\n  - {id: x, title: X, "
UNITS = "units:\n  - {id: so-noi-vu, name: Sở Nội vụ, kind: so, mailbox: a@b.vn}\n"


def sentences(content):
    read = read_documents([("k.yaml", content if isinstance(content, bytes) else content.encode())])
    return [f"{problem.place}: {words('vi').problem(problem)}" for problem in read.problems]


TABLE = [
    (b"plan:\n  title: K\xe7\n",
     ["k.yaml:2:11: Tệp không phải mã UTF-8 (byte E7 không đọc được); đề nghị lưu lại bằng mã UTF-8."]),
    ("plan: {}".encode("utf-16"), ["k.yaml:1:1: Tệp được lưu bằng mã UTF-16; đề nghị lưu lại bằng mã UTF-8."]),
    (b"", ["k.yaml: Tệp không có nội dung; xem mẫu trong docs/plan-format.md."]),
    (b"x" * (2 << 20),
     ["k.yaml: Tệp lớn hơn 1 MiB nên không được đọc; đề nghị tách thành nhiều tệp nhỏ hơn."]),
    ("plan:\n\tid: a\n\ttitle: b\n",
     ["k.yaml:2:1: Dòng này thụt lề bằng phím Tab; đề nghị thụt lề bằng dấu cách.",
      "k.yaml:3:1: Dòng này thụt lề bằng phím Tab; đề nghị thụt lề bằng dấu cách."]),
    ("plan: {id: a, title: A\x0bB}\ntasks: []\n",
     ["k.yaml:1:23: Có ký tự điều khiển U+000B không nhìn thấy được; đề nghị xóa và gõ lại chỗ này."]),
    ("plan: {id: a, title: A}\ntasks: []\ntasks: []\n",
     ["k.yaml:3:1: Mục “tasks” đã có ở dòng 2; đề nghị bỏ một trong hai."]),
    ("plan: &p {id: a}\ntasks: *p\n",
     ["k.yaml:1:7: Không dùng được dấu neo “&p”; đề nghị ghi lại đầy đủ nội dung ở từng chỗ. "
      "Chữ có dấu “&” ở đầu cần đặt trong ngoặc kép.",
      "k.yaml:2:8: Không dùng được tham chiếu “*p”; đề nghị ghi lại đầy đủ nội dung ở đây. "
      "Chữ có dấu “*” ở đầu cần đặt trong ngoặc kép."]),
    ("plan: " + "[" * 25,
     ["k.yaml:1:26: Nội dung lồng nhau quá 20 cấp; đề nghị kiểm tra lại các dấu ngoặc và thụt lề."]),
    ("plan:\n  title: Báo cáo: lần 2\n",
     ["k.yaml:2:17: Dấu hai chấm ở đây không đúng chỗ; đề nghị đặt nội dung có dấu hai chấm trong ngoặc kép, "
      "hoặc xem dòng trên có thiếu dấu hai chấm không."]),
    ("plan:\n  id: a\n title: b\n",
     ["k.yaml:3:2: Thụt lề không khớp với các dòng trên; đề nghị căn các mục cùng cấp thẳng hàng, bằng dấu cách."]),
    ('plan:\n  id: "a\n',
     ["k.yaml:2:7: Dấu ngoặc kép hoặc ngoặc đơn mở ở đây chưa được đóng; đề nghị thêm dấu đóng."]),
    ("plan:\n  id: %a\n",
     ["k.yaml:2:7: Nội dung không được bắt đầu bằng ký tự “%”; đề nghị đặt cả nội dung trong ngoặc kép."]),
    ("đơn vị: []\n",
     ["k.yaml:1:1: Tệp không phải kế hoạch (mục “plan” và “tasks”), danh bạ đơn vị (mục “units”) "
      "hay chế độ nhắc (mục “policies”)."]),
    ("plan: {id: Kế hoạch 88, titel: A}\ntasks: x\n",
     ["k.yaml:1:7: Thiếu mục “title”; đề nghị bổ sung.",
      "k.yaml:1:12: “id” chỉ gồm chữ thường không dấu, chữ số và dấu gạch ngang; "
      "thay “Kế hoạch 88” bằng “ke-hoach-88” chẳng hạn.",
      "k.yaml:1:25: Không có mục nào tên là “titel” ở đây; có phải “title”?",
      "k.yaml:2:8: “tasks” cần một danh sách, mỗi phần tử bắt đầu bằng dấu gạch ngang."]),
    (HEAD + "kind: bao-cao, due: {by: 31/02/2026}}\n",
     ["k.yaml:3:29: Không có lựa chọn “bao-cao” ở đây; chọn một trong: report, work, milestone, target, standing.",
      "k.yaml:3:48: Không có ngày 31/02/2026; đề nghị kiểm tra lại mục “by”."]),
    (HEAD + "due: 05/12/2026}\n",
     ["k.yaml:3:28: Chưa rõ “05/12/2026” có tính cả ngày đó không; ghi {before: 05/12/2026} nếu là “trước ngày”, "
      "{by: 05/12/2026} nếu là “chậm nhất ngày”, hoặc standing nếu là “thường xuyên”."]),
    (HEAD + "due: {before: 05/12}}\n",
     ["k.yaml:3:37: Ngày 05/12 thiếu năm; đề nghị ghi đủ năm, ví dụ 05/12/2026, "
      "hoặc {yearly: {before: 05/12}} nếu là hằng năm."]),
    (HEAD + "due: {yearly: {before: 05/12/2026}}}\n",
     ["k.yaml:3:46: Hạn lặp lại hằng năm không ghi năm; đề nghị thay “05/12/2026” ở mục “before” bằng 05/12."]),
    (HEAD + "due: {from: 30/10/2023, to: 01/05/2023}}\n",
     ["k.yaml:3:47: Ngày kết thúc 01/05/2023 trước ngày bắt đầu 30/10/2023; đề nghị kiểm tra lại."]),
    (HEAD + "due: {by: 1/1/2026, time: 25h}}\n",
     ["k.yaml:3:49: “25h” không phải giờ trong ngày; đề nghị ghi từ 00:00 đến 23:59, ví dụ 16:30 hoặc 16h30."]),
    (HEAD + "due: standing}\n",
     ["k.yaml:3:23: Nhiệm vụ loại “report” phải có thời hạn; nếu là việc thường xuyên, đề nghị ghi kind: standing."]),
    (HEAD + "kind: work}\n",
     ["k.yaml:3:5: Văn bản chưa cho biết thời hạn của nhiệm vụ này, nên chưa nhắc ai; "
      "đề nghị người phụ trách quyết định và ghi vào mục thời hạn (due)."]),
    (HEAD + "lead: 'so-noi-vu, so-y-te', due: {within: {quarter: 5, year: 2026}}}\n",
     ["k.yaml:3:29: “so-noi-vu, so-y-te” gồm nhiều tên; đề nghị ghi thành danh sách trong ngoặc vuông, "
      "ví dụ lead: [so-noi-vu, so-tai-chinh].",
      "k.yaml:3:75: “quarter” cần một số nguyên từ 1 đến 4; “5” không phải."]),
    (UNITS + "  - {id: so-noi-vu, name: B, kind: so, mailbox: x}\n",
     ["k.yaml:3:6: Mã “so-noi-vu” đã dùng ở dòng 2; đề nghị đặt mã khác.",
      "k.yaml:3:49: “x” không phải một địa chỉ thư điện tử; đề nghị ghi theo dạng vanthu@dienbien.example."]),
    ("units:\n  - {id: a, name: Xã A, kind: xa}\n",
     ["k.yaml:2:6: “Xã A” chưa có cán bộ (officers) và hộp thư (mailbox), nên không nhắc được ai; đề nghị bổ sung."]),
    (UNITS + "overseers:\n  - {name: B, email: a@b.vn, units: [so-noi-vuu]}\n",
     ["k.yaml:4:38: Không có đơn vị “so-noi-vuu” trong danh bạ; có phải “so-noi-vu”?"]),
    (UNITS + "audiences:\n  - {id: a, name: A, audiences: [a]}\n  - {id: b, name: B, kinds: [huyen]}\n",
     ["k.yaml:4:34: “audiences” đi thành vòng tròn: a → a; đề nghị bỏ một mắt xích.",
      "k.yaml:5:30: Không có đơn vị nào thuộc loại “huyen”; đề nghị bổ sung đơn vị hoặc bỏ loại này."]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), TABLE, ids=range(len(TABLE)))
def test_sentences_about_a_bad_file(content, expected):
    assert sentences(content) == expected


def test_sentences_about_references():
    plan = HEAD + "owed_by: [so-noi-vuu, @chua-xac-dinh], to: xyz, due: {by: 1/1/2026}}\n"
    read = read_documents([("k.yaml", plan.encode()), ("u.yaml", UNITS.encode())])
    found = check_references(read.plans[0].plan, read.plans[0].places, read.rosters[0])
    assert [f"{problem.place}: {words('vi').problem(problem)}" for problem in found] == [
        "k.yaml:3:33: Không có đơn vị, nhóm hay đối tượng “so-noi-vuu” trong danh bạ; có phải “so-noi-vu”?",
        "k.yaml:3:45: Chưa xác định đơn vị thực hiện (owed_by); đề nghị người phụ trách quyết định.",
        "k.yaml:3:66: Không có đơn vị “xyz” trong danh bạ; đề nghị bổ sung đơn vị hoặc sửa lại mã.",
    ]


EXAMPLES = (Path(__file__).parents[3] / "docs" / "plan-format.md").read_text("utf-8").split("```")[1::2]
FRAGMENTS = st.sampled_from(
    ["", " ", "\n", "\t", ":", ": ", "- ", "[", "]", "{", "}", "'", '"', "#", "&a", "*a", "!x", "@", "---\n", "31/02",
     "~", "2026-02-31", "{id: }", "[[]]", "? ", "|", "\x00", "\ud800", "é", "9" * 400, "a, b",
     "kind: standing", "due: {}"]
)  # fmt: skip
CUTS = st.lists(st.tuples(st.integers(0, 6000), st.integers(0, 12), FRAGMENTS), min_size=1, max_size=4)


@settings(deadline=None)
@given(st.sampled_from(EXAMPLES), CUTS)
def test_sentences_about_any_damage_to_a_file(example, cuts):
    text = example.removeprefix("yaml\n")
    for at, length, fragment in cuts:
        at %= len(text) + 1
        text = text[:at] + fragment + text[at + length :]
    content = text.encode("utf-8", "surrogatepass")
    read = read_documents([("k.yaml", content), ("u.yaml", UNITS.encode())])
    problems = list(read.problems)
    for file in read.plans:
        problems += check_references(file.plan, file.places, read.rosters[0]) if file.plan else []
    lines = text.count("\n") + 2
    assert [p for p in problems if not words("vi").problem(p) or not 0 <= p.place.line <= lines] == []
    assert [p for p in problems if not words("en").has(f"problem.{p.code}")] == []
