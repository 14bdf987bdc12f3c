"""A result that is measured again keeps its log: why, and the verdict before and after; also one of the old scheme."""

import json
from pathlib import Path

import pytest

from course_lib.experiments import fingerprints, storage
from course_lib.experiments.measurement import Measurement, MeasurementError, OldScheme
from course_lib.experiments.runner import measure
from course_lib.experiments.storage import load_measurement
from made_up_claims import coin, even_steps
from measured_claims import same

pytestmark = pytest.mark.usefixtures("made_up")
OLD_SCHEME = (Path(__file__).parent / "old_scheme_result.json").read_text(encoding="utf-8")  # of batch_norm_accuracy
CHANGED = {"throws": 500, "coins": {"bent": 0.5, "fair": 0.8, "fair too": 0.5}}  # the other one is bent


@pytest.fixture
def old_result(tmp_path):
    """old_result(**changes): a result of the old scheme as the one of "coin" in tmp_path."""

    def write(**changes):
        content = json.loads(OLD_SCHEME) | {"name": "coin"} | changes
        text = json.dumps({key: value for key, value in content.items() if value is not None})
        (tmp_path / "coin.json").write_text(text, encoding="utf-8")
        return content

    return write


def measure_coin(folder, **options):
    return measure("coin", jobs=1, folder=folder, progress=False, **options)


# ---- measured again -------------------------------------------------------------------------------------------------


def test_the_first_measurement_has_no_log(tmp_path):
    assert measure_coin(tmp_path).log == ()


def test_a_result_that_is_measured_again_logs_why_and_keeps_its_log(tmp_path, change):
    first = measure_coin(tmp_path)
    second = measure_coin(tmp_path, why="a better die")
    change("coin", settings=CHANGED)
    third = measure_coin(tmp_path)
    assert [(entry.what, entry.why) for entry in third.log] == [
        ("measured anew", "a better die"),
        ("measured anew", "its experiment was changed after it was measured"),
    ]
    assert third.log[:1] == second.log
    assert third.log[1].fingerprint == (first.fingerprint, third.fingerprint)
    assert third.log[1].engine == (fingerprints.engine(),) * 2
    assert load_measurement("coin", tmp_path) == third


def test_the_log_has_the_verdict_before_and_after(tmp_path, change):
    measure_coin(tmp_path)
    change("coin", settings=CHANGED)
    turned = measure_coin(tmp_path)
    change("coin", smallest_effect=0.9)
    too_small = measure_coin(tmp_path, why="nobody would bet on less")
    assert [entry.verdict for entry in too_small.log] == [
        ("clearly helps", "clearly harms"),
        ("clearly harms", "too small to matter"),
    ]
    assert turned.verdict == "clearly harms"


def test_without_a_reason_the_log_says_that_it_was_asked_for_or_what_was_missing(tmp_path, change):
    measure_coin(tmp_path, seeds=4)
    assert measure_coin(tmp_path).log[-1].why == "it has 4 seeds, and its experiment asks for 10"
    assert measure_coin(tmp_path).log[-1].why == "asked for"


def test_a_result_that_cannot_be_read_leaves_no_log(tmp_path):
    measure_coin(tmp_path)
    (tmp_path / "coin.json").write_text("{")
    assert measure_coin(tmp_path).log == ()


def test_a_look_at_the_primary_or_the_small_version_leaves_no_trace_in_the_log(tmp_path):
    measure_coin(tmp_path)
    before = (tmp_path / "coin.json").read_bytes()
    measure("coin", small=True, progress=False)
    measure_coin(tmp_path, primary=True)
    assert (tmp_path / "coin.json").read_bytes() == before


# ---- over a result of the old scheme --------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", [1, 2])
def test_a_result_of_the_old_scheme_is_named_with_the_command_that_measures_it_anew(schema, old_result, tmp_path):
    old_result(schema=schema)
    with pytest.raises(OldScheme, match="measured under the old scheme") as caught:
        load_measurement("coin", tmp_path)
    assert str(tmp_path / "coin.json") in str(caught.value)
    assert f'Measure it: python -m course_lib claims run coin --folder "{tmp_path}"' in str(caught.value)
    assert isinstance(caught.value, MeasurementError)  # whoever expects an unreadable one expects this


def test_an_old_result_with_the_new_number_is_still_refused(old_result, tmp_path):
    old_result(schema=3)
    with pytest.raises(MeasurementError, match=r"without .*subject.* and with the unknown at_the_edge, learning_rates"):
        load_measurement("coin", tmp_path)


def test_a_result_measured_over_one_of_the_old_scheme_keeps_its_log_and_both_verdicts(old_result, tmp_path):
    before = old_result()
    after = measure_coin(tmp_path)
    *kept, new = after.log
    assert [(entry.what, entry.why) for entry in kept] == [(old["what"], old["why"]) for old in before["log"]]
    assert [entry.engine for entry in kept] == [tuple(old["engine"]) for old in before["log"]]
    assert [entry.fingerprint for entry in kept] == [tuple(old["fingerprint"]) for old in before["log"]]
    assert len(kept) == 2
    assert (new.what, new.why) == ("measured anew", "claims have a primary comparison now, and a protocol")
    assert new.verdict == ("holds only when", "clearly helps")
    assert new.fingerprint == (before["fingerprint"], after.fingerprint)
    assert new.engine == (before["engine"], after.engine)
    assert load_measurement("coin", tmp_path) == after
    assert measure_coin(tmp_path, why="once more").log[:-1] == after.log


@pytest.mark.parametrize("changes", [{"log": None}, {"verdict": None}, {"engine": None}, {"log": [{"what": "x"}]}])
def test_an_old_result_that_is_damaged_does_not_cost_the_new_one(changes, old_result, tmp_path):
    old_result(**changes)
    assert same(measure_coin(tmp_path), measure_coin(tmp_path / "other"))
    assert load_measurement("coin", tmp_path).log == ()


def test_the_log_is_part_of_the_file_and_comes_back(tmp_path):
    measure_coin(tmp_path)
    entry = measure_coin(tmp_path, why='with "quotes", [brackets] and\nlines').log[0]
    text = (tmp_path / "coin.json").read_text(encoding="utf-8")
    assert Measurement.from_json(text).log == (entry,)
    assert '"verdict": ["clearly helps", "clearly helps"]' in text  # a pair stands on one line


def test_a_result_with_images_other_than_its_settings_say_is_refused(tmp_path, change):
    change("coin", settings={**coin.EXPERIMENT.settings, "data": "embedded"})
    measured = measure_coin(tmp_path)
    assert measured.data == {"set": "embedded", "images": 14_000, "digest": "2a55721ade2e2c2a"}
    path = storage.result_file("coin", tmp_path)
    content = json.loads(path.read_text())
    content["settings"]["data"] = "full"
    path.write_text(json.dumps(content))
    with pytest.raises(MeasurementError, match="measured with the images 'embedded', and its settings say 'full'"):
        load_measurement("coin", tmp_path)


def test_a_small_measurement_says_which_images_it_was_made_with(tmp_path, change):
    settings, small = {**coin.EXPERIMENT.settings, "data": "full"}, {"throws": 100, "data": "embedded"}
    change("coin", settings=settings, small=small)
    measure("coin", small=True, folder=tmp_path, progress=False)
    assert load_measurement("coin", tmp_path).data["set"] == "embedded"


def test_cases_with_images_of_their_own_say_which_the_primarys_are(tmp_path, change):
    own = {"uphill": {"lead": -1.0, "data": "full"}, "flat": {"lead": 2.0, "data": "embedded"}}
    change("even_steps", settings={**even_steps.EXPERIMENT.settings, "cases": own})
    measure("even_steps", seeds=2, jobs=1, folder=tmp_path, progress=False)
    assert load_measurement("even_steps", tmp_path).data["set"] == "embedded"
