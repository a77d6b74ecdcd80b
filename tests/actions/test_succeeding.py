"""Units end: what they owe passes, merges or closes; their people are left alone, their successors' are told."""

from __future__ import annotations

from datetime import date
from email.message import EmailMessage

import pytest
from icalendar import Calendar

from actions.daily import Refreshed, refresh_day
from actions.ending import succeed
from actions.happening import set_event
from actions.publishing import publish
from actions.receiving import Receipt, accept, send_back, submit
from actions.succeeding import Fate, Succeeded
from plans.deadlines import DeadlineKey
from plans.files.documents import read_documents
from plans.obligations import Obligation
from plans.problems import UserError
from plans.status import State
from store.marks import trail
from store.obligations import of_deadline
from store.schema import events, messages, passages
from store.successions import gone_from
from store.units import read_roster, save_roster
from tests.actions.province import Town, act, everything, mail_of, plan, rows, task
from tests.conftest import load_text, local

LOADED = local("2025-06-02 09:00")
ENDS = "until: 30/06/2025, "
REPORT = DeadlineKey.parse("ke-hoach/bao-cao/once")
LATER = DeadlineKey.parse("ke-hoach/cuoi-nam/once")
assert REPORT is not None
assert LATER is not None
OLD, NEW, COORDINATOR = "an@huyen-a.example", "chi@xa-c.example", "tdkt@snv.example"


def units(a: str = "", b: str = "", c: str = "", d: str = "", name: str = "UBND huyện A") -> str:
    """Two districts and two communes with something said of them; every one is an audience's."""
    return f"""
units:
  - id: so-noi-vu
    name: Sở Nội vụ
    kind: so
    officers:
      - {{name: Chuyên viên Ban TĐKT, email: {COORDINATOR}}}
      - {{name: Giám đốc Sở Nội vụ, role: head, email: giamdoc@snv.example}}
  - {{id: huyen-a, name: {name}, kind: huyen, {a} mailbox: {OLD}}}
  - {{id: huyen-b, name: UBND huyện B, kind: huyen, {b} mailbox: binh@huyen-b.example}}
  - {{id: xa-c, name: UBND xã C, kind: xa, {c} mailbox: {NEW}}}
  - {{id: xa-d, name: UBND xã D, kind: xa, {d} mailbox: dung@xa-d.example}}
audiences:
  - {{id: cac-huyen, name: Các huyện, kinds: [huyen]}}
  - {{id: moi-don-vi, name: Các đơn vị, kinds: [huyen, xa]}}
"""


def heir(*slugs: str, ends: str = ENDS) -> str:
    return f"{ends}successors: [{', '.join(slugs)}], "


def report(owed_by: str = "[cac-huyen]", due: str = "{by: 20/06/2025}", slug: str = "bao-cao") -> str:
    return task(slug, due, owed_by)


def owed(town: Town, key: DeadlineKey = REPORT) -> dict[str, tuple[State, str | None]]:
    with town.office.database.read() as tx:
        return {o.unit: (o.state, o.reason) for o in of_deadline(tx, key)}


def one(town: Town, unit: str, key: DeadlineKey = REPORT) -> Obligation:
    return town.one(key, unit)


def mails(town: Town, address: str) -> list[EmailMessage]:
    return [mail_of(letter) for letter in town.box.accepted if letter.recipient == address]


def text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


OPEN = (State.OPEN, None)
MERGED = (State.CANCELLED, "merged:xa-c")
CLOSED = (State.CANCELLED, "no_unit")


def test_first_of_two_passes_and_the_second_merges(town: Town) -> None:
    load_text(town.office, LOADED, units(heir("xa-c"), heir("xa-c")), plan(report()))
    before = one(town, "huyen-a")
    refresh_day(town.office, local("2025-06-30 23:55"))
    assert owed(town) == {"huyen-a": OPEN, "huyen-b": OPEN}
    assert refresh_day(town.office, local("2025-07-01 00:05")).succeeded == 2
    assert owed(town) == {"xa-c": OPEN, "huyen-b": MERGED}
    after = one(town, "xa-c")
    assert (after.id, after.formerly, after.revision) == (before.id, "UBND huyện A", before.revision + 1)
    with town.office.database.read() as tx:
        entries = [
            (e.actor, e.action, e.subject, dict(e.detail)) for e in trail(tx, str(REPORT)) if e.action == "succeed"
        ]
        assert sorted(entries, key=lambda e: e[2]) == [
            ("clock", "succeed", f"{REPORT}/huyen-a", {"obligation": before.id, "passed": "UBND xã C"}),
            ("clock", "succeed", f"{REPORT}/huyen-b", {"obligation": one(town, "huyen-b").id, "merged": "UBND xã C"}),
        ]
        assert [o.id for o in gone_from(tx, "huyen-a")] == [before.id]
        assert [o.reason for o in gone_from(tx, "huyen-b")] == ["merged:xa-c"]


@pytest.mark.parametrize("to", ["xa-c", "xa-c, xa-d"])
def test_the_same_day_and_the_next_change_nothing_more(town: Town, to: str) -> None:
    load_text(town.office, LOADED, units(heir(to), heir("xa-c")), plan(report()))
    refresh_day(town.office, local("2025-07-01 00:05"))
    before = everything(town.office.database, leaving_out=["marks"])
    assert refresh_day(town.office, local("2025-07-01 09:00")) == Refreshed()
    refresh_day(town.office, local("2025-07-02 00:05"))
    load_text(town.office, local("2025-07-02 09:00"), units(heir(to), heir("xa-c")), plan(report()))
    assert everything(town.office.database, leaving_out=["marks"]) == before


def test_successor_that_owes_the_same_keeps_its_own(town: Town) -> None:
    load_text(town.office, LOADED, units(heir("xa-c")), plan(report("[moi-don-vi]")))
    submit(town.office, act("2025-06-18 09:00"), REPORT, ["xa-c"], Receipt(date(2025, 6, 18)))
    refresh_day(town.office, local("2025-07-01 00:05"))
    assert owed(town) == {
        "huyen-a": MERGED,
        "huyen-b": OPEN,
        "xa-c": (State.ACCEPTED, None),
        "xa-d": OPEN,
    }


def test_people_of_the_successor_are_told_and_those_of_the_ended_unit_no_more(town: Town) -> None:
    load_text(town.office, LOADED, units(heir("xa-c")), plan(report("[huyen-a]")))
    town.walk("2025-06-05", "2025-07-04")
    assert [(at, stages) for at, _, _, stages in town.sent(OLD)] == [
        ("2025-06-05 08:00", ["T-15"]),
        ("2025-06-17 08:00", ["T-3wd"]),
        ("2025-06-20 08:00", ["T0"]),
        ("2025-06-23 14:00", ["T+1wd"]),
        ("2025-06-25 14:00", ["T+3wd"]),
    ]
    sent = [(at, [s.partition(".")[0] for s in stages]) for at, _, _, stages in town.sent(NEW)]
    assert sent == [("2025-07-01 08:00", ["T+3wd", "n-taken"]), ("2025-07-02 14:00", ["T+8wd"])]
    said = text(mails(town, NEW)[0])
    assert "Đơn vị: UBND xã C (trước là UBND huyện A)" in said
    with town.office.database.read() as tx:
        assert all(i.unit == "huyen-a" for m in town.log() if m.address == OLD for i in m.items), (
            "history keeps its name"
        )
        assert len(list(tx.execute(passages.select()))) == 1


def test_mail_on_its_way_to_the_ended_unit_is_not_sent(town: Town) -> None:
    load_text(town.office, LOADED, units(), plan(report("[huyen-a]", "{by: 04/07/2025}")))
    town.queue("2025-07-01 08:00")  # T-3wd; the mail server is away
    succeed(town.office, act("2025-07-01 08:10"), "huyen-a", ["xa-c"], date(2025, 7, 1))
    town.deliver("2025-07-01 08:20")
    town.tick("2025-07-01 08:30")
    assert town.sent(OLD) == []
    assert {(i, why) for _, i, _, why in town.items(OLD)} == {("huyen-a", "reassigned")}
    assert [(at, [s.partition(".")[0] for s in stages]) for at, _, _, stages in town.sent(NEW)] == [
        ("2025-07-01 08:30", ["T-3wd", "n-taken"])
    ]


def test_without_a_single_successor_it_closes_and_the_coordinator_is_asked(town: Town) -> None:
    load_text(town.office, LOADED, units(heir("xa-c", "xa-d"), ENDS), plan(report()))
    town.walk("2025-06-30", "2025-07-03")
    assert owed(town) == {"huyen-a": CLOSED, "huyen-b": CLOSED}
    (asked,) = [m for m in town.sent(COORDINATOR) if any(s.startswith("n-ended") for s in m[3])]
    assert asked[0] == "2025-07-01 08:00"
    assert len(asked[3]) == 2
    said = next(t for m in mails(town, COORDINATOR) if "nhachan units succeed" in (t := " ".join(text(m).split())))
    assert "ĐƠN VỊ ĐÃ KẾT THÚC, ĐỀ NGHỊ XÁC ĐỊNH ĐƠN VỊ TIẾP NHẬN" in said
    assert "Lý do: không còn đơn vị" in said
    assert "nhachan units succeed huyen-a MÃ-ĐƠN-VỊ-MỚI" in said
    assert "no_unit" not in said
    assert [m for m in town.sent() if m[1] not in (COORDINATOR, "giamdoc@snv.example") and m[0] > "2025-07"] == []


def test_successor_named_later_takes_over_what_had_closed(town: Town) -> None:
    load_text(town.office, LOADED, units(ENDS, ENDS), plan(report()))
    submit(town.office, act("2025-06-18 09:00"), REPORT, ["huyen-b"], Receipt(date(2025, 6, 18)), by_unit=True)
    send_back(town.office, act("2025-06-19 09:00", "Thiếu phụ lục"), REPORT, ["huyen-b"])
    refresh_day(town.office, local("2025-07-01 00:05"))
    assert owed(town) == {"huyen-a": CLOSED, "huyen-b": CLOSED}
    done = succeed(town.office, act("2025-07-10 09:00"), "huyen-a", ["xa-c"])
    assert done.unit.until == date(2025, 6, 30)
    assert done.report.succeeded == (Succeeded(REPORT, "Việc bao-cao", Fate.PASSED, "UBND huyện A", "UBND xã C"),)
    succeed(town.office, act("2025-07-10 09:05"), "huyen-b", ["xa-d"])
    assert owed(town) == {"xa-c": OPEN, "xa-d": (State.RETURNED, "Thiếu phụ lục")}


def test_succeed_dry_run_says_the_same_and_changes_nothing(town: Town) -> None:
    load_text(town.office, LOADED, units(), plan(report()))
    before = everything(town.office.database)
    tried = succeed(town.office, act("2025-07-02 09:00"), "huyen-a", ["xa-c"], dry_run=True)
    assert everything(town.office.database) == before
    assert succeed(town.office, act("2025-07-02 09:00"), "huyen-a", ["xa-c"]) == tried
    assert tried.unit.until == date(2025, 7, 1)
    assert owed(town) == {"huyen-b": OPEN, "xa-c": OPEN}


def test_succeed_ahead_of_its_day_waits_for_it(town: Town) -> None:
    load_text(town.office, LOADED, units(c="from: 05/07/2025,"), plan(report()))
    succeed(town.office, act("2025-06-10 09:00"), "huyen-a", ["xa-c"], date(2025, 7, 1))
    for day, expected in (("30", "huyen-a"), ("01", "huyen-a"), ("04", "huyen-a"), ("05", "xa-c")):
        refresh_day(town.office, local(f"2025-{'06' if day == '30' else '07'}-{day} 00:05"))
        assert set(owed(town)) == {expected, "huyen-b"}, day


@pytest.mark.parametrize(
    ("old", "new", "on", "codes"),
    [
        ("huyen-x", ["khong-co"], None, ["unknown.unit.nearest", "unknown.unit"]),
        ("huyen-a", ["huyen-a"], None, ["succeed.itself"]),
        ("huyen-a", ["xa-d"], None, ["succeed.ended"]),
        ("xa-c", ["huyen-a"], "2025-01-01", ["succeed.before_start"]),
        ("xa-c", ["huyen-b"], None, ["succeed.circle"]),
    ],
)
def test_succeed_refuses_what_cannot_be(
    sqlite_town: Town, old: str, new: list[str], on: str | None, codes: list[str]
) -> None:
    given = units(b="successors: [xa-c],", c="from: 01/02/2025,", d="until: 01/03/2025,")
    load_text(sqlite_town.office, LOADED, given, plan(report()))
    with pytest.raises(UserError) as raised:
        succeed(sqlite_town.office, act("2025-06-10 09:00"), old, new, date.fromisoformat(on) if on else None)
    assert sorted(p.code for p in raised.value.problems) == sorted(codes)


def test_chain_of_successors_over_the_years(sqlite_town: Town) -> None:
    town = sqlite_town
    load_text(
        town.office, LOADED, units(heir("huyen-b"), heir("xa-c", ends="until: 31/12/2025, ")), plan(report("[huyen-a]"))
    )
    refresh_day(town.office, local("2025-07-01 00:05"))
    assert owed(town) == {"huyen-b": OPEN}
    refresh_day(town.office, local("2026-01-01 00:05"))
    assert owed(town) == {"xa-c": OPEN}
    assert one(town, "xa-c").formerly == "UBND huyện A"
    load_text(town.office, LOADED, units(heir("huyen-b"), heir("xa-c", ends="until: 31/12/2025, ")))


def test_downtime_over_the_change_ends_the_same(sqlite_town: Town) -> None:
    load_text(sqlite_town.office, LOADED, units(heir("xa-c"), heir("xa-c", "xa-d")), plan(report()))
    refresh_day(sqlite_town.office, local("2025-11-17 08:00"))
    assert owed(sqlite_town) == {"xa-c": OPEN, "huyen-b": CLOSED}


def test_roster_loaded_late_passes_at_once_what_it_has_ended(town: Town) -> None:
    """Also what falls due after the end, which audiences resolved anew would cancel."""
    load_text(town.office, LOADED, units(), plan(report(), report("[cac-huyen]", "{by: 15/12/2025}", "cuoi-nam")))
    late = units(heir("xa-c"), heir("xa-c", "xa-d"))
    done = load_text(town.office, local("2025-09-08 09:00"), late)
    assert sorted((s.key.task, s.fate, s.old) for s in done.succeeded) == [
        ("bao-cao", Fate.CLOSED, "UBND huyện B"),
        ("bao-cao", Fate.PASSED, "UBND huyện A"),
        ("cuoi-nam", Fate.CLOSED, "UBND huyện B"),
        ("cuoi-nam", Fate.PASSED, "UBND huyện A"),
    ]
    assert owed(town) == {"xa-c": OPEN, "huyen-b": CLOSED}
    assert owed(town, LATER) == {"xa-c": OPEN, "huyen-b": CLOSED}
    load_text(
        town.office,
        local("2025-09-09 09:00"),
        late,
        plan(report(), report("[cac-huyen]", "{by: 15/12/2025}", "cuoi-nam")),
    )
    assert owed(town, LATER) == {"xa-c": OPEN, "huyen-b": CLOSED}, "held by passage, though no audience names it"


def test_plan_loaded_late_passes_what_it_makes(sqlite_town: Town) -> None:
    load_text(
        sqlite_town.office,
        local("2025-09-08 09:00"),
        units(heir("xa-c"), heir("xa-c", "xa-d")),
        plan(report()),
        track_from=date(2025, 1, 1),
    )
    assert owed(sqlite_town) == {"xa-c": OPEN, "huyen-b": CLOSED}


def test_an_end_known_ahead_changes_nothing_before_it(town: Town) -> None:
    load_text(town.office, LOADED, units(), plan(report("[cac-huyen]", "{by: 15/12/2025}")))
    load_text(town.office, local("2025-06-10 09:00"), units(heir("xa-c"), ENDS))
    refresh_day(town.office, local("2025-06-11 00:05"))
    assert owed(town) == {"huyen-a": OPEN, "huyen-b": OPEN}
    refresh_day(town.office, local("2025-07-01 00:05"))
    assert owed(town) == {"xa-c": OPEN, "huyen-b": CLOSED}


def test_document_that_names_an_ended_unit_means_its_successor(sqlite_town: Town) -> None:
    load_text(
        sqlite_town.office, LOADED, units(heir("xa-c"), ENDS), plan(report("[huyen-a, huyen-b]", "{by: 15/12/2025}"))
    )
    assert owed(sqlite_town) == {"xa-c": OPEN}


def test_an_end_that_was_a_mistake_is_taken_back(town: Town) -> None:
    load_text(town.office, LOADED, units(), plan(report("[cac-huyen, xa-d]")))
    wrong = units(heir("xa-c"), heir("xa-d"))
    load_text(town.office, local("2025-07-07 09:00"), wrong)
    assert owed(town) == {"xa-c": OPEN, "huyen-b": (State.CANCELLED, "merged:xa-d"), "xa-d": OPEN}
    done = load_text(town.office, local("2025-07-08 09:00"), units())
    assert sorted((s.fate, s.old, s.new) for s in done.succeeded) == [
        (Fate.BACK, "UBND huyện B", "UBND huyện B"),
        (Fate.PASSED, "UBND xã C", "UBND huyện A"),
    ]
    assert owed(town) == {"huyen-a": OPEN, "huyen-b": OPEN, "xa-d": OPEN}
    assert one(town, "huyen-a").formerly is None


def test_what_waits_for_confirmation_stays_under_the_old_name(town: Town) -> None:
    load_text(town.office, LOADED, units(heir("xa-c"), heir("xa-d")), plan(report()))
    for unit in ("huyen-a", "huyen-b"):
        submit(town.office, act("2025-06-18 09:00"), REPORT, [unit], Receipt(date(2025, 6, 18)), by_unit=True)
    town.walk("2025-06-30", "2025-07-02")
    assert owed(town) == {"huyen-a": (State.SUBMITTED, None), "huyen-b": (State.SUBMITTED, None)}
    accept(town.office, act("2025-07-02 09:00"), REPORT, ["huyen-a"])
    send_back(town.office, act("2025-07-02 09:00", "Thiếu phụ lục"), REPORT, ["huyen-b"], date(2025, 7, 9))
    assert owed(town) == {"huyen-a": (State.ACCEPTED, None), "xa-d": (State.RETURNED, "Thiếu phụ lục")}
    assert one(town, "huyen-a").late is False
    town.tick("2025-07-03 08:00")
    assert [m[1] for m in town.sent() if m[0] > "2025-07-02"] == ["dung@xa-d.example"]


def test_renamed_unit_keeps_everything(town: Town) -> None:
    load_text(town.office, LOADED, units(), plan(report("[huyen-a]")))
    town.tick("2025-06-05 08:00")
    old, sent = one(town, "huyen-a"), [letter.content for letter in town.box.accepted]
    uids = [(r[0], r[5]) for r in rows(town.office.database, events)]
    load_text(town.office, local("2025-06-10 09:00"), units(name="UBND huyện A mới"))
    new = one(town, "huyen-a")
    assert (new.id, new.unit_name, new.formerly, new.state) == (old.id, "UBND huyện A mới", None, State.OPEN)
    assert [(r[0], r[5]) for r in rows(town.office.database, events)] == uids
    assert [letter.content for letter in town.box.accepted] == sent
    assert len(rows(town.office.database, messages)) == 1


# -- audiences --------------------------------------------------------------------------------------------------------


def test_the_clock_leaves_audiences_alone_once_the_first_stage_has_come(town: Town) -> None:
    """A member that joins a group by its date: before the first stage it owes, after it the others are told already."""
    joins = """groups:
  - id: cum
    name: Cụm
    members: [huyen-a, {unit: huyen-b, from: 16/06/2025}, {unit: xa-d, until: 15/06/2025}]
"""
    given = units() + joins
    both = plan(report("[cum]"), report("[cum]", "{by: 25/08/2025}", "cuoi-nam"))
    load_text(town.office, LOADED, given, both)
    assert set(owed(town)) == {"huyen-a", "huyen-b"}
    changed = given.replace("from: 16/06/2025", "from: 16/09/2025").replace("until: 15/06/2025", "until: 15/09/2025")
    _save_quietly(town, "2025-06-09 16:00", changed)
    refresh_day(town.office, local("2025-06-10 00:05"))
    assert set(owed(town)) == {"huyen-a", "huyen-b"}, "told on 05/06"
    assert {u: s for u, (s, _) in owed(town, LATER).items()} == {
        "huyen-a": State.OPEN,
        "huyen-b": State.CANCELLED,
        "xa-d": State.OPEN,
    }
    load_text(town.office, local("2025-06-10 09:00"), given.replace("16/06/2025", "16/07/2025"))
    assert {u for u, (s, _) in owed(town).items() if s is State.OPEN} == {"huyen-a"}, "a person has loaded something"


def _save_quietly(town: Town, at: str, text: str) -> None:
    """A roster in the store that nobody has resolved anything by yet, as after a change of the program."""
    (wanted,) = read_documents([("units.yaml", text.encode())]).rosters
    with town.office.database.write() as tx:
        save_roster(tx, read_roster(tx), wanted, town.office.today(local(at)))


# -- feeds ------------------------------------------------------------------------------------------------------------


def test_feeds_move_with_the_obligation_and_say_that_the_unit_ended(town: Town, tmp_path) -> None:
    load_text(town.office, LOADED, units(heir("xa-c"), heir("xa-c", "xa-d")), plan(report("[huyen-a]")))

    def feed(unit: str, at: str) -> Calendar:
        refresh_day(town.office, local(at))
        return Calendar.from_ical(town.feed(unit))

    before = feed("huyen-a", "2025-06-30 09:00")
    assert str(before["X-WR-CALNAME"]) == "Lịch nhắc hạn: UBND huyện A"
    (event,) = before.walk("VEVENT")
    assert feed("xa-c", "2025-06-30 09:00").walk("VEVENT") == []
    after = feed("huyen-a", "2025-07-01 09:00")
    assert str(after["X-WR-CALNAME"]) == "Lịch nhắc hạn: UBND huyện A (đã kết thúc 30/06/2025)"
    (end,) = after.walk("VEVENT")
    assert str(end["SUMMARY"]) == "Đơn vị đã kết thúc: việc chuyển cho UBND xã C; xin đăng ký lịch mới"
    assert (end["DTSTART"].dt, end["DTEND"].dt) == (date(2025, 6, 30), date(2025, 7, 1))
    assert b"/feeds/" not in after.to_ical()
    assert feed("huyen-a", "2026-03-01 09:00").to_ical() == after.to_ical()
    (split,) = feed("huyen-b", "2025-07-01 09:00").walk("VEVENT")
    assert str(split["SUMMARY"]) == (
        "Đơn vị đã kết thúc; các đơn vị kế thừa: UBND xã C, UBND xã D; xin đăng ký lịch mới"
    )
    (moved,) = feed("xa-c", "2025-07-01 09:00").walk("VEVENT")
    assert moved["UID"] == event["UID"]
    assert moved["SEQUENCE"] > event["SEQUENCE"]
    assert "Đơn vị thực hiện: UBND xã C\nTrước là việc của: UBND huyện A" in str(moved["DESCRIPTION"])
    refresh_day(town.office, local("2025-07-01 09:00"))
    publish(town.office, tmp_path)
    (file,) = tmp_path.glob("huyen-a/*/*.ics")
    assert "đã kết thúc 30/06/2025" in file.read_text(encoding="utf-8").replace("\n ", "")
    assert publish(town.office, tmp_path).written == ()


AFTER = "{after: {event: hoi-nghi, name: Hội nghị, days: 20}}"
MEETING = DeadlineKey.parse("ke-hoach/sau-hoi-nghi/hoi-nghi")
assert MEETING is not None


def meeting(town: Town, *days: tuple[date, str | None], owed_by: str = "[cac-huyen]") -> None:
    load_text(town.office, LOADED, units(), plan(task("sau-hoi-nghi", AFTER, owed_by)))
    for day, unit in days:
        set_event(town.office, act("2025-06-03 09:00"), "hoi-nghi", day, [unit] if unit else [])


def dated(town: Town) -> dict[str, tuple[str, str]]:
    """Unit → basis and last day."""
    with town.office.database.read() as tx:
        return {o.unit: (o.basis.value, o.dates.last_day.isoformat()) for o in of_deadline(tx, MEETING)}


def test_own_day_of_an_event_goes_on_with_the_obligation(town: Town) -> None:
    """The earliest day of any unit is over when the obligation passes: nobody is late by another unit's day."""
    meeting(town, (date(2025, 6, 5), "huyen-b"), (date(2025, 7, 20), "huyen-a"))
    succeed(town.office, act("2025-06-20 09:00"), "huyen-a", ["xa-c"], date(2025, 7, 1))
    town.walk("2025-06-30", "2025-07-10")
    assert dated(town) == {"huyen-b": ("rule", "2025-06-25"), "xa-c": ("event", "2025-08-09")}
    assert [s for _, _, _, s in town.sent(NEW)] == [["n-taken"]]


def test_unit_that_ended_owes_nothing_anew_for_its_own_day(town: Town) -> None:
    """It lived on the last day that goes for all, when its own was still ahead."""
    meeting(town, (date(2025, 6, 5), None), (date(2025, 7, 20), "huyen-a"), owed_by="[huyen-a]")
    succeed(town.office, act("2025-06-20 09:00"), "huyen-a", ["xa-c"], date(2025, 7, 1))
    town.tick("2025-07-01 08:00")
    set_event(town.office, act("2025-07-02 09:00"), "hoi-nghi", date(2025, 7, 21), ["huyen-a"])
    assert dated(town) == {"xa-c": ("event", "2025-08-10")}


def test_day_entered_for_who_took_over_wins(town: Town) -> None:
    meeting(town, (date(2025, 6, 5), None), (date(2025, 7, 20), "huyen-a"), owed_by="[huyen-a]")
    succeed(town.office, act("2025-06-20 09:00"), "huyen-a", ["xa-c"], date(2025, 7, 1))
    town.tick("2025-07-01 08:00")
    set_event(town.office, act("2025-07-02 09:00"), "hoi-nghi", date(2025, 7, 24), ["xa-c"])
    assert dated(town) == {"xa-c": ("event", "2025-08-13")}
    set_event(town.office, act("2025-07-02 10:00"), "hoi-nghi", None, ["xa-c"])
    assert dated(town) == {"xa-c": ("event", "2025-08-09")}
