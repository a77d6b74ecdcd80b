"""Pages in the language of their reader, and what is told once."""

from __future__ import annotations

from fastapi.responses import RedirectResponse

from tests.web.browsing import Browser
from tests.web.scenes import TDKT, Scene
from web.cookies import FLASH, SESSION
from web.flash import flash


def browser(scene: Scene) -> Browser:
    made = Browser(scene)
    made.hold(SESSION, scene.cookie(TDKT))
    return made


def test_reader_chooses_the_language(played: Scene) -> None:
    reader = browser(played)
    assert '<html lang="vi">' in reader.get("/phien").text
    answer = reader.request("POST", "/ngon-ngu", data={"language": "en", "ve": "/phien?x=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/phien?x=1")
    page = reader.get("/phien").text
    assert '<html lang="en">' in page
    assert "Sign out" in page
    reader.request("POST", "/ngon-ngu", data={"language": "vi"})
    assert "Đăng xuất" in reader.get("/phien").text


def test_language_leads_to_no_other_site_and_to_no_other_language(played: Scene) -> None:
    reader = browser(played)
    for where in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = reader.request("POST", "/ngon-ngu", data={"language": "xx", "ve": where})
        assert answer.headers["location"] == "/"
    assert '<html lang="vi">' in reader.get("/phien").text


def test_flash_is_told_once_in_the_readers_language(played: Scene) -> None:
    reader = browser(played)
    said = flash(played.site, RedirectResponse("/phien", 303), "relative.ahead", days="<b>3</b>")
    cookie = said.headers["set-cookie"].split(";")[0].partition("=")[2].strip('"')
    reader.hold(FLASH, cookie)
    page = reader.get("/phien")
    assert '<p class="banner good" role="status">&lt;b&gt;3&lt;/b&gt; ngày nữa</p>' in page.text
    assert 'role="status"' not in reader.get("/phien").text


def test_forged_flash_is_not_told(played: Scene) -> None:
    reader = browser(played)
    said = flash(played.site, RedirectResponse("/phien", 303), "relative.ahead", days=3)
    cookie = said.headers["set-cookie"].split(";")[0].partition("=")[2].strip('"')
    for forged in (cookie[:-8] + "AAAAAAAA", "x", "!", "A" * 40):
        reader.hold(FLASH, forged)
        answer = reader.get("/phien")
        assert answer.status_code == 200
        assert 'role="status"' not in answer.text


def test_flash_fits_into_a_cookie_whatever_is_told(played: Scene) -> None:
    long = dict.fromkeys(("units", "title", "plan"), "Ủy ban nhân dân phường " * 200)
    said = flash(played.site, RedirectResponse("/phien", 303), "flash.plan_saved", **long)
    assert len(said.headers["set-cookie"].split(";")[0]) < 4096
    reader = browser(played)
    reader.hold(FLASH, said.headers["set-cookie"].split(";")[0].partition("=")[2].strip('"'))
    assert 'role="status"' in reader.get("/phien").text
