"""python -m course_lib.authoring pictures: a page for each evening with its pictures, for readers on GitHub.

The notebooks are kept without outputs, so GitHub shows no picture in them. `.github/evenings/01a.md` has those of
evening 1a: what its solved notebook draws, as small PNG files, under the headings where they stand, with their text
alternatives, and for each explorer its photograph. The notebooks have to be executed for that, which takes a few
minutes, so this is a command of its own. Which pictures an evening has is read from its code, and that a page has the
same ones is tested.
"""

import ast
import base64
import html
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

from course_lib.authoring.executed import execute
from course_lib.authoring.minutes import is_evening
from course_lib.authoring.names import parse
from course_lib.whole_file import write_file

FOLDER = ".github/evenings"
COMMAND = "python -m course_lib.authoring pictures"
MOST_BYTES, MOST_BYTES_TOGETHER = 60_000, 1_500_000
WIDEST = 800  # pixels on the page
PHOTOGRAPH = 700  # so wide is an explorer in the notebook, and its letters are as large as they are there
SHARPNESS = 1.5  # pixels of the file for one on the page
# What is tried, one after the other, until a picture is small enough: (colors, share of the width)
SIZES = [(128, 1.0), (64, 1.0), (64, 0.8), (32, 0.8), (32, 0.65), (16, 0.5)]
# {explorer: its photograph in words}; tools/readme_pictures.py takes the photographs.
EXPLORERS = {
    "neuron": "One neuron: the plane of its inputs, cut by the line where its sum is 0, and beside it the ReLU curve "
    "with the point where this input lands.",
    "weights_as_images": "A linear network learns clothes: the weights of each kind as an image, what they say to one "
    "boot, the ten probabilities, and the accuracy as it rises.",
    "article_network": "The article's network: two inputs, two hidden neurons and two outputs, each weight on its "
    "line, each value in its circle.",
    "xor": "The four points of xor in the plane of the inputs, and the same points as the two hidden neurons see them, "
    "where a straight line has to sort them. Here it still has two on the wrong side.",
    "descent": "Gradient descent on a surface seen from above: a path of steps into the valley, and beside it the loss "
    "at each step.",
    "back_propagation": "Back-propagation step by step on the article's network: every number above, every slope "
    "below, and the chain rule written out for the link that is lit.",
    "optimizer_race": "Six optimizers race down a narrow ravine seen from above: their paths, and beside them the loss "
    "of each at every step.",
    "overfitting_laboratory": "A network learns points of which some have wrong labels: the plane of its answers, and "
    "the curves of loss and accuracy for training and for new points.",
}

_EXPLORER = re.compile(r"(\w+)Explorer|(OverfittingLaboratory)")
_DRAWN = re.compile(r'<img src="data:image/png;base64,([\w+/=]+)" alt="([^"]*)" style="width:(\d+)px')
_ON_PAGE = re.compile(r'^## (.*)$|^<img src="(?:(\.\./)?[\w./]*?)(\w+)\.png" width="\d+" alt="([^"]*)">$', re.MULTILINE)
_HEADING = re.compile(r"^## (.*)$", re.MULTILINE)


class PicturesError(ValueError):
    """A notebook that fails, or draws other pictures than its code says. The message names it."""


@dataclass(frozen=True)
class Picture:
    """A picture that an evening's code promises.

    Parameters
    ----------
    section : the heading that it stands under
    explorer : the explorer's name, or "" for a picture that the notebook draws
    words : its text alternative, as a regular expression: what is computed may be anything
    """

    section: str
    explorer: str
    words: str


def pages(root: Path) -> dict[str, str]:
    """{name of an evening's notebook: path of its page below the course's folder}, in their order."""
    stems = [path.stem for path in sorted((Path(root) / "chapters").glob("[0-9][0-9]*_*.ipynb"))]
    return {stem: f"{FOLDER}/{stem.partition('_')[0]}.md" for stem in stems if is_evening(stem)}


def promised(cells: list[dict]) -> list[Picture]:
    """The pictures of a notebook in their order, from the code of its cells as JSON has them."""
    section, found, drawers = "", [], {}
    for cell in cells:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            section = [section, *_HEADING.findall(text)][-1]
        elif cell["cell_type"] == "code":
            statements = parse(text)
            drawers |= {each.name: words for each in statements if (words := _words_of_drawer(each))}
            found += [Picture(section, *each) for statement in statements for each in _pictures_of(statement, drawers)]
    return found


def _pictures_of(statement, drawers=()):
    """(explorer, words) of what a statement at the top of a cell shows.

    `drawers` has the functions of the notebook that show one picture each: {name: its words, as code}.
    """
    value = getattr(statement, "value", None)
    name = getattr(getattr(value, "func", None), "id", "")
    if name == "show":
        yield "", _pattern(_alternative(value))
    elif name in drawers:
        words = drawers[name]
        given = {each.arg: each.value for each in value.keywords}
        yield "", _pattern(given.get(getattr(words, "id", None), words))
    elif name == "LiveCurve":
        yield "", ".*"
    elif (match := _EXPLORER.fullmatch(name)) and isinstance(statement, ast.Expr):
        explorer = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", match[1] or match[2]).lower()
        yield explorer, re.escape(EXPLORERS.get(explorer, ""))


def _alternative(call):
    """The text alternative in a call of `show`, as code."""
    (words,) = [each.value for each in call.keywords if each.arg == "alt"]
    return words


def _words_of_drawer(statement):
    """The text alternative of a function that ends with `show`, as code; None where it is no such function."""
    last = getattr(statement.body[-1], "value", None) if isinstance(statement, ast.FunctionDef) else None
    return _alternative(last) if getattr(getattr(last, "func", None), "id", "") == "show" else None


def _pattern(node):
    """A regular expression of a text in the code: what is computed in it may be anything."""
    if isinstance(node, ast.Constant):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_pattern(each) for each in node.values)
    return ".*"


def shown(page: str) -> list[tuple[str, str, str]]:
    """(section, explorer or "", words) of each picture on a page."""
    section, found = "", []
    for heading, elsewhere, name, words in _ON_PAGE.findall(page):
        if heading:
            section = heading
        else:
            found.append((section, name if elsewhere else "", html.unescape(words)))
    return found


def difference(promises: list[Picture], found: list[tuple[str, str, str]]) -> str | None:
    """The first picture that is not as the code promises it, in words; None if there is none."""
    for number, (promise, picture) in enumerate(zip(promises, found, strict=False), start=1):
        section, explorer, words = picture
        if (section, explorer) != (promise.section, promise.explorer):
            return f"picture {number} is {explorer or 'drawn'} under {section!r}, and the code has {promise}"
        if not re.fullmatch(promise.words, words, re.DOTALL):
            return f"picture {number} says {words!r}, and the code has {promise.words!r}"
    if len(promises) != len(found):
        return f"there are {len(found)} pictures, and the code has {len(promises)}"
    return None


def pages_difference(root: Path) -> str | None:
    """What is wrong with the pages, with the command that mends it; None if they have the pictures of the notebooks."""
    root = Path(root)
    wanted = pages(root)
    if left := {f"{FOLDER}/{path.name}" for path in (root / FOLDER).glob("*.md")} - {*wanted.values()}:
        return f"{min(left)} is of no evening. Delete it, with its pictures."
    for stem, page in wanted.items():
        if not (root / page).is_file():
            return f"There is no {page}. To write it: {COMMAND} {stem}"
        found = shown((root / page).read_text(encoding="utf-8"))
        if wrong := difference(promised(_cells(root, stem)), found):
            return f"{page}: {wrong}. To write it anew: {COMMAND} {stem}"
    return None


def write_pages(root: Path, names: list[str]) -> list[Path]:
    """Execute the solved notebooks of these evenings (all if none is named) and write their pages. Returns the paths.

    Raises
    ------
    PicturesError : a name that is no evening's; a notebook that fails; pictures that its code does not promise
    """
    root = Path(root).resolve()
    wanted, written = pages(root), []
    if unknown := [name for name in names if name not in wanted]:
        raise PicturesError(f"There is no evening {unknown[0]!r}; there are: {', '.join(wanted)}.")
    for stem in names or wanted:
        page = root / wanted[stem]
        text, files = page_of(stem, execute(root / "solutions" / f"{stem}.ipynb", root))
        if wrong := difference(promised(_cells(root, stem)), shown(text)):
            raise PicturesError(f"{stem}: {wrong}.")
        page.parent.mkdir(parents=True, exist_ok=True)
        for old in page.parent.glob(f"{page.stem}_*.png"):
            old.unlink()
        for name, content in files.items():
            write_file(page.parent / name, content)
        write_file(page, text)
        written.append(page)
    return written


def page_of(stem: str, cells: list[dict]) -> tuple[str, dict[str, bytes]]:
    """(the page of an evening, {file: PNG}), from its cells with their outputs."""
    short, title = stem.partition("_")[0], re.search(r"^# (.*)$", "".join(cells[0]["source"]), re.MULTILINE)[1]
    parts = [
        f"# {title}: its pictures",
        f"The text, the questions and the exercises are in [the notebook](../../chapters/{stem}.ipynb). The pictures "
        f"give away what it asks you to predict. `{COMMAND}` writes this page.",
    ]
    files, section, under = {}, "", ""
    for cell in cells:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            section = [section, *_HEADING.findall(text)][-1]
            continue
        for content, words, width in _pictures_in(cell, text):
            if section != under:
                parts.append(f"## {section}")
                under = section
            if isinstance(content, bytes):
                name = f"{short}_{len(files) + 1}.png"
                files[name] = small(content, width)
            else:
                name = f"../pictures/{content}.png"
            parts.append(f'<img src="{name}" width="{width}" alt="{html.escape(words)}">')
            if not isinstance(content, bytes):
                parts.append("*In the notebook this one moves.*")
    return "\n\n".join(parts) + "\n", files


def _pictures_in(cell, text):
    """(PNG as it was drawn or an explorer's name, words, width on the page) of what a cell shows."""
    for output in cell.get("outputs", []):
        written = output.get("data", {}).get("text/html", "")
        for data, words, width in _DRAWN.findall("".join(written)):
            yield base64.b64decode(data), html.unescape(words), min(int(width), WIDEST)
    for explorer in (each for statement in parse(text) for each, _ in _pictures_of(statement) if each):
        if explorer not in EXPLORERS:
            raise PicturesError(f"There is no photograph of {explorer}: add it to EXPLORERS and to readme_pictures.py.")
        yield explorer, EXPLORERS[explorer], PHOTOGRAPH


def small(png: bytes, width: int) -> bytes:
    """A picture with few colors, as sharp as MOST_BYTES allow when it is `width` pixels wide on the page."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colors, share in SIZES:
        wide = min(picture.width, round(width * SHARPNESS * share))
        high = round(picture.height * wide / picture.width)
        # MAXCOVERAGE keeps the few pixels that are red in a picture that is blue; the usual way makes them gray.
        resized = picture.resize((wide, high), Image.Resampling.LANCZOS)
        kept = resized.quantize(colors, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
        file = io.BytesIO()
        kept.save(file, "PNG", optimize=True)
        if file.tell() <= MOST_BYTES:
            return file.getvalue()
    raise PicturesError(f"A picture has {file.tell():,} bytes with {colors} colors; at most {MOST_BYTES:,} are wanted.")


def _cells(root, stem):
    return json.loads((root / "solutions" / f"{stem}.ipynb").read_text(encoding="utf-8"))["cells"]
