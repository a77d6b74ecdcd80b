"""Header fields as lines of ASCII (RFC 5322, RFC 2047).

Written here because the standard library (as of Python 3.11) loses the space between two encoded words that it folds:
"đơn vị" would arrive as "đơnvị" in every reader.
"""

from __future__ import annotations

import base64
import re
import string
from functools import lru_cache

_LINE = 76  # octets of a line that holds an encoded word (RFC 2047 §2)
_WORD = 75
_FRAME = len("=?utf-8?b??=")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_ATOMS = re.compile(r"[!#$%&'*+\-/=?^_`{|}~0-9A-Za-z]+(?: [!#$%&'*+\-/=?^_`{|}~0-9A-Za-z]+)*")
_TOKENS = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_ATTRIBUTE = frozenset(string.ascii_letters + string.digits + "!#$&+-.^_`|~")  # RFC 2231 §7, less { and }
_ESCAPED = frozenset('"\\')  # in a quoted string; readers differ in how they undo it
_VALUE = 50  # characters of a parameter's value on a line
_PHRASE = 60  # characters of a display name that stands on one line as it is
_PLAIN_LINE = 78  # RFC 5322 §2.1.1


@lru_cache(1024)
def text_field(name: str, value: str) -> str:
    """An unstructured field with its CRLF; `value` is one line without control characters."""
    return f"{name}: {_folded(value, len(name) + 2)}\r\n"


def ids_field(name: str, ids: list[str]) -> str:
    """Message-IDs in their angle brackets, one a line: none may be folded inside."""
    return f"{name}: " + "\r\n ".join(ids) + "\r\n"


def address_field(name: str, display: str, address: str) -> str:
    """One mailbox; `address` was checked."""
    start = len(name) + 2
    if not display:
        return f"{name}: {address}\r\n"
    short = len(display) <= _PHRASE and "=?" not in display
    if short and _ATOMS.fullmatch(display):
        shown = display
    elif short and _PRINTABLE.fullmatch(display):
        escaped = display.replace("\\", "\\\\").replace('"', '\\"')
        shown = f'"{escaped}"'
    else:
        shown = _encoded(display, start)
    last = len(shown.rpartition("\r\n")[2]) + (0 if "\r\n" in shown else start)
    gap = " " if last + len(address) + 3 <= (_LINE if shown.startswith("=?") else _PLAIN_LINE) else "\r\n "
    return f"{name}: {shown}{gap}<{address}>\r\n"


def parameter(name: str, value: str) -> str:
    """A parameter of a MIME field with the "; " before it: a token, a quoted string, or what RFC 2231 makes of others.

    `value` is one line without control characters. Each takes a line of its own where it would make one too long.
    """
    short = len(value) <= _VALUE and "=?" not in value  # which some readers take for an encoded word even here
    if short and _TOKENS.fullmatch(value):
        return f"; {name}={value}"
    if short and _PRINTABLE.fullmatch(value) and not _ESCAPED.intersection(value):
        return f';\r\n {name}="{value}"'
    lines = [""]
    for character in value:  # whole on its line, for readers that decode each line by itself
        said = character if character in _ATTRIBUTE else "".join(f"%{octet:02X}" for octet in character.encode())
        if len(lines[-1]) + len(said) > _VALUE:
            lines.append("")
        lines[-1] += said
    lines[0] = f"utf-8''{lines[0]}"
    if len(lines) == 1:
        return f";\r\n {name}*={lines[0]}"
    return "".join(f";\r\n {name}*{number}*={line}" for number, line in enumerate(lines))


def _folded(value: str, used: int) -> str:
    if not _PRINTABLE.fullmatch(value) or "=?" in value or any(len(w) > _LINE for w in value.split(" ")):
        return _encoded(value, used)
    lines: list[str] = []
    line = ""
    for word in value.split(" "):
        room = _PLAIN_LINE - (used if not lines else 1)
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def _encoded(value: str, used: int) -> str:
    """Encoded words, one a line. White space between them means nothing, so each holds the space that follows it."""
    words: list[str] = []
    rest = value
    while rest:
        room = min(_WORD, _LINE - (used if not words else 1)) - _FRAME
        part = _part(rest, max(room // 4 * 3, 4))
        words.append(f"=?utf-8?b?{base64.b64encode(part.encode()).decode()}?=")
        rest = rest[len(part) :]
    return "\r\n ".join(words)


def _part(text: str, octets: int) -> str:
    """The longest start of `text` that fits, up to the end of a word where there is one; characters stay whole."""
    data = text.encode()
    if len(data) <= octets:
        return text
    found = data[:octets].decode("utf-8", "ignore")  # less the character that was cut through
    space = found.rfind(" ")
    return found[: space + 1] if space > len(found) // 2 else found
