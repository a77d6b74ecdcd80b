"""A browser with its cookies, and the mailbox of whoever signs in by it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx
from httpx import ASGITransport, AsyncClient, Response

from actions.signing_in import mail_sign_ins
from tests.actions.province import mail_of
from tests.web.scenes import WEB, Scene

_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass
class Browser:
    """One browser, at the moment of its scene."""

    scene: Scene
    client: str = "192.0.2.7"
    agent: str = "Firefox"
    jar: httpx.Cookies = field(default_factory=httpx.Cookies)

    def request(self, method: str, path: str, **options: Any) -> Response:
        async def ask() -> Response:
            transport = ASGITransport(self.scene.app, raise_app_exceptions=False, client=(self.client, 123))
            base, agent = self.scene.office.base_url, {"User-Agent": self.agent}
            async with AsyncClient(transport=transport, base_url=base, cookies=self.jar, headers=agent) as client:
                response = await client.request(method, path, **options)
                self.jar = client.cookies
                return response

        return asyncio.run(ask())

    def hold(self, cookie: str, value: str) -> None:
        """Put a cookie into the jar, in the place of one that the server has set."""
        if cookie in self.jar:
            self.jar.delete(cookie)
        self.jar.set(cookie, value, domain=urlsplit(self.scene.office.base_url).hostname or "")

    def get(self, path: str, **options: Any) -> Response:
        return self.request("GET", path, **options)

    def submit(self, page: str, target: str | None = None, **form: str) -> Response:
        """Open a page, and send its form with the token in it."""
        token = token_of(self.get(page))
        return self.request("POST", target or page.partition("?")[0], data={"form_token": token, **form})

    def ask(self, address: str, back: str = "/") -> Response:
        return self.submit("/dang-nhap", address=address, ve=back)

    def sign_in(self, address: str, back: str = "/") -> Response:
        """All the way: the answer of the button."""
        assert self.ask(address, back).status_code == 200
        (link,) = mailed(self.scene)
        return self.submit(link)


def token_of(response: Response) -> str:
    found = _TOKEN.findall(response.text)
    assert found, response.text
    return unescape(found[-1])  # the last form of the page: the first is that of the header


def mailed(scene: Scene) -> list[str]:
    """Have what waits mailed; the paths in the letters, which are gone from the box then."""
    scene.post.letters.clear()
    asyncio.run(mail_sign_ins(scene.office, scene.desk, scene.post, WEB.granted, lambda: scene.now))
    base = re.escape(scene.office.base_url)
    found = []
    for letter in scene.post.letters:
        body = mail_of(letter).get_body(("plain",))
        assert body is not None
        found += re.findall(rf"{base}(/dang-nhap/\S+)", body.get_content())
    return found
