"""How long an evening takes, computed from its notebook: nobody's guess, and the same for everybody."""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

from course_lib.authoring.address import without_badges
from course_lib.authoring.source import HEADING

MOST_MINUTES = 45
MOST_LINES = 15  # of code in a cell that is not folded
WORDS_A_MINUTE = 200
PICTURE, EXPLORER, QUESTION = 1, 2, 1  # minutes: to look at a picture, to move an explorer, to predict or to answer
EXERCISE_MINUTES = range(5, 13)  # what an exercise may say that it takes

_STATED = re.compile(r"^\*(\d+) minutes\.\*", re.MULTILINE)
_WAIT = re.compile(r"\*[^*\n]*?\b(\d+) s(?:econds)?\b[^*\n]*\*")
_PICTURE = re.compile(r"^\s*show\(", re.MULTILINE)
_EXPLORER = re.compile(r"^(?:\w+Explorer|OverfittingLaboratory)\(", re.MULTILINE)
_QUESTION = re.compile(r"^(?:Prediction|Quiz)\(", re.MULTILINE)


@dataclass(frozen=True)
class Minutes:
    """What an evening's minutes are made of.

    Parameters
    ----------
    words : of all texts, the folded ones too
    pictures, explorers, questions : how many
    exercises : {number: minutes that it says}
    wait : seconds of waiting that the texts announce
    long_cells : open cells with more than MOST_LINES lines of code, by their first lines
    """

    words: int
    pictures: int
    explorers: int
    questions: int
    exercises: dict[str, int]
    wait: int
    long_cells: tuple[str, ...]

    @property
    def total(self) -> int:
        """All together, rounded up to a whole minute."""
        looking = self.pictures * PICTURE + self.explorers * EXPLORER + self.questions * QUESTION
        return math.ceil(self.words / WORDS_A_MINUTE + looking + sum(self.exercises.values()) + self.wait / 60)


def minutes_of(cells: list[dict]) -> Minutes:
    """The minutes of a notebook as it is handed out, from its cells as JSON has them.

    Raises
    ------
    ValueError : an exercise that does not say its minutes, as `*8 minutes.*` below its heading, or too few or many
    """
    texts = [without_badges("".join(cell["source"])) for cell in cells if cell["cell_type"] == "markdown"]
    code = [("".join(cell["source"]), cell["metadata"]) for cell in cells if cell["cell_type"] == "code"]
    everything = "\n".join(text for text, _ in code)
    return Minutes(
        words=sum(len(text.split()) for text in texts),
        pictures=len(_PICTURE.findall(everything)),
        explorers=len(_EXPLORER.findall(everything)),
        questions=len(_QUESTION.findall(everything)),
        exercises={number: _stated(number, text) for text in texts for number, _ in HEADING.findall(text)},
        wait=sum(int(seconds) for text in texts for seconds in _WAIT.findall(text)),
        long_cells=tuple(
            text.splitlines()[0] for text, metadata in code if _lines(text) > MOST_LINES and not _is_folded(metadata)
        ),
    )


def evenings(root: Path) -> dict[str, Minutes]:
    """{name of a notebook: its minutes} of all evenings in root/chapters: those whose names have a letter, and 00."""
    paths = sorted((Path(root) / "chapters").glob("[0-9][0-9]*_*.ipynb"))
    return {
        path.stem: minutes_of(json.loads(path.read_text("utf-8"))["cells"]) for path in paths if is_evening(path.stem)
    }


def is_evening(stem: str) -> bool:
    """Whether a notebook is one evening: "01a_..." or "00_..."; a chapter in the older form is several."""
    return re.match(r"\d\d[a-w]_|00_", stem) is not None


def _stated(number, text):
    found = _STATED.search(text, re.search(rf"^### Exercise {re.escape(number)} ", text, re.MULTILINE).end())
    if found is None or int(found[1]) not in EXERCISE_MINUTES:
        raise ValueError(
            f"Exercise {number} says {found[0] if found else 'no minutes'}; expected a line that begins with "
            f"`*8 minutes.*`, from {EXERCISE_MINUTES[0]} to {EXERCISE_MINUTES[-1]}."
        )
    return int(found[1])


def _lines(text):
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in text.splitlines())


def _is_folded(metadata):
    return bool(metadata.get("jupyter", {}).get("source_hidden"))
