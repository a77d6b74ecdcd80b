"""Bytes of a file to the text that YAML is read from; each replacement is one character for one: places stay true."""

from __future__ import annotations

import codecs
import re

from plans.problems import Place, Problem
from plans.unicode_forms import composed

LARGEST = 1 << 20  # bytes; a plan of a thousand tasks has a third of it
_SHOWN = 20  # faults of one sort; a file saved wrongly has them on every line

_SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u202f\u0085\u2028\u2029"), " ")
_INDENTING_TAB = re.compile(r"^ *(\t)[ \t]*[^\s#]", re.MULTILINE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_INVISIBLE = re.compile("[\u00ad\u200b\ufeff]")  # left by copying from Word and PDF


def decode(file: str, content: bytes | str) -> tuple[str | None, list[Problem]]:
    """The text and its faults; None where nothing further can be said about the file."""
    if len(content) > LARGEST:
        return None, [Problem("file.too_large", {"limit": LARGEST >> 20}, Place(file))]
    if isinstance(content, bytes):
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return None, [Problem("file.utf16", {}, Place(file, 1, 1))]
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as fault:
            return None, [_undecodable(file, content, fault.start)]
    else:
        text = content.removeprefix("\ufeff")
    if not text.strip():
        return None, [Problem("file.empty", {}, Place(file))]
    problems = [
        Problem("file.control", {"character": f"U+{ord(found[0]):04X}"}, _place(file, text, found.start()))
        for found in _first(_CONTROL, text)
    ]
    tabs = [Problem("file.tab", {}, _place(file, text, found.start(1))) for found in _first(_INDENTING_TAB, text)]
    if tabs:
        return None, problems + tabs
    return _CONTROL.sub(" ", text).translate(_SPACES).replace("\t", " "), problems


def clean(text: str) -> str:
    """One line in NFC without invisible characters and doubled or outer spaces: how all text of files is kept."""
    return " ".join(composed(_INVISIBLE.sub("", text)).split())


def _first(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    return [found for found, _ in zip(pattern.finditer(text), range(_SHOWN), strict=False)]


def _place(file: str, text: str, at: int) -> Place:
    before = text[:at].replace("\r\n", "\n").replace("\r", "\n")
    return Place(file, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def _undecodable(file: str, content: bytes, at: int) -> Problem:
    before = content[:at].decode("utf-8-sig")
    return Problem("file.not_utf8", {"byte": f"{content[at]:02X}"}, _place(file, before, len(before)))
