"""python -m course_lib.authoring readme: what the README says of the evenings, and all that needs the public address.

What is made of the address, in README.md, SECURITY.md, INSTRUCTORS.md and pyproject.toml, is in `address.py`.
"""

from pathlib import Path

from course_lib.authoring import address as public
from course_lib.authoring.minutes import evenings
from course_lib.authoring.picture_pages import pages
from course_lib.authoring.syllabus import Chapter, chapters
from course_lib.marked_block import difference, read_text, write_block

README, SECURITY, GUIDE = "README.md", "SECURITY.md", "INSTRUCTORS.md"
COMMAND = "python -m course_lib.authoring readme"
FIRST_PAGE = "lab/tree/chapters/00_thirty_minutes.ipynb"
MAKING = ("design", "build", "write", "predict")  # what is done goes before what is understood, the first before all
PAGES_WITHOUT_ADDRESS = (
    "Who only reads needs no hub: `make book` writes pages that need no kernel, and any web server can serve them from "
    "`build/book/site`."
)


def blocks(root: Path) -> dict[tuple[str, str], str]:
    """{(file, part of it): what stands in it}."""
    found = public.address(root)
    return {
        (README, "badge"): _badge(found) if found else "",
        (README, "clone"): f"```\ngit clone {found}.git\ncd {found.rpartition('/')[2]}\n```" if found else "",
        (README, "evenings"): table(root),
        (README, "issues"): f"Stuck, or found a mistake? [Write it down here]({found}/issues)." if found else "",
        (SECURITY, "report"): f"[Report a vulnerability]({found}/security/advisories/new)." if found else "",
        (GUIDE, "reading"): _for_readers(public.site(found)),
    }


def write(root: Path) -> list[str]:
    """Write the parts into their files. Returns the names of the files that changed.

    Raises
    ------
    course_lib.authoring.address.AddressError, course_lib.authoring.syllabus.SyllabusError,
    course_lib.marked_block.BlockError
    """
    root = Path(root)
    parts = blocks(root)  # all of them first: nothing is written where one cannot be made
    changed = [file for (file, name), content in parts.items() if write_block(root / file, name, content)]
    return list(dict.fromkeys([*changed, *([public.FILE] if public.write_project_urls(root) else [])]))


def front_page_difference(root: Path) -> str | None:
    """What a file says and should not, with its line and the command that mends it; None if nothing.

    Raises
    ------
    as `write`
    """
    root = Path(root)
    for (file, name), content in blocks(root).items():
        text = read_text(root / file)
        if found := difference(text, name, content, COMMAND, file, "the notebooks and pyproject.toml"):
            return found
    text = read_text(root / public.FILE)
    if public.with_project_urls(text, public.address(root)) != text:
        return f"{public.FILE}: what stands below {public.KEY} is not made of it. To write it anew: {COMMAND}"
    return None


def _badge(found):
    pages_, page = public.site(found), FIRST_PAGE.removeprefix("lab/tree/")
    parts = [f"{public.BINDER_BADGE}({public.binder(found, FIRST_PAGE)})"]
    if in_colab := public.colab(found, page):
        parts.append(f"{public.COLAB_BADGE}({in_colab})")
    reading = f"[Read it and play]({pages_}), on a phone too. " if pages_ else ""
    return f"{' '.join(parts)} {reading}Nothing to install: it opens in your browser."


def _for_readers(pages_):
    return f"Who only reads needs no hub: send them to [the pages]({pages_})." if pages_ else PAGES_WITHOUT_ADDRESS


def table(root: Path, pictures: bool = True) -> str:
    """The evenings as a table, each with a link to its pictures or without, and the appendices in a line below it.

    The chapters in the older form have no page of pictures of their own: they change whenever a claim is measured
    anew, and the book has them, which is built with every push.
    """
    minutes, drawn = {stem: each.total for stem, each in evenings(root).items()}, pages(root) if pictures else {}
    found = chapters(root)
    if pictures and (book := public.site(public.address(root))):
        drawn = {each.stem: f"{book}{each.stem}.html" for each in found} | drawn
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
