from __future__ import annotations

import json
from pathlib import Path

from tests.scheduler.homes import Nhachan, Said

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
    tried = nhachan(*end, "--dry-run", home=small, now=NOW)
    assert tried.lines == [
        "Kế hoạch ke-hoach thay đổi (theo dõi từ 02/11/2026):",
        "  đổi until: – → 30/11/2026",
        "  0 nhiệm vụ mới, 0 thời hạn mới; việc phải thực hiện: thêm 0, hủy 7",
        *[line for line in tried.lines if " thư" in line],
        "Chỉ xem trước: chưa có gì thay đổi.",
    ]
    assert [p["until"] for p in listed(nhachan, small)] == [None]
    assert nhachan(*end, home=small, now=NOW).lines[-1] == (
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


def test_plan_that_is_not_there_is_named(nhachan: Nhachan, small: Path) -> None:
    for act in (("keep", "--year", "2027"), ("end", "--until", "30/11/2026")):
        assert nhachan("plans", act[0], "ke-hoac", *act[1:], home=small, now=NOW) == Said(
            1, "", "không có kế hoạch “ke-hoac”; có phải “ke-hoach”?\n"
        )
