from __future__ import annotations

import json
import re
from pathlib import Path

from tests.scheduler.homes import UNITS, YEARLY, Nhachan, Said

NOW = "2026-11-09T10:00"


def listed(nhachan: Nhachan, home: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in nhachan("plans", "list", "--json", home=home, now=NOW).lines]


def codes(nhachan: Nhachan, home: Path) -> list[str]:
    return [json.loads(line)["code"] for line in nhachan("doctor", "--json", home=home, now=NOW).lines]


def test_plans_are_listed_with_their_ends(nhachan: Nhachan, small: Path) -> None:
    assert nhachan("plans", "list", home=small, now=NOW).lines == [
        "Kế hoạch  Số, ký hiệu  Theo dõi từ  Kết thúc   Xác nhận đến năm",
        "ke-hoach  88/KH-UBND   02/11/2026   không ghi  –",
    ]
    assert listed(nhachan, small) == [
        {
            "plan": "ke-hoach",
            "title": "Kế hoạch thi đua",
            "number": "88/KH-UBND",
            "coordinator": "so-noi-vu",
            "track_from": "2026-11-02",
            "until": None,
            "replaced_by": None,
            "kept_through": None,
            "open_ended": True,
        }
    ]


def test_plan_that_is_kept_is_asked_about_no_more(nhachan: Nhachan, small: Path) -> None:
    assert "plans_open_ended" in codes(nhachan, small)
    assert nhachan("plans", "keep", "ke-hoach", "--year", "2027", home=small, now=NOW) == Said(
        0, "Đã ghi nhận: kế hoạch ke-hoach còn áp dụng đến hết năm 2027.\n", ""
    )
    assert "plans_open_ended" not in codes(nhachan, small)
    assert [p["kept_through"] for p in listed(nhachan, small)] == [2027]
    again = nhachan("plans", "keep", "ke-hoach", "--year", "2027", home=small, now=NOW)
    assert again == Said(1, "", "Năm 2027 không dùng được cho kế hoạch ke-hoach: ghi một năm từ 2028 đến 2100.\n")


def test_plan_that_is_ended_says_what_it_cancels_first(nhachan: Nhachan, small: Path) -> None:
    end = ("plans", "end", "ke-hoach", "--until", "30/11/2026")
    assert nhachan("submit", YEARLY, "--unit", "xa-a", home=small, now=NOW).code == 0
    cancelled = [
        "  hủy ke-hoach/bao-cao-nam/2026 (ngày cuối cùng thứ Sáu, 04/12/2026): 2 đơn vị còn phải thực hiện",
        "  hủy ke-hoach/hoi-nghi/once (ngày cuối cùng thứ Năm, 31/12/2026): 1 đơn vị còn phải thực hiện",
        "  hủy ke-hoach/bao-cao-nam/2027 (ngày cuối cùng thứ Bảy, 04/12/2027): 3 đơn vị còn phải thực hiện",
    ]
    tried = nhachan(*end, "--dry-run", home=small, now=NOW)
    assert tried.lines == [
        "Kế hoạch ke-hoach thay đổi (theo dõi từ 02/11/2026):",
        "  đổi until: – → 30/11/2026",
        "  0 nhiệm vụ mới, 0 thời hạn mới; việc phải thực hiện: thêm 0, hủy 6",
        *[line for line in tried.lines if " thư" in line],
        *cancelled,
        "Chỉ xem trước: chưa có gì thay đổi.",
    ]
    assert [p["until"] for p in listed(nhachan, small)] == [None]
    done = nhachan(*end, home=small, now=NOW)
    assert done.lines[-4:-1] == cancelled
    assert done.lines[-1] == (
        "Đề nghị ghi “until: 30/11/2026” vào tệp của kế hoạch ke-hoach: tệp chưa ghi thì lần nạp sau bị từ chối."
    )
    assert [(p["until"], p["open_ended"]) for p in listed(nhachan, small)] == [("2026-11-30", False)]
    refused = nhachan("load", small, home=small, now=NOW)
    assert (refused.code, refused.err.splitlines()) == (
        1,
        [
            f"{small}/plans/ke-hoach.yaml:2:3: Kế hoạch ke-hoach đã được ghi kết thúc ngày 30/11/2026, nhưng tệp không "
            "ghi: thêm “until: 30/11/2026” vào tệp, hoặc nạp với --replace để kế hoạch tiếp tục."
        ],
    )


def test_of_many_cancelled_deadlines_the_first_are_named(nhachan: Nhachan, small: Path) -> None:
    file = small / "plans" / "tuan.yaml"
    file.write_text(
        "plan: {id: tuan, title: Giao ban, issued: 05/01/2026}\ntasks:\n"
        "  - {id: bao-cao, title: Báo cáo tuần, owed_by: [xa-a], due: {weekly: {by: thứ Sáu}}}\n",
        encoding="utf-8",
    )
    assert nhachan("load", file, home=small, now=NOW).code == 0
    said = nhachan("plans", "end", "tuan", "--until", "13/11/2026", "--dry-run", home=small, now=NOW)
    named = [line for line in said.lines if line.startswith("  hủy tuan/")]
    assert len(named) == 20
    assert named[0] == "  hủy tuan/bao-cao/2026-W47 (ngày cuối cùng thứ Sáu, 20/11/2026): 1 đơn vị còn phải thực hiện"
    rest = re.fullmatch(r"  và (\d+) thời hạn khác", said.lines[-2])
    total = re.search(r"hủy (\d+)", next(line for line in said.lines if "việc phải thực hiện" in line))
    assert rest is not None
    assert total is not None
    assert int(rest[1]) + 20 == int(total[1])


def test_plan_that_is_not_there_is_named(nhachan: Nhachan, small: Path) -> None:
    for act in (("keep", "--year", "2027"), ("end", "--until", "30/11/2026")):
        assert nhachan("plans", act[0], "ke-hoac", *act[1:], home=small, now=NOW) == Said(
            1, "", "không có kế hoạch “ke-hoac”; có phải “ke-hoach”?\n"
        )


# -- what is summed up -----------------------------------------------------------------------------------------------

CHAIN = """\
plan: {id: tong, title: Kế hoạch tổng hợp, issued: 05/01/2026, coordinator: so-noi-vu}
tasks:
  - {id: quy, title: Báo cáo quý, owed_by: [xa-a, xa-b], due: {quarterly: {by: 15}}}
  - {id: rieng, title: Báo cáo riêng, owed_by: [xa-a], due: "@chua-xac-dinh"}
  - {id: tong-hop, title: Tổng hợp, owed_by: so-noi-vu, due: {yearly: {by: 25/12}}, collects: [quy, rieng]}
  - {id: tong-hop-quy, title: Tổng hợp quý, owed_by: so-noi-vu, due: {quarterly: {by: 20}}, collects: [quy]}
"""


def test_why_says_how_many_of_the_collected_reports_are_in(nhachan: Nhachan, small: Path) -> None:
    file = small / "plans" / "tong.yaml"
    file.write_text(CHAIN, encoding="utf-8")
    loaded = nhachan("load", file, "--track-from", "01/01/2026", home=small, now=NOW)
    warning = (
        f"{file}:6:104: cảnh báo: Nhiệm vụ “tong-hop-quy” tổng hợp từ “quy”, nhưng việc ấy đến thứ Ba, 15/12/2026 mới "
        "hết hạn, trong khi “tong-hop-quy” cần xong trong thứ Sáu, 18/12/2026. Đề nghị đặt hạn của “quy” chậm nhất "
        "thứ Sáu, 11/12/2026 (trước 5 ngày làm việc), hoặc sửa số ngày làm việc cần trước (ahead)."
    )
    assert (loaded.code, loaded.lines[1:2]) == (0, [warning])
    assert warning in nhachan("check", file, home=small, now=NOW).lines
    done = ("submit", "tong/quy/2026-Q3", "--unit", "xa-a", "--received", "14/09/2026")
    assert nhachan(*done, home=small, now=NOW).code == 0
    assert nhachan("why", "tong/tong-hop-quy/2026-Q3", home=small, now=NOW).lines[-2:] == [
        "Tổng hợp từ: Báo cáo quý: 1/2 đơn vị đã gửi (quý III năm 2026)",
        "  Đề xuất hạn cho các đơn vị: chậm nhất thứ Sáu, 11/09/2026: trước 5 ngày làm việc",
    ]
    assert nhachan("why", "tong/tong-hop/2026", home=small, now=NOW).lines[-3:] == [
        "Tổng hợp từ: Báo cáo quý: đã có 1/8 báo cáo của 4 kỳ (quý I năm 2026 đến quý IV năm 2026)",
        "Tổng hợp từ: Báo cáo riêng: chưa có kỳ nào ứng với thời hạn này",
        "  Đề xuất hạn cho các đơn vị: chậm nhất thứ Sáu, 18/12/2026: trước 5 ngày làm việc",
    ]
    (said,) = nhachan("why", "tong/tong-hop/2026", "--json", home=small, now=NOW).lines
    assert [(c["task"], c["done"], c["owing"], c["proposed"]) for c in json.loads(said)["collects"]] == [
        ("tong/quy", 1, 8, None),
        ("tong/rieng", 0, 0, "2026-12-18"),
    ]


def test_check_names_collected_tasks_that_are_not_there(nhachan: Nhachan, small: Path) -> None:
    file = small / "plans" / "tong.yaml"
    file.write_text(CHAIN.replace("collects: [quy, rieng]", "collects: [ke-hoach/bao-cao-na]"), encoding="utf-8")
    expected = f"{file}:5:96: Không có nhiệm vụ “ke-hoach/bao-cao-na”; có phải “ke-hoach/bao-cao-nam”?"
    checked = nhachan("check", file, home=small, now=NOW)  # the other plan is in the store
    assert (checked.code, [line for line in checked.lines if "Không có" in line]) == (1, [expected])


def test_load_names_the_units_that_a_file_leaves_out(nhachan: Nhachan, small: Path) -> None:
    fewer = "".join(line for line in UNITS.splitlines(True) if "id: xa-b" not in line)
    (small / "units.yaml").write_text(fewer, encoding="utf-8")
    assert "Không còn trong tệp nhưng vẫn giữ lại: xa-b. Muốn kết thúc, ghi ngày “until” cho đơn vị." in (
        nhachan("load", small / "units.yaml", home=small, now=NOW).lines
    )


# -- rehearsals ------------------------------------------------------------------------------------------------------


def rehearsed(nhachan: Nhachan, home: Path, *options: str) -> list[tuple[object, ...]]:
    said = nhachan("rehearse", *options, "--json", home=home, now=NOW)
    found = [json.loads(line) for line in said.lines]
    return [(m["address"], m["kind"], [(i["deadline"], i["unit"]) for i in m["items"]]) for m in found]


def test_rehearsal_of_a_unit_and_plan_keeps_their_items_alone(nhachan: Nhachan, small: Path) -> None:
    other = CHAIN.replace("25/12", "16/11").replace(
        "owed_by: [xa-a, xa-b], due: {quarterly: {by: 15}}", "owed_by: [xa-a], due: {by: 13/11/2026}"
    )
    (small / "plans" / "tong.yaml").write_text(
        other.replace("id: quy,", "id: le,").replace("[quy", "[le"), encoding="utf-8"
    )
    assert nhachan("load", small / "plans" / "tong.yaml", home=small, now=NOW).code == 0
    day = ("--from", "16/11/2026", "--to", "16/11/2026")
    both = [("ke-hoach/danh-sach/once", "xa-a"), ("tong/le/once", "xa-a")]
    mine = [row for row in rehearsed(nhachan, small, *day, "--unit", "xa-a") if row[0] == "chi@xa-a.example"]
    assert mine == [("chi@xa-a.example", "digest", both)]
    # The coordinator's list is about this unit too; of its other units nothing is told.
    about = [row for row in rehearsed(nhachan, small, *day, "--unit", "xa-a") if row[1] == "unrecorded"]
    assert about == [("tdkt@snv.example", "unrecorded", both)]
    narrowed = rehearsed(nhachan, small, *day, "--unit", "xa-a", "--plan", "tong")
    assert {tuple(items) for _, _, items in narrowed} == {(("tong/le/once", "xa-a"),)}
    assert {kind for _, kind, _ in rehearsed(nhachan, small, *day, "--person", "tdkt@snv.example")} >= {"monday"}


def test_rehearsal_of_the_past_says_so_beside_its_answer(nhachan: Nhachan, small: Path) -> None:
    said = nhachan("rehearse", "--from", "03/11/2026", "--to", "06/11/2026", "--json", home=small, now=NOW)
    assert (said.code, said.err) == (
        0,
        "Có ngày đã qua: diễn tập như thể những ngày ấy chưa tới, không kể thư đã gửi thật "
        "(xem “nhachan mail list”).\n",
    )
