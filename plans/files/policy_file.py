"""A policy file: bytes to policies of reminders and quiet days, its problems, and the places of what it refers to.

Whether the audiences it names exist is asked with a roster: `plans.files.references`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from plans.files import values
from plans.files.policy_checks import Placed, check_stages
from plans.files.reading import Form, Reading, Reference
from plans.files.stage_form import read_stages
from plans.files.tree import Mapping as MappingNode
from plans.files.tree import Node, node_of, read_tree
from plans.files.tree import Sequence as SequenceNode
from plans.policies import NONE, RESUBMISSION, Policy, QuietDays, Stage
from plans.problems import Place, Problem, UserError, errors
from plans.rules import MonthDay

KEYS = frozenset(("policies", "quiet"))
_MOST = 99  # of mails about one date
_MOST_QUIET = 30  # with many more, a stage could be put off by weeks


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """What a policy file says; incomplete where problems hold an error. `quiet` is None where it doesn't say."""

    file: str
    policies: tuple[Policy, ...] = ()
    quiet: QuietDays | None = None
    problems: tuple[Problem, ...] = ()
    places: Mapping[Reference, Place] = field(default_factory=dict)


def read_policy_file(file: str, content: bytes | str) -> PolicyFile:
    """The policies of one file with every fault found; `file` is the name that places show."""
    root, problems = read_tree(file, content)
    return PolicyFile(file, problems=tuple(problems)) if root is None else policies_of_tree(file, root, problems)


def policies_of_tree(file: str, root: Node, problems: Iterable[Problem]) -> PolicyFile:
    """The same for a file whose tree was read already."""
    reading = Reading(problems)
    policies: dict[str, Policy] = {}
    quiet = None
    if top := Form.of(root, reading, file):
        for form in top.forms("policies"):
            policy = _read_policy(form, checked=True)
            if policy is not None and policy.name in policies:
                first = reading.places[Reference(policy.name, "id")]
                reading.error("id.duplicate", form.place_of("id"), id=policy.name, line=first.line)
            elif policy is not None:
                policies[policy.name] = policy
                reading.places.setdefault(Reference(policy.name, "id"), form.place_of("id"))
        quiet = _read_quiet(top)
        top.close()
    return PolicyFile(file, tuple(policies.values()), quiet, reading.problems(), reading.places)


def policy_from_mapping(mapping: Mapping[str, object]) -> Policy:
    """The policy that `policy_mapping` wrote; UserError where it holds none."""
    form = _stored(mapping)
    policy = _read_policy(form, checked=False)
    problems = errors(form.reading.problems())
    if policy is None or problems:
        raise UserError(problems)
    return policy


def quiet_from_mapping(mapping: Mapping[str, object]) -> QuietDays:
    """The days that `quiet_mapping` wrote; UserError where it holds none."""
    form = _stored({"quiet": dict(mapping)})
    quiet = _read_quiet(form)
    if problems := errors(form.reading.problems()):
        raise UserError(problems)
    return quiet or QuietDays()


def _stored(mapping: Mapping[str, object]) -> Form:
    node = node_of(dict(mapping), Place(""))
    assert isinstance(node, MappingNode)
    return Form(node, Reading())


def _read_policy(form: Form, *, checked: bool) -> Policy | None:
    """None where it has no usable id. What was stored by an earlier version is not `checked` again, only read."""
    form.owner = name = form.required_slug("id")
    if name == NONE.name:
        form.reading.error("policy.reserved", form.place_of("id"), id=name)
    again = name == RESUBMISSION.name
    own = read_stages(form, again=again)
    most = form.integer("most", 1, _MOST)
    variants: dict[str, tuple[Stage, ...]] = {}
    if again and form.has("for"):
        form.reading.error("policy.resubmission_for", form.place_of("for"))
    for inner in form.forms("for"):
        inner.owner = name
        audience, stages = _read_variant(inner, variants, again=again)
        if audience is not None:
            variants[audience] = _of(stages)
        if checked:
            _check(name, inner, stages, most)
    form.close()
    if checked:
        _check(name, form, own, most)
    return Policy(name, _of(own), variants, most) if name else None


def _check(policy: str, form: Form, stages: Sequence[Placed], most: int | None) -> None:
    """Check the stages together, unless none of those that were written could be read."""
    node = form.node("stages")
    if stages or (isinstance(node, SequenceNode) and not node.items):
        check_stages(policy, stages, most, form.reading, form.place)


def _read_variant(form: Form, known: Collection[str], *, again: bool) -> tuple[str | None, list[Placed]]:
    node = form.node("audience")
    audience = form.typed(node, "audience", values.reference) if node else None
    if node is None:
        form.reading.error("key.missing", form.place, key="audience")
    elif audience is not None and audience in known:
        form.reading.error("policy.audience_twice", node.place, name=audience)
        audience = None
    elif audience is not None:
        form.note("audience", audience, node.place)
    stages = read_stages(form, again=again)
    form.close()
    return audience, stages


def _of(stages: Iterable[Placed]) -> tuple[Stage, ...]:
    return tuple(one.stage for one in stages)


def _read_quiet(top: Form) -> QuietDays | None:
    node = top.node("quiet")
    if node is None:
        return None
    form = Form(node, top.reading) if isinstance(node, MappingNode) else None
    # "after_tet" is read first: the order in which a fault lists the keys.
    after_tet = form is None or form.choice("after_tet", ("true", "false")) != "false"
    key, holder = ("quiet", top) if form is None else ("days", form)
    days: dict[date | MonthDay, None] = {}
    for item in holder.nodes(key):
        found = holder.typed(item, key, values.day_or_month_day)
        if found is not None:
            days[found] = None
    if len(days) > _MOST_QUIET:
        top.reading.error("policy.quiet_many", top.place_of("quiet"), count=len(days), most=_MOST_QUIET)
    if form is not None:
        form.close()
    return QuietDays(after_tet, tuple(days))
