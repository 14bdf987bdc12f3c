"""Arrays and text in one file: what was written comes back, and a digest knows it."""

import hashlib
import json
import os
import struct

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch

from course_lib import tensor_file
from course_lib.tensor_file import TensorFileError, read_tensors, tensor_bytes, write_tensors

ARRAYS = {
    "weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "step": np.array(7.0),
    "labels": np.array([3, 1], np.int64),
    "on": np.array([True, False]),
    "nothing": np.zeros((0, 4), np.float16),
    "é": np.array([250], np.uint8),
}
TEXTS = {"format": "test 1", "b": "ü\n", "a": '{"x": 1}'}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "arrays.safetensors"


def test_what_was_written_comes_back(path):
    write_tensors(path, ARRAYS, TEXTS)
    arrays, texts = read_tensors(path)
    assert {name: text for name, text in texts.items() if name != "sha256"} == TEXTS
    assert set(arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert (arrays[name].dtype, arrays[name].shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(arrays[name], array)
    again = safetensors.numpy.load_file(path)  # other programs read it as it is
    np.testing.assert_array_equal(again["weight"], ARRAYS["weight"])


def test_arrays_of_any_layout_and_byte_order_are_taken(path):
    weight = np.arange(6, dtype=">f4").reshape(3, 2).T
    write_tensors(path, {"weight": weight}, {})
    np.testing.assert_array_equal(read_tensors(path)[0]["weight"], weight)
    assert tensor_bytes({"weight": weight}, {}) == tensor_bytes({"weight": np.array(weight, "<f4", order="C")}, {})


def test_the_same_content_gives_the_same_bytes_and_the_numbers_are_aligned():
    written = {tensor_bytes(ARRAYS, dict(order)) for order in (TEXTS.items(), list(TEXTS.items())[::-1]) * 5}
    (content,) = written
    assert struct.unpack("<Q", content[:8])[0] % 8 == 0


def test_the_digest_is_that_of_the_texts_and_the_bytes(path):
    """Computed here from the file itself, as the module's first lines say it."""
    write_tensors(path, ARRAYS, TEXTS)
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header, numbers = json.loads(content[8 : 8 + length]), content[8 + length :]
    texts = header.pop("__metadata__")
    found = texts.pop("sha256")
    types = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "BOOL": "|b1", "F16": "<f2", "U8": "|u1"}
    said = json.dumps(texts, sort_keys=True).encode()
    for name, facts in sorted(header.items()):
        begin, end = facts["data_offsets"]
        said += f"\n{name} {types[facts['dtype']]} {tuple(facts['shape'])}\n".encode() + numbers[begin:end]
    assert found == hashlib.sha256(said).hexdigest()


@pytest.mark.parametrize("texts", [{}, None])
def test_a_file_without_a_digest_is_read(path, texts):
    safetensors.numpy.save_file({"weight": ARRAYS["weight"]}, path, metadata=texts)
    arrays, found = read_tensors(path)
    assert found == {}
    np.testing.assert_array_equal(arrays["weight"], ARRAYS["weight"])


def test_numbers_of_a_type_that_numpy_has_not_are_named(path):
    safetensors.torch.save_file({"dense1.weight": torch.ones(3, dtype=torch.bfloat16)}, path)
    with pytest.raises(TensorFileError, match=r"the type BF16 \('dense1\.weight'\).*tensor\.float\(\)"):
        read_tensors(path)


def test_what_is_not_there_or_no_file_is_told_apart(path):
    with pytest.raises(FileNotFoundError):
        read_tensors(path)
    with pytest.raises(TensorFileError, match="can't be read"):
        read_tensors(path.parent)
    for content in (b"", b"no", bytes(1000), b"\xff" * 1000):
        path.write_bytes(content)
        with pytest.raises(TensorFileError, match=r"can't be read \(.*not a safetensors file"):
            read_tensors(path)


def test_a_file_of_another_user_is_not_called_missing_or_damaged(path, monkeypatch):
    write_tensors(path, ARRAYS, TEXTS)
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        path.chmod(0)
    else:

        def refuse(*given):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(tensor_file, "open", refuse, raising=False)  # whom root is, nothing is refused
    with pytest.raises(TensorFileError, match=r"this user may not\. Its owner .* chmod a\+r '.*arrays\.safetensors'"):
        read_tensors(path)
