"""python -m course_lib.authoring readme: what the README says of the evenings, and all that needs the public address.

The address stands in one place, `Repository` under `[project.urls]` in pyproject.toml. While it is not there, the
README shows no badge, no line to clone and no link to the issues: none at all rather than broken ones.
"""

import tomllib
from pathlib import Path
from urllib.parse import quote, urlsplit

from course_lib.authoring.minutes import evenings
from course_lib.authoring.picture_pages import pages
from course_lib.authoring.syllabus import Chapter, chapters
from course_lib.marked_block import difference, read_text, write_block

FILE = "README.md"
COMMAND = "python -m course_lib.authoring readme"
KEY = "Repository"  # of [project.urls]
FIRST_PAGE = "lab/tree/chapters/00_thirty_minutes.ipynb"
MAKING = ("design", "build", "write", "predict")  # what is done goes before what is understood, the first before all


class AddressError(ValueError):
    """A public address that no link can be made of."""


def address(root: Path) -> str:
    """The public address of the course, without a slash or `.git` at its end; "" while it is not known.

    Raises
    ------
    AddressError : it is no https address of a repository
    """
    project = tomllib.loads(read_text(Path(root) / "pyproject.toml"))["project"]
    given = project.get("urls", {}).get(KEY, "")
    found = given.rstrip("/").removesuffix(".git")
    parts = urlsplit(found)
    if given and (parts.scheme != "https" or not parts.netloc or parts.path.count("/") < 2):
        raise AddressError(
            f'pyproject.toml: {KEY} under [project.urls] is {given!r}; expected "https://github.com/OWNER/NAME".'
        )
    return found


def blocks(root: Path) -> dict[str, str]:
    """{part of the README: what stands in it}."""
    found = address(root)
    return {
        "badge": _badge(found) if found else "",
        "clone": f"```\ngit clone {found}.git\ncd {found.rpartition('/')[2]}\n```" if found else "",
        "evenings": table(root),
        "issues": f"Stuck, or found a mistake? [Write it down here]({found}/issues)." if found else "",
    }


def write(root: Path) -> list[str]:
    """Write the parts into the README. Returns the names of those that changed.

    Raises
    ------
    AddressError, course_lib.authoring.syllabus.SyllabusError, course_lib.marked_block.BlockError
    """
    return [name for name, content in blocks(root).items() if write_block(Path(root) / FILE, name, content)]


def front_page_difference(root: Path) -> str | None:
    """What the README says and should not, with its line and the command that mends it; None if nothing.

    Raises
    ------
    as `write`
    """
    text = read_text(Path(root) / FILE)
    for name, content in blocks(root).items():
        if found := difference(text, name, content, COMMAND, FILE, "the notebooks and pyproject.toml"):
            return found
    return None


def binder(found: str, page: str = FIRST_PAGE) -> str:
    """The address on mybinder.org that opens a page of JupyterLab in a copy of the course at `found`."""
    parts = urlsplit(found)
    place = f"gh{parts.path}" if parts.netloc == "github.com" else f"git/{quote(found, safe='')}"
    return f"https://mybinder.org/v2/{place}/HEAD?urlpath={page}"


def _badge(found):
    badge = f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder(found)})"
    return f"{badge} Nothing to install: it opens in your browser."


def table(root: Path, pictures: bool = True) -> str:
    """The evenings as a table, each with a link to its pictures or without, and the appendices in a line below it."""
    minutes, drawn = {stem: each.total for stem, each in evenings(root).items()}, pages(root) if pictures else {}
    found = chapters(root)
    more = " |" if pictures else ""
    rows = [f"| evening | minutes | after it you can |{more}", f"|---|--:|---|{'---|' if pictures else ''}"]
    for each in (each for each in found if not is_appendix(each)):
        page = f" [pictures]({drawn[each.stem]})" if each.stem in drawn else " "
        more = f"{page} |" if pictures else ""
        rows.append(f"| {_link(each)} | {_minutes(each, minutes)} | {_outcome(each)} |{more}")
    extra = ", ".join(_link(each) for each in found if is_appendix(each))
    return "\n".join(rows) + (f"\n\nIf you want more, or need it first: {extra}." if extra else "")


def _minutes(chapter: Chapter, computed: dict[str, int]) -> str:
    if chapter.stem in computed:
        return str(computed[chapter.stem])
    return f"{chapter.minutes}, in {chapter.sittings} evenings" if chapter.sittings > 1 else str(chapter.minutes)


def _outcome(chapter: Chapter) -> str:
    """What a reader makes or predicts; where it is nothing, the last promise, which is the farthest."""
    for verb in MAKING:
        for outcome in chapter.outcomes:
            if outcome.startswith(f"{verb} "):
                return outcome
    return chapter.outcomes[-1]


def _link(chapter: Chapter) -> str:
    return f"[{chapter.label} · {chapter.title}](chapters/{chapter.stem}.ipynb)"


def is_appendix(chapter: Chapter) -> bool:
    """Whether a notebook is one of those with what was cut and is worth keeping."""
    return chapter.stem.partition("_")[0].endswith("x")
