"""A connection to the mail server, ready for letters: reached, encrypted, signed in; and why it is not."""

from __future__ import annotations

import asyncio
import ssl
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from typing import Any

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPResponse,
    SMTPResponseException,
)

from notifications.outlets import Fault, OutletDown
from notifications.outlets.pipelining import Trace, Who
from notifications.outlets.replies import one_line
from notifications.settings import SmtpSettings

HIDDEN = "…"
_MORE = 334  # RFC 4954: go on with signing in
_FINAL = 500  # replies below it may be another tomorrow
_COMPLAINT = 300  # characters
_WRONG_HOST = 62  # X509_V_ERR_HOSTNAME_MISMATCH of OpenSSL


class Client(SMTP):
    """The library's client, whose dialogue can be watched: what signs in is hidden."""

    trace: Trace | None = None
    _signing_in = False

    async def execute_command(self, *args: bytes, **options: Any) -> SMTPResponse:
        self._watch("C", self._shown(args))
        response = await super().execute_command(*args, **options)
        self._signing_in = response.code == _MORE
        self.watch_reply(response)
        return response

    async def starttls(self, **options: Any) -> SMTPResponse:
        self._watch("C", "STARTTLS")  # the library says it by itself
        response = await super().starttls(**options)
        self.watch_reply(response)
        return response

    def watch_reply(self, response: SMTPResponse) -> None:
        """Show a reply, a line for each of its own; a challenge may repeat what was said."""
        for line in response.message.splitlines() or [""]:
            self._watch("S", f"{response.code} {HIDDEN if response.code == _MORE else one_line(line)}")

    def _shown(self, args: tuple[bytes, ...]) -> str:
        if args[0].upper() == b"AUTH":
            return f"AUTH {args[1].decode('ascii', 'replace')} {HIDDEN}"
        return HIDDEN if self._signing_in else b" ".join(args).decode("utf-8", "replace")

    def _watch(self, who: Who, line: str) -> None:
        if self.trace is not None:
            self.trace(who, line)


async def connect(settings: SmtpSettings, hello: str | None, trace: Trace | None = None) -> Client:
    """A client that is ready for letters. Raises OutletDown."""
    context = await _context(settings)
    client = Client(
        hostname=settings.host,
        port=settings.port,
        local_hostname=hello,
        timeout=settings.timeout,
        use_tls=settings.security == "tls",
        start_tls=False,  # done below, where its absence is a fault of its own
        tls_context=context,
    )
    client.trace = trace
    try:
        client.watch_reply(await client.connect())
        await _hello(client)
        if settings.security == "starttls":
            if not client.supports_extension("starttls"):
                raise OutletDown(Fault("no_starttls", f"{settings.host}:{settings.port}"))
            await client.starttls()
            await _hello(client)
        await _sign_in(client, settings)
    except OutletDown:
        client.close()
        raise
    except (SMTPException, OSError, ValueError) as error:
        client.close()
        raise OutletDown(fault_of(error)) from error
    except BaseException:
        client.close()
        raise
    return client


async def _context(settings: SmtpSettings) -> ssl.SSLContext | None:
    if settings.security == "none":
        return None
    try:
        return await asyncio.to_thread(ssl.create_default_context, cafile=settings.ca_file)
    except OSError as error:  # ssl.SSLError is one: a file that holds no certificate
        raise OutletDown(Fault("ca_file", f"{settings.ca_file}: {error}")) from error


async def _hello(client: Client) -> None:
    """EHLO, else HELO; a server that says neither takes no letter."""
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


async def _sign_in(client: Client, settings: SmtpSettings) -> None:
    if settings.username is None:
        return
    if not client.supports_extension("auth"):
        raise OutletDown(Fault("no_sign_in", f"{settings.host}:{settings.port}"))
    try:
        if settings.token_command:
            await client.auth_xoauth2(settings.username, await _token(settings.token_command, settings.timeout))
        else:
            await client.login(settings.username, settings.password)
    except SMTPAuthenticationError as error:
        code = "password" if error.code >= _FINAL else "sign_in_later"
        if settings.token_command and code == "password":
            code = "token_refused"
        raise OutletDown(Fault(code, one_line(error.message), error.code)) from error


async def _token(command: Sequence[str], timeout: float) -> str:
    """What the command prints: a token is good for an hour or so, so it is asked for at each connection."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
    except OSError as error:
        raise OutletDown(Fault("token", f"{command[0]}: {error.strerror or error}")) from error
    try:
        async with asyncio.timeout(timeout):
            output, complaint = await process.communicate()
    except TimeoutError:
        raise OutletDown(Fault("token", f"{command[0]}: no answer within {timeout:g} seconds")) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    token = output.decode("ascii", "replace").strip()
    if process.returncode or not token or not token.isprintable():
        said = one_line(complaint.decode("utf-8", "replace"))[:_COMPLAINT]
        raise OutletDown(Fault("token", f"{command[0]}: exit {process.returncode} {said}".strip()))
    return token


def fault_of(error: Exception) -> Fault:
    """The fault that kept a connection from being made."""
    answer = one_line(str(getattr(error, "message", "") or error))
    if isinstance(error, ssl.SSLCertVerificationError):
        return Fault("other_host" if error.verify_code == _WRONG_HOST else "certificate", answer)
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return fault_of(cause)
    if isinstance(error, ssl.SSLError) or isinstance(cause, ssl.SSLError):
        return Fault("tls", answer)
    if isinstance(error, SMTPResponseException):
        return Fault("greeting", answer, error.code)
    if isinstance(error, TimeoutError):
        return Fault("timeout", answer)
    return Fault("connection", answer)
