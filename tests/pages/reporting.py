"""A grid worker's phone on the report page, and the desk that sees what arrives."""

from typing import Any

import httpx2
from playwright.sync_api import FilePayload, Page, expect

from tests.adapters.writing import wait_for
from tests.command_line.whistle import Serving
from tests.pictures import picture

Files = list[FilePayload]


def photos(number: int = 1, size: tuple[int, int] = (1600, 1200), **how: Any) -> Files:
    """What the camera gives."""
    taken = (picture(size, **how) for _ in range(number))
    return [
        FilePayload(name=f"{nth}.jpg", mimeType="image/jpeg", buffer=each) for nth, each in enumerate(taken)
    ]


class Desk:
    """What the auditor knows of all that was reported."""

    def __init__(self, town: Serving) -> None:
        self._client = httpx2.Client(
            base_url=town.address, headers={"Authorization": f"Bearer {town.token('auditor')}"}, timeout=20
        )

    def get(self, path: str, **asked: Any) -> Any:
        """An answer."""
        return self._client.get(path, params=asked).raise_for_status().json()

    def close(self) -> None:
        """Ask no more."""
        self._client.close()

    def done(self, town: Serving, account: str, path: str, body: dict[str, Any]) -> Any:
        """What this account does, and the receipt."""
        bearer = {"Authorization": f"Bearer {town.token(account)}"}
        return self._client.post(path, json=body, headers=bearer).raise_for_status().json()

    def reported(self, words: str) -> list[dict[str, Any]]:
        """The tickets in which these words stand."""
        after = self.get("/api/health")["position"]
        found = self.get("/api/tickets", q=words, after=after)["items"]
        return [self.get(f"/api/tickets/{line['id']}") for line in found]


def take(page: Page, files: Files, strip: str = "photos") -> None:
    """Take photos with the camera, one by one."""
    shown = page.locator(f"ol.strip[data-strip={strip}] img")
    for file in files:
        before = shown.count()
        page.locator(f"input[data-strip={strip}][capture]").set_input_files(file)
        expect(shown).to_have_count(before + 1)


def until(page: Page, condition: str) -> None:
    """Wait for this to be true in the page; the browser's own waiting is refused by our content policy."""
    wait_for(lambda: bool(page.evaluate(condition)))


def ready(page: Page) -> None:
    """The page's script is at work."""
    expect(page.locator("form.report[data-ready]")).to_be_attached()
