"""The book's sources in one folder, and Sphinx over them."""

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from course_lib.authoring import front_page
from course_lib.authoring.address import address, binder
from course_lib.authoring.executed import executed
from course_lib.authoring.syllabus import chapters
from course_lib.book.dead_links import dead_links
from course_lib.book.glossary import glossary_page
from course_lib.book.links import moved, with_places
from course_lib.book.notebooks import live, page
from course_lib.explorers import page_form
from course_lib.explorers.web_explorer import WEB, declaration, loading
from course_lib.whole_file import write_file

HERE = Path(__file__).parent
FOLDER = "build/book"
INSTALL_SPHINX = "Building the book needs Sphinx. Install it with:  pip install -e .[book] -c constraints.txt"
# {the book's page: the course's file}
FILES = {
    "claims": "CLAIMS.md",
    "instructors": "INSTRUCTORS.md",
    "taking_part": "CONTRIBUTING.md",
    "security": "SECURITY.md",
    "changelog": "CHANGELOG.md",
}
# The parts of the package that a reader of the book may want to look up.
PACKAGES = (
    "recipe",
    "execution",
    "data",
    "scratch",
    "pytorch",
    "engine",
    "training",
    "checks",
    "learner",
    "explorers",
    "plots",
)


class BookError(ValueError):
    """A book that cannot be built. The message says why."""


def build(root: Path, names: list[str] = (), folder: Path | None = None) -> Path:
    """Execute the notebooks that have changed, write the sources, and build the pages. Returns the first page.

    Parameters
    ----------
    root : the course's folder
    names : the notebooks that are executed, the others stand without their outputs; none is all of them
    folder : where everything is written; by default build/book in the course's folder

    Raises
    ------
    BookError : a name that is no notebook's, Sphinx not installed, pages that Sphinx refuses, a link that leads
        nowhere
    course_lib.authoring.executed.ExecutionError : a notebook fails
    """
    root = Path(root).resolve()
    folder = Path(folder or root / FOLDER).resolve()
    source, site = folder / "source", folder / "site"
    source.mkdir(parents=True, exist_ok=True)
    stems = [each.stem for each in chapters(root)]
    if unknown := [name for name in names if name not in stems]:
        raise BookError(f"There is no notebook {unknown[0]!r}; there are: {', '.join(stems)}.")
    pages = pages_of(stems)
    files = texts(root, pages)
    for stem in stems:
        keep = folder / "executed" if not names or stem in names else None
        files[f"{stem}.ipynb"] = notebook(root, stem, pages, keep)
    write_sources(source, files)
    sphinx(source, site, root)
    shutil.copytree(root / ".github" / "pictures", site / "_pictures", dirs_exist_ok=True)
    write_explorers(site / "_static" / "explorers")
    shutil.copy(HERE / "playground.html", site)
    if dead := dead_links(site):
        raise BookError("These links lead nowhere:\n" + "\n".join(f"{name}: {link}" for name, link in dead))
    return site / "index.html"


def pages_of(stems: list[str]) -> dict[str, str]:
    """{path below the course's folder: the page's file among the book's sources}."""
    found = {f"{folder}/{stem}.ipynb": f"{stem}.ipynb" for stem in stems for folder in ("chapters", "solutions")}
    return found | {path: f"{name}.md" for name, path in FILES.items()} | {"README.md": "index.md"}


def notebook(root: Path, stem: str, pages: dict[str, str], keep: Path | None) -> str:
    """A notebook's page, as the text of a notebook. Where there is no folder to keep it executed, it has no outputs."""
    repository = address(root)
    path = root / "solutions" / f"{stem}.ipynb"
    opened = json.loads((root / "chapters" / path.name).read_text(encoding="utf-8"))
    if keep is None:
        solved = json.loads(path.read_text(encoding="utf-8"))["cells"]
    else:
        print(f"{stem} ...", flush=True)
        solved = executed(path, root, keep)
    for cell in solved:
        if cell["cell_type"] == "markdown":
            cell["source"] = with_places(moved("".join(cell["source"]), "chapters", pages, repository))
        for data in (output["data"] for output in cell.get("outputs", []) if "text/html" in output.get("data", {})):
            data["text/html"] = moved("".join(data["text/html"]), "chapters", _built(pages), repository)
    cells = page(solved, opened["cells"], how(root, stem))
    return json.dumps({"cells": cells, "metadata": opened["metadata"], "nbformat": 4, "nbformat_minor": 4})


def _built(pages):
    """Where the pages are when they are built: HTML that a cell shows is taken as it is."""
    return {path: f"{page.partition('.')[0]}.html" for path, page in pages.items()}


def how(root: Path, stem: str) -> str:
    """Where a notebook can be run, in Markdown."""
    on_binder = _on_binder(root, f"lab/tree/chapters/{stem}.ipynb")
    at_home = f"chapters/{stem}.ipynb [on your own machine](index.md#take-it-home)"
    return f"[open it on Binder]({on_binder}), or open {at_home}" if on_binder else f"open {at_home}"


def _on_binder(root, page):
    found = address(root)
    return binder(found, page) if found else ""


def texts(root: Path, pages: dict[str, str]) -> dict[str, str]:
    """{file among the sources: text} of all that is no notebook."""
    repository = address(root)
    found = {
        f"{name}.md": scrolled(with_places(moved((root / path).read_text(encoding="utf-8"), "", pages, repository)))
        for name, path in FILES.items()
    }
    found |= {f"package_{package}.md": package_page(package) for package in PACKAGES}
    found |= {"glossary.md": glossary_page([each.stem for each in chapters(root)]), "package.md": package_index()}
    playing = (HERE / "play.md").read_text(encoding="utf-8").replace("<!-- explorer -->", explorer_place("playground"))
    return found | {"play.md": playing, "index.md": scrolled(front(root, pages))}


def scrolled(text: str) -> str:
    """A text with the picture of all claims in a box of its own: a telephone scrolls it, for its words are many."""
    return re.sub(r'<img src="_pictures/claims\.[^>]*>', r'<div class="wide-picture" tabindex="0">\g<0></div>', text)


def explorer_place(name: str) -> str:
    """Where an explorer stands on a page, as it opens."""
    return live(page_form.explorer(name, declaration(name)["title"], {}))


def write_sources(folder: Path, files: dict[str, str]) -> None:
    """Write what differs, and take away what is there no more: Sphinx reads again what was written."""
    for path in folder.iterdir():
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            write_file(path, text)


def front(root, pages):
    """The first page. Its own links are the book's already."""
    repository = address(root)
    known = chapters(root)
    main = [each.stem for each in known if not front_page.is_appendix(each)]
    extra = [each.stem for each in known if front_page.is_appendix(each)]
    template = (HERE / "index.md").read_text(encoding="utf-8")
    readme = (root / "README.md").read_text(encoding="utf-8")
    parts = {
        "evenings": moved(front_page.table(root, pictures=False), "", pages, repository),
        "contents": _contents("The evenings", main) + _contents("If you want more", extra),
        "explorer": explorer_place("weights_as_images"),
        "no_waiting": moved(_section(readme, "No waiting"), "", pages, repository),
        "start": moved(_section(readme, "Start"), "", pages, repository),
        "claims": moved(_between(readme, "claims"), "", pages, repository),
    }
    for name, content in parts.items():
        template = template.replace(f"<!-- {name} -->", content)
    return template


def _section(text, heading):
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0].strip()


def _contents(caption, names):
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(names) + "\n```\n\n" if names else ""


def _between(text, name):
    return text.partition(f"<!-- {name}:begin -->")[2].partition(f"<!-- {name}:end -->")[0].strip()


def package_index():
    """The page above the parts of the package: what each is, in its own first sentence."""
    lines = [
        "# The package course_lib",
        "",
        "Each technique is one short file: its lesson in NumPy, and its twin in PyTorch.",
        "",
    ]
    for name in PACKAGES:
        path = HERE.parent / name / "__init__.py"
        source = path if path.is_file() else HERE.parent / f"{name}.py"
        said = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))).partition("\n\n")[0]
        lines += [f"[{name}](package_{name}.md)", f": {' '.join(said.split())}", ""]
    lines += ["```{toctree}", ":hidden:", "", *(f"package_{name}" for name in PACKAGES), "```", ""]
    return "\n".join(lines)


def package_page(name: str) -> str:
    """What the docstrings of one part say."""
    inside = sorted(path.stem for path in (HERE.parent / name).glob("*.py") if not path.stem.startswith("_"))
    modules = [f"course_lib.{name}", *(f"course_lib.{name}.{each}" for each in inside)]
    parts = [f"# {name}\n"]
    for each in modules:
        heading = [] if each == modules[0] else [f"## {each.rpartition('.')[2]}\n"]
        members = "" if each == modules[0] and inside else "\n   :members:"  # those of the parts stand with the parts
        parts += [*heading, f"```{{eval-rst}}\n.. automodule:: {each}{members}\n```\n"]
    return "\n".join(parts)


def sphinx(source: Path, site: Path, root: Path) -> None:
    """Build the pages, in a process of its own. A warning is an error, as of a link that leads nowhere.

    Raises
    ------
    BookError : Sphinx is not installed, or does not take something; with what it says
    """
    if importlib.util.find_spec("sphinx") is None:
        raise BookError(INSTALL_SPHINX)
    words = ["-b", "html", "-q", "-W", "--keep-going", "-c", str(HERE), str(source), str(site)]
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, "-m", "sphinx", *words], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise BookError(f"Sphinx does not take this:\n{done.stderr or done.stdout}")


def write_explorers(folder):
    """The script of each explorer, as a file that a page loads."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((WEB / "explorers").glob("*.state.js")):
        name = path.name.removesuffix(".state.js")
        write_file(folder / f"{name}.js", explorer_script(name))


def explorer_script(name: str) -> str:
    """A script that adds {name: the module's mount, as a promise} to window.course_explorers."""
    entry = f"(window.course_explorers ??= {{}})[{json.dumps(name)}] = load();"
    return "{\n" + loading(f"explorers/{name}.js") + "\n" + entry + "\n}\n"
