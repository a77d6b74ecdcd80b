"""Names that want to be more than text: on every page and in every file that the site gives away."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from httpx import Response
from openpyxl import load_workbook

from actions.office import Office
from plans.deadlines import DeadlineKey
from tests.conftest import load_text, local, make_desk
from tests.web.scenes import Post, Scene

HOSTILE = """
units:
  - id: don-vi
    name: '<script>alert(1)</script> & "Sở" {{ 7*7 }} \\u202etxt'
    kind: so
    officers:
      - {name: '=HYPERLINK("http://evil.example") <img src=x onerror=alert(1)>', role: officer, email: a+b@tinh.example}
"""
PLAN = """
plan:
  id: ke-hoach
  number: '=1+1<b>1/KH</b>'
  title: '"><script>alert(2)</script>'
  issued: 01/10/2026
  coordinator: don-vi
tasks:
  - id: viec
    title: "</h1><script>alert(3)</script> \\u202e"
    kind: report
    product: '<i>báo cáo</i>'
    owed_by: [don-vi]
    due: {before: 05/12/2026}
    section: '<section onclick=x>'
    source: {line: 1, quote: '</blockquote><script>alert(4)</script>'}
    note: '<script>alert(5)</script>'
"""


FILES = ("text/csv", "application/vnd.openxml")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def visited(scene: Scene, *starts: str) -> Iterator[tuple[str, Response]]:
    """Every page and file of this site that links lead to, once."""
    waiting, seen = list(starts), set(starts)
    while waiting:
        path = waiting.pop()
        answer = scene.get(path)
        yield path, answer
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        for link in re.findall(r'(?:href|src|action)="(/[^"#]*)', answer.text):
            parts = urlsplit(unescape(link))
            to = parts.path + (f"?{parts.query}" if parts.query else "")
            if to not in seen and not to.startswith("/static/"):
                seen.add(to)
                waiting.append(to)


def cells(answer: Response) -> list[object]:
    if answer.headers["content-type"].startswith("text/csv"):
        return [cell for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))) for cell in row]
    book = load_workbook(io.BytesIO(answer.content))
    found = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in found if cell.data_type == "f"] == []
    return [cell.value for cell in found]


def test_names_from_files_are_text(sqlite_office: Office, tmp_path: Path) -> None:
    load_text(sqlite_office, local("2026-11-02 09:00"), HOSTILE, PLAN)
    scene = Scene(
        sqlite_office, make_desk(sqlite_office, tmp_path), Post("a+b@tinh.example"), local("2026-12-10 09:00")
    )
    scene.tick("2026-12-07 14:00")
    key = DeadlineKey.parse("ke-hoach/viec/once")
    assert key is not None
    pages = files = 0
    for path, answer in visited(scene, "/", "/units/don-vi", "/plans/ke-hoach", scene.link("don-vi", key)):
        kind = answer.headers["content-type"]
        if kind.startswith(FILES):
            files += 1
            dangerous = [c for c in cells(answer) if isinstance(c, str) and c.startswith(_FORMULA)]
            assert dangerous == [], path
        if not kind.startswith("text/html"):
            continue
        pages += 1
        html = answer.text
        assert [tag for tag in re.findall(r"<script[^>]*>", html) if not tag.startswith('<script src="/static/')] == []
        for raw in ("<img", "<b>1/KH", "<i>báo", "<section onclick", "\u202e"):
            assert raw not in html, path
        # What the policy of contents forbids would not work: nothing may rest on it.
        tags = re.sub(r'="[^"]*"', '=""', html)  # a value in a field is text too
        assert re.findall(r"<[^>]+\s(?:style|on[a-z]+)=", tags) == [], path
        assert re.findall(r'(?:href|src|action)="(?!/|#|\?|http|mailto:|webcal|tel:)[^"]*', html) == [], path
    assert pages >= 8
