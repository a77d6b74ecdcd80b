"""`migrate`: bring the database to the schema of this program."""

from __future__ import annotations

import argparse
from pathlib import Path

from config.settings import FILE, read_settings
from plans.problems import Problem, UserError
from scheduler.clock import Clock
from scheduler.terminal import Terminal
from store.database import Database
from store.upgrading import HEAD, upgrade, version_of


def run(_parsed: argparse.Namespace, home: Path, _clock: Clock, terminal: Terminal) -> int:
    if not (home / FILE).exists():
        raise UserError(Problem("home.missing", {"home": str(home)}))
    database = Database(read_settings(home).database_url)
    try:
        before = version_of(database)
        if before != HEAD:
            upgrade(database)
        terminal.line("cli.migrate.done" if before != HEAD else "cli.migrate.current", version=HEAD)
    finally:
        database.close()
    return 0
