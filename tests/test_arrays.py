"""Arrays that do not fit are refused by both engines, with what was given, what is expected and what to do."""

import numpy as np
import pytest
import torch

from course_lib.arrays import ArrayError, check_dtype, check_inputs, check_labels, check_named
from course_lib.engine.numpy_backend import Network as ScratchNetwork
from course_lib.engine.torch_backend import Network as PyTorchNetwork
from course_lib.recipe import Recipe

ENGINES = [pytest.param(ScratchNetwork, id="scratch"), pytest.param(PyTorchNetwork, id="pytorch")]
N_INPUTS, N_CLASSES = 4, 3
X, LABELS = np.random.default_rng(0).normal(size=(6, N_INPUTS)), np.array([0, 1, 2, 2, 1, 0])


def _network(engine):
    return engine(Recipe(hidden_layers=(5,), activation="prelu"), N_INPUTS, N_CLASSES, dtype="float64", device="cpu")


def _with(array, index, value):
    array = array.copy()
    array[index] = value
    return array


# x

WRONG_X = {
    "wrong width": (X[:, :3], r"x has 3 columns, shape \(6, 3\); this network takes 4 inputs"),
    "one example": (X[0], r"x has shape \(4,\).*\(examples, 4\).*x\[None, :\]"),
    "images": (X.reshape(6, 2, 2), r"x has shape \(6, 2, 2\).*reshape\(len\(x\), -1\)"),
    "a single number": (np.float64(3.0), r"x has shape \(\).*\(examples, 4\)"),
    "no examples": (X[:0], "x is empty.*At least one"),
    "nan": (_with(X, (2, 1), np.nan), r"x\[2, 1\] is nan.*finite.*Remove or replace"),
    "infinity": (_with(X, (3, 0), np.inf), r"x\[3, 0\] is inf.*finite"),
    "minus infinity": (_with(X, (5, 3), -np.inf), r"x\[5, 3\] is -inf.*finite"),
    "text": (X.astype(str), r"x holds <U.*real numbers.*astype"),
    "objects": (X.astype(object), "x holds object.*real numbers"),
    "complex": (X.astype(complex), "x holds complex128.*real numbers"),
    "true and false": (X > 0, "x holds bool.*real numbers"),
}

# labels

WRONG_LABELS = {
    "too many": (np.arange(7) % 3, "x has 6 examples but there are 7 labels"),
    "too few": (LABELS[:5], "x has 6 examples but there are 5 labels"),
    "none": (LABELS[:0], "x has 6 examples but there are 0 labels"),
    "negative": (_with(LABELS, 3, -1), "a label is -1; with 3 classes labels run from 0 to 2"),
    "too high": (_with(LABELS, 3, 3), "a label is 3; with 3 classes labels run from 0 to 2.*Number the classes from 0"),
    "floats": (LABELS.astype(float), r"labels hold float64; they must be whole numbers.*labels.astype\(np.int64\)"),
    "true and false": (LABELS > 0, "labels hold bool; they must be whole numbers"),
    "text": (LABELS.astype(str), "labels hold <U.*whole numbers"),
    "one-hot": (np.eye(3, dtype=int)[LABELS], r"labels have shape \(6, 3\).*\(6,\).*argmax"),
    "one number": (np.int64(1), r"labels have shape \(\); they must have one axis, \(6,\)"),
}


@pytest.mark.parametrize("case", WRONG_X)
@pytest.mark.parametrize("engine", ENGINES)
def test_wrong_x_is_refused_and_nothing_is_changed(engine, case):
    x, message = WRONG_X[case]
    network = _network(engine)
    before = network.state()
    with pytest.raises(ArrayError, match=message):
        network.logits(x)
    for method in (network.train_step, network.loss_and_gradients):
        with pytest.raises(ArrayError, match=message):
            method(x, LABELS)
    _assert_same_state(network, before)


@pytest.mark.parametrize("case", WRONG_LABELS)
@pytest.mark.parametrize("engine", ENGINES)
def test_wrong_labels_are_refused_and_nothing_is_changed(engine, case):
    labels, message = WRONG_LABELS[case]
    network = _network(engine)
    before = network.state()
    for method in (network.train_step, network.loss_and_gradients):
        with pytest.raises(ArrayError, match=message):
            method(X, labels)
    _assert_same_state(network, before)


def _assert_same_state(network, before):
    after = network.state()
    assert list(after) == list(before)
    for name, array in after.items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


@pytest.mark.parametrize("x", [X.tolist(), X.astype("float32"), np.arange(24).reshape(6, 4), X.astype("float16")])
def test_lists_whole_numbers_and_every_float_type_are_taken_as_x(x):
    np.testing.assert_array_equal(check_inputs(x, N_INPUTS), np.asarray(x))


@pytest.mark.parametrize("labels", [LABELS.tolist(), LABELS.astype("uint8"), LABELS.astype("int32")])
def test_lists_and_every_whole_number_type_are_taken_as_labels(labels):
    np.testing.assert_array_equal(check_labels(labels, 6, N_CLASSES), LABELS)


# Named arrays

WRONG_NAMED = {
    "missing": (lambda named: named.pop("dense2.bias"), r"'dense2.bias' is missing.*This network has: dense1.weight, "),
    "extra": (lambda named: named.update({"dense9.bias": np.zeros(3)}), "'dense9.bias' is not a part of this network"),
    "transposed": (
        lambda named: named.update({"dense1.weight": named["dense1.weight"].T}),
        r"'dense1.weight' has shape \(5, 4\); this network needs \(4, 5\).*transposed: weights are \(fan_in, fan_out\)",
    ),
    "too long": (
        lambda named: named.update({"batch_norm1.scale": np.ones(6)}),
        r"'batch_norm1.scale' has shape \(6,\); this network needs \(5,\)\.$",
    ),
    "a number for an array": (
        lambda named: named.update({"activation1.slope": 0.25}),
        r"'activation1.slope' has shape \(\); this network needs \(1,\)\.$",
    ),
    "nan": (lambda named: named["dense2.weight"].__setitem__((0, 0), np.nan), "'dense2.weight' has .*not finite"),
    "infinity": (lambda named: named["dense2.bias"].__setitem__(2, -np.inf), "'dense2.bias' has .*not finite"),
    "text": (lambda named: named.update({"dense2.bias": np.array(["a", "b", "c"])}), "'dense2.bias'.*numbers"),
    "complex": (lambda named: named.update({"dense2.bias": np.zeros(3, complex)}), "'dense2.bias'.*numbers"),
}


@pytest.mark.parametrize("load", ["load_parameters", "load_state"])
@pytest.mark.parametrize("case", WRONG_NAMED)
@pytest.mark.parametrize("engine", ENGINES)
def test_wrong_named_arrays_are_refused_by_name_and_nothing_is_changed(engine, case, load):
    spoil, message = WRONG_NAMED[case]
    network = _network(engine)
    before = network.state()
    named = network.parameters() if load == "load_parameters" else network.state()
    named = {name: array + 1.0 for name, array in named.items()}  # all that fits would change the network
    spoil(named)
    with pytest.raises(ArrayError, match=message):
        getattr(network, load)(named)
    _assert_same_state(network, before)


@pytest.mark.parametrize("engine", ENGINES)
def test_wrong_running_statistics_are_refused_by_name(engine):
    network = _network(engine)
    before = network.state()
    named = {name: array + 1.0 for name, array in before.items()}
    named["batch_norm1.running_variance"] = np.ones(4)
    with pytest.raises(ArrayError, match=r"'batch_norm1.running_variance' has shape \(4,\); this network needs \(5,\)"):
        network.load_state(named)
    _assert_same_state(network, before)


@pytest.mark.parametrize("engine", ENGINES)
def test_parameters_do_not_take_running_statistics(engine):
    network = _network(engine)
    with pytest.raises(ArrayError, match=r"'batch_norm1.running_mean' is not a part of this network"):
        network.load_parameters(network.state())


@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_loaded_is_what_the_network_has_and_its_own_copy(engine):
    network = _network(engine)
    named = {name: array + 1.0 for name, array in network.state().items()}
    expected = {name: array.copy() for name, array in named.items()}
    network.load_state(named)
    for array in (*named.values(), *network.state().values(), *network.parameters().values()):
        array[...] = -7.0  # neither the caller's arrays nor what the network hands out are the network's own
    _assert_same_state(network, expected)


def test_named_arrays_may_come_as_lists_in_any_order():
    expected = {"weight": (2, 1), "bias": (1,)}
    arrays = check_named({"bias": [3], "weight": [[1.5], [2]]}, expected)
    assert list(arrays) == ["weight", "bias"]
    assert arrays["weight"].tolist() == [[1.5], [2.0]] and arrays["bias"].tolist() == [3]


# Types


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype("float32"), torch.float32])
def test_every_way_to_say_float32_is_understood(dtype):
    assert check_dtype(dtype) == "float32"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float16", "double", int, None, np.int64, torch.bfloat16])
def test_other_types_are_refused(engine, dtype):
    with pytest.raises(ArrayError, match=r"dtype is .*'float32'.*'float64'"):
        engine(Recipe(), N_INPUTS, N_CLASSES, dtype=dtype)


def test_error_of_an_array_is_a_value_error():
    assert issubclass(ArrayError, ValueError)
