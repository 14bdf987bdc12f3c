"""The book in a real browser, opened from a folder with no network: every page, its links, pictures, and what moves.

Two notebooks are executed, and all of them where the tests marked `weekly` run.
"""

import json

import nbformat
import pytest
from pdf_text import pages_of

from course_copy import ROOT
from course_lib.book.one_file import CourseExporter
from course_lib.book.site import build

EXECUTED = ["00_thirty_minutes", "01b_bends_and_layers"]
WIDTHS = (400, 1400)
LOOK = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    links: all("a[href]").map((a) => a.href).filter((href) => href.startsWith("file:")),
    without_words: all("img").filter((img) => !img.hasAttribute("alt")).map((img) => img.src),
    broken: all("img").filter((img) => img.complete && !img.naturalWidth).map((img) => img.src),
    headings: all("article h1, article h2, article h3, article h4, article h5").map((h) => Number(h.tagName[1])),
    ids: all("[id]").map((node) => node.id),
    live: all(".course-live").map((place) => JSON.parse(place.dataset.form).kind),
    formulas: all("math").map((math) => math.getBoundingClientRect().width),
    raw: all("article p, article li").map((p) => p.textContent).filter((text) => /\\$\\$|\\\\(frac|text)/.test(text)),
  };
}"""


EXPLORERS = "[...document.querySelectorAll('[data-kind=explorer]')]"
CODE = "[...document.querySelectorAll('pre')]"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the book, two notebooks executed."""
    pytest.importorskip("sphinx", reason="Sphinx is missing. pip install -e .[book]")
    return build(ROOT, EXECUTED, tmp_path_factory.mktemp("book")).parent


@pytest.fixture(scope="module")
def pages(site):
    return sorted(path for path in site.glob("*.html") if path.stem not in ("search", "genindex", "py-modindex"))


class Opened:
    """A page of the book without a network; what its console says as an error, and what it asked for elsewhere."""

    def __init__(self, browser, path, width, **context):
        self.context = browser.new_context(viewport={"width": width, "height": 800}, offline=True, **context)
        self.page = self.context.new_page()
        self.said, self.outside = [], []
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self.said.append(message.text))
        self.page.on("request", self._asked)
        self.page.goto(path.as_uri())

    def _asked(self, request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.outside.append(request.url)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


@pytest.fixture(scope="module")
def looks(chromium, pages):
    """{page: what LOOK finds on it}, with no error, nothing from outside, and no page wider than its window."""
    found = {}
    for path in pages:
        for width in WIDTHS:
            with Opened(chromium, path, width) as opened:
                found[path.name] = opened.page.evaluate(LOOK)
                wide = opened.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
                assert wide <= 0, f"{path.name} is {wide} pixels wider than a window of {width}"
                assert opened.said == [], path.name
                assert opened.outside == [], path.name
    return found


def test_every_page_of_the_course_is_there(pages):
    names = {path.stem for path in pages}
    wanted = {path.stem for path in (ROOT / "chapters").glob("*.ipynb")}
    assert wanted | {"index", "claims", "glossary", "instructors", "play", "playground", "package_scratch"} <= names


def test_every_link_leads_to_a_page_and_to_a_place_on_it(looks, site):
    ids = {name: set(look["ids"]) for name, look in looks.items()}
    followed = 0
    for name, look in looks.items():
        for link in look["links"]:
            path, _, place = link.partition("#")
            target = site / path.removeprefix(site.as_uri() + "/").partition("?")[0]
            assert target.is_file(), f"{name}: {link}"
            if place and target.parent == site:
                assert place in ids[target.name], f"{name}: {link}"
            followed += 1
    assert followed > 1000


def test_every_picture_is_shown_and_has_words(looks):
    for name, look in looks.items():
        assert look["broken"] == [] and look["without_words"] == [], name


def test_headings_go_down_one_step_at_a_time(looks):
    for name, look in looks.items():
        if look["headings"]:  # the playground is one picture
            assert look["headings"].count(1) >= 1 and look["headings"][0] == 1, name
            steps = zip(look["headings"], look["headings"][1:], strict=False)
            assert all(lower - upper <= 1 for upper, lower in steps), (name, look["headings"])


def test_formulas_are_drawn(looks):
    drawn = [width for look in looks.values() for width in look["formulas"]]
    assert len(drawn) > 200 and min(drawn) > 2
    assert [(name, look["raw"]) for name, look in looks.items() if look["raw"]] == []


def moved_explorers(opened):
    """How many explorers a page has, each of which moves under the keyboard."""
    explorers = opened.page.locator(".course-live[data-form*='\"explorer\"']").all()
    for place in explorers:
        place.scroll_into_view_if_needed()
        opened.page.wait_for_function("(place) => place.explorer", arg=place.element_handle())
        slider = place.locator("input[type=range]").first
        before = place.evaluate("(place) => JSON.stringify(place.explorer.get())")
        slider.focus()
        opened.page.keyboard.press("ArrowRight")
        opened.page.keyboard.press("ArrowRight")
        assert place.evaluate("(place) => JSON.stringify(place.explorer.get())") != before
    assert opened.said == []
    return len(explorers)


@pytest.mark.parametrize("width", WIDTHS)
def test_explorers_move_with_no_kernel(chromium, site, looks, width):
    moved = 0
    for name in (name for name, look in looks.items() if "explorer" in look["live"]):
        with Opened(chromium, site / name, width) as opened:
            moved += moved_explorers(opened)
    assert moved >= 4


def test_a_notebook_saved_as_one_file_moves_with_no_kernel_and_no_network(chromium, site, tmp_path):
    kept = json.loads((site.parent / "executed" / "01b_bends_and_layers.json").read_text(encoding="utf-8"))
    told = {"cells": kept["cells"], "metadata": {"widgets": {}}, "nbformat": 4, "nbformat_minor": 5}
    text, _ = CourseExporter().from_notebook_node(nbformat.from_dict(told), {"metadata": {"name": "Bends and layers"}})
    (tmp_path / "bends.html").write_text(text, encoding="utf-8")
    with Opened(chromium, tmp_path / "bends.html", 1400) as opened:
        assert moved_explorers(opened) == 2
        assert opened.page.locator(".question").count() >= 2
        assert min(opened.page.evaluate(LOOK)["formulas"]) > 2
        assert opened.page.evaluate(LOOK)["broken"] == []
        assert opened.outside == []


def test_a_prediction_is_remembered_and_its_answer_shows_it(chromium, site):
    with Opened(chromium, site / "01b_bends_and_layers.html", 1400) as opened:
        page = opened.page
        question = page.locator(".question", has_text="A step neuron has the sum 3").first
        assert question.locator(".said").inner_text() == "Nothing written down yet."
        question.get_by_label("It falls a little").check()
        assert question.locator(".said").inner_text() == "✓ Written down: It falls a little"
        page.reload()
        assert page.locator(".question").first.get_by_label("It falls a little").is_checked()
        page.locator("details.answer summary").first.click()
        assert "You predicted: It falls a little" in page.locator("details.answer").first.inner_text()
        assert opened.said == []


def test_a_quiz_explains_each_choice(chromium, site):
    with Opened(chromium, site / "01b_bends_and_layers.html", 400) as opened:
        quiz = opened.page.locator(".question", has_not_text="Predict:").first
        assert quiz.locator(".said").inner_text() == "Choose an answer."
        choices = quiz.locator("input")
        said = []
        for number in range(choices.count()):
            choices.nth(number).check()
            said.append(quiz.locator(".said").inner_text())
        assert len(set(said)) == len(said) >= 2
        assert sum(text.startswith("✓ Right.") for text in said) == 1


def test_a_solution_is_behind_a_fold_and_the_exercise_is_open(chromium, site):
    with Opened(chromium, site / "01b_bends_and_layers.html", 1400) as opened:
        page = opened.page
        assert page.get_by_text('raise NotImplementedError("exercise 1.6').is_visible()
        solution = page.locator("details", has_text="Show a solution").last
        assert not solution.locator("pre").first.is_visible()
        solution.locator("summary").click()
        assert "return" in solution.locator("pre").first.inner_text()


def test_why_a_solution_is_one_is_behind_a_fold_too(chromium, site):
    with Opened(chromium, site / "01b_bends_and_layers.html", 400) as opened:
        reason = opened.page.get_by_text("Worked solution.").first
        assert not reason.is_visible()
        opened.page.get_by_text("About the solution").first.click()
        assert reason.is_visible()


def test_the_first_page_leads_to_the_first_evening_and_each_evening_to_where_it_is_run(chromium, site):
    with Opened(chromium, site / "index.html", 400) as opened:
        assert opened.page.locator("article a[href='00_thirty_minutes.html']", has_text="Begin").count() == 1
        opened.page.locator("article").get_by_role("link", name="Play with a network").click()
        assert opened.page.url.endswith("/play.html")
        opened.page.goto((site / "02a_downhill.html").as_uri())
        opened.page.locator("article").get_by_role("link", name="on your own machine").first.click()
        assert "make lab" in opened.page.locator("section:has(> h2:text('Take it home'))").inner_text()


def test_the_code_of_each_word_of_the_glossary_is_a_link(chromium, site):
    with Opened(chromium, site / "glossary.html", 400) as opened:
        codes = opened.page.locator("dd code.py-obj")
        assert codes.count() == opened.page.locator("dd a code.py-obj").count() > 20


def test_the_search_finds_evenings_before_functions(chromium, site):
    with Opened(chromium, site / "search.html", 400) as opened:
        opened.page.goto((site / "search.html").as_uri() + "?q=dropout")
        found = opened.page.locator("#search-results ul.search li > a")
        opened.page.wait_for_function("document.querySelectorAll('#search-results ul.search li').length > 10")
        targets = [link.get_attribute("href") for link in found.all()[:3]]
        assert not [target for target in targets if target.startswith("package")], targets


def test_a_question_stands_inside_its_frame(chromium, site):
    with Opened(chromium, site / "01b_bends_and_layers.html", 400) as opened:
        frame = opened.page.locator("fieldset.question").first.bounding_box()
        words = opened.page.locator("fieldset.question legend").first.bounding_box()
        assert words["height"] > 40  # several lines: a legend of HTML stands across the frame's line
        assert words["y"] > frame["y"] + 2 and words["x"] > frame["x"]


def test_on_paper_folds_are_open_code_is_whole_and_all_is_light(chromium, site):
    with Opened(chromium, site / "01b_bends_and_layers.html", 700, color_scheme="dark") as opened:
        page = opened.page
        page.wait_for_function(
            "[...document.querySelectorAll('[data-kind=explorer]')].every((place) => place.explorer)"
        )
        folds = page.locator("details:not([open])").count()
        printed = pages_of(page.pdf(format="A4"))
        words = "".join(printed)
        assert len(printed) > 3 and words.count("Worked solution.") == 3 and words.count("Hint 2") == 3
        assert "np.maximum(z," in words and "Exercise 1.4 · ReLU and its slope: passed" in words
        assert "needs JavaScript" not in words and "Show the code" not in words
        assert not [
            text for text in printed if "written by hand and measured" in text
        ]  # the name of the book, at the top
        assert page.locator("details:not([open])").count() == folds > 0  # as before
        page.emulate_media(media="print", color_scheme="dark")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(
            "[...document.querySelectorAll('pre')].every((pre) => pre.scrollWidth <= pre.clientWidth + 1)"
        )
        assert page.locator("[data-theme=dark]").count() == 0
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"


def test_pages_without_a_dark_corner(chromium, site):
    with Opened(chromium, site / "01b_bends_and_layers.html", 1400, color_scheme="dark") as opened:
        place = opened.page.locator('.course-live[data-form*="article_network"]').first
        place.scroll_into_view_if_needed()
        opened.page.wait_for_function("(place) => place.explorer", arg=place.element_handle())
        host = place.locator("div").first
        assert host.get_attribute("data-theme") == "dark"


def test_the_playground_fills_a_telephone_and_its_address_holds_what_was_made(chromium, site):
    with Opened(chromium, site / "playground.html", 400) as opened:
        opened.page.wait_for_function("window.explorer")
        opened.page.evaluate("window.explorer.set({ seed: 7 })")
        assert opened.page.evaluate("window.explorer.get().seed") == 7
        assert opened.said == []


@pytest.mark.parametrize("name", ["play.html", "playground.html"])
def test_the_playground_keeps_its_plane_in_sight_on_a_telephone(name, chromium, site):
    with Opened(chromium, site / name, 400) as opened:
        page = opened.page
        page.locator(".surface").scroll_into_view_if_needed()
        page.locator("input.batch_size").evaluate("it => it.scrollIntoView({ block: 'end', behavior: 'instant' })")
        header = page.locator(".mobile-header")
        covered = header.bounding_box()["height"] if header.count() else 0
        board = page.locator(".board").bounding_box()
        assert page.evaluate("scrollY") > 300
        assert abs(board["y"] - covered) <= 1
        assert board["height"] + covered < page.locator("input.batch_size").bounding_box()["y"]
