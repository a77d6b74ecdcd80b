"""argparse in the user's language: its own words, the remedy below each of its errors, `--lang` wherever it stands.

As `scheduler.cli`, only cheap parts of the standard library are imported here.
"""

from __future__ import annotations

import argparse
import gettext
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

LANGUAGES = ("vi", "en")
# Help loads nothing that it can do without, pathlib among it.
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
LOCALES = os.path.join(_ROOT, "plans", "locale")  # noqa: PTH118


def language_of(arguments: Sequence[str]) -> str:
    """Help and errors are said before anything is parsed; Vietnamese where no language of ours is asked for."""
    found = "vi"
    for i, word in enumerate(arguments):
        if word == "--lang" and i + 1 < len(arguments):
            found = arguments[i + 1]
        elif word.startswith("--lang="):
            found = word.partition("=")[2]
    return found if found in LANGUAGES else "vi"


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """argparse's own words in a language, from the catalogue `argparse`; what that lacks stays as Python says it."""
    catalogue = gettext.translation("argparse", LOCALES, languages=[language], fallback=True)
    ours: dict[str, Any] = {"_": catalogue.gettext, "ngettext": catalogue.ngettext}
    module = vars(argparse)  # which looks its words up under these two names
    before = {name: module[name] for name in ours if name in module}
    module.update({name: ours[name] for name in before})
    try:
        yield
    finally:
        module.update(before)


class Formatter(argparse.HelpFormatter):
    """As wide as the terminal, within reason."""

    def __init__(self, prog: str, **options: Any) -> None:  # Python 3.14 gives more
        width = min(110, int(os.environ.get("COLUMNS", "100")))
        super().__init__(prog, **{**options, "max_help_position": 34, "width": width})


class Parser(argparse.ArgumentParser):
    """The program or one of its commands: each takes `--lang`, and each complains itself of what it does not know."""

    def __init__(self, *, about_language: str = argparse.SUPPRESS, **options: Any) -> None:
        super().__init__(**{"formatter_class": Formatter, **options})
        # No default: one of a command would undo what stands before it.
        self.add_argument("--lang", choices=LANGUAGES, default=argparse.SUPPRESS, help=about_language)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:  # else the program would name its own `--help` as the remedy, not the command's
            translated = vars(argparse).get("_", str)
            self.error(translated("unrecognized arguments: %s") % " ".join(unknown))
        return found, unknown
