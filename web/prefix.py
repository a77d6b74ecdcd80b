"""The path under which a proxy serves all this, as `base_url = "https://tinh.example/nhachan"` says.

The pages know nothing of it: it is taken off what they are asked for, and put before the links and redirects they send.
"""

from __future__ import annotations

import re
from html import escape

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope, Send

_LINK = re.compile(r'(?<=\s)(href|src|action|formaction)="/(?!/)')


def with_prefix(html: str, prefix: str) -> str:
    """A page whose links lead to where it is served. What people wrote is escaped, so all that is found is our own."""
    return _LINK.sub(lambda link: f'{link[1]}="{escape(prefix)}/', html) if prefix else html


class Prefix:
    """Takes the prefix off paths: a proxy may have left it on, or taken it off already."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def without(self, path: str, root: str = "") -> str:
        """A path as pages and feeds know it. `root` is the server's own prefix (ASGI's `root_path`), a part of it."""
        if root:
            path = _taken_off(path, root)
        return _taken_off(path, self._prefix) if self._prefix else path

    @staticmethod
    def inner(scope: Scope, path: str) -> Scope:
        """The request with the path that `without` gave it."""
        if path == scope["path"] and not scope.get("root_path"):
            return scope
        return {**scope, "path": path, "raw_path": path.encode(), "root_path": ""}

    def redirecting(self, send: Send) -> Send:
        """`send` for the pages' answers: what they redirect to has the prefix again."""
        if not self._prefix:
            return send

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                target = headers.get("location", "")
                if target.startswith("/") and not target.startswith("//"):
                    headers["location"] = self._prefix + target
            await send(message)

        return completed


def _taken_off(path: str, prefix: str) -> str:
    rest = path.removeprefix(prefix)
    return rest or "/" if rest != path and rest[:1] in ("", "/") else path
