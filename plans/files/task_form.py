"""One task of a plan file, as its mapping says it."""

from __future__ import annotations

from plans.audiences import UNDETERMINED
from plans.chains import FEWEST, MOST
from plans.files import values
from plans.files.due_form import read_due
from plans.files.reading import Form, Reference
from plans.files.tree import Mapping
from plans.plan import Kind, Source, Task, TaskOfficer


def read_task(form: Form) -> Task | None:
    """The task, or None where it has no usable id; problems and places are noted with the form."""
    form.owner = slug = form.required_slug("id")
    title = form.required("title")
    kind = Kind(form.choice("kind", list(Kind)) or Kind.REPORT)
    task = Task(
        slug=slug,
        title=title,
        kind=kind,
        product=form.text("product"),
        owed_by=_owed_by(form),
        coordinating=form.references("with", _audience),
        to=form.reference("to"),
        via=form.reference("via"),
        due=read_due(form, kind),
        strict=form.choice("late", ["strict"]) is not None,
        policy=form.reference("policy"),
        officers=_officers(form),
        collects=form.references("collects", _task_name),
        ahead=form.integer("ahead", FEWEST, MOST),
        section=form.text("section"),
        source=_source(form),
        note=form.text("note"),
    )
    if task.ahead is not None and not task.collects:
        form.reading.error("task.ahead_alone", form.place_of("ahead"))
    form.close()
    form.reading.places.setdefault(Reference(slug, ""), form.place)
    form.reading.places.setdefault(Reference(slug, "due"), form.place_of("due"))
    return task if slug else None


def _owed_by(form: Form) -> tuple[str, ...]:
    """`lead` is the word that official tables of work use for the same thing."""
    owed_by = form.references("owed_by", _audience)
    lead = form.references("lead", _audience, noted_as="owed_by")
    if owed_by and lead:
        form.reading.error("task.lead_and_owed_by", form.place_of("lead"))
    return owed_by or lead


def _audience(text: str) -> str:
    return text if text == UNDETERMINED else values.reference(text)


def _task_name(text: str) -> str:
    plan, slash, task = text.rpartition("/")
    return f"{values.slug(plan)}/{values.slug(task)}" if slash else values.reference(text)


def _officers(task: Form) -> tuple[TaskOfficer, ...]:
    """Addresses of people of the owing units; who has no post there is a mapping of `unit`, `email` and `name`."""
    found: dict[tuple[str, str | None], TaskOfficer] = {}
    for node in task.nodes("officers"):
        if isinstance(node, Mapping):
            form = Form(node, task.reading)
            unit, address, name = form.required_slug("unit"), form.required_address("email"), form.required("name")
            place = (form.node("email") or node).place
            if unit:
                task.note("officers.unit", unit, (form.node("unit") or node).place)
            form.close()
            officer = TaskOfficer(address, unit, name)
            usable = bool(unit and address and name)
        else:
            officer, place = TaskOfficer(task.typed(node, "officers", values.address) or ""), node.place
            usable = bool(officer.address)
        if not usable:
            continue
        key = (officer.address, officer.unit)
        if key in found:
            task.reading.error("task.officer_twice", place, address=officer.address)
        task.note("officers", officer.address, place)
        found.setdefault(key, officer)
    return tuple(found.values())


def _source(task: Form) -> Source:
    form = task.form("source")
    if form is None:
        return Source()
    source = Source(form.integer("line", 1, 999_999), form.text("quote"))
    form.close()
    return source
