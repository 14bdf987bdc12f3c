"""The browser and the JupyterLab server that the tests of a file share.

They end with its last test: Playwright keeps an event loop running, and tests elsewhere run loops of their own.

Where no browser is found the tests are skipped with the line that installs one; with CI=true that is a failure.
"""

import pytest
from browser_lab import CHROMIUM_FLAGS, INSTALL, Lab, find_chromium
from web_pages import WebPages

from requirements import require_or_skip


@pytest.fixture(scope="module")
def chromium():
    """A running headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is missing. pip install -e .[dev]")
    with sync_api.sync_playwright() as playwright:
        program = find_chromium(playwright)
        require_or_skip(program, "no browser found", INSTALL)
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory, chromium):
    """JupyterLab over an empty temporary folder."""
    server = Lab(tmp_path_factory.mktemp("lab"), chromium)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def web(chromium):
    """The explorers' modules in a browser, without a notebook."""
    pages = WebPages(chromium)
    yield pages
    pages.stop()
