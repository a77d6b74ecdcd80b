"""A roster imported from a workbook: the difference first, then all of it or nothing, on both engines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from actions.importing import Imported, Told, import_roster
from actions.office import Act, Office
from actions.people import absent, hand_over
from plans.problems import UserError
from plans.rosters import NewlyTold, RosterDifference, fingerprint
from plans.units import Officer, Role, Roster
from reports.roster_xlsx import roster_xlsx
from store.recipients import recipients_of
from store.schema import audit
from store.units import read_roster
from tests.conftest import load_text, local
from tests.scheduler.homes import PLAN, UNITS

NOW = local("2026-11-16 09:00")
ACT = Act("person:quan-tri@x.example", NOW)


@pytest.fixture
def ready(office: Office) -> Office:
    load_text(office, local("2026-11-02 09:00"), UNITS, PLAN)
    return office


def stored(office: Office) -> Roster:
    with office.database.read() as tx:
        return read_roster(tx)


def taken(office: Office, roster: Roster, **options: object) -> Imported:
    return import_roster(office, ACT, "danh-ba.xlsx", roster_xlsx(roster, ["Danh bạ"]), **options)  # type: ignore[arg-type]


def codes(refused: pytest.ExceptionInfo[UserError]) -> list[str]:
    return [p.code for p in refused.value.problems]


def test_own_export_changes_nothing(ready: Office) -> None:
    before = stored(ready)
    done = taken(ready, before, complete=True)
    assert (done.difference, done.told, done.warnings) == (RosterDifference(), (), ())
    assert done.report.empty
    assert stored(ready) == before


def test_difference_is_told_before_and_made_afterwards(ready: Office) -> None:
    old = stored(ready)
    an = Officer("Chuyên viên Sở Y tế", "an@syt.example")
    new_one = Officer("Chuyên viên Phòng Kế hoạch", "binh@syt.example")
    health = replace(
        old.units["so-y-te"], officers=(new_one, old.units["so-y-te"].officers[1]), mailbox="hop@syt.example"
    )
    commune = replace(old.units["xa-a"], officers=(an,))
    district = replace(old.units["xa-b"], slug="xa-c", name="Xã C", mailbox="vt@xa-c.example")
    wanted = replace(old, units={**old.units, "so-y-te": health, "xa-a": commune, "xa-c": district})
    shown = taken(ready, wanted, dry_run=True)
    assert stored(ready) == old
    d = shown.difference
    assert [u.slug for u in d.added] == ["xa-c"]
    assert [(c.unit.slug, c.fields) for c in d.changed] == [("so-y-te", (("mailbox", None, "hop@syt.example"),))]
    assert d.people_added == ((health, new_one),)
    assert [(m.person, m.old.slug, m.new.slug) for m in d.people_moved] == [(an, "so-y-te", "xa-a")]
    assert d.people_removed == ()
    assert shown.told == (
        Told(NewlyTold("an@syt.example", "Chuyên viên Sở Y tế", ("xa-a",)), 3),
        Told(NewlyTold("binh@syt.example", "Chuyên viên Phòng Kế hoạch", ("so-y-te",)), 3),
        Told(NewlyTold("vt@xa-c.example", None, ("xa-c",)), 0),
    )
    assert shown.report.plans[0].obligations_added > 0
    done = taken(ready, wanted, seen=shown.seen)
    assert (done.difference, done.told) == (shown.difference, shown.told)
    assert stored(ready) == wanted
    with ready.database.read() as tx:
        assert [p.address for p in recipients_of(tx, "xa-c")] == ["vt@xa-c.example"]
        (entry,) = tx.execute(select(audit).where(audit.c.actor == ACT.actor, audit.c.action == "load_units"))
        assert entry.detail["added"] == ["xa-c"]


def test_deputy_of_somebody_absent_is_the_one_who_is_told(ready: Office) -> None:
    old = stored(ready)
    absent(ready, ACT, "an@syt.example", NOW.date(), None, "chi@xa-a.example")
    moved = replace(old.units["xa-b"], officers=(Officer("An", "an@syt.example"),))
    told = taken(ready, replace(old, units={**old.units, "xa-b": moved}), dry_run=True).told
    assert [t.who.address for t in told] == ["chi@xa-a.example"]


def test_roster_that_changed_meanwhile_is_not_overwritten(ready: Office) -> None:
    old = stored(ready)
    seen = fingerprint(old)
    hand_over(ready, ACT, "an@syt.example", "moi@syt.example")
    changed = stored(ready)
    with pytest.raises(UserError) as refused:
        taken(ready, old, seen=seen)
    assert codes(refused) == ["roster.changed"]
    assert stored(ready) == changed
    # Looked at anew, the file would undo the hand-over: that is asked for by name.
    with pytest.raises(UserError) as refused:
        taken(ready, old)
    assert [(p.code, str(p.place)) for p in refused.value.problems] == [
        ("load.handed_over", "Người!E4"),
        ("roster.exported_before", "None"),
    ]
    done = taken(ready, old, again=True)
    assert stored(ready) == old
    assert [p.code for p in done.warnings] == ["roster.exported_before"]


def test_complete_file_ends_what_it_does_not_list(ready: Office) -> None:
    old = stored(ready)
    fewer = replace(old, units={s: u for s, u in old.units.items() if s != "xa-b"}, groups={})
    kept = taken(ready, fewer, dry_run=True)
    assert kept.difference.empty
    done = taken(ready, fewer, complete=True)
    assert [(u.slug, u.until) for u in done.difference.ended] == [("xa-b", local("2026-11-15 09:00").date())]
    assert [s.fate for s in done.report.succeeded] == ["closed"] * len(done.report.succeeded) != []
    assert list(stored(ready).units) == list(old.units)


def test_audience_that_a_plan_means_does_not_go(ready: Office) -> None:
    fewer = replace(stored(ready), audiences={})
    with pytest.raises(UserError) as refused:
        taken(ready, fewer, complete=True)
    assert [(p.code, p.params["task"]) for p in refused.value.problems] == [
        ("roster.still_named", "ke-hoach/bao-cao-nam")
    ]


def test_nothing_is_taken_where_something_is_wrong(ready: Office) -> None:
    old = stored(ready)
    wrong = replace(old.units["xa-a"], name="Xã A mới", parent="khong-co")
    with pytest.raises(UserError) as refused:
        taken(ready, replace(old, units={**old.units, "xa-a": wrong}))
    assert [(p.code, str(p.place)) for p in refused.value.problems] == [("unknown.unit", "Đơn vị!E5")]
    assert stored(ready) == old


def test_people_who_leave_are_told_apart_from_those_who_change(ready: Office) -> None:
    old = stored(ready)
    head = Officer("Giám đốc mới", "giamdoc@syt.example", Role.HEAD)
    health = replace(old.units["so-y-te"], officers=(head,))
    d = taken(ready, replace(old, units={**old.units, "so-y-te": health}), dry_run=True).difference
    assert [(u.slug, o.address) for u, o in d.people_removed] == [("so-y-te", "an@syt.example")]
    assert [(r.old.name, r.new.name) for r in d.people_renamed] == [("Giám đốc Sở Y tế", "Giám đốc mới")]
    assert d.people_added == ()
