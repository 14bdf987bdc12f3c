"""Build the edition that runs wholly in the browser, with JupyterLite: the notebooks that need no PyTorch, as a site.

    python tools/browser_edition.py build/browser

Any web server can hold the folder. A notebook there computes in Pyodide, Python as the browser runs it; its first cell
installs the course, from the site, and what it needs, from Pyodide's own packages. That it runs there is not tested:
NumPy for the browser is in no package registry, and comes from Pyodide's address when the page is opened.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from course_lib.authoring.first_cell import TAG, needs_torch  # noqa: E402
from course_lib.authoring.source import read_source, source_paths  # noqa: E402

# Of the course's dependencies those that such a notebook loads, and Pyodide has or plain Python is. The others, as
# psutil, are no packages of a browser: so the course is installed without what it asks for.
LOADED = ("anywidget", "ipywidgets", "matplotlib", "numpy", "pillow", "scipy", "threadpoolctl")
FIRST_CELL = f"""# The course and what it needs, in this browser: a minute the first time
import piplite

await piplite.install({list(LOADED)!r})
await piplite.install("course_lib", deps=False)"""


def main():
    """Build, and say what is in it. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="of the site; what is in it is replaced")
    folder = parser.parse_args().folder
    with tempfile.TemporaryDirectory(prefix="browser-edition-") as work:
        status = build(Path(work), folder.resolve())
    if status == 0:
        print(f"In {folder}: {', '.join(fit(ROOT))}. Not run here: Pyodide has its NumPy from its own address.")
    return status


def fit(root):
    """The names of the notebooks that need no PyTorch, in the order of the course."""
    return [path.stem for path in source_paths(root) if not needs_torch(read_source(path))]


def for_browser(notebook):
    """The notebook, as JSON has it, with a first cell that installs in the browser."""
    cells = [
        cell | {"source": FIRST_CELL.splitlines(keepends=True)} if TAG in cell["metadata"].get("tags", []) else cell
        for cell in notebook["cells"]
    ]
    return notebook | {"cells": cells}


def build(work, folder):
    """Build the site in `folder`, with `work` for what is made on the way. Returns the exit status of JupyterLite."""
    contents, wheels = work / "contents", work / "wheels"
    contents.mkdir()
    for stem in fit(ROOT):
        notebook = json.loads((ROOT / "chapters" / f"{stem}.ipynb").read_text(encoding="utf-8"))
        (contents / f"{stem}.ipynb").write_text(json.dumps(for_browser(notebook), ensure_ascii=False), encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", wheels, ROOT], check=True)
    (wheel,) = wheels.glob("*.whl")
    (work / "jupyter_lite_config.json").write_text(json.dumps({"PipliteAddon": {"piplite_urls": [str(wheel)]}}))
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--contents", contents, "--output-dir", folder]
    return subprocess.run(command, cwd=work, env=os.environ).returncode


if __name__ == "__main__":
    sys.exit(main())
