"""Several files at once."""

from plans.files.documents import Documents, read_documents
from plans.problems import Place, Problem

PLAN = b"plan: {id: ke-hoach, title: K}\ntasks: []\n"
UNITS = b"units:\n  - {id: a, name: A, kind: xa, mailbox: a@b.vn}\n"


def test_read_documents_decides_by_content():
    read = read_documents([("x", PLAN), ("y", UNITS), ("z", b"leaders: []\n")])
    assert [file.file for file in read.plans] == ["x"]
    assert [file.file for file in read.units] == ["y", "z"]
    assert [list(roster.units) for roster in read.rosters] == [["a"], []]
    assert read.problems == ()


def test_read_documents_of_nothing():
    assert read_documents([]) == Documents()


def test_read_documents_gathers_the_problems_of_every_file():
    read = read_documents(
        [("a", b""), ("b", b"- x\n"), ("c", PLAN + UNITS), ("d", b"plam: 1\n"), ("e", b"units: x\n"), ("f", PLAN)]
    )
    assert read.problems == (
        Problem("file.empty", {}, Place("a")),
        Problem("file.neither", {}, Place("b", 1, 1)),
        Problem("file.both", {}, Place("c", 1, 1)),
        Problem("file.neither", {}, Place("d", 1, 1)),
        Problem("expected.list", {"key": "units"}, Place("e", 1, 8)),
    )
    assert [file.file for file in read.plans] == ["f"]


def test_read_documents_names_the_first_plan_of_an_id():
    read = read_documents([("a", PLAN), ("b", PLAN), ("c", PLAN)])
    params = {"id": "ke-hoach", "first": "a:1:8"}
    assert read.problems == tuple(Problem("plan.duplicate", params, Place(name, 1, 8)) for name in "bc")
