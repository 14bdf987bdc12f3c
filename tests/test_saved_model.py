"""Saved models: what was saved predicts again in either engine, the card is true, what is no model is refused."""

import contextlib
import hashlib
import html
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.special import softmax

from course_lib import cli
from course_lib.arrays import ArrayError
from course_lib.data import DataError, Dataset, OverlapError, PictureError, Split, read_picture
from course_lib.recipe import Recipe
from course_lib.training import (
    CheckpointError,
    ModelError,
    fit,
    load_model,
    load_network,
    save_model,
    save_network,
    saved_model,
)
from course_lib.training.model_card import card_text
from course_lib.training.saved_model import Prediction

ENGINES = ["numpy", "torch"]
RECIPE = Recipe(hidden_layers=(16,), learning_rate=0.01, epochs=6, batch_size=16)
COMMAND = "python train_it.py --seed 0"


def bars(n, seed):
    """Images 8 x 8 of a bright bar on black, with some noise: lying (0), standing (1), or across (2)."""
    rng = np.random.default_rng([9, seed])
    images, labels = 0.6 * rng.random((n, 8, 8)), np.arange(n) % 3
    for image, label in zip(images, labels, strict=True):
        place = rng.integers(2, 6)
        if label == 2:
            image[range(8), range(8)] = 1.0
        else:
            image[(place, slice(None)) if label == 0 else (slice(None), place)] = 1.0
    return Split(images.reshape(n, 64).astype(np.float32), labels)


@pytest.fixture(scope="module")
def data():
    parts = bars(240, 0), bars(90, 1), bars(90, 2)
    return Dataset(*parts, name="bars", class_names=("lying", "standing", "across"), image_shape=(8, 8))


@pytest.fixture(scope="module", params=ENGINES)
def result(request, data):
    return fit(RECIPE, data, request.param, "cpu", progress=False)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "my model"


@pytest.fixture
def saved(result, data, folder):
    save_model(result, folder, data, command=COMMAND)
    return folder


@pytest.fixture
def standing(tmp_path):
    """A PNG of a standing bar, dark on white and larger than what the model takes."""
    picture = np.full((80, 80), 255, np.uint8)
    picture[:, 30:40] = 0
    picture[0, 0] = picture[-1, -1] = 128  # so that the whole square is kept
    Image.fromarray(picture).save(tmp_path / "standing.png")
    return tmp_path / "standing.png"


def change_card(folder, **changes):
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    card = {name: value for name, value in (card | changes).items() if value is not ...}
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")


# ---- round trips ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_a_saved_model_gives_the_same_answers_in_either_engine(result, data, saved, engine):
    model = load_model(saved, engine, "cpu")
    expected = softmax(result.network.logits(data.test.x).astype(float) / model.card["temperature"], axis=1)
    np.testing.assert_allclose(model.probabilities(data.test.x), expected, atol=1e-5)
    assert model.class_names == data.class_names
    assert model.network.recipe == RECIPE


def test_a_network_alone_can_be_saved_and_the_files_are_plain(result, data, folder):
    card = save_model(result.network, folder, data)
    assert card["training"] is None and card["command"] is None
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "card.json", "network.safetensors"]
    assert load_network(folder / "network.safetensors").recipe == RECIPE
    save_model(result.network, folder, data, command="again")  # a model is replaced
    assert load_model(folder).card["command"] == "again"


# ---- the card -------------------------------------------------------------------------------------------------------


def test_the_card_says_what_counting_says(result, data, saved):
    card = load_model(saved).card
    guessed = result.network.logits(data.test.x).argmax(axis=1)
    right = guessed == data.test.labels
    assert card["test"]["accuracy_percent"] == pytest.approx(100 * right.mean(), abs=0.005)
    for number, name in enumerate(data.class_names):
        expected = 100 * right[data.test.labels == number].mean()
        assert card["test"]["accuracy_percent_by_class"][name] == pytest.approx(expected, abs=0.005)
    assert Recipe(**card["recipe"]) == RECIPE
    assert card["parameters"] == 64 * 16 + 2 * 16 + 16 * 3 + 3  # weights, scale and shift, weights, biases
    assert card["data"] == {
        "name": "bars",
        "train_examples": 240,
        "validation_examples": 90,
        "test_examples": 90,
    }
    assert card["classes"] == list(data.class_names) and card["image_shape"] == [8, 8]
    assert card["training"]["epochs"] == 6 and card["command"] == COMMAND
    content = (saved / "network.safetensors").read_bytes()
    assert (card["bytes"], card["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    computed_by_torch = any(type(base).__module__.startswith("torch") for base in vars(result.network).values())
    assert ("torch" in card["versions"]) == computed_by_torch


def test_the_temperature_comes_from_the_validation_data_and_the_error_from_the_test_data(result, data, saved):
    card = load_model(saved).card
    logits, labels = result.network.logits(data.validation.x).astype(float), data.validation.labels

    def loss(temperature):
        return -np.log(softmax(logits / temperature, axis=1)[np.arange(len(labels)), labels]).mean()

    assert all(loss(card["temperature"]) <= loss(factor * card["temperature"]) for factor in (0.97, 1.03))
    for name, temperature in (
        ("calibration_error_percent", card["temperature"]),
        ("calibration_error_percent_before", 1.0),
    ):
        chances = softmax(result.network.logits(data.test.x).astype(float) / temperature, axis=1)
        sure, right = chances.max(axis=1), chances.argmax(axis=1) == data.test.labels
        edges = [(sure >= low / 15) & (sure < (low + 1) / 15 + (low == 14)) for low in range(15)]
        error = sum(abs(right[each].sum() - sure[each].sum()) for each in edges) / len(sure)
        assert card["test"][name] == pytest.approx(100 * error, abs=0.02)


def test_the_readable_card_holds_the_figures_of_the_other(saved):
    card, text = load_model(saved).card, (saved / "README.md").read_text(encoding="utf-8")
    for part in (
        "# A classifier of bars",
        "lying, standing, across",
        f"{card['test']['accuracy_percent']}% of the 90 test",
        f"Calibration error {card['test']['calibration_error_percent']}%",
        "What it is not for",
        card["not_for"],
        "240 training examples, 6 epochs",
        COMMAND,
        "| drop_rate | 0.2 |",
        "python -m course_lib predict",
    ):
        assert part in text


def test_what_it_is_not_for_can_be_said_in_ones_own_words(result, data, folder):
    assert save_model(result, folder, data, not_for="Not for bars at night.")["not_for"] == "Not for bars at night."
    assert "Not for bars at night." in (folder / "README.md").read_text(encoding="utf-8")


UGLY = (
    "<script>alert(1)</script>",
    "# A heading",
    "two\n\n# lines",
    "a | b",
    "[click](javascript:alert(1))",
    "![x](http://example.org/x.png)",
    "`code` *bold* _line_ ~~gone~~ <!-- hidden -->",
    "- a list",
    "1. a list",
    "23) a list",
    "+",
    "---",
    "\x1b[2Jcleared",
    "&lt;b&gt;",
)


@pytest.mark.parametrize("ugly", UGLY)
def test_what_was_given_stands_on_the_card_as_it_is(ugly):
    """Rendered, it is text: no tag, heading, list, table or picture more than a card of plain names has."""
    mistune = pytest.importorskip("mistune")
    render = mistune.create_markdown(escape=False, plugins=["table", "strikethrough"])

    def tags(text):
        return sorted(re.findall(r"<(\w+|!--)", render(card_text(card_with(text)))))

    assert tags(ugly) == tags("plain")
    shown = html.unescape(re.sub(r"<[^>]*>", "", render(card_text(card_with(ugly)))))
    visible = " ".join(ugly.split()).replace("\x1b", "\ufffd")
    assert shown.count(visible) >= 5


def card_with(text):
    return {
        "data": {"name": text, "train_examples": 1, "validation_examples": 1, "test_examples": 1},
        "classes": [text, "other"],
        "test": {
            "accuracy_percent": 1.0,
            "accuracy_percent_by_class": {text: 1.0, "other": 2.0},
            "calibration_error_percent": 1.0,
            "calibration_error_percent_before": 1.0,
        },
        "temperature": 1.0,
        "not_for": text.replace("\n\n", "\n"),
        "training": None,
        "command": text.replace("\n\n", " "),
        "recipe": {"activation": text},
        "parameters": 1,
        "bytes": 1,
        "versions": {"python": "3"},
    }


def test_a_prediction_of_a_strange_name_moves_no_cursor():
    text = Prediction("\x1b[2J", 1.0, {"\x1b[2J": 0.9, "b\ra": 0.1}).text()
    assert "\x1b" not in text and "\r" not in text and text.count("\n") == 1


# ---- predicting -----------------------------------------------------------------------------------------------------


def test_a_picture_is_named_with_calibrated_probabilities(saved, standing):
    model = load_model(saved)
    prediction = model.predict(standing)
    assert prediction.class_name == "standing" == next(iter(prediction.probabilities))
    assert prediction.probability == max(prediction.probabilities.values())
    assert sum(prediction.probabilities.values()) == pytest.approx(1)
    assert list(prediction.probabilities.values()) == sorted(prediction.probabilities.values(), reverse=True)
    assert any("inverted" in note for note in prediction.notes)
    assert str(prediction).startswith("standing") and f"{100 * prediction.probability:.1f}%" in str(prediction)
    assert model.predict(str(standing)) == prediction == model.predict(read_picture(standing, (8, 8)))


def test_one_example_is_taken_as_a_row_an_image_or_a_flat_array(saved, data):
    model, x = load_model(saved), data.test.x[:1]
    expected = model.probabilities(x)[0]
    for example in (x, x[0], x.reshape(8, 8)):
        prediction = model.predict(example)
        assert prediction.probabilities == pytest.approx(dict(zip(data.class_names, expected, strict=True)))


@pytest.mark.parametrize(
    ("example", "error", "message"),
    [
        (np.zeros((2, 64)), ModelError, "takes one example; these are 2"),
        (np.zeros(63), ArrayError, "63 columns"),
        (np.full(64, 255.0), ModelError, r"run from 255 to 255; this model was trained on \S+ to 1\..*divided by 255"),
        (np.full(64, np.nan), ArrayError, "finite"),
    ],
)
def test_what_is_not_one_example_is_refused(saved, example, error, message):
    with pytest.raises(error, match=message):
        load_model(saved).predict(example)


def test_a_model_of_something_else_than_pictures_takes_none(result, data, folder, standing):
    plain = Dataset(data.train, data.validation, data.test, "numbers", data.class_names)
    save_model(result, folder, plain)
    with pytest.raises(ModelError, match="trained on numbers, which holds no pictures"):
        load_model(folder).predict(standing)


# ---- what cannot be saved -------------------------------------------------------------------------------------------


def test_data_without_a_part_with_an_overlap_or_of_another_size_is_refused(result, data, folder):
    cases = [
        (Dataset(data.train, data.validation), DataError, "has no test part"),
        (Dataset(data.train, test=data.test), DataError, "has no validation part"),
        (Dataset(data.train, data.validation, data.train, class_names=data.class_names), OverlapError, "rows of test"),
        (Dataset(*data.splits().values(), class_names=("a", "b", "c", "d")), DataError, "64 inputs and 4 classes"),
    ]
    for wrong, error, message in cases:
        with pytest.raises(error, match=message):
            save_model(result, folder, wrong)
    assert not folder.exists()


def test_what_is_no_network_or_diverged_is_refused(result, data, folder):
    with pytest.raises(ModelError, match=r"it got dict.*save_pretrained"):
        save_model({}, folder, data)
    broken = fit(RECIPE.replace(epochs=1), data, progress=False).network
    broken.flat_parameters[:] = np.nan
    with pytest.raises(ModelError, match="not finite numbers: its training diverged"):
        save_model(broken, folder, data)
    assert not folder.exists()


def test_another_folder_or_a_file_is_never_written_over(result, data, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("mine")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ModelError, match="holds something else"):
        save_model(result, tmp_path / "thesis", data)
    with pytest.raises(ModelError, match="is a file"):
        save_model(result, tmp_path / "file", data)
    with pytest.raises(FileNotFoundError, match="Make it first"):
        save_model(result, tmp_path / "none" / "model", data)
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


# ---- what cannot be read --------------------------------------------------------------------------------------------


def test_folders_that_are_no_models_are_refused(saved, tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no model"):
        load_model(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", saved / "network.safetensors"):
        with pytest.raises(ModelError, match=r"is no model: .*'card.json'.*load_network"):
            load_model(path)
    (saved / "network.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        load_model(saved)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "other"}, "no card of this course"),
        ({"temperature": ...}, "its temperature is None"),
        ({"temperature": "hot"}, "its temperature is 'hot'"),
        ({"temperature": 0.0}, r"its temperature is 0\.0"),
        ({"card_sha256": ..., "classes": ["a", "b"]}, "2 classes for 3 logits"),
        ({"sha256": "0" * 64}, "not what was written"),
        ({"card_sha256": ..., "sha256": "0" * 64}, "not the network that its card describes"),
        ({"command": "mine"}, r"not what was written; words of your own belong in 'README\.md'"),
        ({"temperature": 1.5}, "not what was written"),
        ({"classes": ["a", 2, "c"]}, "its classes are"),
        ({"input_range": [0, "1"]}, "its input_range is"),
        ({"image_shape": [8]}, "its image_shape is"),
        ({"card_sha256": ..., "image_shape": [4, 8]}, r"images of \[4, 8\] for 64 inputs"),
        ({"data": ...}, "its data is None"),
    ],
)
def test_a_card_that_was_changed_is_refused(saved, changes, message):
    change_card(saved, **changes)
    with pytest.raises(ModelError, match=message):
        load_model(saved)


def test_a_card_without_a_digest_is_read(saved):
    change_card(saved, card_sha256=..., command="by hand")
    assert load_model(saved).card["command"] == "by hand"


@pytest.mark.parametrize("content", ["{", "[]", '"text"', "", "\x00", "[" * 100_000, "1" * 5000])
def test_a_card_that_is_no_card_is_refused(saved, content):
    (saved / "card.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"damaged|no card of this course"):
        load_model(saved)


def test_a_network_that_was_exchanged_cut_off_or_is_another_one_is_refused(saved, data):
    path = saved / "network.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(ModelError, match="not the network that its card describes"):
        load_model(saved)
    change_card(saved, sha256=hashlib.sha256(whole[:-20]).hexdigest(), card_sha256=...)
    with pytest.raises(CheckpointError, match="can't be read"):
        load_model(saved)
    other = fit(RECIPE.replace(hidden_layers=(5, 4), epochs=1), data, progress=False).network
    save_network(other, path)
    with pytest.raises(ModelError, match="not the network that its card describes"):
        load_model(saved)


def other_model(data):
    return fit(RECIPE.replace(epochs=1, seed=1), data, progress=False)


@pytest.mark.parametrize("broken", ["os.fsync", "course_lib.whole_file._exchange", "course_lib.whole_file._write"])
def test_a_save_that_is_cut_short_leaves_the_model_that_was_there(data, saved, monkeypatch, broken):
    before = load_model(saved)

    def fail(*given):
        raise OSError(28, "disk full")

    monkeypatch.setattr(broken, fail)
    with pytest.raises(OSError, match="no room left"):
        save_model(other_model(data), saved, data)
    monkeypatch.undo()
    after = load_model(saved)
    assert after.card == before.card
    np.testing.assert_array_equal(after.probabilities(data.test.x), before.probabilities(data.test.x))
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_a_model_that_is_replaced_while_it_is_read_is_read_whole(data, saved, monkeypatch):
    """The card is of the old one when another process puts the new one there."""
    read = saved_model.load_network

    def replaced_meanwhile(*given):
        monkeypatch.setattr(saved_model, "load_network", read)
        save_model(other_model(data), saved, data, command="other")
        return read(*given)

    monkeypatch.setattr(saved_model, "load_network", replaced_meanwhile)
    model = load_model(saved)
    assert model.card["command"] == "other" and model.network.recipe.seed == 1


@pytest.mark.parametrize(
    ("names", "texts"),
    [
        ([1, 2, 3], ["1", "2", "3"]),
        (range(3), ["0", "1", "2"]),
        (np.arange(3), ["0", "1", "2"]),
    ],
)
def test_names_of_any_kind_are_text_on_the_card(result, data, folder, names, texts):
    odd = Dataset(*data.splits().values(), name=Path("bars"), class_names=names, image_shape=np.array([8, 8]))
    save_model(result, folder, odd)
    model = load_model(folder)
    assert model.class_names == tuple(texts) == tuple(model.card["test"]["accuracy_percent_by_class"])
    assert model.card["image_shape"] == [8, 8] and model.card["data"]["name"] == "bars"
    assert str(model.predict(data.test.x[0])).splitlines()


def test_a_card_that_cannot_be_written_changes_nothing(result, data, saved):
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    with pytest.raises(ModelError, match=r"cannot hold command=<object .*Give text, or leave it out"):
        save_model(result, saved, data, command=object())
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before


def test_a_folder_with_what_a_file_manager_leaves_counts_as_empty(result, data, folder):
    folder.mkdir()
    (folder / ".DS_Store").write_text("")
    (folder / ".ipynb_checkpoints").mkdir()
    save_model(result, folder, data)
    assert load_model(folder).class_names == data.class_names


# ---- python -m course_lib predict -----------------------------------------------------------------------------------


def test_the_command_prints_the_likeliest_classes(saved, standing, capsys):
    assert cli.main(["predict", str(saved), str(standing), "--top", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("standing") and lines[0].endswith("%") and lines[1].endswith("%")
    assert not lines[2].endswith("%")
    assert cli.main(["predict", str(saved), str(standing), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["class_name"] == "standing" and len(printed["probabilities"]) == 3


def test_the_command_says_what_is_wrong_and_how_it_ended(saved, standing, tmp_path, capsys):
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "no model").mkdir()
    cases = [
        ([tmp_path / "none", standing], 2, "There is no model"),
        ([saved, tmp_path / "none.png"], 2, "There is no file"),
        ([saved, standing, "--top", "0"], 2, "--top is 0"),
        ([saved, tmp_path / "text.png"], 1, "not a picture"),
        ([saved, tmp_path], 1, "is a folder"),
        ([tmp_path / "no model", standing], 1, "is no model"),
    ]
    for arguments, code, message in cases:
        assert cli.main(["predict", *map(str, arguments)]) == code, arguments
        captured = capsys.readouterr()
        assert message in captured.err and not captured.out
        assert "Traceback" not in captured.err
    with contextlib.suppress(SystemExit):
        assert cli.main(["predict", str(saved), str(standing), "--background", "green"]) == 2


def test_a_picture_that_is_refused_is_refused_by_the_model_too(saved, tmp_path):
    (tmp_path / "empty.png").touch()
    with pytest.raises(PictureError, match="is empty"):
        load_model(saved).predict(tmp_path / "empty.png")
