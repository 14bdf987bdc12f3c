"""The README's moving picture, and the explorers' photographs, in a real browser: `python tools/readme_pictures.py`.

The moving picture is the playground while its network learns two spirals. The photographs are for the pages of the
evenings (`course_lib/authoring/picture_pages.py`). Fonts and antialiasing differ from machine to machine, so these
pictures are taken when an explorer's look has changed, and not at every build.
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

FOLDER = ".github/pictures"
WIDTH, HEIGHT = 1000, 640  # of the page
COLORS = 192  # of a picture: few colors make a small file
# {picture: (module, state, what is pressed, milliseconds until the picture is taken)}
PICTURES = {
    "neuron": ("neuron", {}, "", 500),
    "weights_as_images": ("weights_as_images", {}, "start", 8000),
    "article_network": ("article_network", {}, "", 500),
    "xor": ("xor", {}, "", 500),
    "descent": ("descent", {}, "", 500),
    "back_propagation": ("back_propagation", {"position": 22}, "", 500),
    "optimizer_race": ("optimizer_race", {}, "", 1000),
    "overfitting_laboratory": ("overfitting_laboratory", {}, "start", 8000),
}

MOVING = "learning"  # the picture that moves, and beside it its last frame, for readers who want no motion
SPIRALS = {"data": "spirals", "n_points": 400, "noise": 0.05, "hidden_layers": [8, 8], "activations": ["tanh", "tanh"],
           "optimizer": "adam", "learning_rate": 0.003, "l2": 0.0003, "seed": 3}  # fmt: skip
NARROW = 616  # of the page: the picture is as wide as the README shows it, and its letters stay sharp
FRAMES, EPOCHS = 20, 90  # after the first frame; epochs between two
FIRST_FRAME, FRAME, LAST_FRAME = 700, 200, 1300  # milliseconds that each is seen
MOVING_COLORS = 24
KNOWN = [MOVING, *PICTURES]
TRAIN = "(button, epochs) => { for (let k = 0; k < epochs; k++) button.click(); }"


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


def film(web):
    """The playground while it learns: (animated GIF, PNG of the last frame), as bytes.

    Frames are taken every so many epochs and not by the clock, so every machine takes the same ones.
    """
    page = web.mount("playground", SPIRALS, width=NARROW, height=900)
    page.wait_for_timeout(500)
    stage = page.locator(".playground-stage")
    taken = [stage.screenshot()]
    for _ in range(FRAMES):
        page.get_by_role("button", name="1 epoch").evaluate(TRAIN, EPOCHS)
        page.wait_for_timeout(100)
        taken.append(stage.screenshot())
    said = page.said
    page.context.close()
    if said:
        raise RuntimeError(f"the playground complains: {said}")
    frames = [Image.open(io.BytesIO(each)).convert("RGB") for each in taken]
    palette = frames[-1].quantize(MOVING_COLORS, method=Image.Quantize.MAXCOVERAGE, kmeans=2)
    frames = [each.quantize(palette=palette, dither=Image.Dither.NONE) for each in frames]
    moving, still = io.BytesIO(), io.BytesIO()
    seen = [FIRST_FRAME, *[FRAME] * (FRAMES - 1), LAST_FRAME]
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:], duration=seen, loop=0, optimize=True)
    frames[-1].save(still, "PNG", optimize=True)
    return moving.getvalue(), still.getvalue()


def write_pictures(folder, names):
    """Take these pictures and write folder/NAME.png, and of the moving one also .gif. Returns the paths."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    with sync_playwright() as playwright:
        program = find_chromium(playwright)
        if program is None:
            raise SystemExit(f"There is no browser here. To install one: {INSTALL}")
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=CHROMIUM_FLAGS)
        web = WebPages(browser)
        if MOVING in names:
            files[f"{MOVING}.gif"], files[f"{MOVING}.png"] = film(web)
        files |= {f"{name}.png": photograph(web, *PICTURES[name]) for name in PICTURES if name in names}
        web.stop()
        browser.close()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


def main():
    """Take the pictures that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(KNOWN)} (default: all)")
    parser.add_argument("--folder", type=Path, default=ROOT / FOLDER, help=f"where to (default: {FOLDER})")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in KNOWN]:
        parser.error(f"there is no picture {unknown[0]!r}; there are: {', '.join(KNOWN)}")
    for path in write_pictures(options.folder, options.names or KNOWN):
        print(f"wrote {path} ({path.stat().st_size:,} bytes)")


if __name__ == "__main__":
    main()
