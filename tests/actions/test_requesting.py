"""Requests of units: asked once, answered once, granted by the acts that exist, refused with a reason that is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from actions.adjusting import extend, waive
from actions.people import absent
from actions.receiving import Receipt, submit
from actions.requesting import Asker, ask_contact_change, ask_exemption, ask_extension, decide, withdraw
from plans.announcements import News
from plans.deadlines import DeadlineKey
from plans.problems import UserError
from plans.requests import Request, RequestKind, RequestState
from plans.status import State
from store.marks import trail
from store.people import find_person
from store.requests import all_requests, open_requests
from store.units import read_roster
from tests.actions.province import (
    AN,
    CHI,
    COORDINATOR,
    HEAD,
    TWO_UNITS,
    UNITS,
    YEARLY,
    Town,
    act,
    everything,
    mail_of,
    plan,
    yearly,
)
from tests.conftest import load_text, local

assert YEARLY is not None
KEY: DeadlineKey = YEARLY
UNTIL = date(2026, 12, 18)
LINK = f"link:{AN}"


def settle(town: Town, owed_by: str = "[so-y-te]", units: str = TWO_UNITS) -> None:
    load_text(town.office, local("2026-11-20 09:00"), units, plan(yearly(owed_by)))


def asker(town: Town, address: str = AN, name: str | None = None) -> Asker:
    with town.office.database.read() as tx:
        person = find_person(tx, address)
    assert person is not None
    return Asker(person.id, name)


def ask(town: Town, at: str = "2026-12-01 09:00", until: date = UNTIL, unit: str = "so-y-te", by: str = AN) -> int:
    number = town.one(KEY, unit).id
    return ask_extension(town.office, act(at, actor=f"link:{by}"), number, asker(town, by), until, "Chờ số liệu quý IV")


def waiting(town: Town) -> list[Request]:
    with town.office.database.read() as tx:
        return open_requests(tx)


def states(town: Town) -> list[tuple[RequestKind, RequestState]]:
    with town.office.database.read() as tx:
        return [(r.kind, r.state) for r in all_requests(tx)]


def codes(error: pytest.ExceptionInfo[UserError]) -> list[str]:
    return [p.code for p in error.value.problems]


def body(town: Town, address: str) -> str:
    """The text of the last mail to an address."""
    part = mail_of([x for x in town.box.accepted if x.recipient == address][-1]).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_granted_extension_moves_the_date_and_is_told_as_one(town: Town) -> None:
    settle(town)
    town.tick("2026-12-01 08:00")
    number = ask(town)
    (found,) = waiting(town)
    assert (found.id, found.kind, found.unit, found.key, found.until, found.address, found.text) == (
        number,
        RequestKind.EXTENSION,
        "so-y-te",
        KEY,
        UNTIL,
        AN,
        "Chờ số liệu quý IV",
    )
    assert town.one().dates.last_day == date(2026, 12, 4)  # nothing has changed by asking
    (done,) = decide(town.office, act("2026-12-01 10:00"), [number], grant=True)
    assert (done.state, done.decided_by) == (RequestState.GRANTED, "tester")
    assert (town.one().dates.last_day, town.one().reason) == (UNTIL, "Chờ số liệu quý IV")
    assert waiting(town) == []
    with town.office.database.read() as tx:
        entries = [(e.actor, e.action) for e in trail(tx, f"{KEY}/so-y-te")]
    assert entries == [("tester", "extend"), ("tester", "grant_request"), (LINK, "ask_extension")]


def test_reminders_go_on_and_say_that_it_has_no_answer(town: Town) -> None:
    settle(town)
    ask(town, "2026-11-30 09:00")
    town.tick("2026-12-01 08:00")
    assert [kind for _, _, kind, _ in town.sent(AN)] == ["digest"]
    text = " ".join(body(town, AN).split())
    assert "Đề nghị: đã đề nghị gia hạn ngày 30/11/2026, đang chờ trả lời; thời hạn trên vẫn áp dụng" in text


def test_refusal_is_told_to_who_asked_with_the_reason_and_at_once(town: Town) -> None:
    settle(town, "[so-y-te, cac-xa]", units=UNITS)
    town.tick("2026-12-01 08:00")  # the day's digest has left
    number = ask(town)
    with pytest.raises(UserError) as caught:
        decide(town.office, act("2026-12-01 10:00"), [number], grant=False)
    assert codes(caught) == ["request.reason"]
    decide(town.office, act("2026-12-01 10:00", "Phải báo cáo Trung ương trước 10/12"), [number], grant=False)
    town.tick("2026-12-01 10:01")
    assert town.sent(AN)[-1] == ("2026-12-01 10:01", AN, "urgent", [News.REFUSED.value])
    assert len(town.sent("binh@syt.example")) == 1  # the colleague did not ask
    subject = mail_of(town.box.accepted[-1])["Subject"]
    assert subject == "[Trả lời đề nghị] Việc bao-cao-nam năm 2026: hạn vẫn là trước ngày 05/12/2026"
    assert "không gia hạn: Phải báo cáo Trung ương trước 10/12" in " ".join(body(town, AN).split())
    assert town.one().dates.last_day == date(2026, 12, 4)
    ask(town, "2026-12-01 11:00")  # may be asked again


def test_two_refusals_about_one_item_are_told_together(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town)
    first = ask(town)
    now = act("2026-12-01 09:00", actor=LINK)
    second = ask_exemption(town.office, now, town.one().id, asker(town), "Không thuộc đối tượng")
    decide(town.office, act("2026-12-01 10:00", "Theo Chỉ thị 19"), [first, second], grant=False)
    town.tick("2026-12-01 10:01")
    said = "Trả lời đề nghị: không gia hạn; đơn vị vẫn phải thực hiện: Theo Chỉ thị 19"
    assert said in " ".join(body(town, AN).split())


def test_refusal_of_somebody_who_is_away_by_then_reaches_the_deputy(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town, "[so-y-te, cac-xa]", units=UNITS)
    number = ask(town)
    absent(town.office, act("2026-12-01 09:30"), AN, date(2026, 12, 1), None, CHI)
    decide(town.office, act("2026-12-01 10:00", "Không thể lùi"), [number], grant=False)
    town.tick("2026-12-01 10:01")
    assert News.REFUSED.value in [stage for *_, stages in town.sent(CHI) for stage in stages]
    assert town.sent(AN) == []


def test_granted_exemption_waives_and_an_open_extension_is_needless(town: Town) -> None:
    settle(town)
    ask(town)
    number = ask_exemption(
        town.office, act("2026-12-01 09:00", actor=LINK), town.one().id, asker(town), "Không có phong trào"
    )
    decide(town.office, act("2026-12-01 10:00"), [number], grant=True)
    assert (town.one().state, town.one().reason) == (State.WAIVED, "Không có phong trào")
    assert states(town) == [
        (RequestKind.EXTENSION, RequestState.WITHDRAWN),
        (RequestKind.NOT_CONCERNED, RequestState.GRANTED),
    ]


def test_what_a_coordinator_does_unasked_answers_what_was_asked(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town, "[so-y-te, cac-xa]", units=UNITS)
    ask(town)
    ask(town, unit="xa-a", by=CHI)
    ask(town, unit="xa-b", by=CHI)
    extend(town.office, act("2026-12-01 10:00", "Lùi chung"), KEY, ["so-y-te"], date(2026, 12, 10))
    waive(town.office, act("2026-12-01 10:00", "Đã giải thể"), KEY, ["xa-a"])
    submit(town.office, act("2026-12-01 10:00"), KEY, ["xa-b"], Receipt(date(2026, 12, 1)))
    assert waiting(town) == []
    assert [s for _, s in states(town)] == [RequestState.GRANTED, RequestState.WITHDRAWN, RequestState.OPEN]


def test_one_of_a_kind_is_open_at_a_time_however_many_press(town: Town) -> None:
    settle(town)

    def press(_: int) -> str:
        try:
            ask(town)
        except UserError as error:
            return error.problems[0].code
        return "asked"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(press, range(4))) == ["asked", *["request.open"] * 3]
    assert [r.kind for r in waiting(town)] == [RequestKind.EXTENSION]


def test_answers_are_all_or_none_and_given_once(town: Town) -> None:
    settle(town, "[so-y-te, cac-xa]", units=UNITS)
    first, second = ask(town), ask(town, unit="xa-a", by=CHI, until=date(2026, 12, 10))
    before = everything(town.office.database)
    with pytest.raises(UserError) as caught:
        decide(town.office, act("2026-12-01 10:00"), [first, second, 99], grant=True, until=date(2026, 12, 4))
    assert codes(caught) == ["request.unknown", "extend.not_later", "extend.not_later"]
    decide(town.office, act("2026-12-01 10:00"), [first, second], grant=True, dry_run=True)
    assert everything(town.office.database) == before
    decide(town.office, act("2026-12-01 10:00"), [first, second], grant=True)
    assert [town.one(KEY, u).dates.last_day for u in ("so-y-te", "xa-a")] == [UNTIL, date(2026, 12, 10)]
    with pytest.raises(UserError) as caught:
        decide(town.office, act("2026-12-01 10:01", "Không"), [first], grant=False)
    assert codes(caught) == ["request.answered"]


def test_what_cannot_be_asked_for_is_said_all_at_once(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town, "[so-y-te, cac-xa]", units=UNITS)
    number, now = town.one().id, act("2026-12-01 09:00")
    for until, text, found in (
        (date(2026, 12, 4), " ", ["request.text", "request.not_later"]),
        (date(2028, 12, 4), "x" * 1001, ["request.text_long", "request.far"]),
    ):
        with pytest.raises(UserError) as caught:
            ask_extension(town.office, now, number, asker(town), until, text)
        assert codes(caught) == found
    for who, of, code in ((CHI, "so-y-te", "request.not_responsible"), (CHI, "xa-a", "request.closed")):
        if of == "xa-a":
            submit(town.office, now, KEY, ["xa-a"], Receipt(date(2026, 12, 1)), by_unit=True)
        with pytest.raises(UserError) as caught:
            ask_exemption(town.office, now, town.one(KEY, of).id, asker(town, who), "Không thuộc đối tượng")
        assert codes(caught) == [code]
    assert waiting(town) == []


def test_asker_alone_may_withdraw(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town)
    number = ask(town)
    with pytest.raises(UserError) as caught:
        withdraw(town.office, act("2026-12-01 09:30"), number, asker(town, HEAD))
    assert codes(caught) == ["request.unknown"]
    withdraw(town.office, act("2026-12-01 09:30"), number, asker(town))
    assert waiting(town) == []


def test_granted_contact_replaces_the_address_where_it_stands(town: Town) -> None:
    settle(town, "[so-y-te, phuong-d]", units=UNITS)
    number = ask_contact_change(
        town.office,
        act("2026-12-01 09:00", actor=LINK),
        "so-y-te",
        asker(town, AN, "Trưởng phòng Tổ chức"),
        "Đã nghỉ hưu",
        old="binh@syt.example",
        new="Dung@SYT.example",
        name="Văn thư mới",
    )
    box = ask_contact_change(
        town.office, act("2026-12-01 09:00"), "phuong-d", asker(town, "vanthu@phuong-d.example"), new="moi@d.example"
    )
    assert [(r.kind, r.asked_by, r.detail) for r in waiting(town)] == [
        (
            RequestKind.CONTACT,
            "Trưởng phòng Tổ chức",
            {"old": "binh@syt.example", "new": "dung@syt.example", "name": "Văn thư mới"},
        ),
        (RequestKind.CONTACT, None, {"old": "vanthu@phuong-d.example", "new": "moi@d.example"}),
    ]
    decide(town.office, act("2026-12-01 10:00"), [number, box], grant=True)
    with town.office.database.read() as tx:
        units = read_roster(tx).units
    assert [(o.address, o.name) for o in units["so-y-te"].officers][1] == ("dung@syt.example", "Văn thư mới")
    assert units["phuong-d"].mailbox == "moi@d.example"


def test_name_alone_is_corrected_too_and_unknown_contacts_are_refused(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town)
    now = act("2026-12-01 09:00")
    with pytest.raises(UserError) as caught:
        ask_contact_change(town.office, now, "so-y-te", asker(town), old="ai@syt.example", new="không phải thư")
    assert codes(caught) == ["request.no_contact", "value.email"]
    number = ask_contact_change(town.office, now, "so-y-te", asker(town), name="Phòng Tổ chức")
    decide(town.office, act("2026-12-01 10:00"), [number], grant=True)
    with town.office.database.read() as tx:
        assert next((o.address, o.name) for o in read_roster(tx).units["so-y-te"].officers) == (AN, "Phòng Tổ chức")


def test_coordinator_reads_of_requests_on_the_monday_page(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town)
    ask(town, "2026-11-27 15:00")
    town.tick("2026-11-30 08:00")
    (subject,) = [mail_of(x)["Subject"] for x in town.box.accepted if x.recipient == COORDINATOR]
    assert subject == "[Bản tin thứ Hai 30/11] 01 đề nghị chờ trả lời, 01 việc đến hạn trong tuần"
    assert "- Sở Y tế: đề nghị gia hạn đến ngày 18/12/2026: Chờ số liệu quý IV" in " ".join(
        body(town, COORDINATOR).split()
    )
