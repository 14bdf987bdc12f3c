"""Reading a chapter's source: its cells, each with the line of the file where it begins."""

import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path

HEADING = re.compile(r"^### Exercise (\d+\.\d+) · (\S.*)$", re.MULTILINE)
NAME = re.compile(r"\d\d[a-z]?_[a-z0-9_]+")  # of a source, without its ending
QUOTES = ('"""', 'r"""', "'''", "r'''")
CELL_MARKER = re.compile(r"^# %%")
INSTALL_JUPYTEXT = "Building chapters needs jupytext. Install it with:  pip install -e .[dev] -c constraints.txt"


@dataclass(frozen=True)
class Problem:
    """Something in a source that keeps it from becoming a chapter."""

    path: Path
    line: int
    message: str

    def __str__(self):
        return f"{self.path.parent.name}/{self.path.name}:{self.line}: {self.message}"


class SourceError(Exception):
    """One or more problems in the sources, each with its file and line."""

    def __init__(self, problems):
        super().__init__("\n".join(map(str, problems)))
        self.problems = list(problems)


@dataclass
class Cell:
    """A cell of the source. `line` is the line of the file that holds the first line of `text`."""

    kind: str  # "markdown" or "code"
    text: str
    line: int
    metadata: dict = field(default_factory=dict)
    role: str = "plain"  # "exercise" and "check" are given by the rules
    exercise: str = ""  # number of the exercise that the cell belongs to

    @property
    def tags(self):
        return self.metadata.get("tags", [])

    @property
    def for_solutions_only(self):
        return "solution" in self.tags


@dataclass(frozen=True)
class Source:
    """The source file of a notebook, read into cells.

    exercises_before : how many exercises the notebooks of the same chapter have that come before this one
    """

    path: Path
    cells: list
    exercises_before: int = 0

    @property
    def chapter(self):
        return int(self.path.stem[:2])


def key_of(stem):
    """What a notebook is called for short: "02" or "02a"."""
    return stem.partition("_")[0]


def source_paths(root, names=()):
    """The sources in root/solutions in the order of the course; with names, those only.

    A chapter is one source, 02_name.py, or an evening each, 02a_name.py, 02b_name.py; 02x_name.py is an appendix.

    Raises SourceError for two sources of the same key, a chapter in both forms, and for a name that is not there.
    """
    folder = Path(root) / "solutions"
    paths = sorted(path for path in folder.glob("[0-9][0-9]*_*.py") if NAME.fullmatch(path.stem))
    problems = [
        Problem(later, 1, f"{earlier.name} is {key_of(earlier.stem)} too. Give one of them another number or letter.")
        for earlier, later in itertools.pairwise(paths)
        if key_of(earlier.stem) == key_of(later.stem)
    ]
    problems += [
        Problem(evening, 1, f"{whole.name} is all of this chapter. Take one of the two away, or call this one an x.")
        for whole in paths
        for evening in paths
        if re.fullmatch(rf"{key_of(whole.stem)}[a-w]", key_of(evening.stem))
    ]
    for name in names:
        if name not in [path.stem for path in paths]:
            known = ", ".join(path.stem for path in paths) or "none"
            problems.append(Problem(folder / f"{name}.py", 1, f"there is no such source. The sources are: {known}."))
    if problems:
        raise SourceError(problems)
    return [path for path in paths if not names or path.stem in names]


def read_source(path):
    """The source at `path`. SourceError: its cells cannot be told apart. ModuleNotFoundError: jupytext is missing."""
    try:
        import jupytext
        import nbformat
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(INSTALL_JUPYTEXT) from error
    text = path.read_text(encoding="utf-8")
    try:
        cells = jupytext.reads(text, fmt="py:percent").cells
    except nbformat.ValidationError as error:
        raise SourceError([Problem(path, 1, f"the header is not valid: {error.message}")]) from error
    starts = _first_lines(text)
    if len(starts) != len(cells):
        first = next((n for n, line in enumerate(text.splitlines(), 1) if line.strip()), 1)
        message = (
            f"{len(cells)} cells, but {len(starts)} lines begin with `# %%`. Begin the first cell with `# %%` or "
            "`# %% [markdown]`, and write no `# %%` at the start of a line inside a text."
        )
        raise SourceError([Problem(path, first, message)])
    return Source(
        path,
        [
            Cell(cell.cell_type, cell.source, line, dict(cell.metadata))
            for cell, line in zip(cells, starts, strict=True)
        ],
        _exercises_before(path),
    )


def _exercises_before(path):
    earlier = [each for each in path.parent.glob(f"{path.name[:2]}*_*.py") if each.name < path.name]
    headings = re.compile(r"^# ### Exercise \d+\.\d+ · ", re.MULTILINE)
    return sum(len(headings.findall(each.read_text(encoding="utf-8"))) for each in earlier)


def _first_lines(text):
    """For each cell the number of the line after its marker, and after the quotes that a text cell may begin with."""
    lines = [*text.splitlines(), ""]
    after_markers = [number for number in range(1, len(lines)) if CELL_MARKER.match(lines[number - 1])]
    return [number + 2 if lines[number] in QUOTES else number + 1 for number in after_markers]
