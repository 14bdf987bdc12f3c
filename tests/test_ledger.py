"""The README's table and picture of all claims are what was measured; what cannot be written from is named."""

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
from course_lib.experiments.runner import measure
from course_lib.ledger import picture, readme, table
from course_lib.ledger.entries import LedgerError, count_line, entries, is_of_the_article, title

ROOT = Path(__file__).resolve().parent.parent
SVG = "{http://www.w3.org/2000/svg}"
WRITE = "python -m course_lib claims --markdown"
BYTES = 200_000  # of the picture at most: a page with it must open at once


# ---- the course's own -----------------------------------------------------------------------------------------------


def test_the_readme_shows_what_was_measured():
    assert (found := readme.readme_difference()) is None, found


def test_the_picture_shows_what_was_measured():
    committed = (ROOT / readme.PICTURE).read_text(encoding="utf-8")
    drawn = picture.draw(entries())
    assert words_of(committed) == words_of(drawn), f"run: {WRITE}"
    there, wanted = places_of(committed), places_of(drawn)
    assert there.keys() == wanted.keys(), f"run: {WRITE}"
    for name, numbers in wanted.items():  # another version of matplotlib may round otherwise
        np.testing.assert_allclose(there[name], numbers, atol=0.5, err_msg=f"{name}; run: {WRITE}")


def test_the_picture_is_small_and_says_what_it_shows():
    path = ROOT / readme.PICTURE
    assert path.stat().st_size < BYTES
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    alternative = re.search(rf'src="{readme.PICTURE}"[^>]* alt="([^"]*)"', text)[1]
    assert html.unescape(alternative) == words_of(path.read_text(encoding="utf-8"))


def test_all_claims_are_measured_anew_on_two_cores_in_under_90_minutes():
    assert sum(each.cpu_minutes for each in entries()) / 2 < 90


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
    """A project with the claims of tests/made_up_claims, measured, and a README that was written from them."""
    monkeypatch.setattr(registry, "PACKAGE", "made_up_claims")
    monkeypatch.setattr(storage, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(readme, "ROOT", tmp_path)
    for name in registry.names():
        counting_from(monkeypatch, name, 0.05)
        measure(name, jobs=1, progress=False)
    (tmp_path / "README.md").write_text("Before.\n<!-- claims:begin -->\n<!-- claims:end -->\nAfter.\n")
    return tmp_path


def counting_from(monkeypatch, name, smallest_effect):
    """Give a made-up claim another smallest effect that counts."""
    other = dataclasses.replace(registry.experiment(name), smallest_effect=smallest_effect)
    monkeypatch.setattr(f"made_up_claims.{name}.EXPERIMENT", other)


def test_the_command_writes_and_prints_the_table_and_a_second_call_changes_nothing(project, capsys):
    assert main(["claims", "--markdown"]) == 0
    out, err = capsys.readouterr()
    text = (project / "README.md").read_text(encoding="utf-8")
    assert text.startswith("Before.\n<!-- claims:begin -->\n**3 claims: 2 hold, 1 holds only in some settings.**\n")
    assert text.endswith("\n<!-- claims:end -->\nAfter.\n")
    assert out.strip() in text
    assert err.count("wrote ") == 2
    before = [path.read_bytes() for path in (project / "README.md", project / readme.PICTURE)]
    assert main(["claims", "--markdown"]) == 0
    assert "current" in capsys.readouterr().err
    assert [path.read_bytes() for path in (project / "README.md", project / readme.PICTURE)] == before
    assert readme.readme_difference() is None


def test_a_console_that_has_no_check_marks_gets_the_table_with_their_numbers(project, monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", console)
    assert main(["claims", "--markdown"]) == 0
    console.flush()
    assert rb"| \u2714 holds | **+2.45" in console.buffer.getvalue()
    assert "| ✔ holds | **+2.45" in (project / "README.md").read_text(encoding="utf-8")


def test_each_claim_has_a_row_with_its_figures_and_its_setting_and_command_below(project):
    content, _ = readme.write()
    rows = [line for line in content.splitlines() if line.startswith(("| 1 ", "| 2 "))]
    assert len(rows) == 3
    assert "Long steps get farther than short ones." in rows[0]
    assert "| ✔ holds | **+2.45 \\[2.23, 2.67\\] steps**: from the start | 10 |" in rows[0]
    (coin,) = [row for row in rows if "bent coin" in row]
    assert "| ◐ holds in 1 of 2 |" in coin
    (below,) = [line for line in content.splitlines() if line.startswith("- [`coin`]")]
    for wanted in (
        "throws of three coins",
        "It holds for: bent.",
        "Source: made up.",
        "`python -m course_lib claims run coin --seeds 10`",
        "Smallest effect that counts, in of all throws: 0.05.",
    ):
        assert wanted in below


@pytest.mark.parametrize(
    ("old", "new", "command"),
    [("+2.45", "+9.45", WRITE), ("2 hold,", "3 hold,", WRITE), ("--seeds 10", "--seeds 11", WRITE)],
)
def test_an_edit_by_hand_is_named_with_its_line_what_it_should_say_and_the_command(project, old, new, command):
    readme.write()
    path = project / "README.md"
    lines = path.read_text(encoding="utf-8").splitlines()
    number = next(number for number, line in enumerate(lines) if old in line and "<img" not in line)
    true = lines[number]
    lines[number] = true.replace(old, new, 1)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    said = readme.readme_difference().splitlines()
    assert said[0] == f"README.md, line {number + 1}, says"
    assert said[1].strip() == lines[number]
    assert said[3].strip() == true
    assert said[4].endswith(command)


def remove(path):
    path.unlink()


def cut_short(path):
    path.write_text("{")


def make_stale(path):
    path.write_text(json.dumps(json.loads(path.read_text()) | {"fingerprint": "0"}))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (remove, "coin was not measured yet"),
        (cut_short, "coin.json cannot be used: not JSON"),
        (make_stale, "coin is stale: its experiment was changed after it was measured"),
    ],
)
def test_a_result_that_is_missing_unreadable_or_stale_is_named_with_the_command(project, damage, said, capsys):
    before = (project / "README.md").read_text()
    damage(project / "results" / "coin.json")
    assert main(["claims", "--markdown"]) == 1
    err = capsys.readouterr().err
    assert said in err
    assert "Measure it: python -m course_lib claims run coin" in err
    assert "waits" not in err
    assert (project / "README.md").read_text() == before
    with pytest.raises(LedgerError, match=said):
        readme.readme_difference()


def test_all_that_is_wrong_is_said_at_once(project):
    for name in ("coin", "waits"):
        (project / "results" / f"{name}.json").unlink()
    with pytest.raises(LedgerError, match=r"coin was not(.|\n)*waits was not"):
        entries()


def test_a_claim_without_a_smallest_effect_cannot_be_drawn_and_is_named(project, monkeypatch):
    counting_from(monkeypatch, "coin", 0.0)
    with pytest.raises(LedgerError, match=r"coin has smallest_effect 0\..*say in coin\.py"):
        entries()


def test_a_project_without_readme_or_comments_is_named(project):
    (project / "README.md").write_text("No place.")
    with pytest.raises(LedgerError, match="claims:begin"):
        readme.write()
    (project / "README.md").unlink()
    with pytest.raises(LedgerError, match="There is no"):
        readme.write()
    assert not (project / readme.PICTURE).exists()


@pytest.mark.parametrize("words", [["--json"], ["--folder", "elsewhere"], ["run", "coin"]])
def test_markdown_stands_alone(project, words, capsys):
    assert main(["claims", "--markdown", *words]) == 2
    assert "stands alone" in capsys.readouterr().err
    assert "Before.\n<!-- claims:begin -->\n<!--" in (project / "README.md").read_text()


# ---- words and picture ----------------------------------------------------------------------------------------------


def claim(name="adam_speed", source="the article", verdict="holds", mean=4.0, **fields):
    """A measurement with one effect, mean ± 1, and a smallest effect of 2."""
    main_effect = SimpleNamespace(
        label="relu, 2 layers",
        mean=mean,
        low=mean - 1,
        high=mean + 1,
        outcome=lambda smallest: (mean - 1 > smallest) - (mean + 1 < -smallest),
    )
    words = {"claim": "It helps.", "chapter": 3, "setting": "a network", "unit": "percentage points", "when": ()}
    return SimpleNamespace(
        name=name,
        source=source,
        verdict=verdict,
        main=main_effect,
        effects=(main_effect,),
        smallest_effect=2.0,
        seeds=(0, 1, 2),
        **words | fields,
    )


def test_claims_are_counted_by_verdict_and_the_articles_apart():
    found = [claim(), claim(verdict="does not hold"), claim(verdict="holds only when", source="Nobody 1999")]
    found += [claim(verdict="no difference seen", source="The article, on speed"), claim(source="An article")]
    assert count_line(found) == (
        "5 claims: 2 hold, 1 holds only in some settings, 1 does not hold, 1 shows no difference. "
        "Of these, the article makes 3: 1 holds, 1 does not hold, 1 shows no difference."
    )
    assert count_line(found[2:3]) == "1 claim: 1 holds only in some settings."
    assert count_line([]) == "No claim is here."
    assert [is_of_the_article(each) for each in found] == [True, True, False, True, False]


def test_a_claims_name_is_written_in_words():
    names = ("dying_relu", "he_keeps_signal", "l2_helps", "priority_order")
    assert [title(claim(name)) for name in names] == ["Dying ReLU", "He keeps signal", "L2 helps", "Priority order"]


def test_the_articles_claims_stand_apart_from_the_others():
    content = table.readme_block([claim("one"), claim("two", source="Nobody 1999")], "p.svg", 'said "so"')
    tables = content.split("**What the article says**")[1].split("<details>")[0]
    article, others = tables.split("**What is said elsewhere**")
    assert "`one`" in article and "`two`" not in article
    assert "`two`" in others and "`one`" not in others
    assert 'alt="said &quot;so&quot;"' in content


def test_nothing_in_a_cell_is_markup():
    row = table.readme_block([claim(claim="a|b *c*\n<d> [e](f) `g` $h$")], "p.svg", "words").splitlines()
    (line,) = [line for line in row if line.startswith("| 3 ")]
    assert "a\\|b \\*c\\* &lt;d&gt; \\[e\\](f) \\`g\\` \\$h\\$" in line


def test_effects_are_drawn_in_multiples_of_the_smallest_that_counts_and_sorted():
    found = [claim("small", mean=0.5), claim("large", mean=8.0), claim("against", mean=-6.0)]
    rows = picture.rows(found)
    assert [(row["name"], row["mean"], row["low"], row["high"], row["outcome"]) for row in rows] == [
        ("large", 4.0, 3.5, 4.5, 1),
        ("small", 0.25, -0.25, 0.75, 0),
        ("against", -3.0, -3.5, -2.5, -1),
    ]
    places = places_of(picture.draw(found))
    x = {name: places[f"mean {name}"][0] for name in ("large", "small", "against")}
    assert x["against"] < x["small"] < x["large"]
    assert places["interval large"][0] < x["large"] < places["interval large"][2]
    assert places["mean large"][1] < places["mean small"][1] < places["mean against"][1]  # downwards


def test_the_text_alternative_tells_for_undecided_and_against_apart():
    said = picture.alternative([claim("small", mean=0.5), claim("large", mean=8.0), claim("against", mean=-6.0)])
    assert re.search(r"For the claim: Large .*8.* points\. Undecided: Small .*\. Against the claim: Against −6", said)


def test_a_picture_drawn_twice_is_the_same_and_white_behind():
    found = [claim(), claim("other", source="Nobody 1999", unit="decades", mean=-9.0)]
    first = picture.draw(found)
    assert picture.draw(found) == first
    assert re.search(r'id="patch_1">\s*<path[^>]*style="fill: #ffffff', first)
    assert "<text" not in first  # outlines: the same where the font is missing
    assert "<dc:date>" not in first


def test_marks_differ_in_more_than_color():
    from course_lib.plots.ledger import LOOKS

    for part in (0, 1, 2):  # color, marker, line style
        assert len({look[part] for look in LOOKS.values()}) == len(LOOKS)


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
    made.main.label = long
    picture.draw([made, *entries()])
    assert sum("…" in text for text in checked) == 2


def test_without_markdown_the_command_loads_no_matplotlib():
    code = "import sys; from course_lib.cli import main; main(['claims']); print('matplotlib' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == "False"


def test_the_table_of_a_notebook_has_a_row_for_each_claim_and_escapes_what_came_in():
    first, second = (storage.load_measurement(name) for name in ("adam_speed", "l2_helps"))
    odd = dataclasses.replace(second, claim="a < b & c")
    written = table.notebook_table([odd, first])
    assert written.count("<tr>") == 3 and written.index("a &lt; b &amp; c") < written.index(first.claim)
    assert f"<td style='text-align:left'>{len(first.seeds)}</td>" in written and "first comparison" in written
    short = table.notebook_table([odd, first], effects=False)
    assert "first comparison" not in short and short.count("<td") == 6
