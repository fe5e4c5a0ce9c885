"""Who visits the pages: a window of their own each, signed in as a person would."""

from typing import Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from api.demonstration.town import PASSWORD

DESK, PHONE = 1280, 360
"""How wide the windows are."""
PATIENCE = 15_000
"""Milliseconds until a page counts as hanging."""


class Visits:
    """The windows of one test."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        """What any page said to its console: a broken policy, a script that failed."""

    def window(
        self,
        width: int = DESK,
        colours: Literal["light", "dark"] = "light",
        scripts: bool = True,
    ) -> Page:
        """A window in which nobody is signed in."""
        context = self._browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=colours,
            java_script_enabled=scripts,
            base_url=self.address,
            locale="zh-CN",
        )
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def __call__(
        self,
        account: str,
        path: str = "/",
        width: int = DESK,
        colours: Literal["light", "dark"] = "light",
        scripts: bool = True,
    ) -> Page:
        """A window of somebody who has signed in with this account and come to this page."""
        page = self.window(width, colours, scripts)
        page.goto(path)
        sign_in(page, account)
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def close(self) -> None:
        """Close all windows; nothing must have been complained of."""
        for context in self._contexts:
            context.close()
        assert self.complaints == []


def sign_in(page: Page, account: str, password: str = PASSWORD) -> None:
    """Fill in the form, as a person does."""
    page.get_by_label("账号").fill(account)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_load_state()
