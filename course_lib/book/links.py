"""Links of the course's files as links of the book: a notebook's to its page, a file's to where it can be read."""

import re
from pathlib import PurePosixPath

_LINK = re.compile(r"(?P<before>!?\[(?:[^\[\]]|\[[^\]]*\])*\]\()(?P<target>[^()\s]+)(?P<after>\))")
_ATTRIBUTE = re.compile(r"(?P<before>\b(?:src|href)=\")(?P<target>[^\"]+)(?P<after>\")")
_PLACE = re.compile(r'^<a (?:id|name)="(\w+)"></a>$', re.MULTILINE)
_WORDS = re.compile(r"!?\[(.*)\]\(", re.DOTALL)


def moved(text: str, folder: str, pages: dict[str, str], repository: str = "", pictures: str = "_pictures") -> str:
    """A text in Markdown with its links as the book has them.

    Parameters
    ----------
    text : what stands in the course's file
    folder : the file's folder below the course's, "" for the course's own
    pages : {path below the course's folder: the page's file among the book's sources}
    repository : the course's public address, for files that are no page; where it is not known, only the link's words
        stay
    pictures : the book's folder for the files below .github/pictures
    """

    def replaced(match):
        target, hash_, place = match["target"].partition("#")
        if re.match(r"[a-z]+:", target) or not target:
            return match[0]
        path = _normal(PurePosixPath(folder) / target)
        if path in pages:
            # A link that is named after its file has the page's title for its words.
            before = "[](" if match["before"] == f"[{PurePosixPath(path).name}](" else match["before"]
            # In a built page a place has the name that Sphinx gave it.
            built = place.replace("_", "-") if pages[path].endswith(".html") else place
            return f"{before}{pages[path]}{hash_}{built}{match['after']}"
        if path.startswith(".github/pictures/"):
            return f"{match['before']}{pictures}/{path.removeprefix('.github/pictures/')}{match['after']}"
        if repository:
            return f"{match['before']}{repository}/blob/HEAD/{path}{hash_}{place}{match['after']}"
        words = _WORDS.fullmatch(match["before"])
        return words[1] if words else match[0]

    return _ATTRIBUTE.sub(replaced, _LINK.sub(replaced, text))


def with_places(text: str) -> str:
    """A text in Markdown with the places that its HTML names as MyST names them."""
    return _PLACE.sub(r"(\1)=\n", text)


def _normal(path):
    parts = []
    for part in path.parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
