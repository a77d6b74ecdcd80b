"""`init`: a commented home to start from, with a sample province if wished."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import config
from config.settings import FILE
from plans.problems import Problem, UserError
from scheduler.clock import Clock
from scheduler.terminal import Terminal

SHIPPED = Path(config.__file__).parent


def run(parsed: argparse.Namespace, home: Path, _clock: Clock, terminal: Terminal) -> int:
    copied = make_home(home, parsed.sample)
    terminal.line("cli.init.made", home=home)
    if copied:
        terminal.line("cli.init.sample", home=home)
    return 0


def make_home(home: Path, sample: str | None) -> list[Path]:
    """Write a home; what is there already is kept. Raises UserError for a home that exists or an unknown sample."""
    if (home / FILE).exists():
        raise UserError(Problem("home.exists", {"home": str(home)}))
    source = SHIPPED / "samples" / sample if sample else None
    if source is not None and not source.is_dir():
        known = sorted(f.name for f in (SHIPPED / "samples").iterdir() if f.is_dir())
        raise UserError(Problem("sample.unknown", {"sample": sample, "known": ", ".join(known)}))
    home.mkdir(parents=True, exist_ok=True)
    copied = []
    for file in sorted(source.rglob("*.yaml")) if source else []:
        target = home / file.relative_to(source or file)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copyfile(file, target)
            copied.append(target)
    (home / "plans").mkdir(exist_ok=True)
    shutil.copyfile(SHIPPED / "nhachan.toml", home / FILE)
    return copied
