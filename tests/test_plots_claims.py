"""A claim on the page: what is printed, and what the picture and its text alternative say."""

import dataclasses
import re

import matplotlib

matplotlib.use("Agg")

import pytest

from course_lib.experiments.experiment import CURE, LAW
from course_lib.experiments.measurement import Effect, Measurement
from course_lib.experiments.storage import load_measurement
from course_lib.experiments.verdicts import CONFIDENCE, OF_A_LAW, VERDICTS, chance_of_zero, holm_confidences, interval
from course_lib.plots import claims

PRINTED_WIDTH = 76
SEEDS = (0, 1, 2, 3)
HELPS, HARMS, UNDECIDED = [3.0, 3.2, 2.9, 3.1], [-3.0, -3.2, -2.9, -3.1], [2.0, -2.0, 1.0, -1.0]
A_LITTLE, TOO_SMALL = [0.7, 0.9, 0.6, 0.5], [0.1, -0.1, 0.05, 0.02]


def measurement(differences, unit="percentage points", kind=CURE, exploratory=()):
    """A Measurement with a comparison for each {label: the effect of each seed}, the primary first."""
    judged = [label for label in list(differences)[1:] if label not in exploratory]
    levels = dict(zip(judged, holm_confidences([chance_of_zero(differences[label]) for label in judged]), strict=True))
    effects, arms = [], {}
    for label, by_seed in differences.items():
        better, worse = f"{label}, with", f"{label}, without"
        arms[better] = {"accuracy": [50.0 + value for value in by_seed]}
        arms[worse] = {"accuracy": [50.0] * len(by_seed)}
        level = levels.get(label, CONFIDENCE)
        why = "seen before it was asked" if label in exploratory else ""
        effects.append(Effect(label, better, worse, "accuracy", why, tuple(by_seed), *interval(by_seed, level), level))
    return Measurement(
        name="made_up",
        claim="With it a network is more accurate than without it.",
        subject="It",
        source="nobody",
        chapter=4,
        setting="two networks that do not exist, each of them described at such a length that it needs a second line",
        unit=unit,
        kind=kind,
        smallest_effect=0.5,
        smallest_effect_reason="half a point",
        larger_studies="",
        settings={},
        effects=tuple(effects),
        arms=arms,
        seeds=SEEDS,
        tuning_seeds=(9,),
        chosen={},
        edges={},
        edge_reasons={},
        plateau={},
        budget_reason="",
        data={},
        fired={},
        fingerprint="",
        engine="",
        versions={},
        cpu_minutes=0.1,
        primary_cpu_minutes=0.1,
        small=None,
    )


ANSWERS = {
    "It clearly helps: +3.": HELPS,
    "It helps, perhaps by less than matters: +0.68 [": A_LITTLE,
    "The difference is too small to matter: +0.02 [": TOO_SMALL,
    "It cannot be told: 0.0 [": UNDECIDED,
    "It harms, perhaps by less than matters: \N{MINUS SIGN}0.68 [": [-value for value in A_LITTLE],
    "It clearly harms: \N{MINUS SIGN}3.": HARMS,
}


@pytest.mark.parametrize(("words", "by_seed"), ANSWERS.items(), ids=ANSWERS)
def test_an_answer_is_about_the_primary_comparison_alone(words, by_seed):
    alone, among = measurement({"relu, 2 layers": by_seed}), measurement({"relu, 2 layers": by_seed, "deep": HARMS})
    assert claims.answer(alone).startswith(words)
    assert claims.answer(alone) == claims.answer(among)
    assert claims.answer(alone).endswith("percentage points (ReLU, 2 layers).")


def test_every_verdict_has_an_answer_and_a_look():
    from course_lib.plots.measurements import VERDICT_LOOKS

    assert set(claims.SHORT_ANSWERS) == {*VERDICTS, *OF_A_LAW.values()}
    assert set(VERDICT_LOOKS) == set(VERDICTS)


def test_of_a_law_nothing_helps_or_harms():
    law = measurement({"deep": HELPS, "shallow": A_LITTLE}, kind=LAW)
    assert claims.answer(law).startswith("It is clearly so: +3")
    assert claims.elsewhere(law) == "Elsewhere: 1 so."


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        ({"deep": HELPS, "shallow": HARMS}, "it is clearly so: +3"),
        ({"deep": HARMS, "shallow": HELPS}, "the opposite is clearly so: \N{MINUS SIGN}3"),
        ({"deep": TOO_SMALL, "a": HELPS, "b": HARMS}, "the difference is too small to matter: +0"),
    ],
)
def test_of_a_law_that_turns_with_the_setting_the_answer_is_that_it_depends(differences, said):
    law = measurement(differences, kind=LAW)
    assert claims.answer(law).startswith(f"It depends on the setting. In the comparison named beforehand {said}")
    named = dataclasses.replace(law, subject="The gradient, by the starting weights")
    assert claims.answer(named).startswith("It depends on the starting weights. In the comparison named")
    cure = measurement(differences)
    assert "depends" not in claims.answer(cure), "of a remedy the primary comparison is the headline"


def test_elsewhere_counts_verdicts_and_leaves_out_what_is_exploratory():
    found = measurement(
        {"main": HELPS, "a": HELPS, "b": HELPS, "c": TOO_SMALL, "d": HARMS, "e": UNDECIDED}, exploratory=("e",)
    )
    assert claims.elsewhere(found) == "Elsewhere: 2 clearly help, 1 too small to matter, 1 clearly harms."
    assert claims.elsewhere(measurement({"main": HELPS})) == ""


def shown(capsys, monkeypatch, *given, **named):
    """What show_measured prints, the figure, and the text alternative."""
    pictures = []
    monkeypatch.setattr(claims, "show", lambda figure, alt: pictures.append((figure, alt)))
    claims.show_measured(*given, **named)
    ((figure, alt),) = pictures
    return capsys.readouterr().out, figure, alt


def test_claim_setting_and_answer_are_printed_in_lines_that_fit(capsys, monkeypatch):
    printed, _, _ = shown(capsys, monkeypatch, measurement({"elu, deep": HELPS, "shallow": HARMS}), "It helps")
    lines = printed.splitlines()
    assert [line.split(":")[0] for line in lines if re.match(r"\w+:", line)] == ["Claim", "Setting", "Answer"]
    assert max(len(line) for line in lines if "<" not in line) <= PRINTED_WIDTH
    assert "a second line; 4 seeds" in " ".join(printed.split())
    assert "Answer:  It clearly helps: +3" in printed


def test_the_picture_has_a_row_for_each_comparison_and_says_its_numbers(capsys, monkeypatch):
    _, figure, alt = shown(capsys, monkeypatch, measurement({"relu, deep": HELPS, "shallow": HARMS}), "ReLU")
    (axes,) = figure.axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["ReLU, deep", "shallow"]
    assert axes.get_title(loc="left") == "ReLU: clearly helps" and "percentage points" in axes.get_xlabel()
    assert "ReLU, deep +3.0" in alt and "shallow \N{MINUS SIGN}3.0" in alt


def test_a_page_shows_four_comparisons_at_most_and_links_to_all(capsys, monkeypatch):
    pages = []
    monkeypatch.setattr("IPython.display.display", lambda shown: pages.append(shown.data))
    full = measurement(dict.fromkeys("abcdef", HELPS))
    _, figure, _ = shown(capsys, monkeypatch, full, "It")
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == list("abcd")
    assert 'href="../CLAIMS.md#made_up"' in pages[0] and "all 6 comparisons" in pages[0]
    with pytest.raises(ValueError, match="labels has 5 comparisons; a page shows 4 at most"):
        claims.show_measured(full, "It", labels=list("abcde"))


def test_labels_choose_the_comparisons_that_are_drawn(capsys, monkeypatch):
    full = measurement({"a": HELPS, "b": HARMS, "c": UNDECIDED})
    _, figure, alt = shown(capsys, monkeypatch, full, "It helps", labels=["c", "a"])
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["c", "a"]
    assert "; b " not in alt


def test_what_was_measured_live_is_printed_without_a_verdict_and_not_drawn(capsys, monkeypatch):
    full, live = measurement({"a": HELPS, "b": HARMS}), measurement({"a": [30.0, -30.0, 10.0, 2.0], "b": HARMS})
    printed, figure, alt = shown(capsys, monkeypatch, full, "It helps", live)
    assert re.search(r"Live: +a: \+3 \[.37, 43\] percentage points; 4 seeds", printed)
    assert len(figure.axes[0].get_yticklabels()) == 2
    assert figure.axes[0].get_xlim()[1] < 10, "the wide interval of the live one must not flatten the long one"
    assert "live" not in alt.lower() and "open" not in printed


def test_a_long_title_is_broken(capsys, monkeypatch):
    subject = "A network with it is more accurate than a network that has everything else but not this one thing"
    _, figure, _ = shown(capsys, monkeypatch, measurement({"a": HELPS}), subject)
    assert max(map(len, figure.axes[0].get_title(loc="left").splitlines())) <= PRINTED_WIDTH


@pytest.mark.parametrize("name", ["reuse_far_source", "adam_speed", "he_keeps_signal", "label_smoothing_calibrates"])
def test_the_axis_has_more_than_half_of_the_width_however_long_the_labels_are(capsys, monkeypatch, name):
    """As shown at 80 pixels an inch, which fits a page of 800 pixels: in letters of 13 pixels."""
    _, figure, _ = shown(capsys, monkeypatch, load_measurement(name), "A subject of a usual length")
    figure.canvas.draw()
    (axes,) = figure.axes
    width = figure.get_tightbbox().width
    assert axes.get_window_extent().width / figure.dpi > 0.55 * width
    shown_at = figure.get_figwidth() * 80 / width  # pixels an inch: the picture is cut to what is drawn
    letters = [*axes.get_yticklabels(), *axes.texts, axes.xaxis.label]
    assert min(text.get_size() for text in letters) / 72 * shown_at >= 13
