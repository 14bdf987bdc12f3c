"""Arrays and text in one safetensors file, with a digest of both: a bit that was flipped is found when it is read.

The digest is a text of the file's metadata, `sha256`: of the other texts as JSON with sorted names, and of each array
in the order of the names, as a line "NAME TYPE SHAPE" and its bytes, little-endian, row by row. Files without one,
written before there was any, are read too.
"""

import hashlib
import json
import os
import struct
from pathlib import Path

import numpy as np

from course_lib.whole_file import write_file

DIGEST = "sha256"
TYPES = {"BOOL", "U8", "I8", "U16", "I16", "F16", "U32", "I32", "F32", "U64", "I64", "F64"}  # that NumPy has too
# What comes up when text or arrays are not what they should be, and are used as if they were.
MISFITS = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError)
ALIGNED = 8  # bytes: the numbers begin at a multiple of it


class TensorFileError(ValueError):
    """A file that cannot be read, or that is not as it was written. The message says which and why."""


def tensor_bytes(arrays: dict[str, np.ndarray], texts: dict[str, str]) -> bytes:
    """A safetensors file's bytes. The same arrays and texts always give the same bytes."""
    from safetensors.numpy import save

    arrays = {name: _little_endian(array) for name, array in arrays.items()}
    content = save(arrays, metadata=texts | {DIGEST: _digest(arrays, texts)})
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))  # safetensors writes them in any order
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % ALIGNED)
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


def write_tensors(path: str | os.PathLike, arrays: dict[str, np.ndarray], texts: dict[str, str]) -> None:
    """Write arrays and texts, whole or not at all. Raises what `course_lib.whole_file.write_file` raises."""
    write_file(path, tensor_bytes(arrays, texts))


def read_tensors(path: str | os.PathLike) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays and the texts of a safetensors file. Its digest is checked where there is one.

    Raises
    ------
    FileNotFoundError : there is no such file
    TensorFileError : it may not be read, is damaged, is no safetensors file, or holds numbers that NumPy does not have
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    _check_readable(path)
    try:
        with safe_open(path, framework="np") as file:
            texts = dict(file.metadata() or {})
            for name in file.keys():  # noqa: SIM118 - not a dict
                _check_type(path, name, file.get_slice(name).get_dtype())
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise TensorFileError(
            f"{str(path)!r} can't be read ({error}): it is damaged or truncated, or not a safetensors file."
        ) from None
    if DIGEST in texts and texts[DIGEST] != _digest(arrays, texts):
        raise TensorFileError(
            f"{str(path)!r} is damaged: what it holds is not what was written (its SHA-256 is another one)."
        )
    return arrays, texts


def _digest(arrays, texts):
    others = {name: text for name, text in texts.items() if name != DIGEST}
    digest = hashlib.sha256(json.dumps(others, sort_keys=True).encode())
    for name in sorted(arrays):
        array = _little_endian(arrays[name])
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode("utf-8", "surrogatepass"))
        digest.update(array.tobytes())
    return digest.hexdigest()


def _little_endian(array):
    array = np.asarray(array)
    return np.asarray(array, array.dtype.newbyteorder("<"), order="C")


def _check_readable(path):
    """safetensors says of a file that this user may not read that it is not there."""
    try:
        with open(path, "rb") as file:
            file.read(1)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(f"There is no file {str(path)!r}.") from None
    except PermissionError:
        raise TensorFileError(
            f"{str(path)!r} can't be read: this user may not. Its owner lets others read it: chmod a+r {str(path)!r}, "
            "and a+x each folder on the way."
        ) from None
    except (OSError, ValueError) as error:
        raise TensorFileError(f"{str(path)!r} can't be read ({error}).") from None


def _check_type(path, name, kind):
    if kind not in TYPES:
        raise TensorFileError(
            f"{str(path)!r} holds numbers of the type {kind} ({name!r}), which NumPy does not have. Write them as "
            "float32: in PyTorch, tensor.float()."
        )
