"""A real Chromium, and the demonstration running for it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.adapters.writing import wait_for
from tests.command_line.conftest import is_caught_up
from tests.command_line.whistle import PATIENCE, Serving, serving
from tests.pages.reporting import Desk
from tests.pages.visiting import Visits

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """Chromium as the system has it; `make test` installs it where it can."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    assert found, "No Chromium here: run `apt-get install chromium fonts-noto-cjk`, then the tests again."
    return found


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """What drives browsers.

    Once a module and no longer: while it runs, it holds the thread's event loop, and no other test could
    start one. So a module with a browser uses `town`, which is a process of its own.
    """
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser that the tests of a module share, each with windows of its own."""
    started = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
    yield started
    started.close()


@pytest.fixture(scope="session")
def data() -> Iterator[str]:
    """The folder of the demonstration: another service may be run on it."""
    with TemporaryDirectory(prefix="whistle-test-") as folder:
        yield folder


@pytest.fixture(scope="session")
def town(data: str) -> Iterator[Serving]:
    """The demonstration, for all tests of the pages."""
    with serving("--demo", "--data", data) as service:
        wait_for(lambda: is_caught_up(service), PATIENCE)
        yield service


@pytest.fixture
def visits(browser: Browser, town: Serving) -> Iterator[Visits]:
    """Whoever visits the pages in this test, each with a browser window of their own."""
    with visiting(browser, town) as found:
        yield found


@contextmanager
def visiting(browser: Browser, town: Serving) -> Iterator[Visits]:
    """Windows that are closed at the end; a page that complains of anything fails the test."""
    found = Visits(browser, town.address)
    yield found
    found.close()


@pytest.fixture
def desk(town: Serving) -> Iterator[Desk]:
    """The auditor of the town."""
    found = Desk(town)
    yield found
    found.close()
