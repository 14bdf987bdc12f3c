"""A claim on the page: what is printed, and what the picture and its text alternative say."""

import re

import matplotlib

matplotlib.use("Agg")

import pytest

from course_lib.experiments.measurement import Effect, Measurement, interval
from course_lib.plots import claims

PRINTED_WIDTH = 76
SEEDS = (0, 1, 2, 3)


def measurement(differences, unit="percentage points"):
    """A Measurement with one comparison for each {label: the effect of each seed}."""
    effects, arms = [], {}
    for label, by_seed in differences.items():
        arms[f"{label}, with"] = {"accuracy": [50.0 + value for value in by_seed]}
        arms[f"{label}, without"] = {"accuracy": [50.0] * len(by_seed)}
        effects.append(
            Effect(label, f"{label}, with", f"{label}, without", "accuracy", tuple(by_seed), *interval(by_seed))
        )
    return Measurement(
        name="made_up",
        claim="With it a network is more accurate than without it.",
        source="nobody",
        chapter=4,
        setting="two networks that do not exist, each of them described at such a length that it needs a second line",
        unit=unit,
        smallest_effect=0.5,
        settings={},
        effects=tuple(effects),
        arms=arms,
        seeds=SEEDS,
        tuning_seeds=(9,),
        learning_rates={},
        at_the_edge=(),
        fired={},
        fingerprint="",
        engine="",
        versions={},
        cpu_minutes=0.1,
        small=None,
    )


HELPS, HARMS, UNDECIDED = [3.0, 3.2, 2.9, 3.1], [-3.0, -3.2, -2.9, -3.1], [2.0, -2.0, 1.0, -1.0]
CASES = {
    "holds": {"relu, 2 layers": HELPS},
    "holds, in all comparisons": {"shallow": HELPS, "deep": HELPS},
    "holds only for deep": {"shallow": UNDECIDED, "deep": HELPS},
    "holds in 2 of 3 comparisons": {"a network of two layers": HELPS, "a network of twenty layers": HELPS, "c": HARMS},
    "does not hold": {"shallow": HARMS},
    "holds in none of 2 comparisons": {"shallow": HARMS, "deep": UNDECIDED},
    "no difference seen, in all comparisons": {"shallow": UNDECIDED, "deep": UNDECIDED},
}


@pytest.mark.parametrize(("words", "differences"), CASES.items(), ids=CASES)
def test_a_title_names_the_verdict_and_where_it_holds(words, differences):
    assert claims.finding(measurement(differences)) == words


def test_a_claim_that_holds_in_some_comparisons_is_printed_with_one_where_it_does_and_one_where_it_does_not(capsys):
    claims.print_findings([measurement({"shallow": UNDECIDED, "deep": HELPS, "relu, deeper": HELPS, "wide": HARMS})])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3].startswith("  yes: deep: +3")
    assert lines[-2].startswith("  no:  shallow: ")
    claims.print_findings([measurement({"shallow": HELPS, "deep": HELPS})])
    assert capsys.readouterr().out.splitlines()[-2].startswith("  shallow: +3")


def shown(capsys, monkeypatch, *given, **named):
    """What show_measured prints, the figure, and the text alternative."""
    pictures = []
    monkeypatch.setattr(claims, "show", lambda figure, alt: pictures.append((figure, alt)))
    claims.show_measured(*given, **named)
    ((figure, alt),) = pictures
    return capsys.readouterr().out, figure, alt


def test_claim_setting_and_verdict_are_printed_in_lines_that_fit(capsys, monkeypatch):
    printed, _, _ = shown(capsys, monkeypatch, measurement({"elu, deep": HELPS, "shallow": HARMS}), "It helps")
    lines = printed.splitlines()
    assert [line.split(":")[0] for line in lines if re.match(r"\w+:", line)] == ["Claim", "Setting", "Verdict"]
    assert max(map(len, lines)) <= PRINTED_WIDTH
    assert "a second line; 4 seeds" in " ".join(printed.split())
    assert "Verdict: holds only when: ELU, deep" in printed


def test_the_picture_has_a_row_for_each_comparison_and_says_its_numbers(capsys, monkeypatch):
    _, figure, alt = shown(capsys, monkeypatch, measurement({"relu, deep": HELPS, "shallow": HARMS}), "It helps")
    (axes,) = figure.axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["ReLU, deep", "shallow"]
    assert "It helps: holds only for" in axes.get_title() and "percentage points" in axes.get_xlabel()
    assert "ReLU, deep +3.0" in alt and "shallow \N{MINUS SIGN}3.0" in alt


def test_labels_choose_the_comparisons_that_are_drawn(capsys, monkeypatch):
    full = measurement({"a": HELPS, "b": HARMS, "c": UNDECIDED})
    _, figure, alt = shown(capsys, monkeypatch, full, "It helps", labels=["c", "a"])
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["c", "a"]
    assert "; b " not in alt


def test_what_was_measured_live_is_printed_and_not_drawn(capsys, monkeypatch):
    full, live = measurement({"a": HELPS, "b": HARMS}), measurement({"a": [30.0, -30.0, 10.0, 2.0], "b": HARMS})
    printed, figure, alt = shown(capsys, monkeypatch, full, "It helps", live)
    assert re.search(r"Live: +a: 0 \[.40, 40\] percentage points; 4 seeds", printed)
    assert len(figure.axes[0].get_yticklabels()) == 2
    assert figure.axes[0].get_xlim()[1] < 10, "the wide interval of the live one must not flatten the long one"
    assert "live" not in alt.lower()


def test_a_long_title_is_broken(capsys, monkeypatch):
    subject = "A network with it is more accurate than a network that has everything else but not this one thing"
    _, figure, _ = shown(capsys, monkeypatch, measurement({"a": HELPS}), subject)
    assert max(map(len, figure.axes[0].get_title().splitlines())) <= PRINTED_WIDTH
