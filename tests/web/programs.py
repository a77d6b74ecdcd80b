"""A program that asks the API in the name of a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from httpx import Response

from actions.office import Act
from actions.tokens import make_token
from store.people import ensure_people
from tests.web.scenes import TDKT, Scene

API = "/api/v1"


@dataclass(frozen=True)
class Program:
    """What holds a token; its browser, if it had one, is signed in as nobody."""

    scene: Scene
    token: str

    def request(self, method: str, path: str, language: str | None = None, **options: Any) -> Response:
        headers = options.pop("headers", {})
        if self.token:
            headers = {"Authorization": f"Bearer {self.token}", **headers}
        if language:
            headers["Accept-Language"] = language
        return self.scene.request(method, path if path.startswith(API) else API + path, headers=headers, **options)

    def get(self, path: str, language: str | None = None, **options: Any) -> Response:
        return self.request("GET", path, language, **options)

    def post(self, path: str, body: object = None, language: str | None = None, **options: Any) -> Response:
        return self.request("POST", path, language, json=body, **options)

    def walk(self, path: str) -> list[Any]:
        """Every item of a list, page after page."""
        found: list[Any] = []
        while path:
            answer = self.get(path)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert (answer.headers.get("link") is None) == (page["next"] is None)
            found += page["items"]
            path = page["next"]
        return found


def program(scene: Scene, address: str = TDKT, *, writes: bool = True, name: str = "Văn bản") -> Program:
    """A new program of a person, and its token, good for a month."""
    office = scene.office
    with office.database.write() as tx:
        person = ensure_people(tx, {address: address}, rename=False)[address]
    day = office.today(scene.now) + timedelta(days=30)
    made = make_token(office, Act(f"person:{address}", scene.now), person, name, day, writes=writes)
    return Program(without_cookies(scene), made.secret)


def without_cookies(scene: Scene) -> Scene:
    """The scene for somebody without any cookie."""
    other = replace(scene, visitor=None)
    vars(other)["app"] = scene.app
    return other
