"""The browser and the JupyterLab server that the tests of this folder share.

They end with the last of them: Playwright keeps an event loop running, and tests elsewhere run loops of their own.

Where no browser is found the tests are skipped with the line that installs one; with CI=true that is a failure.
"""

import pytest
from browser_lab import CHROMIUM_FLAGS, INSTALL, Lab, find_chromium
from web_pages import WebPages

from requirements import require_or_skip


@pytest.fixture(scope="package")
def chromium():
    """A running headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is missing. pip install -e .[dev]")
    with sync_api.sync_playwright() as playwright:
        program = find_chromium(playwright)
        require_or_skip(program, "no browser found", INSTALL)
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def lab(tmp_path_factory, chromium):
    """JupyterLab over an empty temporary folder."""
    server = Lab(tmp_path_factory.mktemp("lab"), chromium)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="package")
def web_pages(chromium):
    """The server of the explorers' modules, and the pages of all files."""
    pages = WebPages(chromium)
    yield pages
    pages.stop()


@pytest.fixture(scope="module")
def web(web_pages):
    """The explorers' modules in a browser, without a notebook. What a fixture of a file opens stays until its end."""
    yield web_pages
    web_pages.clear()


@pytest.fixture(autouse=True)
def pages_end_with_their_test(request):
    """What a test opens is cleared away behind it, and no page may have said an error."""
    if "web" not in request.fixturenames:
        yield
        return
    web = request.getfixturevalue("web")
    kept = list(web.in_use)
    yield
    web.clear(kept)
