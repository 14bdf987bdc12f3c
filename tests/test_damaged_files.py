"""Files in which a bit was flipped: found and named in each of the kinds that the course writes, or as they were.

Where a file has no digest, as those that were written before there was one, other numbers can't be told; but nothing
else than the kind's own error comes up.
"""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import safetensors.numpy

from course_lib.data import DataError
from course_lib.engine import zoo
from course_lib.engine.process_group import ProcessGroup
from course_lib.recipe import Recipe
from course_lib.tensor_file import read_tensors
from course_lib.training import CheckpointError, ModelError, load_model, load_network, make_network, save_model
from course_lib.training.checkpoint import save_network
from course_lib.training.dataset_file import named_dataset, save_dataset
from course_lib.training.parallel import train
from course_lib.training.run_checkpoint import RunCheckpoint
from parallel_worker import PLAIN, make_data

FLIPS = 200
SMALL = Recipe(hidden_layers=(7, 6), activation="prelu", learning_rate=0.01)
SHORT = PLAIN.replace(hidden_layers=(3,), batch_size=50, epochs=1, patience=1)


class Network:
    error = CheckpointError

    def write(self, folder):
        save_network(make_network(SMALL, 5, 3, "numpy"), folder / "network.safetensors")
        return folder / "network.safetensors"

    def read(self, path):
        network = load_network(path)
        return network.state() | {"recipe": network.recipe.to_json(), "dtype": network.dtype}


class Data:
    error = DataError

    def write(self, folder):
        save_dataset(make_data(), folder / "data.safetensors")
        return folder / "data.safetensors"

    def read(self, path):
        data = named_dataset(str(path))
        parts = {
            f"{name}.{array}": getattr(part, array) for name, part in data.splits().items() for array in ("x", "labels")
        }
        return parts | {"facts": [data.name, data.class_names, data.image_shape]}


class Weights:
    error = zoo.ArchitectureError

    def write(self, folder):
        for path in zoo.FOLDER.iterdir():
            shutil.copy(path, folder)
        return folder / "eight_classes.safetensors"

    def read(self, path):
        network = zoo.load_pretrained(path, device="cpu")
        return network.state() | {"card": network.card}


class Run:
    """Read as a run that goes on reads it: what is put back into network, optimizer and streams is looked at too."""

    error = CheckpointError

    def write(self, folder):
        train(SHORT, make_data(), self.group, RunCheckpoint(folder / "run"), "float64").end()
        return folder / "run" / "run.safetensors"

    def read(self, path):
        kept = RunCheckpoint(path.parent)
        facts, arrays = kept.read()
        kept.check_fits(facts, SHORT, make_data(), "float64")
        run = train(SHORT, make_data(), self.group, kept, "float64")
        return run.network.state() | run.network.optimizer_state() | arrays | {"facts": facts}


class Model:
    error = CheckpointError

    def write(self, folder):
        data = make_data()
        save_model(make_network(SHORT, data.n_inputs, data.n_classes), folder / "model", with_test_part(data))
        return folder / "model" / self.file

    def read(self, path):
        model = load_model(path.parent)
        card = {name: value for name, value in model.card.items() if name == "sha256" or len(str(value)) != 64}
        prediction = model.predict(make_data().train.x[0])
        return model.network.state() | {"card": card, "prediction": prediction.probabilities}


class ModelNetwork(Model):
    file = "network.safetensors"


class ModelCard(Model):
    file = "card.json"
    error = ModelError


def with_test_part(data):
    return type(data)(data.train, data.validation, type(data.train)(data.train.x[:9] + 100, data.train.labels[:9]))


KINDS = [Network, Data, Weights, Run, ModelNetwork, ModelCard]


@pytest.fixture(scope="module", autouse=True)
def group():
    with ProcessGroup("cpu") as group:
        Run.group = group
        yield


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def kind(request):
    return request.param()


def flipped(content, rng, first):
    """The content with one bit flipped, in its first bytes or anywhere."""
    place = int(rng.integers(min(first, len(content)) if rng.random() < 0.5 else len(content)))
    return content[:place] + bytes([content[place] ^ 1 << int(rng.integers(8))]) + content[place + 1 :]


def try_flips(kind, path, seed):
    """(how many were found, what was read where none was), of FLIPS files with one bit flipped in each."""
    content, rng, found, read = path.read_bytes(), np.random.default_rng(seed), 0, []
    for _ in range(FLIPS):
        path.write_bytes(flipped(content, rng, first=2000))
        try:
            read.append(kind.read(path))
        except kind.error as error:
            assert str(path.parent) in str(error)
            found += 1
    path.write_bytes(content)
    return found, read


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_equal(value, other[name], err_msg=name)


def test_a_flipped_bit_is_found_and_named_or_changes_nothing(kind, tmp_path):
    path = kind.write(tmp_path)
    whole = kind.read(path)
    found, read = try_flips(kind, path, seed=1)
    assert found > 0.9 * FLIPS  # what is left is the name of the digest itself: then the file counts as an older one
    for each in read:
        assert_same(each, whole)


def without_digest(path):
    """The file as it was written before there was a digest."""
    if path.suffix == ".json":
        card = json.loads(path.read_text())
        path.write_text(json.dumps({name: value for name, value in card.items() if name != "card_sha256"}))
        return
    arrays, texts = read_tensors(path)
    path.write_bytes(safetensors.numpy.save(arrays, {name: text for name, text in texts.items() if name != "sha256"}))


@pytest.mark.parametrize("kind", [Network, Data, Run, ModelCard], ids=lambda kind: kind.__name__)
def test_a_file_without_a_digest_is_read_and_raises_nothing_foreign(kind, tmp_path):
    kind = kind()
    path = kind.write(tmp_path)
    whole = kind.read(path)
    without_digest(path)
    read = kind.read(path)
    assert_same({name: read[name] for name in read}, whole)
    found, _ = try_flips(kind, path, seed=2)
    assert found > 0.1 * FLIPS


DAMAGED_FACTS = {
    "no streams": lambda facts: facts.pop("streams"),
    "an unknown stream": lambda facts: facts["streams"].update(other=facts["streams"].popitem()[1]),
    "a stream of another kind": lambda facts: facts["streams"]["batches"].update(bit_generator="MT19937"),
    "a state that is no number": lambda facts: facts["streams"]["batches"]["state"].update(state="x"),
    "rows that are none": lambda facts: facts.update(rows=3),
    "an epoch as text": lambda facts: facts.update(epoch="1"),
    "half of a best epoch": lambda facts: facts.update(best=[1]),
    "another identity": lambda facts: facts.update(identity=[]),
}


@pytest.mark.parametrize("change", DAMAGED_FACTS.values(), ids=DAMAGED_FACTS)
def test_facts_of_a_run_that_do_not_fit_are_named(tmp_path, change):
    kind = Run()
    path = kind.write(tmp_path)
    arrays, texts = read_tensors(path)
    facts = json.loads(texts["run"])
    change(facts)
    path.write_bytes(safetensors.numpy.save(arrays, {"format": texts["format"], "run": json.dumps(facts)}))
    with pytest.raises(CheckpointError, match=r"run\.safetensors' is damaged"):
        kind.read(path)


def test_weights_with_the_card_of_others_are_told_apart(tmp_path):
    """With a digest of their own they are whole, and go without; without one they may be what is damaged."""
    network = zoo.ConvolutionalNetwork(3, (8, 8), channels=2, n_features=4, device="cpu")
    path = tmp_path / "mine.safetensors"
    card = zoo.save_pretrained(network, path, {"name": "mine"})
    assert zoo.load_pretrained(path, device="cpu").card == card
    path.with_suffix(".json").write_text(json.dumps(card | {"sha256": "0"}))
    assert zoo.load_pretrained(path, device="cpu").card is None
    without_digest(path)
    with pytest.raises(zoo.ArchitectureError, match="damaged, or its card is of other weights"):
        zoo.load_pretrained(path, device="cpu")
    path.with_suffix(".json").write_text("{")
    with pytest.raises(zoo.ArchitectureError, match=r"The card '.*mine\.json' can't be read"):
        zoo.load_pretrained(path, device="cpu")


def test_what_cannot_be_saved_is_named(tmp_path):
    with pytest.raises(zoo.ArchitectureError, match=r"needs a ConvolutionalNetwork; it got Network\..*save_network"):
        zoo.save_pretrained(make_network(SMALL, 5, 3), tmp_path / "a.safetensors", {})
    with pytest.raises(DataError, match=r"needs a Dataset, .*it got SimpleNamespace"):
        save_dataset(SimpleNamespace(), tmp_path / "a.safetensors")
    assert not list(Path(tmp_path).iterdir())
