"""Every notebook client that is installed, tried with the course in a real browser.

    python tools/try_clients.py                  those that are installed
    python tools/try_clients.py voila marimo     only these
    python tools/try_clients.py --write          and writes the table into INSTRUCTORS.md

`pip install -e .[clients]` installs them all. In each there are an explorer, a prediction and the card of a check. A
key moves the explorer's slider: does its picture move, does Python hear it, does the notebook leave the key alone? Can
it be read in the dark, and does it fit when the page is enlarged to 150%? Exit status 0 if every answer is yes, but for
what a client is known to lack.
"""

import argparse
import importlib.metadata
import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))
from browser_lab import CHROMIUM_FLAGS, INSTALL, RUN_ALL, find_chromium

PAGE, BEGIN, END = ROOT / "INSTRUCTORS.md", "<!-- clients:begin -->", "<!-- clients:end -->"
WIDTH, HEIGHT, ENLARGED = 1366, 640, 1.5
START_SECONDS, CELL_SECONDS = 90, 120
LEAST_CONTRAST = 4.5  # of letters on their ground, WCAG 2.2
CELLS = {
    "explorer": """
        import ipywidgets as widgets
        from course_lib.explorers.neuron import NeuronExplorer
        explorer = NeuronExplorer()
        heard = widgets.Label("nothing")
        heard.add_class("heard")
        def hear(change):
            heard.value = f"{change['name']} is {change['new']:.1f}"
        explorer.observe(hear, "w1")
        explorer""",
    "heard": "heard",
    "prediction": """
        from course_lib.explorers.prediction import Prediction
        Prediction("a client is tried", "How many?", choices=["one", "two"]).widget""",
    "card": """
        from course_lib.learner import check
        check("1.1", 3)""",
}
IN_MARIMO = {  # which shows anywidgets, as the explorers are, and no other ipywidgets, as predictions are
    "explorer": (
        "import marimo\nfrom course_lib.explorers.neuron import NeuronExplorer\n"
        "explorer = marimo.ui.anywidget(NeuronExplorer())\nexplorer",
        ("explorer", "marimo"),
    ),
    "heard": ("marimo.Html(f'<p class=\"heard\">w1 is {explorer.w1:.1f}</p>')", ()),
    "card": (textwrap.dedent(CELLS["card"]).strip(), ()),
}
JUPYTER = "--ServerApp.port_retries=0 --IdentityProvider.token= --no-browser --allow-root --expose-app-in-browser"
QUESTIONS = ("a key moves it", "Python hears it", "keys are its own", "prediction", "card", "dark", "150%")


@dataclass(frozen=True)
class Client:
    """A program that shows notebooks: how it is started, where its page is, and how it is told to be dark."""

    name: str
    package: str
    words: tuple
    path: str = "/"
    dark_path: str = ""  # where it is not the same
    lacks: tuple = ()  # what it cannot do, and is known for
    runs_by_command: bool = False


CLIENTS = (
    Client(
        "JupyterLab",
        "jupyterlab",
        ("jupyterlab", *JUPYTER.split()),
        "/lab/tree/tried.ipynb?reset",
        runs_by_command=True,
    ),
    Client("Notebook", "notebook", ("notebook", *JUPYTER.split()), "/notebooks/tried.ipynb", runs_by_command=True),
    Client(
        "Voila",
        "voila",
        ("voila", "--no-browser", "--VoilaConfiguration.allow_theme_override=YES", "tried.ipynb"),
        dark_path="/?theme=dark",
    ),
    Client("marimo", "marimo", ("marimo", "run", "--headless", "--no-token", "tried.py"), lacks=("prediction", "card")),
)

SLIDER = "section.course-explorer input[type=range]"
# Contrast of the words beside the first slider against what is painted behind them, by WCAG; 0 on a light ground.
CONTRAST = """(slider) => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  let behind = slider;
  const ground = () => numbers(getComputedStyle(behind).backgroundColor);
  behind = behind.parentElement;
  while (behind && (ground()[3] ?? 1) === 0) behind = behind.parentElement ?? behind.getRootNode().host;
  const words = numbers(getComputedStyle(slider.parentElement).color);
  const [a, b] = [light(words), light(behind ? ground() : [255, 255, 255])];
  return b > 0.2 ? 0 : (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); }"""
# By how many pixels the explorer is wider than what one sees of it.
TOO_WIDE = """(slider) => { const host = slider.getRootNode().host, place = host.getBoundingClientRect();
  return Math.max(0, host.scrollWidth - host.clientWidth, place.right - innerWidth); }"""


def main():
    """Try, report. Exit status 0 if all that are installed do all that is asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    names = [each.package for each in CLIENTS]
    parser.add_argument("clients", nargs="*", choices=[*names, []], help="only these (default: all that are installed)")
    parser.add_argument("--write", action="store_true", help="write the table into INSTRUCTORS.md")
    parser.add_argument("--pictures", type=Path, help="a folder for screenshots")
    options = parser.parse_args()
    wanted = [each for each in CLIENTS if each.package in (options.clients or names)]
    missing = [each.package for each in wanted if importlib.util.find_spec(each.package) is None]
    if missing:
        print(f"Not installed: {', '.join(missing)}. pip install -c constraints.txt -e .[clients]")
    if options.write and (missing or options.clients):
        sys.exit("The table is of all clients: install what is missing, and name none.")
    found = {each: answers(each, options.pictures) for each in wanted if each.package not in missing}
    table = table_of(found)
    print(table)
    if options.write:
        write_between(PAGE, table)
    return 0 if found and all(as_known(client, answer) for client, answer in found.items()) else 1


def as_known(client, answer):
    """Whether a client does all that is asked but for what it is known to lack."""
    return all((answer[question] == "yes") != (question in client.lacks) for question in QUESTIONS)


def table_of(found):
    """Markdown of {Client: {question: what was seen}}."""
    lines = [f"| client | {' | '.join(QUESTIONS)} |", f"|---{'|---' * len(QUESTIONS)}|"]
    for client, answer in found.items():
        version = importlib.metadata.version(client.package)
        lines.append(f"| {client.name} {version} | {' | '.join(answer[question] for question in QUESTIONS)} |")
    return "\n".join(lines)


def write_between(path, table):
    """Put the table between its two comments in the file."""
    text = path.read_text(encoding="utf-8")
    before, found, rest = text.partition(BEGIN)
    _, ends, after = rest.partition(END)
    if not (found and ends):
        sys.exit(f"{path.name} has no place for the table: the comments {BEGIN} and {END}.")
    path.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def answers(client, pictures=None):
    """{question: "yes", or what was seen instead} of one client."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="client-") as folder:
        program = find_chromium(playwright)
        if program is None:
            sys.exit(f"No browser found. {INSTALL}")
        write_notebooks(Path(folder))
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=CHROMIUM_FLAGS)
        with running(client, Path(folder)) as address:
            found = {}
            for dark in (False, True):
                page = opened(browser, client, address, dark)
                found |= looked_at_in_the_dark(page) if dark else handled(page)
                if pictures:
                    pictures.mkdir(parents=True, exist_ok=True)
                    page.screenshot(path=pictures / f"{client.package}{'_dark' if dark else ''}.png", full_page=True)
                page.context.close()
        browser.close()
    return found


def write_notebooks(folder):
    """The same cells as a notebook of Jupyter's and as one of marimo's."""
    texts = {name: textwrap.dedent(text).strip() for name, text in CELLS.items()}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in texts.values()])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "tried.ipynb")
    lines = ["import marimo", "app = marimo.App()"]
    for name, (text, given) in IN_MARIMO.items():
        taken = "explorer, marimo" if name == "heard" else ""
        lines += ["@app.cell", f"def _({taken}):", textwrap.indent(text, "    "), f"    return {', '.join(given)}"]
    (folder / ".marimo.toml").write_text('[display]\ntheme = "system"\n', "utf-8")
    (folder / "tried.py").write_text("\n".join([*lines, 'if __name__ == "__main__":', "    app.run()", ""]), "utf-8")


@contextmanager
def running(client, folder):
    """The address of the client's server over the folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    private = ("JUPYTER_CONFIG", "JUPYTER_RUNTIME", "JUPYTERLAB_SETTINGS", "JUPYTERLAB_WORKSPACES", "COURSE_LEARNER")
    environment = os.environ | {f"{name}_DIR": str(folder / f".{name.lower()}") for name in private}
    environment |= {"COURSE_LEARNER_FOLDER": str(folder), "PYTHONPATH": str(ROOT)}
    module, *words = client.words
    with (folder / "server.log").open("w+", encoding="utf-8") as log:
        command = [sys.executable, "-m", module, *words, f"--port={port}"]
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            wait(server, address, log)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()


def wait(server, address, log):
    """Return when the server answers."""
    stop = time.monotonic() + START_SECONDS
    while time.monotonic() < stop and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=30).close()
            return
        except OSError:
            time.sleep(0.3)
    log.seek(0)
    sys.exit(f"{' '.join(map(str, server.args))} does not answer. Its last words:\n{log.read()[-1500:]}")


def opened(browser, client, address, dark=False):
    """A page of the client with every cell run and the explorer drawn."""
    wish = "dark" if dark else "light"
    page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=wish).new_page()
    page.set_default_timeout(CELL_SECONDS * 1000)
    page.goto(address + (client.dark_path if dark and client.dark_path else client.path))
    if client.runs_by_command:
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        page.wait_for_function(
            "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        )
        if dark:
            page.evaluate("jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
        page.evaluate(RUN_ALL)
    page.locator(".picture svg").first.wait_for()
    page.locator(".heard").first.wait_for()
    page.wait_for_timeout(2000)  # what comes in later must not take the focus away
    return page


def handled(page):
    """What a hand on the keyboard sees."""
    found, slider = {}, page.locator(SLIDER).first
    before, cells = slider.input_value(), page.locator(".jp-Cell").count()
    picture = page.locator(".picture svg").first.inner_html()
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_timeout(1500)
    moved = slider.input_value() != before and page.locator(".picture svg").first.inner_html() != picture
    found["a key moves it"] = "yes" if moved else "no"
    heard = page.locator(".heard").first.inner_text()
    found["Python hears it"] = "yes" if float(slider.input_value()) == float(heard.split()[-1]) else f"no: {heard}"
    for key in ("b", "x", "d", "d"):
        slider.press(key)
    page.wait_for_timeout(500)
    now = page.locator(".jp-Cell").count()
    found["keys are its own"] = "yes" if now == cells else f"no: {now} cells instead of {cells}"
    found["card"] = "yes" if page.get_by_text("The check needs the function itself").count() else "no"
    found["prediction"] = predicted(page)
    found["150%"] = enlarged(page, slider)
    return found


def predicted(page):
    """Whether a choice is taken and said again."""
    two = page.get_by_text("two", exact=True)
    if not two.count():
        return "no: is not shown"
    two.last.click()
    page.wait_for_timeout(1500)
    return "yes" if page.locator(".explorer-readout").filter(has_text="two").count() else "no"


def enlarged(page, slider):
    """Whether the explorer fits a page that is enlarged: it has fewer CSS pixels then."""
    page.set_viewport_size({"width": int(WIDTH / ENLARGED), "height": int(HEIGHT / ENLARGED)})
    page.wait_for_timeout(1000)
    too_wide = slider.evaluate(TOO_WIDE)
    return "yes" if too_wide < 1.5 else f"no: {too_wide:.0f} px too wide"


def looked_at_in_the_dark(page):
    """Whether the words of the explorer can be read on what is behind them."""
    page.wait_for_timeout(1000)
    contrast = page.locator(SLIDER).first.evaluate(CONTRAST)
    return {"dark": "yes" if contrast >= LEAST_CONTRAST else f"no: contrast {contrast:.1f}"}


if __name__ == "__main__":
    sys.exit(main())
