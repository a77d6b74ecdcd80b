"""One task of a unit goes to a colleague; its other tasks, other units and other officers stay as they are."""

from __future__ import annotations

from datetime import date

import pytest

from actions.declaring import correct_declaration, declare, take_back
from actions.reassigning import named_for_unit, reassign_by_link
from actions.receiving import Receipt
from actions.requesting import Asker, ask_extension
from plans.deadlines import DeadlineKey
from plans.plan import Kind, Task, TaskOfficer
from plans.problems import UserError
from store.marks import trail
from store.people import find_person, people_ids
from tests.actions.province import AN, HEAD, ONCE, UNITS, YEARLY, Town, act, everything, once, plan, yearly
from tests.conftest import load_text, local

assert YEARLY is not None
KEY: DeadlineKey = YEARLY
BINH, EM = "binh@syt.example", "em@syt.example"
PLAN = plan(yearly("[so-y-te, cac-xa]"), once("{by: 18/12/2026}"))


def settle(town: Town) -> None:
    load_text(town.office, local("2026-11-20 09:00"), UNITS, PLAN)


def hand(town: Town, new: str = EM, by: str = AN, name: str | None = "Chuyên viên Em") -> tuple[str, str]:
    with town.office.database.read() as tx:
        person = find_person(tx, by)
    assert person is not None
    return reassign_by_link(
        town.office, act("2026-12-01 10:00", actor=f"link:{by}"), town.one(KEY).id, Asker(person.id, None), new, name
    )


def told(town: Town, address: str) -> list[tuple[str, DeadlineKey | None]]:
    """Stage and deadline of everything that an address was sent, in order."""
    sent = [m for m in town.log("sent") if m.address == address]
    found = [(i.stage, DeadlineKey.parse(i.deadline)) for m in sent for i in m.items if i.state == "sent"]
    return [(stage.partition(".")[0], key) for stage, key in found]


def test_colleague_is_told_instead_and_the_other_officer_stays(town: Town) -> None:
    settle(town)
    town.tick("2026-12-01 08:00")
    assert hand(town, "Em@SYT.example") == (AN, EM)
    town.ticks("2026-12-01 10:01", "2026-12-04 08:00")
    both = [("n-taken", KEY), ("T-3wd", KEY), ("T0", KEY)]
    assert sorted(told(town, EM)) == sorted(both)
    assert [stage for stage, key in told(town, BINH) if key == KEY] == ["T-3wd", "T0"]
    assert [stage for stage, key in told(town, AN) if key == KEY] == ["T-3wd", "n-given"]
    assert ("T-15", ONCE) in told(town, AN)  # of the other task
    with town.office.database.read() as tx:
        (entry,) = [e for e in trail(tx, "ke-hoach/bao-cao-nam") if e.action == "reassign"]
    assert (entry.actor, entry.detail["unit"], entry.detail["from"], entry.detail["to"]) == (
        f"link:{AN}",
        "so-y-te",
        AN,
        EM,
    )


def test_who_has_handed_a_task_on_declares_nothing_any_more(town: Town) -> None:
    settle(town)
    hand(town)
    before = everything(town.office.database)
    one, receipt = town.one(KEY).id, Receipt(date(2026, 12, 1), "1/BC")
    with town.office.database.read() as tx:
        ids = people_ids(tx, [AN, EM, HEAD])
    for attempt in (
        lambda by: declare(town.office, by, one, ids[AN], receipt),
        lambda by: correct_declaration(town.office, by, one, ids[AN], receipt),
        lambda by: take_back(town.office, by, one, ids[AN]),
        lambda by: ask_extension(town.office, by, one, Asker(ids[AN]), date(2026, 12, 20), "Chờ số liệu"),
        lambda by: reassign_by_link(town.office, by, one, Asker(ids[AN]), AN, None),
    ):
        with pytest.raises(UserError) as caught:
            attempt(act("2026-12-02 09:00", actor=f"link:{AN}"))
        assert "request.not_responsible" in [p.code for p in caught.value.problems]
    assert everything(town.office.database) == before
    assert declare(town.office, act("2026-12-02 09:00", actor=f"link:{EM}"), one, ids[EM], receipt)
    take_back(town.office, act("2026-12-02 09:30", actor=f"link:{HEAD}"), one, ids[HEAD])
    with town.office.database.read() as tx:
        said = [(e.action, e.actor) for e in trail(tx, f"{KEY}/so-y-te")]
    assert said == [("take_back", f"link:{HEAD}"), ("submit", f"link:{EM}")]


def test_loading_the_plan_again_does_not_undo_it_unseen(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town)
    hand(town)
    with pytest.raises(UserError) as caught:
        load_text(town.office, local("2026-12-02 09:00"), UNITS, PLAN)
    assert [(p.code, p.params["new"]) for p in caught.value.problems] == [("load.reassigned", EM)]
    named = PLAN.replace("to: ubnd", f"to: ubnd, officers: [{{email: {EM}, unit: so-y-te, name: Em}}]")
    load_text(town.office, local("2026-12-02 09:00"), UNITS, named)


@pytest.mark.parametrize(
    ("new", "by", "codes"),
    [
        (AN, AN, ["handover.same"]),
        ("em@syt", AN, ["value.email"]),
        (EM, "chi@xa.example", ["request.not_responsible"]),
    ],
)
def test_what_is_refused(sqlite_town: Town, new: str, by: str, codes: list[str]) -> None:
    settle(sqlite_town)
    with pytest.raises(UserError) as caught:
        hand(sqlite_town, new, by)
    assert [p.code for p in caught.value.problems] == codes


def test_head_adds_somebody_beside_the_officers(sqlite_town: Town) -> None:
    settle(sqlite_town)
    hand(sqlite_town, by=HEAD)
    sqlite_town.tick("2026-12-04 08:00")
    assert {who for _, who, _, stages in sqlite_town.sent() if "T0" in stages} >= {AN, BINH, EM}


def test_named_officers_of_other_units_are_kept() -> None:
    task = Task(
        "a", "A", Kind.REPORT, ("moi-don-vi",), officers=(TaskOfficer(AN), TaskOfficer("x@y.example", "xa-b", "X"))
    )
    posts = {"so-y-te": (AN, BINH), "xa-a": (AN,), "xa-b": ()}
    changed = named_for_unit(task, "so-y-te", posts, [(EM, "Em")])
    assert changed.officers == (
        TaskOfficer(AN, "xa-a", AN),
        TaskOfficer("x@y.example", "xa-b", "X"),
        TaskOfficer(EM, "so-y-te", "Em"),
    )
