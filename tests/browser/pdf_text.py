"""The words of a PDF that Chromium made, page by page, with no library: enough to find a sentence in it."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\s(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def pages_of(pdf: bytes) -> list[str]:
    """The words of each page; where one line ends and the next begins is not told."""
    objects = {int(number): content for number, content in _OBJECT.findall(pdf)}
    found = []
    for content in objects.values():
        if b"/Type /Page\n" in content or re.search(rb"/Type\s*/Page\b(?!s)", content):
            fonts = {name: _letters(objects, int(font)) for name, font in _fonts(objects, content)}
            (number,) = re.findall(rb"/Contents (\d+) 0 R", content)
            found.append(_words(_stream(objects[int(number)]), fonts))
    return found


def _stream(content):
    (found,) = _STREAM.findall(content)
    return zlib.decompress(found) if b"/FlateDecode" in content else found


def _fonts(objects, page):
    place = re.search(rb"/Resources (\d+) 0 R", page)
    resources = objects[int(place[1])] if place else page
    (inside,) = re.findall(rb"/Font\s*<<(.*?)>>", resources, re.DOTALL) or [b""]
    return re.findall(rb"/(\w+) (\d+) 0 R", inside)


def _letters(objects, font):
    """{code: letter} of a font, from its table ToUnicode."""
    place = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    table = _stream(objects[int(place[1])]).decode("latin-1") if place else ""
    found = {}
    for inside in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, letters in re.findall(r"<(\w+)>\s*<(\w+)>", inside):
            found[int(code, 16)] = bytes.fromhex(letters).decode("utf-16-be", "replace")
    for inside in re.findall(r"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for low, high, letter in re.findall(r"<(\w+)>\s*<(\w+)>\s*<(\w+)>", inside):
            *before, last = bytes.fromhex(letter).decode("utf-16-be", "replace")
            for code in range(int(low, 16), int(high, 16) + 1):
                found[code] = "".join([*before, chr(ord(last) + code - int(low, 16))])
    return found


def _words(content, fonts):
    found, letters = [], {}
    for font, text in re.findall(rb"/(\w+) [\d.]+ Tf|<([0-9A-Fa-f]+)>", content):
        if font:
            letters = fonts.get(font, {})
        else:
            found += [letters.get(int(text[at : at + 4], 16), "?") for at in range(0, len(text), 4)]
    return "".join(found)
