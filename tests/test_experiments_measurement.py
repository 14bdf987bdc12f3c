"""A measurement: what follows from its effects, its file, and what is said when that file cannot be used."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.experiments import fingerprints, registry, storage
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
from course_lib.experiments.measurement import (
    Effect,
    Measurement,
    MeasurementError,
    UnknownExperiment,
)
from course_lib.experiments.small_versions import SmallVersion
from course_lib.experiments.verdicts import (
    CLEARLY_HARMS,
    CLEARLY_HELPS,
    HARMS,
    HELPS,
    OPEN,
    TOO_SMALL,
    chance_of_zero,
    holm_confidences,
    interval,
)


def effect_of(label, by_seed, confidence=0.95, exploratory=""):
    mean, low, high = interval(by_seed, confidence)
    return Effect(label, "good", label, "way", exploratory, tuple(by_seed), mean, low, high, confidence)


SMALL = SmallVersion(
    seeds=[0, 1],
    tuning_seeds=[1000],
    tuning={"good": {"choices": [{"rate": 0.1}, {"rate": 0.2}], "scores": [[0.5, None]]}},
    arms={"good": {"way": [0.1, 1 / 3]}},
    fired={"steps": [3.0, 4.0]},
    engine="e",
    versions={"numpy": "2"},
    machine={"system": "none"},
)


def measurement_of(*effects, **changes):
    """A measurement by hand: the better arm is 0 everywhere, the other one has the effects' negatives."""
    arms = {"good": {"way": [0.0] * len(effects[0].by_seed)}}
    arms |= {effect.worse: {"way": [-value for value in effect.by_seed]} for effect in effects}
    parts = {
        "name": "even_steps",
        "claim": "c",
        "subject": "Walking",
        "source": "s",
        "chapter": 1,
        "setting": "none",
        "unit": "steps",
        "kind": "cure",
        "smallest_effect": 0.5,
        "smallest_effect_reason": "half a step",
        "larger_studies": "",
        "settings": {"lead": 2.0},
        "effects": effects,
        "arms": arms,
        "seeds": tuple(range(len(effects[0].by_seed))),
        "tuning_seeds": (1000,),
        "chosen": {"good": {"rate": 0.1}},
        "edges": {"good": {"rate": "smallest"}},
        "edge_reasons": {},
        "plateau": {"good": [80.0, 80.25]},
        "budget_reason": "",
        "data": {},
        "fired": {"steps": 3.0},
        "fingerprint": "f",
        "engine": "e",
        "versions": {"numpy": "2"},
        "cpu_minutes": 0.25,
        "primary_cpu_minutes": 0.125,
        "small": SMALL,
    }
    return Measurement(**parts | changes)


def measured(*rows, exploratory=(), **changes):
    """A measurement whose effects have these numbers by seed; `exploratory` has the places of those not judged."""
    judged = [place for place in range(1, len(rows)) if place not in exploratory]
    levels = holm_confidences([chance_of_zero(rows[place]) for place in judged])
    levels = dict(zip(judged, levels, strict=True))
    effects = [
        effect_of(f"no {i}", row, levels.get(i, 0.95), "only looked at" if i in exploratory else "")
        for i, row in enumerate(rows)
    ]
    return measurement_of(*effects, **changes)


# ---- the comparison and the verdict ---------------------------------------------------------------------------------


def test_an_effect_is_positive_where_the_favored_arm_did_better():
    outcome = Outcome({"a": {"accuracy": 0.9, "loss": 0.5}, "b": {"accuracy": 0.7, "loss": 0.8}})
    assert Comparison("x", "a", "b", "accuracy").effect(outcome) == pytest.approx(0.2)
    assert Comparison("x", "a", "b", "loss", higher_is_better=False).effect(outcome) == pytest.approx(0.3)
    assert Comparison("x", "b", "a", "accuracy").effect(outcome) == pytest.approx(-0.2)


FAR, NEAR, LITTLE, NOTHING, AGAINST = [3, 3.1, 3.2], [0.6, 0.8, 1.0], [0.1, 0.11, 0.12], [-2, 0, 2], [-3, -3.1, -3.2]


@pytest.mark.parametrize(
    ("primary", "verdict"),
    [(FAR, CLEARLY_HELPS), (NEAR, HELPS), (LITTLE, TOO_SMALL), (NOTHING, OPEN), (AGAINST, CLEARLY_HARMS)],
)
def test_the_verdict_is_that_of_the_primary_whatever_is_elsewhere(primary, verdict):
    assert measured(primary).verdict == verdict
    assert measured(primary, FAR, AGAINST, AGAINST).verdict == verdict
    assert measured(primary, exploratory=()).primary.label == "no 0"


def test_what_is_elsewhere_is_counted_by_verdict_and_what_is_exploratory_is_not():
    measurement = measured(NOTHING, AGAINST, FAR, FAR, LITTLE, [-1.9, 0.1, 2.1], FAR, exploratory=(6,))
    assert measurement.counts_elsewhere() == {CLEARLY_HELPS: 2, TOO_SMALL: 1, OPEN: 1, CLEARLY_HARMS: 1}
    assert list(measurement.counts_elsewhere()) == [CLEARLY_HELPS, TOO_SMALL, OPEN, CLEARLY_HARMS]  # best first
    assert [effect.label for effect in measurement.elsewhere] == [f"no {i}" for i in range(1, 6)]
    assert measurement.effect("no 6").verdict(0.5) == CLEARLY_HELPS
    assert measured(NOTHING).counts_elsewhere() == {}
    assert measured([-0.6, -0.8, -1.0]).verdict == HARMS


def test_what_else_the_primarys_arms_differ_in_stands_beside_it():
    arms = {"good": {"way": [0.0] * 3, "loss": [1.0, 2.0, 3.0]}, "no 0": {"way": [-3, -3.1, -3.2], "loss": [0.5, 1, 2]}}
    measurement = measured(FAR, arms=arms)
    assert measurement.beside() == {"loss": pytest.approx(interval([0.5, 1.0, 1.0]))}


def test_an_edge_counts_where_an_arm_of_the_primary_has_it_and_nobody_said_why():
    edges = {"good": {"rate": "largest", "l2": "smallest"}, "no 0": {"rate": "smallest"}, "no 1": {"rate": "largest"}}
    measurement = measured(FAR, NEAR, edges=edges)
    assert measurement.unexplained_edges() == ["good: rate", "good: l2", "no 0: rate"]
    reasons = {"good: l2": "there is no weaker one than none", "no 0: rate": "two more were tried and diverge"}
    assert measured(FAR, NEAR, edges=edges, edge_reasons=reasons).unexplained_edges() == ["good: rate"]
    assert measured(FAR, edges={}).unexplained_edges() == []


def test_an_effect_and_the_numbers_of_an_arm_are_found_by_name():
    measurement = measured([1.0, 2.0], [3.0, 4.0])
    assert measurement.effect("no 1").by_seed == (3.0, 4.0)
    assert measurement.values("no 1", "way").tolist() == [-3.0, -4.0]
    with pytest.raises(MeasurementError, match=r"no comparison 'no 2'. It has: 'no 0', 'no 1'"):
        measurement.effect("no 2")
    with pytest.raises(MeasurementError, match=r"no 'speed' of 'good'. It has: good: way"):
        measurement.values("good", "speed")


# ---- its file -------------------------------------------------------------------------------------------------------

numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 3) + 0.0)


@given(st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=4), st.text())
def test_a_measurement_comes_back_from_json_as_it_was(rows, text):
    measurement = measured(*rows, claim=text, settings={text: [1, [], {"a": None}], "b": "[ 1 ]"})
    assert Measurement.from_json(measurement.to_json()) == measurement


def test_numbers_by_seed_stand_on_one_line():
    lines = measured([1.0, 2.0]).to_json().splitlines()
    assert any("[1.0, 2.0]" in line for line in lines)


def changed(change):
    """The JSON of a measurement with one thing changed."""
    content = json.loads(measured(FAR, NEAR, LITTLE).to_json())
    change(content)
    return json.dumps(content)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(schema=99), "schema 99; this version of the course reads 3"),
        (lambda c: c.pop("schema"), "schema None"),
        (lambda c: c.pop("seeds"), "without seeds"),
        (lambda c: c.update(more=1), "unknown more"),
        (lambda c: c["effects"][0].pop("low"), "an effect without low"),
        (lambda c: c.update(effects=[]), "without any effect"),
        (lambda c: c.update(effects=[3]), "an effect is 3"),
        (lambda c: c.update(unit=3), "its unit is 3"),
        (lambda c: c.update(verdict="open"), "its verdict is 'open', and its effects give 'clearly helps'"),
        (lambda c: c.update(smallest_effect=5.0), "its verdict is 'clearly helps', and its effects give"),
        (lambda c: c["effects"][0].update(confidence=0.9), "do not follow from its effects by seed"),
        (lambda c: c["effects"][0].update(vars(effect_of("no 0", FAR, 0.9))), "no 0' has another confidence"),
        (lambda c: c["effects"][2].update(vars(effect_of("no 2", LITTLE))), "'no 2' has another confidence"),
        (lambda c: c["effects"][1].update(exploratory="now it is"), "has another confidence than its place among all"),
        (lambda c: c["settings"].update(data="full"), "measured with the images None, and its settings say 'full'"),
        (lambda c: c.update(data={"set": "embedded"}), "with the images 'embedded', and its settings say None"),
        (lambda c: c.update(chosen=[]), r"its chosen is \[\]"),
        (lambda c: c["effects"][0].update(mean="high"), "not a number"),
        (lambda c: c["effects"][0].update(mean=2.5), "do not follow from its effects by seed"),
        (lambda c: c["effects"][0].update(low=0.5), "do not follow from its effects by seed"),
        (lambda c: c["effects"][0]["by_seed"].__setitem__(0, 9.0), "not the differences of its arms"),
        (lambda c: c["effects"][0]["by_seed"].pop(), "not the differences of its arms"),
        (lambda c: c["effects"][0].update(better="best"), "no 'way' of 'best'"),
        (lambda c: c["arms"]["good"].update(way=[1.0]), "way of good is not one number for each of 3 seeds"),
        (lambda c: c["arms"].update(good=3), "of good is not one number"),
    ],
)
def test_a_file_that_does_not_hold_a_measurement_is_refused_with_the_reason(change, said):
    with pytest.raises(MeasurementError, match=said):
        Measurement.from_json(changed(change))


@pytest.mark.parametrize("text", ["", "{", '{"schema": 1', "[]", "3", "null"])
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(MeasurementError):
        Measurement.from_json(text)


@pytest.mark.usefixtures("made_up")
def test_a_result_is_written_and_loaded(tmp_path):
    measurement = measured([1.0, 2.0, 4.0])
    path = storage.write_measurement(measurement, tmp_path / "new")
    assert path == tmp_path / "new" / "even_steps.json"
    assert storage.load_measurement("even_steps", tmp_path / "new") == measurement
    assert [each.name for each in path.parent.iterdir()] == ["even_steps.json"]


@pytest.mark.usefixtures("made_up")
def test_a_write_that_fails_leaves_the_old_result(tmp_path, monkeypatch):
    storage.write_measurement(measured([1.0, 2.0, 4.0]), tmp_path)
    before = (tmp_path / "even_steps.json").read_bytes()

    def no_space(handle):
        raise OSError("No space left on device")

    monkeypatch.setattr(storage.os, "replace", lambda source, target: no_space(None))
    with pytest.raises(OSError, match="No space"):
        storage.write_measurement(measured([5.0, 6.0]), tmp_path)
    assert (tmp_path / "even_steps.json").read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["even_steps.json"]


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "was not measured yet"),
        (b'{"schema": 3,', "cannot be used: not JSON"),
        (b"\xff\xfe\x00", "cannot be used: "),
        (b'{"schema": 7}', "written with schema 7"),
        (measured([1.0, 2.0], name="coin").to_json().encode(), "it holds the measurement of 'coin'"),
    ],
)
def test_a_result_that_cannot_be_used_is_named_with_the_command_that_measures_it(tmp_path, content, said):
    if content is not None:
        (tmp_path / "even_steps.json").write_bytes(content)
    with pytest.raises(MeasurementError, match=said) as caught:
        storage.load_measurement("even_steps", tmp_path)
    assert f'python -m course_lib claims run even_steps --folder "{tmp_path}"' in str(caught.value)
    assert str(tmp_path / "even_steps.json") in str(caught.value)


SPOILED = {
    "no number": (lambda small: small["arms"]["good"].update(way=[0.1, "x"]), "has 'x' as 'way' of 'good', seed 1"),
    "a seed too few": (lambda small: small["arms"]["good"].update(way=[0.1]), "not one number for each"),
    "a part is missing": (lambda small: small.pop("machine"), "its small version without machine"),
    "diverged where nothing can": (lambda small: small["fired"].update(steps=[None, 1.0]), "None as 'steps' at work"),
    "tuning is a list": (lambda small: small.update(tuning=[1]), "not one number for each"),
}


@pytest.mark.parametrize("what", SPOILED)
def test_a_small_version_that_is_damaged_is_refused(what):
    content = json.loads(measured([1.0, 2.0]).to_json())
    spoil, said = SPOILED[what]
    spoil(content["small"])
    with pytest.raises(MeasurementError, match=said):
        Measurement.from_json(json.dumps(content))


@pytest.mark.parametrize(
    "entry",
    [
        3,
        {"what": "restamped"},
        {"what": "restamped", "why": "", "fingerprint": ["a"], "engine": ["b", "c"]},
        {"what": "restamped", "why": 1, "fingerprint": ["a", "b"], "engine": ["b", "c"]},
        {"what": "restamped", "why": "", "fingerprint": ["a", 2], "engine": ["b", "c"]},
    ],
)
def test_a_log_that_is_damaged_is_refused(entry):
    content = json.loads(measured([1.0, 2.0]).to_json()) | {"log": [entry]}
    with pytest.raises(MeasurementError, match="an entry of its log"):
        Measurement.from_json(json.dumps(content))


# ---- where experiments are ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize("wrong", ["even_step", "EVEN-STEPS", "even_steps.py", "steps", "even steps "])
def test_a_wrong_name_is_answered_with_the_near_ones(wrong):
    with pytest.raises(UnknownExperiment, match=r"Did you mean even_steps\?"):
        registry.experiment(wrong)
    with pytest.raises(UnknownExperiment, match="even_steps"):
        storage.load_measurement(wrong)


@pytest.mark.usefixtures("made_up")
def test_a_name_with_nothing_near_it_is_answered_with_all():
    with pytest.raises(UnknownExperiment, match="There are: coin, even_steps, waits"):
        registry.experiment("xylophone")


@pytest.mark.usefixtures("made_up")
def test_experiments_are_found_by_their_files_names_in_the_order_of_the_chapters():
    found = registry.experiments()
    assert list(found) == ["even_steps", "coin", "waits"]
    assert all(isinstance(each, Experiment) for each in found.values())


CLAIM = """
from course_lib.experiments.experiment import Comparison, Experiment, Outcome
def run(seed, settings, chosen):
    return Outcome({"a": {"x": 1.0}, "b": {"x": 0.0}})
EXPERIMENT = Experiment(
    "c", "A", "s", 1, "none", "u", {"n": 3}, {"n": 2}, run, Comparison("x", "a", "b", "x"),
    smallest_effect=0.1, smallest_effect_reason="a tenth",
)
"""


@pytest.fixture
def claim_file(tmp_path, monkeypatch, request):
    """The file of a claim "own" in a package of its own."""
    package = f"claims_of_{abs(hash(request.node.name))}"
    folder = tmp_path / package
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "own.py").write_text(CLAIM, encoding="utf-8", newline="\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "PACKAGE", package)
    return folder / "own.py"


def test_a_file_without_an_experiment_is_named(claim_file):
    claim_file.write_text("EXPERIMENT = 3\n")
    with pytest.raises(MeasurementError, match=r"own\.py has no EXPERIMENT"):
        registry.experiment("own")


def test_a_result_is_stale_when_its_experiment_changed_or_asks_for_more_seeds(claim_file):
    current = measured(range(10), name="own", fingerprint=fingerprints.fingerprint("own"))
    assert storage.why_stale(current) is None
    assert "2 seeds, and its experiment asks for 10" in storage.why_stale(
        measured([1.0, 2.0], name="own", fingerprint=fingerprints.fingerprint("own"))
    )
    claim_file.write_text(CLAIM + "\nMORE = 3\n", newline="\n")
    assert "changed after it was measured" in storage.why_stale(current)
