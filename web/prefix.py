"""The path under which a proxy serves all this, as `base_url = "https://tinh.example/nhachan"` says."""

from __future__ import annotations

from starlette.types import Scope


class Prefix:
    """Takes the prefix off paths: a proxy may have left it on, or taken it off already."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def without(self, scope: Scope) -> str:
        """The path of a request as the pages and feeds know it. The server's own `root_path` is part of the path."""
        path: str = scope["path"]
        root: str = scope.get("root_path", "")
        if root:
            path = _taken_off(path, root)
        return _taken_off(path, self._prefix) if self._prefix else path

    @staticmethod
    def inner(scope: Scope, path: str) -> Scope:
        """The request with the path that `without` gave it."""
        if path == scope["path"] and not scope.get("root_path"):
            return scope
        return {**scope, "path": path, "raw_path": path.encode(), "root_path": ""}


def _taken_off(path: str, prefix: str) -> str:
    rest = path.removeprefix(prefix)
    return rest or "/" if rest != path and rest[:1] in ("", "/") else path
