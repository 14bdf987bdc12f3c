"""The glossary: one word, one meaning, with the notebook where it comes first and the code to read."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "glossary.toml"


@dataclass(frozen=True)
class Word:
    """A word of the course.

    Parameters
    ----------
    word, meaning : the word, and one or two sentences
    evening : short name of the notebook where it is explained, as "02a"
    said : what it is called there, where that is another word
    code : the module, class or function to read, or ""
    also : other words for the same
    """

    word: str
    meaning: str
    evening: str
    code: str = ""
    said: str = ""
    also: tuple[str, ...] = ()


def words() -> list[Word]:
    """All words, in the order of the alphabet."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))["word"]
    return [Word(**{**each, "also": tuple(each.get("also", ()))}) for each in found]


def glossary_page(stems: list[str]) -> str:
    """The glossary as a page in Markdown; `stems` are the notebooks of the course."""
    of = {stem.partition("_")[0]: stem for stem in stems}
    parts = ["# Glossary\n\nOne word, one meaning, as the notebooks use it."]
    for each in words():
        also = f" (also: {', '.join(each.also)})" if each.also else ""
        code = f", and its code: {{py:obj}}`{each.code}`" if each.code else ""
        first = f"Explained in [{each.evening.lstrip('0') or '0'}]({of[each.evening]}.ipynb){code}."
        parts.append(f"{each.word}{also}\n: {each.meaning} {first}")
    return "\n\n".join(parts) + "\n"
