"""Homes to work in, and the command line to ask them with."""

from __future__ import annotations

import contextlib
import io
import shutil
from pathlib import Path

import pytest

from scheduler.cli import main
from tests.conftest import SAMPLES
from tests.scheduler.homes import PLAN, UNITS, Nhachan, Said

LOADED = "2026-11-02T09:00"  # a Monday


@pytest.fixture(autouse=True)
def _no_home_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NHACHAN_HOME", "NHACHAN_SMTP_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def nhachan(capsys: pytest.CaptureFixture[str]) -> Nhachan:
    """Runs the command line in this process: `nhachan("jobs", "--json", home=…, now=…)`."""

    def run(*arguments: object, home: Path | None = None, now: str | None = None, lang: str | None = None) -> Said:
        options = {"--home": home, "--now": now, "--lang": lang}
        given = [str(part) for name, value in options.items() if value is not None for part in (name, value)]
        capsys.readouterr()
        try:
            code = main([*given, *map(str, arguments)])
        except SystemExit as end:  # of argparse
            code = int(end.code or 0)
        return Said(code, *capsys.readouterr())

    return run


def quietly(*arguments: object) -> None:
    """Run a command that must succeed, for a fixture that outlives a test."""
    with contextlib.redirect_stdout(io.StringIO()):
        assert main([str(a) for a in arguments]) == 0


@pytest.fixture(scope="session")
def small_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home that `small` copies; nobody changes it."""
    home = tmp_path_factory.mktemp("small") / "home"
    quietly("--home", home, "init")
    (home / "units.yaml").write_text(UNITS, encoding="utf-8")
    (home / "plans" / "ke-hoach.yaml").write_text(PLAN, encoding="utf-8")
    quietly("--home", home, "--now", LOADED, "load", home)
    return home


@pytest.fixture
def small(small_template: Path, tmp_path: Path) -> Path:
    """A home of its own with the small province, loaded on Monday 02/11/2026."""
    return Path(shutil.copytree(small_template, tmp_path / "home"))


@pytest.fixture(scope="session")
def dien_bien(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that nobody changes: the plan of 2020 and the yearly report of Điện Biên, tracked from 2020."""
    home = tmp_path_factory.mktemp("dien-bien") / "home"
    quietly("--home", home, "init")
    plans = SAMPLES / "dien-bien" / "plans"
    files = [SAMPLES / "dien-bien" / "units.yaml", *(plans / f"dien-bien-{n}.yaml" for n in ("88-2020", "2458"))]
    since = ("--track-from", "2020-01-01")
    quietly("--home", home, "--now", "2026-06-01T09:00", "load", *files, *since)
    return home
