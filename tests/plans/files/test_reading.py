"""Forms: every fault of a mapping, each with its place."""

from datetime import date, time

from plans.files.reading import Form, Reading, Reference, nearest
from plans.files.tree import read_tree
from plans.problems import Place, Problem, Severity


def form_of(text):
    root, problems = read_tree("k.yaml", text)
    assert problems == []
    return Form(root, Reading(), "chu")


def at(line, column):
    return Place("k.yaml", line, column)


def test_form_reads_typed_values():
    form = form_of(
        "title: A\nid: so-a\nemail: A@B.vn\non: 5/12/2026\nat: 16h30\nn: 7\nkind: work\nwith: [a, b, a, '']\nto: c\n"
    )
    assert form.required("title") == "A"
    assert form.required_slug("id") == "so-a"
    assert form.required_address("email") == "a@b.vn"
    assert form.day("on") == date(2026, 12, 5)
    assert form.time("at") == time(16, 30)
    assert form.integer("n", 1, 12) == 7
    assert form.choice("kind", ["report", "work"]) == "work"
    assert form.references("with") == ("a", "b")
    assert form.reference("to") == "c"
    form.close()
    assert form.reading.problems() == ()
    assert form.reading.places == {
        Reference("chu", "with"): at(8, 1),
        Reference("chu", "with", "a"): at(8, 8),
        Reference("chu", "with", "b"): at(8, 11),
        Reference("chu", "to", "c"): at(9, 5),
    }


def test_form_of_absent_and_blank_keys():
    form = form_of("title:\nid: ''\nemail: ~\nwith: []\n")
    assert [form.text("title"), form.slug("id"), form.address("email"), form.day("on")] == [None] * 4
    assert [form.choice("kind", ["a"]), form.reference("to"), form.form("source")] == [None] * 3
    assert (form.references("with"), form.references("to"), form.forms("tasks")) == ((), (), [])
    form.close()
    assert form.reading.problems() == ()


def test_form_missing_keys_are_named_at_the_key_or_the_mapping():
    form = form_of("plan: x\nid:\n")
    assert (form.required("title"), form.required_slug("id")) == ("", "")
    assert form.reading.problems() == (
        Problem("key.missing", {"key": "title"}, at(1, 1)),
        Problem("key.missing", {"key": "id"}, at(2, 1)),
    )


def test_form_a_wrong_required_value_is_not_called_missing_too():
    form = form_of("id: A B\n")
    assert form.required_slug("id") == ""
    expected = Problem("value.slug.nearest", {"key": "id", "value": "A B", "nearest": "a-b"}, at(1, 5))
    assert form.reading.problems() == (expected,)


def test_form_wrong_types_are_named():
    form = form_of("title: [a]\nid: {a: b}\ntasks: x\nwith: {a: b}\nsource: y\nkind: []\n")
    assert (form.text("title"), form.slug("id"), form.choice("kind", ["a"])) == (None, None, None)
    assert (form.forms("tasks"), form.nodes("with"), form.form("source")) == ([], [], None)
    assert form.reading.problems() == (
        Problem("expected.text", {"key": "title"}, at(1, 8)),
        Problem("expected.text", {"key": "id"}, at(2, 5)),
        Problem("expected.list", {"key": "tasks"}, at(3, 8)),
        Problem("expected.list", {"key": "with"}, at(4, 7)),
        Problem("expected.mapping", {"key": "source"}, at(5, 9)),
        Problem("expected.text", {"key": "kind"}, at(6, 7)),
    )


def test_form_close_names_unknown_keys_with_the_nearest():
    form = form_of("titel: A\nxyz: B\n")
    form.text("title")
    form.text("id")
    form.close()
    assert form.reading.problems() == (
        Problem("key.unknown.nearest", {"name": "titel", "nearest": "title"}, at(1, 1)),
        Problem("key.unknown", {"name": "xyz", "choices": "title, id"}, at(2, 1)),
    )


def test_form_choice_suggests_the_nearest():
    form = form_of("a: reprot\nb: quux\n")
    assert (form.choice("a", ["report", "work"]), form.choice("b", ["report", "work"])) == (None, None)
    assert form.reading.problems() == (
        Problem("value.choice.nearest", {"name": "reprot", "nearest": "report"}, at(1, 4)),
        Problem("value.choice", {"name": "quux", "choices": "report, work"}, at(2, 4)),
    )


def test_form_a_reference_that_a_person_decides_is_a_warning():
    form = form_of("to: '@chua-xac-dinh'\n")
    assert form.reference("to") is None
    expected = Problem("reference.undetermined", {"key": "to"}, at(1, 5), Severity.WARNING)
    assert form.reading.problems() == (expected,)


def test_reading_shortens_what_it_repeats():
    reading = Reading()
    reading.error("value.date", at(1, 1), value="x" * 1000)
    assert reading.problems() == (Problem("value.date", {"value": "x" * 60 + "…"}, at(1, 1)),)


def test_reading_sorts_and_counts_what_is_too_much():
    reading = Reading()
    for line in range(250, 0, -1):
        reading.error("file.tab", at(line, 1))
    problems = reading.problems()
    assert [p.place.line for p in problems] == list(range(1, 102))
    assert problems[-1] == Problem("file.more", {"count": 150}, at(101, 1))


def test_nearest_gives_up_on_long_names():
    assert nearest("so-noi-vuu", ["so-noi-vu", "so-y-te"]) == "so-noi-vu"
    assert nearest("xyz", ["so-noi-vu"]) is None
    assert nearest("a" * 1_000_000, ["a"]) is None
