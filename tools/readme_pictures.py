"""The explorers as pictures for the README, photographed in a real browser: `python tools/readme_pictures.py`.

Fonts and antialiasing differ from machine to machine, so these pictures are taken when an explorer's look has changed,
and not at every build.
"""

import argparse
import io
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))
from browser_lab import CHROMIUM_FLAGS, INSTALL, find_chromium
from web_pages import WebPages

from course_lib.explorers.configuration import ConfigurationExplorer

FOLDER = ".github/pictures"
WIDTH, HEIGHT = 1000, 640  # of the page
COLORS = 192  # of a picture: few colors make a small file
# {picture: (module, state, what is pressed, milliseconds until the picture is taken)}
PICTURES = {
    "playground": ("playground", {"data": "spirals", "hidden_layers": [8, 8], "activations": ["tanh", "tanh"],
                                  "optimizer": "adam", "learning_rate": 0.01, "noise": 0.05}, "start", 9000),
    "back_propagation": ("back_propagation", {"position": 22}, "", 500),
    "neuron": ("neuron", {}, "", 500),
    "descent": ("descent", {}, "", 500),
    "gradient_flow": ("gradient_flow", {}, "", 2000),
    "optimizer_race": ("optimizer_race", {}, "", 1000),
    "weights_as_images": ("weights_as_images", {}, "start", 8000),
}  # fmt: skip
DRAWN = {"configuration": ConfigurationExplorer}  # that compute in the kernel and draw their picture there


def photograph(web, module, state, pressed, milliseconds):
    """An explorer's picture as PNG bytes."""
    page = web.mount(module, state, width=WIDTH, height=HEIGHT, device_scale_factor=1.5)
    page.wait_for_timeout(300)
    if pressed:
        page.locator(f"button.{pressed}").first.click()
    page.wait_for_timeout(milliseconds)
    if pressed:
        page.locator(f"button.{pressed}").first.click()
    taken = page.locator(".picture").first.screenshot()
    said = page.said
    page.context.close()
    if said:
        raise RuntimeError(f"{module} complains: {said}")
    small = io.BytesIO()
    Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLORS, method=2).save(small, "PNG", optimize=True)
    return small.getvalue()


def write_pictures(folder, names):
    """Take these pictures, write them as folder/NAME.png, and those of the kernel as NAME.svg. Returns the paths."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with sync_playwright() as playwright:
        program = find_chromium(playwright)
        if program is None:
            raise SystemExit(f"There is no browser here. To install one: {INSTALL}")
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=CHROMIUM_FLAGS)
        web = WebPages(browser)
        for name in (each for each in PICTURES if each in names):
            path = folder / f"{name}.png"
            path.write_bytes(photograph(web, *PICTURES[name]))
            written.append(path)
        web.stop()
        browser.close()
    for name in (each for each in DRAWN if each in names):
        path = folder / f"{name}.svg"
        path.write_text(DRAWN[name].draw(DRAWN[name].starting_state()) + "\n", encoding="utf-8", newline="\n")
        written.append(path)
    return written


def main():
    """Take the pictures that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join([*PICTURES, *DRAWN])} (default: all)")
    parser.add_argument("--folder", type=Path, default=ROOT / FOLDER, help=f"where to (default: {FOLDER})")
    options = parser.parse_args()
    known = [*PICTURES, *DRAWN]
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"there is no picture {unknown[0]!r}; there are: {', '.join(known)}")
    for path in write_pictures(options.folder, options.names or known):
        print(f"wrote {path} ({path.stat().st_size:,} bytes)")


if __name__ == "__main__":
    main()
