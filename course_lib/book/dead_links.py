"""Links of the built pages that lead nowhere. Sphinx sees those of its sources, and not those that a cell shows."""

import html
import re
from pathlib import Path
from urllib.parse import unquote

_LINK = re.compile(r'<a\b[^>]*\shref="([^"]*)"')
_PLACE = re.compile(r'\sid="([^"]+)"')


def dead_links(site: Path) -> list[tuple[str, str]]:
    """(page, link) for each link to a file, or to a place on a page, that is not there."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(site.glob("*.html"))}
    places = {name: set(_PLACE.findall(text)) for name, text in texts.items()}
    found = []
    for name, text in texts.items():
        for link in sorted({html.unescape(each) for each in _LINK.findall(text)}):
            path, _, place = unquote(link).partition("#")
            target = path.partition("?")[0] or name
            if re.match(r"[a-z]+:", link):
                continue
            if not (site / target).is_file() or (place and place not in places.get(target, {place})):
                found.append((name, link))
    return found
