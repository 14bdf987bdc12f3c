"""JupyterLab in a real browser, driven from Python: a server over a folder, and pages with notebooks executed in it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
INSTALL = "sudo apt-get install chromium libatomic1 (Debian, Ubuntu); elsewhere: python -m playwright install chromium"

READY = """() => { const s = jupyterapp.shell.currentWidget?.sessionContext, k = s?.session?.kernel;
  return s?.isReady && k?.connectionStatus === 'connected' && k.status === 'idle' }"""
RUN_ALL = "void jupyterapp.commands.execute('notebook:run-all-cells')"
ALL_RAN = """() => { const cells = jupyterapp.shell.currentWidget.content.model.cells;
  return [...Array(cells.length).keys()].map(i => cells.get(i)).filter(c => c.type === 'code' && c.sharedModel.source)
    .every(c => c.executionCount) }"""
SHUT_DOWN = "jupyterapp.shell.currentWidget.sessionContext.shutdown()"
TOGGLE_SIDE_BAR = "void jupyterapp.commands.execute('application:toggle-left-area')"
# Other cells in place of all that are there.
PUT_CELLS = """(sources) => { const { sharedModel } = jupyterapp.shell.currentWidget.content.model;
  sharedModel.transact(() => {
    sharedModel.deleteCellRange(0, sharedModel.cells.length);
    sharedModel.insertCells(0, sources.map((source) => ({ cell_type: 'code', source, metadata: {}, outputs: [] })));
  }) }"""
CELLS_ARE_PUT = """(sources) => { const { widgets } = jupyterapp.shell.currentWidget.content;
  return widgets.length === sources.length && widgets.every((cell, k) => cell.model.sharedModel.source === sources[k])
    && !document.querySelector('.jp-OutputArea-output') }"""


def find_chromium(playwright):
    """The program file of a Chromium: the system's, else the one Playwright downloaded, else None."""
    found = [shutil.which(name) for name in NAMES]
    found += [place for place in (*PLACES, playwright.chromium.executable_path) if Path(place).exists()]
    return next((path for path in found if path), None)


class Lab:
    """A JupyterLab server over one folder of notebooks."""

    def __init__(self, folder, browser):
        self.folder, self.browser = Path(folder), browser
        self.shared = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        settings = f"--port={port} --ServerApp.port_retries=0 --IdentityProvider.token= --expose-app-in-browser"
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *settings.split()]
        private = ("JUPYTER_CONFIG", "JUPYTER_RUNTIME", "JUPYTERLAB_SETTINGS", "JUPYTERLAB_WORKSPACES")
        self.server = subprocess.Popen(
            command,
            cwd=self.folder,
            env=os.environ | {f"{name}_DIR": str(self.folder / f".{name.lower()}") for name in private},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait(self, seconds=60):
        """Return when the server answers."""
        stop = time.monotonic() + seconds
        while time.monotonic() < stop:
            try:
                urllib.request.urlopen(self.url + "/api", timeout=5)
                return
            except OSError:
                if self.server.poll() is not None:
                    raise RuntimeError(f"JupyterLab ended with exit status {self.server.returncode}.") from None
                time.sleep(0.2)
        raise TimeoutError(f"JupyterLab did not answer within {seconds} s.")

    def write(self, name, *cells):
        """A notebook of code cells in the server's folder."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.folder / name)

    def open(self, name, width=1300, height=1500, run=True):
        """A page with the notebook in JupyterLab, every cell executed; what it throws is in page.said."""
        page = self.browser.new_context(viewport={"width": width, "height": height}).new_page()
        page.said = []
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.set_default_timeout(60_000)
        page.goto(f"{self.url}/lab/tree/{name}?reset")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        page.wait_for_function(READY)
        if run:
            self.run_all(page)
        return page

    def show(self, *cells, width=1300, height=1500, side_bar=True, run=True):
        """A page with a notebook of these code cells, every one executed: one page and one kernel for all, in turn.

        To load JupyterLab and to start a kernel takes longer than most tests.
        """
        if self.shared is None:
            self.write("shared.ipynb", "0")
            self.shared = self.open("shared.ipynb", run=False)
        page = self.shared
        page.said.clear()
        page.set_viewport_size({"width": width, "height": height})
        if page.evaluate("jupyterapp.shell.leftCollapsed") == side_bar:
            page.evaluate(TOGGLE_SIDE_BAR)
            page.wait_for_function("(wanted) => jupyterapp.shell.leftCollapsed !== wanted", arg=side_bar)
        page.evaluate(PUT_CELLS, cells)
        page.wait_for_function(CELLS_ARE_PUT, arg=cells)
        page.wait_for_function(READY)
        if run:
            self.run_all(page)
        return page

    def run_all(self, page):
        """Execute every cell, and return when all have ended."""
        page.evaluate(RUN_ALL)
        page.wait_for_function(ALL_RAN, timeout=600_000)
        page.wait_for_function(READY)

    def close(self, page):
        """Close the page and end its kernel."""
        page.evaluate(SHUT_DOWN)
        page.context.close()

    def stop(self):
        """End the server."""
        self.server.terminate()
        try:
            self.server.wait(15)
        except subprocess.TimeoutExpired:
            self.server.kill()
