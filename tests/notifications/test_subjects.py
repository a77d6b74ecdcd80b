from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from notifications.composing import compose_digest, compose_monday, compose_unrecorded
from notifications.items import Item, Line, MondayPage
from plans.deadlines import Basis
from plans.plan import Kind
from plans.rules import Operator
from plans.status import Status
from tests.notifications.samples import CALENDAR, SETTINGS, WORDS, digest, due, item


def subject(today: date, *items: Item) -> str:
    return compose_digest(digest(*items), today, CALENDAR, WORDS, SETTINGS).subject


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 19), "[Nhắc hạn] Báo cáo TĐKT năm 2026: trước ngày 05/12/2026, còn 10 ngày làm việc"),
        (date(2026, 12, 1), "[Nhắc hạn] Báo cáo TĐKT năm 2026: trước ngày 05/12/2026, còn 3 ngày làm việc"),
        (date(2026, 12, 4), "[Đến hạn hôm nay] Báo cáo TĐKT năm 2026: đề nghị gửi trong thứ Sáu, 04/12"),
        # Saturday 05/12 is no longer in time and not late yet.
        (date(2026, 12, 5), "[Đã đến hạn] Báo cáo TĐKT năm 2026, hạn trước ngày 05/12/2026: đề nghị gửi ngay"),
        (date(2026, 12, 7), "[Chưa ghi nhận] Báo cáo TĐKT năm 2026, hạn trước ngày 05/12/2026"),
    ],
)
def test_subject_follows_the_day_of_sending(today: date, expected: str) -> None:
    assert subject(today, item()) == expected


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (
            date(2022, 12, 2),
            "[Đến hạn hôm nay] Báo cáo TĐKT năm 2022: đề nghị gửi trong thứ Sáu, 02/12 (trước ngày 05/12/2022)",
        ),
        (date(2022, 12, 3), "[Nhắc hạn] Báo cáo TĐKT năm 2022: trước ngày 05/12/2022, chậm nhất Chủ nhật, 04/12"),
        (date(2022, 12, 4), "[Đến hạn hôm nay] Báo cáo TĐKT năm 2022: đề nghị gửi trong Chủ nhật, 04/12"),
    ],
)
def test_subject_when_last_day_is_a_day_off(today: date, expected: str) -> None:
    # "trước ngày 05/12/2022": the last day is Sunday 04/12, so Friday 02/12 is the day to act.
    assert subject(today, item(period="2022", dates=due(date(2022, 12, 5)))) == expected


def test_subject_on_lenient_day_promises_no_days() -> None:
    # "chậm nhất ngày 05/12/2026", a Saturday: not late until Monday has passed, but no day is left either.
    found = subject(date(2026, 12, 7), item(dates=due(date(2026, 12, 5), Operator.BY), status=Status.DUE_TODAY))
    assert found == "[Đã đến hạn] Báo cáo TĐKT năm 2026, hạn chậm nhất ngày 05/12/2026: đề nghị gửi ngay"


@pytest.mark.parametrize(
    ("today", "status", "expected"),
    [
        (
            date(2026, 12, 3),
            Status.DUE_SOON,
            "[Nhắc hạn] Báo cáo TĐKT năm 2026: trước 16 giờ 30 ngày 04/12/2026, còn 1 ngày làm việc",
        ),
        (
            date(2026, 12, 4),
            Status.DUE_TODAY,
            "[Đến hạn hôm nay] Báo cáo TĐKT năm 2026: đề nghị gửi trước 16 giờ 30, thứ Sáu, 04/12",
        ),
        (
            date(2026, 12, 4),
            Status.OVERDUE,
            "[Chưa ghi nhận] Báo cáo TĐKT năm 2026, hạn trước 16 giờ 30 ngày 04/12/2026",
        ),
    ],
)
def test_subject_with_time_of_day(today: date, status: Status, expected: str) -> None:
    assert subject(today, item(dates=due(date(2026, 12, 4), at=time(16, 30)), status=status)) == expected


RESUBMITTED = item(dates=due(date(2026, 12, 10), Operator.BY), basis=Basis.RESUBMISSION, status=Status.RETURNED)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 12, 7), "[Đề nghị bổ sung] Báo cáo TĐKT năm 2026: gửi lại chậm nhất ngày 10/12/2026"),
        (date(2026, 12, 10), "[Đề nghị bổ sung] Báo cáo TĐKT năm 2026: gửi lại trong thứ Năm, 10/12"),
        (date(2026, 12, 11), "[Chưa ghi nhận bản bổ sung] Báo cáo TĐKT năm 2026, hạn chậm nhất ngày 10/12/2026"),
    ],
)
def test_subject_of_what_was_sent_back(today: date, expected: str) -> None:
    assert subject(today, RESUBMITTED) == expected


def test_subject_of_extension() -> None:
    extended = item(dates=due(date(2026, 12, 18), Operator.BY), basis=Basis.EXTENSION)
    assert subject(date(2026, 12, 7), extended) == (
        "[Nhắc hạn] Báo cáo TĐKT năm 2026: chậm nhất ngày 18/12/2026 (đã gia hạn), còn 9 ngày làm việc"
    )


def test_subject_of_work_asks_to_finish() -> None:
    work = item(
        period="2026-Q4", title="Tổ chức hội nghị", kind=Kind.WORK, dates=due(date(2026, 12, 31), Operator.WITHIN)
    )
    assert subject(date(2026, 12, 28), work) == (
        "[Nhắc hạn] Tổ chức hội nghị: trong quý IV năm 2026, còn 3 ngày làm việc"
    )
    assert subject(date(2026, 12, 31), work) == (
        "[Đến hạn hôm nay] Tổ chức hội nghị: đề nghị hoàn thành trong thứ Năm, 31/12"
    )


def test_subject_of_milestone_and_target_asks_nothing_firm() -> None:
    end = item(
        period="once", title="Kết thúc đợt thi đua", kind=Kind.MILESTONE, dates=due(date(2026, 10, 30), Operator.BY)
    )
    assert subject(date(2026, 10, 30), end) == ("[Đến mốc hôm nay] Kết thúc đợt thi đua: ngày 30/10/2026")
    target = item(period="once", title="Xóa nhà tạm", kind=Kind.TARGET, dates=due(date(2026, 12, 31)))
    assert subject(date(2026, 12, 30), target) == (
        "[Đến hạn hôm nay] Xóa nhà tạm: phấn đấu hoàn thành trong thứ Tư, 30/12"
    )


def test_subject_names_the_most_urgent_of_several() -> None:
    ahead = item(1, dates=due(date(2026, 12, 20)))
    today = item(2, title="Kế hoạch tuyên truyền", product="kế hoạch", period="once", dates=due(date(2026, 12, 8)))
    late = item(3, title="Hồ sơ khen thưởng", product="hồ sơ", period="once")
    helping = item(4, coordinating=True, dates=due(date(2026, 12, 1)))
    assert subject(date(2026, 12, 7), ahead, helping, today, late) == (
        "[Chưa ghi nhận] Hồ sơ khen thưởng, hạn trước ngày 05/12/2026 và 3 việc khác"
    )
    assert subject(date(2026, 12, 7), ahead, helping, today) == (
        "[Đến hạn hôm nay] Kế hoạch tuyên truyền: đề nghị gửi trong thứ Hai, 07/12 và 2 việc khác"
    )


def test_subject_counts_an_obligation_of_two_stages_once() -> None:
    assert subject(date(2026, 12, 9), item(stage="T+3wd"), item(stage="T+3wd-head")) == (
        "[Chưa ghi nhận] Báo cáo TĐKT năm 2026, hạn trước ngày 05/12/2026"
    )


def test_subject_of_coordinating_unit() -> None:
    assert subject(date(2026, 12, 1), item(coordinating=True)) == (
        "[Phối hợp] Báo cáo TĐKT năm 2026: trước ngày 05/12/2026"
    )


def opened(number: int, period: str = "2026-Q4", *, helps: bool = False) -> Item:
    dates = due(date(2026, 12, 31), Operator.WITHIN, opens=date(2026, 10, 1))
    stage = "open-with" if helps else "open"
    return item(
        number, period, title=f"Nhiệm vụ {number}", kind=Kind.WORK, dates=dates, stage=stage, coordinating=helps
    )


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([opened(n) for n in range(5)], "[Việc quý IV/2026] 5 nhiệm vụ đơn vị chủ trì"),
        ([opened(1), opened(2), opened(3, helps=True)], "[Việc quý IV/2026] 2 nhiệm vụ chủ trì, 1 nhiệm vụ phối hợp"),
        ([opened(1, helps=True), opened(2, helps=True)], "[Việc quý IV/2026] 2 nhiệm vụ đơn vị phối hợp"),
        ([opened(1)], "[Việc quý IV/2026] Nhiệm vụ 1"),
        ([opened(1, helps=True)], "[Việc quý IV/2026] Nhiệm vụ 1 (phối hợp)"),
        ([opened(1), opened(2, "2026")], "[Việc mới] 2 nhiệm vụ đơn vị chủ trì"),
        ([opened(1, "2026-11")], "[Việc tháng 11/2026] Nhiệm vụ 1"),
    ],
)
def test_subject_of_opening(items: list[Item], expected: str) -> None:
    assert subject(date(2026, 10, 1), *items) == expected


def test_subject_is_cut_at_a_word_and_keeps_the_period() -> None:
    long = item(
        title="Báo cáo kết quả thực hiện phong trào thi đua “Cả nước chung sức xây dựng nông thôn mới” hằng năm"
    )
    found = subject(date(2026, 11, 19), long)
    assert found == (
        "[Nhắc hạn] Báo cáo kết quả thực hiện phong trào thi đua “Cả nước chung sức xây dựng nông thôn… năm 2026: "
        "trước ngày 05/12/2026, còn 10 ngày làm việc"
    )
    assert len(found) <= 150


def test_subject_of_hostile_title_stays_one_line() -> None:
    hostile = item(title="Báo cáo\r\nBcc: ke-xau@example.com\x00\u202e <script>")
    assert subject(date(2026, 12, 4), hostile) == (
        "[Đến hạn hôm nay] Báo cáo Bcc: ke-xau@example.com <script> năm 2026: đề nghị gửi trong thứ Sáu, 04/12"
    )


def test_subject_of_unrecorded_names_what_most_units_missed() -> None:
    plan = item(0, title="Kế hoạch tuyên truyền", period="once")
    rows = [replace(item(), obligation=n, unit_name=f"Xã {n}") for n in range(1, 13)]
    mail = compose_unrecorded(digest(plan, *rows), date(2026, 12, 7), CALENDAR, WORDS, SETTINGS)
    assert mail.subject == (
        "[Chưa ghi nhận] 12 đơn vị, Báo cáo TĐKT năm 2026, hạn trước ngày 05/12/2026 và 1 việc khác"
    )


def lines(number: int, kind: Kind = Kind.REPORT, *, sent_back: bool = False) -> tuple[Line, ...]:
    title, last_day = "Báo cáo TĐKT năm 2026", date(2026, 12, 4)
    return tuple(Line(title, f"Xã {n}", last_day, 1, kind=kind, sent_back=sent_back) for n in range(number))


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ({"overdue": lines(12), "to_confirm": lines(5)}, "12 đơn vị chưa gửi, 05 chờ xác nhận"),
        ({"overdue": lines(12) + lines(3)}, "12 đơn vị chưa gửi"),
        ({"overdue": lines(2, sent_back=True)}, "02 đơn vị chưa gửi bản bổ sung"),
        ({"overdue": lines(4) + lines(1, sent_back=True)}, "04 đơn vị chưa gửi, 01 đơn vị chưa gửi bản bổ sung"),
        ({"overdue": lines(3, Kind.WORK)}, "03 việc chưa hoàn thành"),
        ({"overdue": lines(2) + lines(3, Kind.WORK)}, "02 đơn vị chưa gửi, 03 việc chưa hoàn thành"),
        ({"due_this_week": lines(8), "undeliverable": lines(1)}, "08 việc đến hạn trong tuần, 01 thư không đến được"),
    ],
)
def test_subject_of_monday(page: dict[str, tuple[Line, ...]], expected: str) -> None:
    mail = compose_monday(MondayPage("Ban TĐKT", "a@b.vn", date(2026, 12, 7), **page), WORDS, SETTINGS)  # type: ignore[arg-type]
    assert mail.subject == f"[Bản tin thứ Hai 07/12] {expected}"
