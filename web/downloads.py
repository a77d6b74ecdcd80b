"""Answers that a browser keeps as a file instead of showing them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from plans.files.values import slugify

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
YAML = "application/yaml; charset=utf-8"
MESSAGE = "message/rfc822"


def download(name: str, media_type: str, content: bytes | Iterable[bytes]) -> Response:
    """`content` as the file `name`, whatever letters are in it (RFC 6266, RFC 8187); pieces are sent as they come."""
    stem, dot, ending = name.rpartition(".")
    ascii_name = f"{slugify(stem)}{dot}{ending}"
    headers = {"Content-Disposition": f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"}
    if isinstance(content, bytes):
        return Response(content, media_type=media_type, headers=headers)
    return StreamingResponse(content, media_type=media_type, headers=headers)
