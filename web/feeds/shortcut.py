"""A calendar that is in memory, written straight to the connection: without a task, a scope and an application.

uvicorn spends more on each request than finding the answer costs (decision 0040), and writes headers and body apart,
which are two calls of the kernel. Everything else goes its own way: whatever is not a plain GET of a calendar in
memory, or comes while an earlier answer is under way or not yet taken.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from web.feeds.answers import Answer, Header, Message
from web.feeds.endpoint import Feeds

# A body would follow, or an interim answer is waited for.
_ORDINARY = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade"))


def shortcut(feeds: Feeds) -> type[HttpToolsProtocol]:
    """uvicorn's protocol, with this way for the calendars of `feeds`."""
    return type("Shortcut", (_Shortcut,), {"feeds": feeds})


class _Shortcut(HttpToolsProtocol):
    feeds: Feeds
    answered = False  # the request that is being read

    def on_message_begin(self) -> None:
        self.answered = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        found = self._in_memory()
        if found is None:
            super().on_headers_complete()
            return
        self.answered = True
        answer, is_known = found
        whole, unchanged = self._heads(answer)
        if is_known:
            self.transport.write(unchanged)
        else:
            self.transport.writelines((whole, answer.calendar.body))
        self.on_response_complete()  # counts it, and arms the timeout of the connection

    def on_message_complete(self) -> None:
        if not self.answered:
            super().on_message_complete()

    def _in_memory(self) -> tuple[Answer, bool] | None:
        """What to answer at once, and whether the client has it already."""
        if self.cycle is not None and not self.cycle.response_complete:
            return None  # answers go out in the order of the requests
        if self.flow.write_paused or self.transport.is_closing():
            return None
        parser = self.parser
        if parser.get_method() != b"GET" or not parser.should_keep_alive() or parser.get_http_version() != "1.1":
            return None
        if any(name in _ORDINARY for name, _ in self.headers) or b"%" in self.url:
            return None
        return self.feeds.at_once(self.url, self.headers)

    def _heads(self, answer: Answer) -> tuple[bytes, bytes]:
        """Status line and headers of both answers, with the date that uvicorn renews each second."""
        shared = self.server_state.default_headers
        if answer.heads is None or answer.heads[0] is not shared:
            answer.heads = shared, _head(answer.whole, shared), _head(answer.unchanged, shared)
        return answer.heads[1:]


def _head(message: Message, shared: list[Header]) -> bytes:
    headers: list[Any] = [*shared, *message["headers"]]
    return b"".join((STATUS_LINE[message["status"]], *(b"%s: %s\r\n" % header for header in headers), b"\r\n"))
