"""Every text of a page is said in every language, and stands in gettext."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment
from jinja2.ext import babel_extract

from plans.words import LANGUAGES
from web.templating import TEMPLATES
from web.translating import LOCALES, translations

PAGES = sorted(TEMPLATES.rglob("*.html"))
_CODE = re.compile(r"\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*-?%\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_STRINGS = re.compile(r"""(_\(\s*)?("[^"\n]*"|'[^'\n]*')""")
_VIETNAMESE = re.compile(r"[àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ]", re.IGNORECASE)
# Pages whose text is not in gettext yet; each is taken out with its page.
_NOT_YET = {"board", "deadline", "link", "link_more", "plan", "plans"} | {
    "unit",
    "units",
}
_NAMES = {"Tiếng Việt"}  # what each language calls itself
_PARAMS = re.compile(r"%\(\w+\)s")


def texts_of(page: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of all that a template says by gettext."""
    with page.open("rb") as opened:
        for line, _function, message, _ in babel_extract(opened, ("_", "gettext", "ngettext"), (), {"silent": "false"}):
            yield line, message if isinstance(message, str) else message[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_text_has_a_translation(page: Path) -> None:
    english = translations("en")
    missing = [f"{page.name}:{line}: {text}" for line, text in texts_of(page) if english.gettext(text) == text]
    assert missing == []


@pytest.mark.parametrize("page", [p for p in PAGES if p.stem not in _NOT_YET], ids=lambda p: p.name)
def test_vietnamese_stands_in_gettext(page: Path) -> None:
    source = page.read_text(encoding="utf-8")
    said = {text for _line, text in texts_of(page)}
    bare = [line.strip() for line in _CODE.sub(" ", source).splitlines() if _VIETNAMESE.search(line)]
    assert [line for line in bare if not any(name in line for name in _NAMES)] == []
    in_code = [c for c in _CODE.findall(source) if not c.startswith("{#") and "endtrans" not in c]
    literals = [text[1:-1] for c in in_code for _, text in _STRINGS.findall(c) if _VIETNAMESE.search(text)]
    assert [text for text in literals if text not in said] == []


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "vi"])
def test_catalogues_agree_with_the_templates_and_each_other(language: str) -> None:
    used = {text for page in PAGES for _line, text in texts_of(page)}
    seen: dict[str, object] = {}
    for file in sorted((LOCALES / language).glob("*.po")):
        with file.open("rb") as opened:
            for message in read_po(opened, locale=language):
                if not message.id:
                    continue
                key = message.id if isinstance(message.id, str) else message.id[0]
                forms = (message.string,) if isinstance(message.string, str) else message.string
                assert seen.setdefault(key, message.string) == message.string, f"{file.name}: {key}"
                assert key in used, f"{file.name}: no page says {key}"
                for form in forms:
                    assert set(_PARAMS.findall(form)) <= set(_PARAMS.findall(key)), f"{file.name}: {key}"


def test_what_is_not_converted_exists() -> None:
    assert {p.stem for p in PAGES} >= _NOT_YET


def test_extraction_sees_what_templates_say() -> None:
    source = "{{ _('một') }}{% trans n=2 %}hai {{ n }}{% pluralize %}hai {{ n }}{% endtrans %}"
    made = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    made.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    assert made.from_string(source).render() == "mộthai 2"
