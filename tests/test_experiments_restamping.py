"""A result after code was moved: it keeps its place where the small version gives the same numbers, and only there."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from course_lib.cli import main
from course_lib.experiments import fingerprints, recipe_arms, restamping, storage
from course_lib.experiments.experiment import Comparison, Outcome
from course_lib.experiments.measurement import MeasurementError, OldScheme
from course_lib.experiments.registry import experiment
from course_lib.experiments.restamping import NotRestamped, outdated, restamp, take_small
from course_lib.experiments.runner import measure
from course_lib.experiments.short_runs import ACCURACY
from course_lib.experiments.small_versions import differences, disagreement
from course_lib.experiments.storage import load_measurement
from course_lib.recipe import Recipe
from course_lib.scratch import activations
from made_up_claims.coin import EXPERIMENT as coin


@pytest.fixture
def results(made_up, monkeypatch, tmp_path):
    """The course's results: those of "coin" and "even_steps", measured with an engine "first"; now it is "second"."""
    monkeypatch.setattr(storage, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(fingerprints, "engine", lambda: "first")
    for name in ("coin", "even_steps"):
        measure(name, jobs=1, progress=False)
    monkeypatch.setattr(fingerprints, "engine", lambda: "second")
    return tmp_path / "results"


def edit_result(results, name, **changes):
    path = results / f"{name}.json"
    content = json.loads(path.read_text())
    small = {**content["small"], **changes.pop("small", {})}
    path.write_text(json.dumps(content | changes | {"small": small}))


def refused_and_untouched(results, name, said, **options):
    before = (results / f"{name}.json").read_bytes()
    with pytest.raises(NotRestamped, match=said) as caught:
        restamp(name, **options)
    assert (results / f"{name}.json").read_bytes() == before
    assert f"{name} keeps its stamp" in str(caught.value)
    assert f"python -m course_lib claims run {name}" in str(caught.value)


def twice_as_high(seed, settings, chosen):
    return Outcome({arm: {"share of tails": 0.1 * number} for number, arm in enumerate(("bent", "fair", "fair too"))})


# ---- a pure move ----------------------------------------------------------------------------------------------------


def test_a_result_whose_small_version_agrees_to_the_bit_gets_the_stamp_and_logs_it(results):
    edit_result(results, "coin", fingerprint="of the old file")
    before = load_measurement("coin")
    assert outdated() == ["coin", "even_steps"]
    assert restamp("coin", "one helper for two")
    after = load_measurement("coin")
    assert (after.fingerprint, after.engine, after.small.engine) == (
        fingerprints.fingerprint("coin"),
        "second",
        "second",
    )
    assert storage.why_stale(after) is None and not storage.is_older_than_engine(after)
    (entry,) = after.log
    assert (entry.what, entry.why) == ("restamped", "one helper for two")
    assert entry.fingerprint == ("of the old file", fingerprints.fingerprint("coin"))
    assert entry.engine == ("first", "second")
    assert (after.effects, after.arms, after.small.arms) == (before.effects, before.arms, before.small.arms)
    assert (after.versions, after.cpu_minutes) == (before.versions, before.cpu_minutes)
    assert not restamp("coin")  # there is nothing left to stamp
    assert outdated() == ["even_steps"]


def test_a_renamed_claim_text_is_taken_over(results, change):
    change("coin", claim="A crooked coin lands on heads more often.", setting="three coins", kind="cure")
    change("coin", smallest_effect_reason="one throw in fifty", larger_studies="None.", subject="Bending a coin")
    restamp("coin")
    after = load_measurement("coin")
    assert (after.claim, after.setting) == ("A crooked coin lands on heads more often.", "three coins")
    assert (after.kind, after.subject, after.larger_studies) == ("cure", "Bending a coin", "None.")
    assert after.smallest_effect_reason == "one throw in fifty"
    assert after.log[0].why == "code was moved"


def test_the_reasons_for_edges_are_taken_over_and_the_verdict_is_logged_as_it_stays(results, change):
    change("even_steps", edges={}, budget_reason="A day is long.")
    restamp("even_steps", "the reason was none")
    after = load_measurement("even_steps")
    assert after.unexplained_edges() == ["short, flat: slope"]
    assert after.budget_reason == "A day is long."
    assert after.log[0].verdict == ("clearly helps", "clearly helps")


# ---- what is refused ------------------------------------------------------------------------------------------------


def test_a_claim_whose_numbers_changed_is_refused_with_the_numbers(results, change):
    change("coin", run=twice_as_high)
    kept = load_measurement("coin").small.arms["bent"]["share of tails"][0]
    said = rf"(?s)other numbers: \d+ of 9 differ: 'share of tails' of 'bent', seed 0: {kept!r} kept, 0.0 now; .* more"
    refused_and_untouched(results, "coin", said)


def test_one_bit_of_one_score_is_enough(results):
    tuning = load_measurement("even_steps").small.tuning
    first = tuning["long, flat"]["scores"][0][0]
    tuning["long, flat"]["scores"][0][0] = first * (1 + 2**-52)
    edit_result(results, "even_steps", small={"tuning": tuning})
    refused_and_untouched(
        results, "even_steps", r"1 of 42 differ: score of 'long, flat' at slope 0.01, tuning seed 1000"
    )


def test_a_small_version_of_another_kind_of_machine_is_refused(results):
    machine = load_measurement("coin").small.machine | {"blas": ["another 1.0"]}
    edit_result(results, "coin", small={"machine": machine})
    refused_and_untouched(results, "coin", r"another kind of machine.*blas \['another 1.0'\] there")
    edit_result(results, "even_steps", small={"versions": {"python": "3.11.7", "numpy": "1.0", "torch": "2"}})
    refused_and_untouched(results, "even_steps", "numpy '1.0' there")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"settings": {"throws": 800, "coins": {"bent": 0.8, "fair": 0.5, "fair too": 0.5}}}, "its settings throws"),
        ({"smallest_effect": 0.1}, "its smallest_effect was changed from 0.02 to 0.1"),
        ({"unit": "tails"}, "its unit was changed"),
        ({"seeds": 11}, "it has 10 seeds and should have 11"),
        ({"elsewhere": ()}, "its comparisons were changed"),
        ({"primary": coin.elsewhere[0], "elsewhere": (coin.primary,)}, "its comparisons were changed"),
        ({"elsewhere": (replace(coin.elsewhere[0], exploratory="seen before"),)}, "its comparisons were changed"),
    ],
)
def test_what_a_small_version_cannot_show_is_refused(results, change, changes, said):
    change("coin", **changes)
    refused_and_untouched(results, "coin", said)


def test_a_comparison_turned_round_or_other_tuning_seeds_are_refused(results, change):
    change("coin", primary=replace(coin.primary, higher_is_better=True))
    refused_and_untouched(results, "coin", "its comparisons were changed")
    change("even_steps", tuning_seeds=5)
    refused_and_untouched(results, "even_steps", "it was tuned with 3 seeds and should be with 5")


def test_what_was_not_measured_cannot_be_stamped(results):
    with pytest.raises(MeasurementError, match="waits was not measured yet"):
        restamping.restamp("waits")


def test_a_result_of_the_old_scheme_cannot_be_stamped_and_is_named_with_its_command(results):
    (results / "coin.json").write_text((Path(__file__).parent / "old_scheme_result.json").read_text())
    before = (results / "coin.json").read_bytes()
    assert "coin" in outdated()
    with pytest.raises(OldScheme, match=r"old scheme.* python -m course_lib claims run coin"):
        restamp("coin")
    assert (results / "coin.json").read_bytes() == before


# ---- an engine that rounds otherwise --------------------------------------------------------------------------------


def test_a_small_version_that_is_taken_anew_leaves_the_result_older_than_the_engine_also_after_a_restamp(
    results, change, monkeypatch
):
    run = experiment("coin").run

    def rounds_otherwise(seed, settings, chosen):
        arms = run(seed, settings, chosen).arms
        return Outcome({arm: {"share of tails": each["share of tails"] + 1e-9} for arm, each in arms.items()})

    change("coin", run=rounds_otherwise)
    refused_and_untouched(results, "coin", "other numbers")
    take_small("coin", "sums in another order")
    after = load_measurement("coin")
    assert (after.engine, after.small.engine) == ("first", "second")
    assert storage.is_older_than_engine(after)
    assert (after.log[0].what, after.log[0].why) == ("small version taken anew", "sums in another order")
    assert disagreement(experiment("coin"), after, measure("coin", small=True, progress=False)) is None
    monkeypatch.setattr(fingerprints, "engine", lambda: "third")
    assert restamp("coin")
    assert (load_measurement("coin").engine, load_measurement("coin").small.engine) == ("first", "third")


def test_a_small_version_that_lost_the_effect_or_belongs_to_another_experiment_is_not_taken(results, change):
    def stand_still(seed, settings, chosen):
        long, short = (f"{length}, {settings['case']}" for length in ("long", "short"))
        return Outcome({long: {"way": 0.0}, short: {"way": 1.0 + seed}})

    change("even_steps", run=stand_still)
    with pytest.raises(NotRestamped, match=r"even_steps has the effect -2 and its result \+2.45"):
        take_small("even_steps", "why not")
    edit_result(results, "coin", fingerprint="of the old file")
    with pytest.raises(NotRestamped, match="its experiment was changed"):
        take_small("coin", "why not")


# ---- holding a result to the code -----------------------------------------------------------------------------------


def units(settings):
    """{arm: Recipe}: ReLU, and its leaky one."""
    plain = Recipe(hidden_layers=(12, 12), normalization="none", drop_rate=0.0, learning_rate=0.01, batch_size=32)
    return {
        name: plain.replace(activation=activation) for name, activation in (("bent", "leaky_relu"), ("fair", "relu"))
    }


def test_another_slope_in_a_lesson_is_noticed_by_the_small_version(made_up, change, tmp_path, monkeypatch):
    """Real networks: what is kept is what the lesson's code computes."""
    change(
        "coin",
        run=partial(recipe_arms.run, units, lambda runs, data: {}),
        settings={"data": "embedded", "images": 200, "steps": 20},
        small={"steps": 10},
        primary=Comparison("leaky", "bent", "fair", ACCURACY),
        elsewhere=(),
        large=False,
    )
    kept = measure("coin", seeds=2, jobs=1, folder=tmp_path, progress=False)
    assert disagreement(experiment("coin"), kept, measure("coin", small=True, progress=False)) is None
    monkeypatch.setattr(activations.leaky_relu, "__defaults__", (0.2,))
    monkeypatch.setattr(activations.leaky_relu_derivative, "__defaults__", (0.2,))
    now = measure("coin", small=True, progress=False)
    odd = differences(kept.small, now.small)
    assert any("of 'bent'" in each for each in odd)
    assert not any("of 'fair'" in each for each in odd)
    assert "small version of coin gives other numbers" in disagreement(experiment("coin"), kept, now)


@pytest.fixture
def elsewhere(results):
    """edit_result for a small version of another machine."""

    def edit(name, **small):
        machine = load_measurement(name).small.machine | {"processor": "another"}
        edit_result(results, name, small={"machine": machine, **small})

    return edit


def test_on_another_machine_only_the_sign_counts_or_what_the_experiment_says(elsewhere, change):
    small = measure("even_steps", small=True, progress=False)
    arms = json.loads(json.dumps(small.small.arms))
    arms["long, flat"]["way"][1] *= 1 + 1e-7
    elsewhere("even_steps", arms=arms)
    kept = load_measurement("even_steps")
    assert disagreement(experiment("even_steps"), kept, small) is None
    change("even_steps", same_within=1e-6)
    assert disagreement(experiment("even_steps"), kept, small) is None
    change("even_steps", same_within=1e-8)
    assert "1 of 42 differ: 'way' of 'long, flat', seed 1" in disagreement(experiment("even_steps"), kept, small)


def test_a_lost_sign_is_named_where_the_effect_is_large(results, change):
    small = measure("even_steps", small=True, progress=False)
    change("even_steps", primary=Comparison("flat ground", "short, flat", "long, flat", "way", case="flat"))
    turned = measure("even_steps", small=True, progress=False)
    kept = load_measurement("even_steps")
    assert disagreement(experiment("even_steps"), kept, small) is None
    said = disagreement(experiment("even_steps"), kept, turned)
    assert said == "the small version of even_steps has the effect -4.1 and its result +2.45"
    change("even_steps", large=False)
    assert disagreement(experiment("even_steps"), kept, turned) is None


# ---- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def claims(capsys):
    """claims("restamp"): (exit code, what was printed, what was printed to the error stream)."""

    def call(*words):
        code = main(["claims", *words])
        return code, *capsys.readouterr()

    return call


def test_the_list_says_which_results_are_older_than_the_engine(results, claims):
    assert restamp("coin")
    out = claims()[1]
    assert "Older than the engine: even_steps." in out
    assert "3 claims, 1 not measured yet, 1 older than the engine." in out
    assert "stale" not in out
    older = {row["name"]: row["older_than_engine"] for row in json.loads(claims("--json")[1])}
    assert older == {"even_steps": True, "coin": False, "waits": None}


def test_the_command_stamps_what_was_named_or_all_that_need_it(results, claims):
    code, out, _ = claims("restamp", "coin", "--why", "a renamed file")
    assert (code, out) == (0, "coin: restamped, its small version gives the same numbers\n")
    assert load_measurement("coin").log[0].why == "a renamed file"
    assert claims("restamp", "coin")[1] == "coin: has the stamp of this code already\n"
    assert claims("restamp")[1] == "even_steps: restamped, its small version gives the same numbers\n"
    assert claims("restamp")[:2] == (0, "Every result has the stamp of this code.\n")


def test_the_command_names_what_it_refuses_and_stamps_the_others(results, claims, change):
    change("coin", run=twice_as_high)
    code, out, err = claims("restamp")
    assert code == 1
    assert "coin keeps its stamp: its small version gives other numbers" in err
    assert "1 of 2 keep their stamp: coin." in err
    assert out == "even_steps: restamped, its small version gives the same numbers\n"
    (results / "coin.json").write_text("{")
    code, _, err = claims("restamp")
    assert code == 1
    assert "coin.json cannot be used" in err


def test_the_command_takes_a_small_version_anew_only_with_a_reason(results, claims):
    code, _, err = claims("restamp", "coin", "--take-small")
    assert (code, "--take-small needs --why" in err) == (2, True)
    assert claims("restamp", "coin", "--take-small", "--why", "another machine")[0] == 0
    assert load_measurement("coin").log[0].what == "small version taken anew"
    assert claims("restamp", "coins")[0] == 2
