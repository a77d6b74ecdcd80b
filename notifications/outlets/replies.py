"""What a reply of a mail server says of a letter, its recipient, or the server itself (RFC 5321, RFC 3463)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from notifications.outlets import Fault, Kind, Letter, Outcome, OutletDown
from notifications.titles import plain

GO_AHEAD, CLOSING, AUTHENTICATION_REQUIRED = 354, 421, 530
_ANSWER = 500  # characters of a reply that are kept
_ADDRESS = re.compile(r"(?:[!-;=?-~]|[^\W\x00-\x7f])+@[!-;=?-~]+")  # without angle brackets; RFC 6531 §3.3
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_NO_MAILBOX = (550, 551, 553)  # RFC 5321, 4.2.3: as an answer to RCPT
_SENDERS = ("7", "8")  # RFC 3463, 3.2: of X.1.x those about the sender's address
_TOO_LONG = "3"  # of X.2.x: it is the letter that does not fit


class Lost(Exception):
    """The conversation cannot go on: closed, timed out, or an answer that does not fit what was said."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply; the lines of a longer one are joined by spaces."""

    code: int
    text: str

    @property
    def enhanced(self) -> str | None:
        found = _ENHANCED.match(self.text)
        return found[1] if found else None


def unsayable(letter: Letter, *, utf8: bool) -> Outcome | None:
    """A letter with an address that no command can carry is refused before anything is said; else None.

    `utf8`: the server offers SMTPUTF8 (RFC 6531).
    """
    for address, bad in ((letter.recipient, True), (letter.sender, False)):
        if not _carried(address):
            return Outcome("refused", answer=f"an address that SMTP can't carry: {plain(address)}", bad_address=bad)
        if not utf8 and not address.isascii():
            answer = f"the mail server takes ASCII addresses only (it does not offer SMTPUTF8): {plain(address)}"
            return Outcome("refused", answer=answer, enhanced="5.6.7", bad_address=bad)
    return None


@lru_cache(1024)
def _carried(address: str) -> bool:
    return _ADDRESS.fullmatch(address) is not None


def addressed(letter: Letter) -> tuple[bytes, bytes]:
    """MAIL and RCPT of a letter, without their line ends; SMTPUTF8 is asked for only where an address needs it."""
    needs = "" if letter.recipient.isascii() and letter.sender.isascii() else " SMTPUTF8"
    return f"MAIL FROM:<{letter.sender}>{needs}".encode(), f"RCPT TO:<{letter.recipient}>".encode()


def envelope(replies: Sequence[Reply]) -> Outcome | None:
    """What MAIL, RCPT and DATA were answered, as far as they were said; None: nothing stands against the letter.

    Raises OutletDown, or Lost where an answer does not fit.
    """
    for reply, good in zip(replies, (2, 2, 3), strict=False):
        # Out of step: what would be taken for the answer to the body is that to something else.
        if reply.code // 100 not in (good, 4, 5):
            raise Lost(f"not an answer to what was said: {reply.code} {_answer(reply)}")
    for verb, reply in zip(("MAIL", "RCPT", "DATA"), replies, strict=False):
        if reply.code == AUTHENTICATION_REQUIRED:
            raise OutletDown(Fault("sign_in_required", _answer(reply), reply.code))
        if verb == "MAIL" and reply.code >= 500:  # our own address: every other letter would be refused as well
            raise OutletDown(Fault("sender_refused", _answer(reply), reply.code))
        if reply.code >= 400:
            return _outcome(reply, bad_address=verb == "RCPT" and is_bad_address(reply))
    return None


def final(reply: Reply) -> Outcome:
    """What the server says once it has the body. Raises Lost."""
    if reply.code // 100 == 3:
        raise Lost(f"not an answer to a letter: {reply.code} {_answer(reply)}")
    return _outcome(reply)


def is_bad_address(reply: Reply) -> bool:
    """Whether this refusal of a recipient says that the address itself is no good, and not who may write to it.

    By its enhanced code: X.1.x about the address, X.2.x about the mailbox. Without one, by the reply's own code.
    """
    if reply.code < 500:
        return False
    if reply.enhanced is None:
        return reply.code in _NO_MAILBOX
    _, subject, detail = reply.enhanced.split(".")
    return (subject == "1" and detail not in _SENDERS) or (subject == "2" and detail != _TOO_LONG)


def is_policy(outcome: Outcome) -> bool:
    """Whether a refusal names a rule of the server (X.7.x): said to everyone, it is the server that is shut."""
    return outcome.kind == "refused" and (outcome.enhanced or "").split(".")[1:2] == ["7"]


def _outcome(reply: Reply, *, bad_address: bool = False) -> Outcome:
    kind: Kind = "sent" if 200 <= reply.code < 300 else "refused" if reply.code >= 500 else "deferred"
    return Outcome(kind, reply.code, _answer(reply), reply.enhanced, bad_address)


def _answer(reply: Reply) -> str:
    return one_line(reply.text)


def one_line(text: str) -> str:
    """What a server said, as it can be stored: in one line, without octets that are no text."""
    return plain(text.encode("utf-8", "replace").decode())[:_ANSWER]
