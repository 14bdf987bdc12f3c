"""Reading a chapter's source: its cells, each with the line of the file where it begins."""

import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path

HEADING = re.compile(r"^### Exercise (\d+\.\d+) · (\S.*)$", re.MULTILINE)
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
    """A chapter's source file, read into cells."""

    path: Path
    cells: list

    @property
    def chapter(self):
        return int(self.path.stem[:2])


def source_paths(root, names=()):
    """The sources in root/solutions in the order of the chapters; with names, those only.

    Raises SourceError for two sources of the same chapter, and for a name that is not there.
    """
    folder = Path(root) / "solutions"
    paths = sorted(folder.glob("[0-9][0-9]_*.py"))
    problems = [
        Problem(later, 1, f"{earlier.name} is chapter {earlier.name[:2]} too. Give one of them another number.")
        for earlier, later in itertools.pairwise(paths)
        if earlier.name[:2] == later.name[:2]
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
    )


def _first_lines(text):
    """For each cell the number of the line after its marker, and after the quotes that a text cell may begin with."""
    lines = [*text.splitlines(), ""]
    after_markers = [number for number in range(1, len(lines)) if CELL_MARKER.match(lines[number - 1])]
    return [number + 2 if lines[number] in QUOTES else number + 1 for number in after_markers]
