"""The clothes that explorers train on in a browser: the module is what the tool writes from the embedded images."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from browser_images import FILE, browser_arrays, halved
from course_lib.data.fashion import CLASS_NAMES, load_fashion_mnist

TEXT = FILE.read_text(encoding="utf-8")


def fields():
    """The fields of the module's object, read line by line."""
    lines = TEXT.split("export default {\n")[1].removesuffix("};\n").splitlines()
    return {
        name.strip(): json.loads(value.removesuffix(",")) for name, value in (each.split(": ", 1) for each in lines)
    }


def test_the_command_writes_the_same_bytes_again(tmp_path):
    made = tmp_path / "clothes.js"
    command = [sys.executable, Path(__file__).parents[1] / "tools" / "browser_images.py", str(made)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert made.read_bytes() == FILE.read_bytes()


def test_the_module_is_small_and_carries_its_license():
    assert FILE.stat().st_size < 1e6
    assert "MIT License, Copyright 2017 Zalando SE" in TEXT
    assert "The above copyright notice and this permission notice shall be included" in TEXT


def test_the_base64_holds_the_arrays_one_after_the_other():
    module, arrays = fields(), browser_arrays()
    content = np.frombuffer(base64.b64decode(module["bytes"]), np.uint8)
    np.testing.assert_array_equal(content, np.concatenate([array.ravel() for array in arrays.values()]))
    assert (module["side"], module["n_train"], module["n_validation"]) == (14, 2000, 500)
    assert module["class_names"] == list(CLASS_NAMES)
    for part, per_class in (("train", 200), ("validation", 50)):
        assert np.bincount(arrays[f"{part}_labels"]).tolist() == [per_class] * 10


def test_a_pixel_is_the_mean_of_four_rounded_half_up():
    image = np.array([[[0, 1, 255, 255], [0, 1, 255, 254], [7, 0, 0, 0], [0, 0, 0, 1]]], np.uint8)
    assert halved(image).tolist() == [[[1, 255], [2, 0]]]  # means 0.5, 254.75, 1.75 and 0.25


def test_every_image_is_one_of_the_courses_in_its_own_part():
    arrays, data = browser_arrays(), load_fashion_mnist()
    for part in ("train", "validation"):
        split = getattr(data, part)
        means = split.x.reshape(-1, 14, 2, 14, 2).astype(np.float64).mean(axis=(2, 4)) * 255
        known = {
            image.tobytes(): label
            for image, label in zip(np.floor(means + 0.5 + 1e-4).astype(np.uint8), split.labels, strict=True)
        }
        for image, label in zip(arrays[f"{part}_images"], arrays[f"{part}_labels"], strict=True):
            assert known[image.tobytes()] == label
