"""Mail templates, compiled once: `layout/` holds how a mail is built, without a word; each language's folder its words.

Of a language are `labels.txt`, `phrases.txt` and the subjects, `<name>.subject.txt`; of the layout `<name>.txt` and
`<name>.html`, which both draw on the same phrases.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from notifications.titles import cut, plain
from plans.words import Words

TEMPLATES = Path(__file__).parent / "templates"
SUBJECT = 150  # characters; phones show the first 40, desktops up to 120
_WIDTH = 78  # RFC 5322, 2.1.1
_TITLE = "\ue000"  # stands for the title while it is not known how much of it fits
_EMPTY_LINES = re.compile(r"\s*\n\s*")
_NUMBER = re.compile(r" *(?:\d+\.|-) ")


def render_subject(name: str, words: Words, title: str = "", tail: str = "", **context: object) -> str:
    """The subject of mail `name`; `title` is cut at a word so that all of it fits, but for the `tail` it ends with."""
    said = plain(_environment(words).get_template(f"{name}.subject.txt").render(title=_TITLE, **context))
    rest = len(said) - said.count(_TITLE)
    return said.replace(_TITLE, cut(title, max(SUBJECT - rest, SUBJECT // 3), tail))


def render_text(name: str, words: Words, **context: object) -> str:
    """The text part of mail `name`: lines of at most 78 columns (addresses of pages excepted) that end in `\\n`."""
    return laid_out([wrapped(line.rstrip()) for line in draw_text(name, words, **context).splitlines()])


def draw_text(name: str, words: Words, **context: object) -> str:
    """The text part of mail `name` before its lines are wrapped."""
    return _environment(words).get_template(f"{name}.txt").render(**context)


def laid_out(lines: Iterable[str]) -> str:
    """A text of wrapped lines, with no more than one empty line in a row."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def render_html(name: str, words: Words, **context: object) -> str:
    """The HTML part of mail `name`."""
    return _EMPTY_LINES.sub("\n", _environment(words, html=True).get_template(f"{name}.html").render(**context)).strip()


def load_templates(words: Words, *names: str) -> None:
    """Compile templates now, as text and as HTML, rather than when the first mail wants them."""
    for name in names:
        _environment(words).get_template(f"{name}.txt")
        _environment(words, html=True).get_template(f"{name}.html")


@cache
def _environment(words: Words, *, html: bool = False) -> Environment:
    """The templates of the words' language, for HTML or for plain text.

    Each form has an environment of its own, not only its own templates: a phrase that names a unit escapes the name
    where it stands in HTML.
    """
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES / words.language, TEMPLATES / "layout"]),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["words"] = words
    environment.filters |= {
        # A mail says few dates many times over, and so do all mails of a wave.
        "day": lru_cache(1024)("{:%d/%m/%Y}".format),
        "short": lru_cache(1024)("{:%d/%m}".format),
        "weekday": words.weekday,
        "full": lru_cache(1024)(words.full_date),
        "plain": lru_cache(4096)(plain),
    }
    return environment


def wrapped(line: str) -> str:
    """`line` in lines of at most 78 columns, those after the first indented as a list wants it."""
    return line if len(line) <= _WIDTH else _wrapped(line)


@lru_cache(4096)
def _wrapped(line: str) -> str:
    if " " not in line.strip():  # an address stays where it stands
        return line
    number = _NUMBER.match(line)
    indent = number.end() if number else len(line) - len(line.lstrip()) + 2 * line.startswith(" ")
    return _filled(line, " " * indent)


def _filled(line: str, indent: str) -> str:
    """As `textwrap.fill` does without cutting words, which takes long: a wave names thousands of units."""
    start = line[: len(line) - len(line.lstrip(" "))]
    words = line[len(start) :].split(" ")
    if not line.isprintable() or "" in words or max(map(len, words)) > _WIDTH - max(len(start), len(indent)):
        return textwrap.fill(line, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    lines, last = [], start + words[0]
    for word in words[1:]:
        if len(last) + 1 + len(word) <= _WIDTH:
            last = f"{last} {word}"
        else:
            lines.append(last)
            last = indent + word
    return "\n".join([*lines, last])
