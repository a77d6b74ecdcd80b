"""Due dates of whole rules, worked out by hand with the calendar on the wall and the announcements of days off.

Each row: `due:` as a plan file has it, the period, and the stated, last, act-by and late-after day. Where a row is not
obvious, the comment says which days are off and why. Nothing here was printed by the program.
"""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from calendars.due import due_dates, occurrences
from calendars.working import WorkingCalendar
from plans.files.plan_file import read_plan
from plans.workdays import Workday

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def on(text):
    """ "05/12/2026" """
    return date(int(text[6:]), int(text[3:5]), int(text[:2]))


def off(day):
    return Workday(on(day), False, "nghỉ theo thông báo")


def worked(day):
    return Workday(on(day), True, "làm bù theo thông báo")


# The swaps and days off around Tết that were announced for each year, whatever the package makes of them.
CALENDAR = WorkingCalendar(
    [
        # Tết 2020: Thursday 23/01 to Wednesday 29/01
        *map(off, ("23/01/2020", "24/01/2020", "27/01/2020", "28/01/2020", "29/01/2020")),
        # Tết 2021: Wednesday 10/02 to Tuesday 16/02
        *map(off, ("10/02/2021", "11/02/2021", "12/02/2021", "15/02/2021", "16/02/2021")),
        # Tết 2022: Monday 31/01 to Friday 04/02, with both weekends
        *map(off, ("31/01/2022", "01/02/2022", "02/02/2022", "03/02/2022", "04/02/2022")),
        # Tết 2023: Friday 20/01 to Thursday 26/01
        *map(off, ("20/01/2023", "23/01/2023", "24/01/2023", "25/01/2023", "26/01/2023")),
        # Tết 2024: Thursday 08/02 to Wednesday 14/02
        *map(off, ("08/02/2024", "09/02/2024", "12/02/2024", "13/02/2024", "14/02/2024")),
        # Tết 2025: Monday 27/01 to Friday 31/01, with both weekends
        *map(off, ("27/01/2025", "28/01/2025", "29/01/2025", "30/01/2025", "31/01/2025")),
        # Tết 2026: Monday 16/02 to Friday 20/02, with both weekends
        *map(off, ("16/02/2026", "17/02/2026", "18/02/2026", "19/02/2026", "20/02/2026")),
        # Tết 2027: Thursday 04/02 is 28 tháng Chạp, Saturday 06/02 is mùng 1; off until Wednesday 10/02
        *map(off, ("04/02/2027", "05/02/2027", "08/02/2027", "09/02/2027", "10/02/2027")),
        # swapped days
        *(off("29/04/2024"), worked("04/05/2024")),
        *(off("02/05/2025"), worked("26/04/2025")),
        *(off("02/01/2026"), worked("10/01/2026")),
        *(off("31/08/2026"), worked("22/08/2026")),
    ]
)
EVENTS = {
    "hoi-nghi": on("20/11/2026"),
    "dai-hoi": on("27/04/2026"),
    "hop": on("07/09/2026"),
    "tong-ket": on("31/12/2024"),
}

ROWS = [
    # once: weekends
    ("{before: 05/12/2026}", "once", "05/12/2026", "04/12/2026", "04/12/2026", "05/12/2026"),  # 05/12 is a Saturday
    ("{by: 05/12/2026}", "once", "05/12/2026", "05/12/2026", "04/12/2026", "07/12/2026"),
    ("{before: 05/12/2022}", "once", "05/12/2022", "04/12/2022", "02/12/2022", "05/12/2022"),  # 04/12 is a Sunday
    ("{by: 31/10/2021}", "once", "31/10/2021", "31/10/2021", "29/10/2021", "01/11/2021"),  # a Sunday
    ("{before: 31/3/2020}", "once", "31/03/2020", "30/03/2020", "30/03/2020", "31/03/2020"),  # Monday and Tuesday
    ("{by: 14/11/2026, time: 16:30}", "once", "14/11/2026", "14/11/2026", "13/11/2026", "16/11/2026"),  # a Saturday
    # a time of day ends the stated day itself, so that "trước 16:30" keeps its morning
    ("{before: 14/11/2026, time: 16:30}", "once", "14/11/2026", "14/11/2026", "13/11/2026", "16/11/2026"),
    # Tết 2020 to 2027: mùng 1 itself; act by the last working day before the first day off, late after the first after
    ("{by: 25/01/2020}", "once", "25/01/2020", "25/01/2020", "22/01/2020", "30/01/2020"),  # Wednesday; Thursday
    ("{by: 12/02/2021}", "once", "12/02/2021", "12/02/2021", "09/02/2021", "17/02/2021"),  # Tuesday; Wednesday
    ("{by: 01/02/2022}", "once", "01/02/2022", "01/02/2022", "28/01/2022", "07/02/2022"),  # Friday; Monday
    ("{by: 22/01/2023}", "once", "22/01/2023", "22/01/2023", "19/01/2023", "27/01/2023"),  # Thursday; Friday
    ("{by: 10/02/2024}", "once", "10/02/2024", "10/02/2024", "07/02/2024", "15/02/2024"),  # Wednesday; Thursday
    ("{by: 29/01/2025}", "once", "29/01/2025", "29/01/2025", "24/01/2025", "03/02/2025"),  # Friday; Monday
    ("{by: 17/02/2026}", "once", "17/02/2026", "17/02/2026", "13/02/2026", "23/02/2026"),  # Friday; Monday
    ("{by: 06/02/2027}", "once", "06/02/2027", "06/02/2027", "03/02/2027", "11/02/2027"),  # Wednesday; Thursday
    # 24/11: Ngày Văn hóa Việt Nam, off from 2026 on; a Tuesday in 2026, a Wednesday in 2027
    ("{by: 24/11/2026}", "once", "24/11/2026", "24/11/2026", "23/11/2026", "25/11/2026"),
    ("{before: 25/11/2026}", "once", "25/11/2026", "24/11/2026", "23/11/2026", "25/11/2026"),
    ("{by: 24/11/2025}", "once", "24/11/2025", "24/11/2025", "24/11/2025", "24/11/2025"),  # a plain Monday
    ("{yearly: {by: 24/11}}", "2027", "24/11/2027", "24/11/2027", "23/11/2027", "25/11/2027"),
    # swapped days
    ("{by: 29/04/2024}", "once", "29/04/2024", "29/04/2024", "26/04/2024", "02/05/2024"),  # 27 and 28 are a weekend
    ("{by: 05/05/2024}", "once", "05/05/2024", "05/05/2024", "04/05/2024", "06/05/2024"),  # Saturday 04/05 is worked
    ("{by: 02/05/2025}", "once", "02/05/2025", "02/05/2025", "29/04/2025", "05/05/2025"),  # 30/4 to 04/05 are off
    # Saturday 26/04 is worked
    ("{before: 28/04/2025}", "once", "28/04/2025", "27/04/2025", "26/04/2025", "28/04/2025"),
    ("{by: 02/01/2026}", "once", "02/01/2026", "02/01/2026", "31/12/2025", "05/01/2026"),  # 1/1 to 04/01 are off
    ("{by: 11/01/2026}", "once", "11/01/2026", "11/01/2026", "10/01/2026", "12/01/2026"),  # Saturday 10/01 is worked
    ("{by: 23/08/2026}", "once", "23/08/2026", "23/08/2026", "22/08/2026", "24/08/2026"),  # Saturday 22/08 is worked
    # Saturday 29/08 to Wednesday 02/09 are off: weekend, swapped Monday, 1/9 and 2/9
    ("{by: 31/08/2026}", "once", "31/08/2026", "31/08/2026", "28/08/2026", "03/09/2026"),
    # yearly
    ("{yearly: {before: 05/12}}", "2021", "05/12/2021", "04/12/2021", "03/12/2021", "05/12/2021"),  # a Sunday
    ("{yearly: {before: 05/12}}", "2026", "05/12/2026", "04/12/2026", "04/12/2026", "05/12/2026"),
    ("{yearly: {by: 31/12}}", "2022", "31/12/2022", "31/12/2022", "30/12/2022", "03/01/2023"),  # Sat; Mon 02/01 in lieu
    ("{yearly: {by: 31/12}}", "2026", "31/12/2026", "31/12/2026", "31/12/2026", "31/12/2026"),  # a Thursday
    ("{yearly: {before: 01/01}}", "2026", "01/01/2026", "31/12/2025", "31/12/2025", "01/01/2026"),
    ("{yearly: {by: 15/01, of: following_year}}", "2025", "15/01/2026", "15/01/2026", "15/01/2026", "15/01/2026"),
    ("{yearly: {before: 11/01, of: following_year}}", "2025", "11/01/2026", "10/01/2026", "10/01/2026", "11/01/2026"),
    # 29/02
    ("{yearly: {by: 29/02}}", "2024", "29/02/2024", "29/02/2024", "29/02/2024", "29/02/2024"),  # a Thursday
    ("{yearly: {by: 29/02}}", "2026", "28/02/2026", "28/02/2026", "27/02/2026", "02/03/2026"),  # 28/02 is a Saturday
    ("{yearly: {before: 29/02}}", "2027", "28/02/2027", "27/02/2027", "26/02/2027", "28/02/2027"),  # Sun; act by Fri
    ("{before: 01/03/2024}", "once", "01/03/2024", "29/02/2024", "29/02/2024", "01/03/2024"),
    # several a year, half-yearly, nine-monthly
    ("{yearly: {before: [15/03, 15/07, 15/11]}}", "2026-1", "15/03/2026", "14/03/2026", "13/03/2026", "15/03/2026"),
    ("{yearly: {by: [15/03, 15/07, 15/11]}}", "2026-3", "15/11/2026", "15/11/2026", "13/11/2026", "16/11/2026"),
    ("{half_yearly: {before: [20/06, 20/12]}}", "2026-H1", "20/06/2026", "19/06/2026", "19/06/2026", "20/06/2026"),
    ("{half_yearly: {before: [20/06, 20/12]}}", "2026-H2", "20/12/2026", "19/12/2026", "18/12/2026", "20/12/2026"),
    # worked
    ("{half_yearly: {by: [10/07, 10/01]}}", "2025-H2", "10/01/2026", "10/01/2026", "10/01/2026", "10/01/2026"),
    # a Sunday
    ("{half_yearly: {by: [10/07, 10/01]}}", "2026-H2", "10/01/2027", "10/01/2027", "08/01/2027", "11/01/2027"),
    # no 31/06; Tuesday
    ("{half_yearly: {by: last}}", "2026-H1", "30/06/2026", "30/06/2026", "30/06/2026", "30/06/2026"),
    # 04 is a Sunday
    ("{nine_monthly: {before: 05/10}}", "2026-9M", "05/10/2026", "04/10/2026", "02/10/2026", "05/10/2026"),
    # quarterly and monthly
    ("{quarterly: {by: 25}}", "2027-Q3", "25/09/2027", "25/09/2027", "24/09/2027", "27/09/2027"),  # a Saturday
    (
        "{quarterly: {before: 10, of: following_month}}",
        "2026-Q4", "10/01/2027", "09/01/2027", "08/01/2027", "10/01/2027",
    ),
    ("{quarterly: {by: last}}", "2024-Q1", "31/03/2024", "31/03/2024", "29/03/2024", "01/04/2024"),  # a Sunday
    ("{monthly: {by: 31}}", "2024-02", "29/02/2024", "29/02/2024", "29/02/2024", "29/02/2024"),
    ("{monthly: {by: 30}}", "2026-02", "28/02/2026", "28/02/2026", "27/02/2026", "02/03/2026"),
    # a Monday
    ("{monthly: {by: last, time: 17h00}}", "2026-11", "30/11/2026", "30/11/2026", "30/11/2026", "30/11/2026"),
    # 30/4/2026 is a Thursday, 1/5 a Friday, then comes the weekend: off from 30/4 to 03/05
    ("{monthly: {by: last}}", "2026-04", "30/04/2026", "30/04/2026", "29/04/2026", "04/05/2026"),
    ("{monthly: {before: 5, of: following_month}}", "2025-12", "05/01/2026", "04/01/2026", "31/12/2025", "05/01/2026"),
    # weekly with a time: Thursday 19/11/2026 is in week 47 (its Monday is 16/11)
    ("{weekly: {before: thứ Năm, time: 15:00}}", "2026-W47", "19/11/2026", "19/11/2026", "19/11/2026", "19/11/2026"),
    # Tuesday of week 48 is 24/11, off
    ("{weekly: {by: thứ Ba, time: 15:00}}", "2026-W48", "24/11/2026", "24/11/2026", "23/11/2026", "25/11/2026"),
    ("{weekly: {before: thứ Hai}}", "2026-W50", "07/12/2026", "06/12/2026", "04/12/2026", "07/12/2026"),
    # Thursday of week 53 of 2026 is 31/12; the Friday after it is 1/1, off, and Monday 04/01/2027 comes next
    ("{weekly: {by: thứ Sáu}}", "2026-W53", "01/01/2027", "01/01/2027", "31/12/2026", "04/01/2027"),
    ("{weekly: {by: thứ Hai, of: following_week}}", "2026-W52", "28/12/2026", "28/12/2026", "28/12/2026", "28/12/2026"),
    # within, from-to
    ("{within: {quarter: 1, year: 2020}}", "2020-Q1", "31/03/2020", "31/03/2020", "31/03/2020", "31/03/2020"),
    ("{within: {quarter: 4, year: 2022}}", "2022-Q4", "31/12/2022", "31/12/2022", "30/12/2022", "03/01/2023"),
    ("{within: {month: 2, year: 2026}}", "2026-02", "28/02/2026", "28/02/2026", "27/02/2026", "02/03/2026"),
    # Sat
    ("{within: {nine_months: true, year: 2023}}", "2023-9M", "30/09/2023", "30/09/2023", "29/09/2023", "02/10/2023"),
    ("{from: , to: 30/10/2023}", "once", "30/10/2023", "30/10/2023", "30/10/2023", "30/10/2023"),  # a Monday
    # a Saturday
    ("{from: 18/09/2026, to: 26/09/2026}", "once", "26/09/2026", "26/09/2026", "25/09/2026", "28/09/2026"),
    # after an event: Friday 20/11/2026 + 10 = Monday 30/11
    ("{after: {event: hoi-nghi, days: 10}}", "hoi-nghi", "30/11/2026", "30/11/2026", "30/11/2026", "30/11/2026"),
    # 23 (1), 25 (2), 26 (3), 27 (4), 30 (5); 24/11 is off
    ("{after: {event: hoi-nghi, working_days: 5}}", "hoi-nghi", "30/11/2026", "30/11/2026", "30/11/2026", "30/11/2026"),
    # Friday + 8 = Saturday 28/11
    ("{after: {event: hoi-nghi, days: 8}}", "hoi-nghi", "28/11/2026", "28/11/2026", "27/11/2026", "30/11/2026"),
    (
        "{after: {event: hoi-nghi, days: 8, operator: before}}",
        "hoi-nghi", "28/11/2026", "27/11/2026", "27/11/2026", "28/11/2026",
    ),
    # Monday 27/04/2026: 28 (1), 29 (2), then 30/4 to 03/05 off, 04/05 (3)
    ("{after: {event: dai-hoi, working_days: 3}}", "dai-hoi", "04/05/2026", "04/05/2026", "04/05/2026", "04/05/2026"),
    # Tuesday 31/12/2024: Wednesday 1/1 is off; 02/01 (1), 03/01 (2), 06/01 (3)
    ("{after: {event: tong-ket, working_days: 3}}", "tong-ket", "06/01/2025", "06/01/2025", "06/01/2025", "06/01/2025"),
    # before an event: Monday 07/09/2026: 04 (1), 03 (2), then 29/08 to 02/09 off, 28 (3), 27 (4)
    ("{before_event: {event: hop, working_days: 4}}", "hop", "27/08/2026", "27/08/2026", "27/08/2026", "27/08/2026"),
    # Friday 20/11 - 5 = Sunday 15/11
    (
        "{before_event: {event: hoi-nghi, days: 5, time: 17:00}}",
        "hoi-nghi", "15/11/2026", "15/11/2026", "13/11/2026", "16/11/2026",
    ),
    # Tết: 17/02/2026 - 10 = Saturday 07/02; 06/02/2027 - 10 = Wednesday 27/01
    (
        "{before_event: {event: tet-nguyen-dan, days: 10}}",
        "2026", "07/02/2026", "07/02/2026", "06/02/2026", "09/02/2026",
    ),
    (
        "{before_event: {event: tet-nguyen-dan, days: 10}}",
        "2027", "27/01/2027", "27/01/2027", "27/01/2027", "27/01/2027",
    ),
    # 22/01/2023 - 30 = 23/12/2022, a Friday of the year before
    (
        "{before_event: {event: tet-nguyen-dan, days: 30}}",
        "2023", "23/12/2022", "23/12/2022", "23/12/2022", "23/12/2022",
    ),
    # the fifth working day before 29/01/2025: 24 (1), 23, 22, 21, 20 (5); 25 to 28/01 are off
    (
        "{before_event: {event: tet-nguyen-dan, working_days: 5}}",
        "2025", "20/01/2025", "20/01/2025", "20/01/2025", "20/01/2025",
    ),
    # the third working day after 10/02/2024: 15 (1), 16 (2), Monday 19 (3)
    (
        "{after: {event: tet-nguyen-dan, working_days: 3}}",
        "2024", "19/02/2024", "19/02/2024", "19/02/2024", "19/02/2024",
    ),
    # Giỗ Tổ is Sunday 26/04/2026, with Monday 27/04 off in lieu: the first working day after is Tuesday
    (
        "{after: {event: gio-to-hung-vuong, working_days: 1}}",
        "2026", "28/04/2026", "28/04/2026", "28/04/2026", "28/04/2026",
    ),
    # Thursday 18/04/2024 - 5 = Saturday 13/04
    (
        "{before_event: {event: gio-to-hung-vuong, days: 5}}",
        "2024", "13/04/2024", "13/04/2024", "12/04/2024", "15/04/2024",
    ),
    # recurrences: every other month from January: 10/01, 10/03, 10/05 (a Sunday) …
    (
        '{rrule: {before: "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=10", from: 01/01/2026}}',
        "2026-05-10", "10/05/2026", "09/05/2026", "08/05/2026", "10/05/2026",
    ),
    # the first Monday of September 2026 is 07/09
    (
        '{rrule: {by: "FREQ=YEARLY;BYMONTH=9;BYDAY=1MO", from: 01/01/2026}}',
        "2026-09-07", "07/09/2026", "07/09/2026", "07/09/2026", "07/09/2026",
    ),
    # every day: Saturday 21/11/2026
    (
        '{rrule: {by: "FREQ=DAILY", from: 16/11/2026, time: 16:00}}',
        "2026-11-21", "21/11/2026", "21/11/2026", "20/11/2026", "23/11/2026",
    ),
    # standing work: 30/09/2026 is a Wednesday, 20/06/2026 a Saturday
    (
        "{standing: {review: {quarterly: {by: last}}}}",
        "2026-Q3", "30/09/2026", "30/09/2026", "30/09/2026", "30/09/2026",
    ),
    (
        "{standing: {review: {half_yearly: {by: 20}}}}",
        "2026-H1", "20/06/2026", "20/06/2026", "19/06/2026", "22/06/2026",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("due", "period", "stated", "last_day", "act_by", "late_after"), ROWS)
def test_dates_worked_out_by_hand(due, period, stated, last_day, act_by, late_after):
    kind = "standing" if due.startswith("{standing") else "report"
    text = f"plan: {{id: a, title: A}}\ntasks:\n  - {{id: t, title: T, kind: {kind}, owed_by: [x], due: {due}}}\n"
    read = read_plan("a.yaml", text)
    assert read.problems == ()
    (task,) = read.plan.tasks
    window = {"first": date(2020, 1, 1), "last": date(2027, 12, 31)}
    turns = occurrences(task.due, since=None, **window, calendar=CALENDAR, events=EVENTS)
    (turn,) = [turn for turn in turns if turn.period.key == period]
    found = due_dates(task.due, turn, CALENDAR, ZONE)
    assert (found.stated, found.last_day, found.act_by, found.late_on) == tuple(
        map(on, (stated, last_day, act_by, late_after))
    )


def test_there_are_enough_of_them():
    assert len(set(ROWS)) == len(ROWS) >= 60
