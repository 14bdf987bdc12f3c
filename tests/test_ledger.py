"""CLAIMS.md, the README's sentence and all pictures are what was measured; what cannot be written from is named."""

import dataclasses
import html
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

from course_lib.cli import main
from course_lib.experiments import registry, storage
from course_lib.experiments.experiment import CURE, LAW
from course_lib.experiments.runner import measure
from course_lib.ledger import claims_file, pages, picture
from course_lib.ledger.entries import LedgerError, count_line, entries, is_of_the_article, remedies, waiting
from course_lib.plots.measurements import VERDICT_LOOKS

ROOT = Path(__file__).resolve().parent.parent
SVG = "{http://www.w3.org/2000/svg}"
WRITE = "python -m course_lib claims --markdown"
BYTES = 250_000  # of the picture of all at most: a page with it must open at once
BYTES_OF_ONE = 40_000


# ---- the course's own -----------------------------------------------------------------------------------------------


def test_both_pages_show_what_was_measured():
    assert (found := pages.page_difference()) is None, found


def test_the_pictures_show_what_was_measured():
    drawn = pages.pictures(entries())
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / pages.PICTURES).glob("*.svg")}
    assert there | {pages.PICTURE} == drawn.keys(), f"run: {WRITE}"
    for name, svg in drawn.items():
        committed = (ROOT / name).read_text(encoding="utf-8")
        assert words_of(committed) == words_of(svg), f"{name}; run: {WRITE}"
    committed, wanted = (places_of(svg) for svg in ((ROOT / pages.PICTURE).read_text("utf-8"), drawn[pages.PICTURE]))
    assert committed.keys() == wanted.keys(), f"run: {WRITE}"
    for name, numbers in wanted.items():  # another version of matplotlib may round otherwise
        np.testing.assert_allclose(committed[name], numbers, atol=0.5, err_msg=f"{name}; run: {WRITE}")


def test_the_pictures_are_small_and_say_what_they_show():
    path = ROOT / pages.PICTURE
    assert path.stat().st_size < BYTES
    for page in ("README.md", "CLAIMS.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        alternative = re.search(rf'src="{pages.PICTURE}"[^>]* alt="([^"]*)"', text)[1]
        assert html.unescape(alternative) == words_of(path.read_text(encoding="utf-8"))
    assert all(path.stat().st_size < BYTES_OF_ONE for path in (ROOT / pages.PICTURES).glob("*.svg"))


def test_the_readme_keeps_one_sentence_and_one_picture():
    begin, end = (f"<!-- claims:{side} -->" for side in ("begin", "end"))
    block = (ROOT / "README.md").read_text(encoding="utf-8").split(begin)[1].split(end)[0].strip()
    assert len(block.splitlines()) == 3 and block.count("<img") == 1 and "[CLAIMS.md](CLAIMS.md)" in block


def test_every_address_in_the_ledger_is_there():
    text = (ROOT / "CLAIMS.md").read_text(encoding="utf-8")
    anchors = set(re.findall(r'<a id="(\w+)"></a>', text))
    assert anchors - {"waiting"} == {each.name for each in entries()}
    assert set(re.findall(r"\]\(#(\w+)\)", text)) <= anchors
    for path in map("".join, re.findall(r"\]\(([^)#]+)\)|src=\"([^\"]+)\"", text)):
        assert path.startswith("https://") or (ROOT / path).is_file(), path


def words_of(svg):
    return ElementTree.fromstring(svg).attrib["aria-label"]


def places_of(svg):
    """{id of a mark or an interval: the numbers that say where it is}."""
    found = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        if group.get("id", "").startswith(("mean ", "interval ")):
            path, use = group.find(f"{SVG}path"), group.find(f".//{SVG}use")
            if group.get("id").startswith("mean "):
                found[group.get("id")] = [float(use.get("x")), float(use.get("y"))]
            else:
                found[group.get("id")] = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d"))]
    return found


# ---- made-up claims -------------------------------------------------------------------------------------------------


@pytest.fixture
def project(monkeypatch, tmp_path):
    """A project with the claims of tests/made_up_claims, measured, and pages that wait to be written."""
    monkeypatch.setattr(registry, "PACKAGE", "made_up_claims")
    monkeypatch.setattr(storage, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    for name in registry.names():
        measure(name, jobs=1, progress=False)
    for page in ("README.md", "CLAIMS.md"):
        (tmp_path / page).write_text("Before.\n<!-- claims:begin -->\n<!-- claims:end -->\nAfter.\n")
    return tmp_path


def test_the_command_writes_and_prints_the_ledger_and_a_second_call_changes_nothing(project, capsys):
    assert main(["claims", "--markdown"]) == 0
    out, err = capsys.readouterr()
    text = (project / "CLAIMS.md").read_text(encoding="utf-8")
    assert text.startswith("Before.\n<!-- claims:begin -->\n**3 claims. 2 say that something helps: 2 clearly help.")
    assert "1 says how something is: 1 is clearly so.**" in text
    assert text.endswith("\n<!-- claims:end -->\nAfter.\n")
    assert out.strip() in text
    assert err.count("wrote ") == 2 + 1 + 3  # pages, the picture of all, one of each
    written = [*project.glob("*.md"), *(project / ".github").rglob("*.svg")]
    before = [path.read_bytes() for path in written]
    assert main(["claims", "--markdown"]) == 0
    assert "current" in capsys.readouterr().err
    assert [path.read_bytes() for path in written] == before
    assert pages.page_difference() is None


def test_a_picture_of_a_claim_that_is_gone_is_deleted(project):
    pages.write()
    left_over = project / pages.PICTURES / "gone.svg"
    left_over.write_text("<svg/>")
    assert pages.write()[1] == [left_over]
    assert not left_over.exists()


def test_a_console_that_has_no_check_marks_gets_the_ledger_with_their_numbers(project, monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", console)
    assert main(["claims", "--markdown"]) == 0
    console.flush()
    assert rb"\u2714\u2714 clearly helps" in console.buffer.getvalue()
    assert "✔✔ clearly helps" in (project / "CLAIMS.md").read_text(encoding="utf-8")


def test_each_claim_has_a_section_with_answer_setting_reason_and_command(project):
    content, _ = pages.write()
    section = content.split('<a id="even_steps"></a>')[1].split("<a id=")[0]
    for wanted in (
        "### Taking long steps · ✔✔ clearly helps",
        "*Long steps get farther than short ones.* (not the article: made up)",
        "**It clearly helps: +2.45 \\[2.23, 2.67\\] steps (flat ground).** Elsewhere: 1 harms.",
        "- Setting: no network at all, on flat ground and uphill; 10 seeds.",
        "- Matters from 0.5 steps on: half a step, half of what is counted.",
        "- At the edge of its grid: short, flat, the smallest slope: no smaller slope can be walked.",
        "- Budget: A day is what there is.",
        "`python -m course_lib claims run even_steps`",
        "1 minute of one core",
    ):
        assert wanted in section
    assert (
        'alt="Taking long steps. It clearly helps: +2.45 [2.23, 2.67] steps (flat ground). Elsewhere: 1 harms."'
        in section
    )
    assert "\nThe answer turns around in the one other comparison (up the hill).\n" in section
    assert "<summary>All 2 comparisons as a table</summary>" in section
    assert "| **flat ground** | +2.45 \\[2.23, 2.67\\] | clearly helps |" in section
    assert "- The headline compares: long, flat against short, flat; way." in section
    assert "- Tuned with 3 seeds of their own: long, flat at slope 0.1; short, flat at slope 0.01." in section


def test_the_strongest_and_the_weakest_remedies_stand_at_the_top_and_laws_do_not(project):
    content, _ = pages.write()
    top, whole = content.split("## In one minute")[1].split("## Chapter")[0].split("<img")
    assert "(#coin)" in whole, "laws stand in the table of all, which is folded"
    strongest, _ = top.split("weakest, in these settings")
    assert "[Taking long steps](#even_steps)" in strongest and "coin" not in top
    assert [each.name for each in remedies(entries())] == ["even_steps", "waits"] or "waits" in strongest


def test_of_a_law_the_verdicts_of_its_past_are_a_laws_too(project):
    measure("coin", jobs=1, progress=False, why="another coin")
    assert 'another coin (before: "clearly so", since then: "clearly so")' in pages.write()[0]


def test_what_was_measured_anew_and_with_other_seeds_is_said(project):
    measure("even_steps", jobs=1, progress=False, why="a better ruler")
    measure("even_steps", jobs=1, progress=False, first_seed=100, folder=storage.RESULTS / storage.OTHER_SEEDS)
    section = pages.write()[0].split('<a id="even_steps"></a>')[1].split("<a id=")[0]
    assert "- With 10 other seeds: +12.45" in section and "the same verdict." in section
    assert '- Measured anew: a better ruler (before: "clearly helps", since then: "clearly helps").' in section


@pytest.mark.parametrize(
    ("page", "old", "new"),
    [("CLAIMS.md", "+2.45", "+9.45"), ("CLAIMS.md", "2 clearly", "3 clearly"), ("README.md", "3 claims", "4 claims")],
)
def test_an_edit_by_hand_is_named_with_its_line_what_it_should_say_and_the_command(project, page, old, new):
    pages.write()
    path = project / page
    lines = path.read_text(encoding="utf-8").splitlines()
    number = next(number for number, line in enumerate(lines) if old in line and "<img" not in line)
    true = lines[number]
    lines[number] = true.replace(old, new, 1)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    said = pages.page_difference().splitlines()
    assert said[0] == f"{page}, line {number + 1}, says"
    assert said[1].strip() == lines[number]
    assert said[3].strip() == true
    assert said[4].endswith(WRITE)


def cut_short(path):
    path.write_text("{")


def make_stale(path):
    path.write_text(json.dumps(json.loads(path.read_text()) | {"fingerprint": "0"}))


def make_old(path):
    path.write_text(json.dumps({"schema": 2}))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut_short, "coin.json cannot be used: not JSON"),
        (make_stale, "coin is stale: its experiment was changed after it was measured"),
        (make_old, "coin.json cannot be used: measured under the old scheme"),
    ],
)
def test_a_result_that_is_unreadable_stale_or_old_is_named_with_the_command(project, damage, said, capsys):
    before = (project / "CLAIMS.md").read_text()
    damage(project / "results" / "coin.json")
    assert main(["claims", "--markdown"]) == 1
    err = capsys.readouterr().err
    assert said in err
    assert "Measure it: python -m course_lib claims run coin" in err
    assert "waits" not in err
    assert (project / "CLAIMS.md").read_text() == before
    with pytest.raises(LedgerError, match=said):
        pages.page_difference()


def test_all_that_is_wrong_is_said_at_once(project):
    for name in ("coin", "waits"):
        cut_short(project / "results" / f"{name}.json")
    with pytest.raises(LedgerError, match=r"coin.json cannot(.|\n)*waits.json cannot"):
        entries()


def test_a_claim_without_a_result_is_counted_and_named_with_its_command(project):
    assert waiting() == {}
    assert "Not measured yet" not in pages.write()[0]
    (project / "results" / "coin.json").unlink()
    assert list(waiting()) == ["coin"] and [each.name for each in entries()] == ["even_steps", "waits"]
    content, _ = pages.write()
    assert content.startswith("**2 claims.") and "1 more [wait to be measured](#waiting)." in content
    line = content.split("## Not measured yet")[1].strip()
    assert line.startswith(f"- *{waiting()['coin'].claim}*") and line.endswith("`python -m course_lib claims run coin`")
    assert "1 more wait to be measured." in (project / "README.md").read_text(encoding="utf-8")
    assert not (project / pages.PICTURES / "coin.svg").exists()


@pytest.mark.parametrize("page", ["README.md", "CLAIMS.md"])
def test_a_project_without_a_page_or_its_comments_is_named(project, page):
    (project / page).write_text("No place.")
    with pytest.raises(LedgerError, match="claims:begin"):
        pages.write()
    (project / page).unlink()
    with pytest.raises(LedgerError, match="There is no"):
        pages.write()
    assert not (project / pages.PICTURE).exists()


@pytest.mark.parametrize("words", [["--json"], ["--folder", "elsewhere"], ["run", "coin"]])
def test_markdown_stands_alone(project, words, capsys):
    assert main(["claims", "--markdown", *words]) == 2
    assert "stands alone" in capsys.readouterr().err
    assert "Before.\n<!-- claims:begin -->\n<!--" in (project / "CLAIMS.md").read_text()


# ---- words and picture ----------------------------------------------------------------------------------------------


def claim(name="adam_speed", source="the article", verdict="clearly helps", mean=4.0, kind=CURE, others=(), **fields):
    """A measurement with one effect, mean ± 1, and a smallest effect of 2; `others` are [(mean, verdict)] elsewhere."""
    effect = SimpleNamespace(label="relu, 2 layers", mean=mean, low=mean - 1, high=mean + 1)
    elsewhere = tuple(SimpleNamespace(mean=place, verdict=lambda _, said=said: said) for place, said in others)
    words = {
        "claim": "It helps.",
        "subject": f"The subject of {name}",
        "chapter": 3,
        "setting": "a network",
        "unit": "percentage points",
    }
    return SimpleNamespace(
        name=name,
        source=source,
        kind=kind,
        verdict=verdict,
        words=lambda: verdict if kind == CURE else f"{verdict}, as a law",
        primary=effect,
        effects=(effect, *elsewhere),
        elsewhere=elsewhere,
        smallest_effect=2.0,
        seeds=(0, 1, 2),
        **words | fields,
    )


def test_claims_are_counted_by_the_verdict_of_their_primary_comparison():
    found = [claim(), claim(verdict="harms"), claim(verdict="open"), claim(verdict="open")]
    law = claim(kind=LAW, verdict="x")
    law.words = lambda: "clearly so"
    assert count_line([*found, law]) == (
        "5 claims. 4 say that something helps: 1 clearly helps, 2 are open, 1 harms. "
        "1 says how something is: 1 is clearly so."
    )
    assert count_line(found[1:2]) == "1 claim. 1 says that something helps: 1 harms."
    assert count_line([]) == "No claim is here."


def test_a_claim_is_the_articles_where_its_source_begins_with_it():
    sources = ("the article", "The article, on speed", "Nobody 1999", "An article")
    assert [is_of_the_article(claim(source=source)) for source in sources] == [True, True, False, False]


def test_nothing_in_the_ledger_is_markup():
    assert claims_file.escaped("a|b *c*\n<d> [e](f) `g` $h$") == ("a\\|b \\*c\\* &lt;d&gt; \\[e\\](f) \\`g\\` \\$h\\$")


def test_effects_are_drawn_in_multiples_of_the_smallest_that_matters_and_sorted():
    found = [
        claim("small", mean=0.5, verdict="too small to matter"),
        claim("large", mean=8.0, others=[(1.0, "open")]),
        claim("against", mean=-6.0, verdict="clearly harms"),
    ]
    rows = picture.rows(found)
    assert [(row["name"], row["mean"], row["low"], row["high"], row["verdict"]) for row in rows] == [
        ("large", 4.0, 3.5, 4.5, "clearly helps"),
        ("small", 0.25, -0.25, 0.75, "too small to matter"),
        ("against", -3.0, -3.5, -2.5, "clearly harms"),
    ]
    assert [row["elsewhere"] for row in rows] == [[(0.5, "open")], [], []]
    places = places_of(picture.draw(found))
    x = {name: places[f"mean {name}"][0] for name in ("large", "small", "against")}
    assert x["against"] < x["small"] < x["large"]
    assert places["interval large"][0] < x["large"] < places["interval large"][2]
    assert places["mean large"][1] < places["mean small"][1] < places["mean against"][1]  # downwards


def test_every_other_comparison_is_a_dot():
    drawn = picture.draw([claim("one", others=[(1.0, "open"), (3.0, "helps")]), claim("two")])
    assert len(re.findall(r'id="elsewhere', drawn)) == 2


def test_the_text_alternative_counts_the_claims_and_names_the_strongest_and_the_weakest():
    found = [claim(name, mean=mean) for name, mean in (("b", 0.5), ("a", 8.0), ("d", -6), ("c", 0.1))]
    ends = [f"The subject of {name}" for name in "abcdcb"]
    assert picture.alternative(found) == (
        "4 claims. 4 say that something helps: 4 clearly help. "
        f"Strongest: {'; '.join(ends[:3])}. Weakest: {'; '.join(ends[3:])}."
    )


def test_each_alternative_is_short():
    assert max(len(picture.alternative_of_one(each)) for each in entries()) < 400
    assert len(picture.alternative(entries())) < 700


def test_the_subject_of_a_claim_is_its_title_in_the_picture_in_two_lines_at_most(monkeypatch):
    titles = []
    original = picture._cut_to_room
    monkeypatch.setattr(picture, "_cut_to_room", lambda row: titles.append(original(row)["title"]) or original(row))
    picture.draw([claim(), claim("long", subject="A subject that goes on " * 9)])
    assert titles[0] == "The subject of adam_speed"
    assert titles[1].count("\n") == 1 and titles[1].endswith(" …")


def test_a_picture_drawn_twice_is_the_same_and_white_behind():
    found = [claim(), claim("other", source="Nobody 1999", unit="decades", mean=-9.0, verdict="clearly harms")]
    first = picture.draw(found)
    assert picture.draw(found) == first
    assert re.search(r'id="patch_1">\s*<path[^>]*style="fill: #ffffff', first)
    assert "<text" not in first  # outlines: the same where the font is missing
    assert "<dc:date>" not in first


def test_two_pictures_on_a_page_do_not_share_a_class_for_different_styles():
    drawn = [picture.draw([claim(verdict=verdict, others=[(1.0, "open")] * 8)]) for verdict in ("helps", "harms")]
    rules = [set(re.findall(r"^\.(s\w+) \{(.*)\}$", svg, re.MULTILINE)) for svg in drawn]
    assert rules[0] and rules[1]
    both = rules[0] | rules[1]
    assert len({name for name, _ in both}) == len(both)
    assert all(f'class="{name}"' in drawn[0] for name, _ in rules[0])


def test_marks_of_different_verdicts_differ_in_more_than_color():
    looks = {look for verdict, look in VERDICT_LOOKS.items()}
    assert len({marker for _, marker, _ in looks}) == len(looks) == 4


def test_long_words_stay_within_the_picture(monkeypatch):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    checked = []

    def savefig(figure, *arguments, **words):
        renderer = FigureCanvasAgg(figure).get_renderer()
        for text in figure.axes[0].texts:
            box = text.get_window_extent(renderer)
            assert box.x0 >= 0 and box.x1 <= figure.bbox.x1, text.get_text()
            checked.append(text.get_text())
        return original(figure, *arguments, **words)

    original = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", savefig)
    long = "words that go on and on " * 9
    made = claim(unit=f"percentage points of {long}")
    made.primary.label = long
    picture.draw([made, *entries()])
    assert sum("…" in text for text in checked) >= 2


def test_figures_of_each_claims_picture_stay_within_it_and_its_axis_shows_the_primary_effect(monkeypatch):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    widths = []

    def savefig(figure, *arguments, **words):
        renderer, (axes,) = FigureCanvasAgg(figure).get_renderer(), figure.axes
        for text in axes.texts:
            box = text.get_window_extent(renderer)
            assert box.x0 >= 0 and box.x1 <= figure.bbox.x1, text.get_text()
        (band,) = [patch for patch in axes.patches if patch.get_gid() == "no matter"]
        widths.append(band.get_window_extent(renderer).width / axes.get_window_extent(renderer).width)
        return original(figure, *arguments, **words)

    original = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", savefig)
    for each in entries():
        picture.draw_one(each)
    assert min(widths) > 0.04, "what does not matter must be wide enough to see which intervals lie in it"


def test_an_axis_says_where_its_steps_become_factors():
    drawn = {name: picture.draw_one(storage.load_measurement(name)) for name in ("batch_size", "vanishing_sigmoid")}
    assert ["then each step is a factor" in svg for svg in drawn.values()] == [True, False]


def test_without_markdown_the_command_loads_no_matplotlib():
    code = "import sys; from course_lib.cli import main; main(['claims']); print('matplotlib' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == "False"


def test_the_table_of_a_notebook_has_a_row_for_each_claim_and_escapes_what_came_in(project):
    first, second = (storage.load_measurement(name) for name in ("even_steps", "waits"))
    odd = dataclasses.replace(second, claim="a < b & c")
    written = claims_file.notebook_table([odd, first])
    assert written.count("<tr>") == 3 and written.index("a &lt; b &amp; c") < written.index(first.claim)
    assert f"<td style='text-align:left'>{len(first.seeds)}</td>" in written and "primary comparison" in written
    short = claims_file.notebook_table([odd, first], effects=False)
    assert "primary comparison" not in short and short.count("<td") == 6
