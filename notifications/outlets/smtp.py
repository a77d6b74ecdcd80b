"""Letters to a mail server over one lasting connection. Never falls back to plain text where TLS is configured."""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import replace
from types import TracebackType
from typing import Self

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPStatus,
)

from notifications.outlets import Kind, Letter, Outcome
from notifications.settings import SmtpSettings
from notifications.titles import plain

_QUIT = 5.0  # seconds: a server that does not answer to QUIT may not hold up the end of the program
_AUTHENTICATION_REQUIRED = 530
_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")  # visible ASCII without angle brackets
_ANSWER = 500  # characters of a reply that are kept
_ENHANCED = re.compile(r"\s*5\.(\d{1,3})\.(\d{1,3})\b")  # RFC 3463
_NO_MAILBOX = (550, 551, 553)  # RFC 5321, 4.2.3: as an answer to RCPT
_SENDERS = ("7", "8")  # RFC 3463, 3.2: of 5.1.x those about the sender's address


class SmtpOutlet:
    """Delivers one letter at a time; tasks that share it wait for each other. `hello` is the name given in EHLO."""

    def __init__(self, settings: SmtpSettings, hello: str | None = None) -> None:
        self._settings = settings
        self._hello = hello
        self._client: SMTP | None = None
        self._context: ssl.SSLContext | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        try:
            await client.quit(timeout=_QUIT)
        except (SMTPException, OSError):
            client.close()

    async def deliver(self, letter: Letter) -> Outcome:
        """Send the letter. See `Outcome`; a connection that was lost while idle is opened anew first."""
        async with self._turn:
            try:
                try:
                    client = await self._ready()
                except (SMTPException, OSError, ValueError) as error:
                    self._drop()
                    return _outcome("outlet_down", error)
                return await _send(client, letter)
            except BaseException:
                # Cancelled in half a conversation: what the server would answer next belongs to this letter.
                self._drop()
                raise

    async def _ready(self) -> SMTP:
        """A connection on which MAIL may be said."""
        if self._client is not None and self._client.is_connected:
            try:
                await self._client.rset()
            except (SMTPException, OSError):
                self._drop()
            else:
                return self._client
        self._drop()
        settings = self._settings
        if self._context is None and settings.security != "none":
            self._context = await asyncio.to_thread(ssl.create_default_context, cafile=settings.ca_file)
        client = SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=settings.password if settings.username is not None else None,
            local_hostname=self._hello,
            timeout=settings.timeout,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=self._context,
        )
        await client.connect()
        self._client = client
        if client.is_ehlo_or_helo_needed:  # a server that does not say hello takes no letter at all
            await client.ehlo()
        return client

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


async def _send(client: SMTP, letter: Letter) -> Outcome:
    """One transaction, step by step: whether the body had begun decides between "deferred" and "unknown"."""
    # The library would look for an address in any text and send to what it finds.
    if not (_ADDRESS.fullmatch(letter.sender) and _ADDRESS.fullmatch(letter.recipient)):
        unsayable = f"an address that SMTP can't carry: {plain(letter.recipient)}"
        return Outcome("refused", answer=unsayable, bad_address=not _ADDRESS.fullmatch(letter.recipient))
    begun = False
    try:
        await client.mail(letter.sender)
        await client.rcpt(letter.recipient)
        code, answer = await client.execute_command(b"DATA")
        if code == SMTPStatus.start_input and client.protocol is not None:
            client.protocol.write(_dotted(letter.content))
            begun = True
            code, answer = await client.protocol.read_response(timeout=client.timeout)
    except SMTPSenderRefused as error:
        # Our own address: every other letter would be refused as well.
        return _outcome("deferred" if 400 <= error.code < 500 else "outlet_down", error)
    except SMTPRecipientRefused as error:
        if error.code == _AUTHENTICATION_REQUIRED:
            return _outcome("outlet_down", error)
        if error.code < 500:
            return _outcome("deferred", error)
        return replace(_outcome("refused", error), bad_address=is_bad_address(error.code, error.message))
    except SMTPResponseException as error:  # a reply that is none
        if error.code == _AUTHENTICATION_REQUIRED:
            return _outcome("outlet_down", error)
        if error.code < 0:
            client.close()
            return _outcome("unknown" if begun else "deferred", error)
        return _outcome("refused" if error.code >= 500 else "deferred", error)
    except (SMTPException, OSError) as error:
        client.close()
        return _outcome("unknown" if begun else "deferred", error)
    if begun and 200 <= code < 300:
        return Outcome("sent", code, plain(answer)[:_ANSWER])
    return Outcome("refused" if code >= 500 else "deferred", code, plain(answer)[:_ANSWER])


def is_bad_address(code: int, answer: str) -> bool:
    """Whether this refusal of a recipient says that the address itself is no good, and not who may write to it."""
    found = _ENHANCED.match(answer)
    if found is None:
        return code in _NO_MAILBOX
    subject, detail = found.groups()
    if subject == "1":
        return detail not in _SENDERS
    return code in _NO_MAILBOX and subject not in ("2", "7")  # a full mailbox; a policy


def _dotted(content: bytes) -> bytes:
    """The body as DATA carries it (RFC 5321, 4.5.2)."""
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", content) + b".\r\n"


def _outcome(kind: Kind, error: Exception) -> Outcome:
    code = error.code if isinstance(error, SMTPResponseException) else None
    return Outcome(kind, code, plain(str(getattr(error, "message", error)))[:_ANSWER])
