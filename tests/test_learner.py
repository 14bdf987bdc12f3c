"""What a learner keeps: my_network.py, `yours`, and what becomes of it when a file is edited, cut off or another's."""

import importlib.util
import itertools
import json
import linecache
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from course_lib.checks import CheckFailed, NotWrittenYet, exercises
from course_lib.checks.registry import find
from course_lib.learner import NotInMarking, answers, check, giving, memory, yours

FORWARD = '''
def forward(x, layers):
    """Mine."""
    values = [x]  # x first
    for weights, bias in layers[:-1]:
        values.append(np.maximum(values[-1] @ weights + bias, 0))
    weights, bias = layers[-1]
    return [*values, values[-1] @ weights + bias]
'''
_cells = itertools.count()


def cell(text, **names):
    """What a notebook's cell with this text defines; its text can be found again, as IPython keeps it."""
    name = f"<ipykernel cell {next(_cells)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    space = {"np": np, **names}
    exec(compile(text, name, "exec"), space)
    return space


def kept_file(folder):
    return (folder / "my_network.py").read_text("utf-8")


def new_kernel():
    giving.passed_here.clear()
    for part in memory._session.values():
        part.clear()


def imported(path):
    spec = importlib.util.spec_from_file_location("my_network", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ---- keeping --------------------------------------------------------------------------------------------------------


def test_what_passes_is_kept_as_it_was_written_and_comes_back_in_another_kernel(learner_folder, capsys):
    card = check("1.6", cell(FORWARD)["forward"])
    assert "Kept in my_network.py." in repr(card)
    assert FORWARD.strip() in kept_file(learner_folder)
    new_kernel()
    assert yours("1.6").__doc__ == "Mine."
    assert capsys.readouterr().out == "forward: your own, from my_network.py.\n"


def test_a_wrong_answer_is_not_kept(learner_folder):
    with pytest.raises(CheckFailed):
        check("1.6", cell(FORWARD.replace("np.maximum", "np.minimum"))["forward"])
    assert list(learner_folder.iterdir()) == []


def test_passing_again_replaces_the_section_and_nothing_else(learner_folder):
    check("2.1", cell("def squared_error(p, t):\n    return np.mean((p - t) ** 2)\n")["squared_error"])
    check("1.6", cell(FORWARD)["forward"])
    check("1.6", cell(FORWARD.replace("Mine.", "Better."))["forward"])
    text = kept_file(learner_folder)
    assert "Better." in text and "Mine." not in text and text.count("# ====") == 2
    assert text.index("1.6 · forward") < text.index("2.1 · squared_error")


def test_the_file_imports_alone_and_what_is_missing_is_the_courses(learner_folder):
    text = """
def network_backward(values, layers, output_gradient):
    found, gradient = [], output_gradient
    for value, (weights, _) in zip(values[-2::-1], layers[::-1]):
        of_weights, of_bias, gradient = dense_backward(value, weights, gradient)
        found.append([of_weights, of_bias])
        gradient = gradient * (value > 0)
    return found[::-1]
"""
    check("2.5", cell(text, dense_backward=yours("2.4"))["network_backward"])
    assert "# ==== 2.4 · dense_backward · the course's ====" in kept_file(learner_folder)
    program = "import sys, my_network; print(sorted(m for m in sys.modules if m.startswith(('course_lib', 'torch'))))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=learner_folder, capture_output=True, text=True, env={"PATH": os.defpath}
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_imports_and_helpers_of_the_cell_are_kept_too(learner_folder):
    text = """
import math
from itertools import chain

def half(value):
    return math.fsum([value]) / 2

def squared_error(predictions, targets):
    errors = np.array(list(chain(np.ravel(predictions - targets))))
    return 2 * half(np.mean(errors**2))
"""
    check("2.1", cell(text)["squared_error"])
    assert imported(learner_folder / "my_network.py").squared_error(np.array([2.0, 4]), np.array([1.0, 6])) == 2.5


@pytest.mark.parametrize(
    ("text", "names", "said"),
    [
        ("def squared_error(p, t):\n    return np.mean((p - t) ** power)\n", {"power": 2}, "`power = 2` as the first"),
        ("def squared_error(p, t, n=power):\n    return np.mean((p - t) ** n)\n", {"power": 2}, "uses `power`"),
        ("squared_error = lambda p, t: np.mean((p - t) ** 2)\n", {}, "Only a function that was written with `def`"),
        (
            "def squared_error(p, t):\n    return np.mean(difference(p, t) ** 2)\n",
            {"difference": lambda p, t: p - t},
            "`difference`",
        ),
        (
            "def outer(n):\n    def squared_error(p, t):\n        return np.mean((p - t) ** n)\n"
            "    return squared_error\nsquared_error = outer(2)\n",
            {},
            "inside of another function and uses its `n`",
        ),
        (
            "import torch\ndef squared_error(p, t):\n"
            "    return float(torch.nn.functional.mse_loss(torch.tensor(p), torch.tensor(t)))\n",
            {},
            "uses `torch`",
        ),
    ],
)
def test_what_only_the_notebook_has_is_named_and_the_function_lives_for_the_session(learner_folder, text, names, said):
    space = cell(text, **names)
    card = repr(check("2.1", space["squared_error"]))
    assert "Yours for as long as this notebook runs" in card and said in card
    assert not (learner_folder / "my_network.py").exists()
    assert yours("2.1") is space["squared_error"]


def test_a_design_is_not_kept_in_the_file_but_that_it_passed_is(learner_folder, capsys):
    check("1.7", answers.equal_network)
    assert yours("1.7") is answers.equal_network
    new_kernel()
    capsys.readouterr()
    assert yours("1.7")() == answers.equal_network()
    assert "the course's own. Run the cell of exercise 1.7 and its check to use yours." in capsys.readouterr().out
    assert not (learner_folder / "my_network.py").exists()


# ---- what the learner does to the file ------------------------------------------------------------------------------


def test_an_edit_by_hand_is_respected_checked_and_used(learner_folder, capsys):
    check("1.6", cell(FORWARD)["forward"])
    path = learner_folder / "my_network.py"
    path.write_text(
        path.read_text().replace("Mine.", "By hand.").replace("import numpy as np\n\n", "import numpy as np\n\nX = 1\n")
    )
    new_kernel()
    assert yours("1.6").__doc__ == "By hand."
    card = check("1.6", cell(FORWARD)["forward"])
    assert "was edited there, and it stays" in repr(card)
    check("2.1", cell("def squared_error(p, t):\n    return np.mean((p - t) ** 2)\n")["squared_error"])
    assert "By hand." in path.read_text() and "X = 1" in path.read_text()


def test_an_edit_that_breaks_a_function_is_told_and_the_courses_takes_its_place(learner_folder, capsys):
    check("1.6", cell(FORWARD)["forward"])
    path = learner_folder / "my_network.py"
    path.write_text(path.read_text().replace("np.maximum", "np.minimum"))
    new_kernel()
    capsys.readouterr()
    assert giving.is_the_courses(yours("1.6"))
    assert "The `forward` of my_network.py does not pass its check" in capsys.readouterr().out


def test_a_power_written_as_in_mathematics_is_told_with_its_line_where_it_stands_in_the_file(learner_folder, capsys):
    check("2.1", cell("def squared_error(p, t):\n    return np.mean((p - t) ** 2)\n")["squared_error"])
    path = learner_folder / "my_network.py"
    path.write_text(path.read_text().replace("** 2", "^ 2"))
    new_kernel()
    capsys.readouterr()
    assert giving.is_the_courses(yours("2.1"))
    told = capsys.readouterr().out
    assert "of my_network.py, `return np.mean((p - t) ^ 2)`. A power is written `**` in Python" in told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("def forward", "def def forward"), "does not run, line"),
        (lambda text: text.replace("import numpy as np", "import nonsense_of_mine"), "ModuleNotFoundError"),
        (lambda text: text.replace("import numpy as np", "raise SystemExit"), "does not run, line"),
        (lambda text: text.encode("utf-16"), "is not a text in UTF-8"),
    ],
)
def test_nonsense_in_the_file_is_told_with_its_line_and_nothing_is_lost(learner_folder, capsys, change, said):
    check("1.6", cell(FORWARD)["forward"])
    path = learner_folder / "my_network.py"
    changed = change(path.read_text())
    changed = changed if isinstance(changed, bytes) else changed.encode()
    path.write_bytes(changed)
    new_kernel()
    capsys.readouterr()
    assert giving.is_the_courses(yours("1.6"))
    assert said in capsys.readouterr().out
    assert path.read_bytes() == changed


def test_another_learners_file_is_used_where_its_functions_pass(learner_folder, capsys):
    check("1.6", cell(FORWARD)["forward"])
    (learner_folder / "my_progress.json").unlink()
    new_kernel()
    assert yours("1.6").__doc__ == "Mine."
    assert "forward" in memory.remembered()["passed"]


def test_a_function_of_an_exercise_that_has_changed_is_checked_again(learner_folder, monkeypatch, capsys):
    check("1.6", cell(FORWARD)["forward"])
    new_kernel()
    monkeypatch.setattr(giving, "edition_of", lambda exercise: "another")
    assert yours("1.6").__doc__ == "Mine."
    path = learner_folder / "my_network.py"
    path.write_text(path.read_text().replace("np.maximum", "np.minimum"))
    new_kernel()
    assert giving.is_the_courses(yours("1.6"))


def test_the_file_is_written_whole_or_not_at_all(learner_folder, monkeypatch):
    check("1.6", cell(FORWARD)["forward"])
    before = kept_file(learner_folder)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("course_lib.whole_file._write", full)
    card = check("1.6", cell(FORWARD.replace("Mine.", "Better."))["forward"])
    assert "Yours for as long as this notebook runs" in repr(card) and "no room" in repr(card)
    assert kept_file(learner_folder) == before
    assert yours("1.6").__doc__ == "Better."


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(learner_folder):
    learner_folder.chmod(0o500)
    card = check("1.6", cell(FORWARD)["forward"])
    learner_folder.chmod(0o700)
    assert "may not write" in repr(card) and list(learner_folder.iterdir()) == []
    assert yours("1.6").__doc__ == "Mine."


def test_a_folder_that_is_not_there_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv(memory.FOLDER, str(tmp_path / "missing"))
    assert "Yours for as long as this notebook runs" in repr(check("1.6", cell(FORWARD)["forward"]))


def test_two_notebooks_at_once_lose_nothing(learner_folder):
    keys = [f"key {n}" for n in range(40)]

    def work(mine):
        for key in mine:
            assert memory.remember("predictions", key, "x") == ""

    program = "from course_lib.learner import memory\n" + "".join(
        f"memory.remember('predictions', 'other {n}', 'y')\n" for n in range(40)
    )
    root = str(Path(answers.__file__).parents[2])
    other = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": root})
    thread = threading.Thread(target=work, args=(keys,))
    thread.start()
    thread.join()
    assert other.wait() == 0
    words = json.loads((learner_folder / "my_progress.json").read_text())["predictions"]
    assert len(words) == 80


# ---- the file of progress -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ['{"format": 1, "passed": {"forw', "", "[]", '{"format": 1, "numbers": {"a": "b"}}', "\ud800"]
)
def test_a_damaged_file_of_progress_is_put_aside_and_told(learner_folder, text):
    path = learner_folder / "my_progress.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    said = memory.remember("predictions", "a", "b")
    assert "It is kept as my_progress-damaged-1.json" in said
    assert (learner_folder / "my_progress-damaged-1.json").read_bytes() == text.encode("utf-8", "surrogatepass")
    assert json.loads(path.read_text())["predictions"] == {"a": "b"}


def test_a_file_of_a_newer_course_is_left_alone(learner_folder):
    path = learner_folder / "my_progress.json"
    path.write_text('{"format": 99}')
    assert "newer version" in memory.remember("predictions", "a", "b")
    assert path.read_text() == '{"format": 99}' and memory.remembered()["predictions"] == {"a": "b"}


# ---- `yours` answers for nobody -------------------------------------------------------------------------------------


def test_the_courses_own_is_no_answer():
    forward = yours("1.6")
    with pytest.raises(NotWrittenYet, match="the course's own `forward`"):
        check("1.6", forward)


def test_the_courses_own_inside_of_a_function_is_no_answer_either():
    given = yours("1.6")
    for answer in (lambda x, layers: given(x, layers), lambda x, layers: yours("1.6")(x, layers)):
        with pytest.raises(CheckFailed, match="NotInMarking"):
            check("1.6", answer)


def test_another_exercise_may_use_it():
    text = "def network_loss(x, labels, layers):\n    return cross_entropy(forward(x, layers)[-1], labels)[0]\n"
    space = cell(text, forward=yours("1.6"), cross_entropy=yours("2.6"))
    layers = answers.random_layers([3, 4, 2], np.random.default_rng(0))
    assert np.isfinite(space["network_loss"](np.ones((2, 3)), np.array([0, 1]), layers))


def test_in_marking_it_raises(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(NotInMarking, match="gives no answer where answers are marked"):
        yours("1.6")


def test_in_marking_it_gives_what_passed_there_and_what_is_not_marked_and_nothing_else(monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("COURSE_MARKED_EXERCISES", "1.4 1.6")
    assert giving.is_the_courses(yours("1.3"))
    assert "Exercise 1.3 is not marked here" in capsys.readouterr().out
    for marked in ("1.4", "1.6"):
        with pytest.raises(NotInMarking, match="answers are marked"):
            yours(marked)
    own = cell(FORWARD)["forward"]
    check("1.6", own)
    assert yours("1.6") is own


# ---- numbers and names ----------------------------------------------------------------------------------------------


def test_a_renumbered_exercise_is_recognized():
    with pytest.raises(CheckFailed, match=r"`forward` is the function of exercise 1\.6, and 1\.3 asks for `layer`"):
        check("1.3", cell(FORWARD)["forward"])


def test_every_exercise_that_is_kept_has_an_answer_of_the_course_that_passes():
    for each in exercises(1) + exercises(2):
        assert check(each.number, getattr(answers, each.name)).outcome.passed, each
        assert find(each.number).name == each.name


def test_with_all_answers_the_file_trains_as_the_courses_engine_does(learner_folder):
    """The same start and the same batches: after each epoch the weights are equal up to rounding, and so are the
    shares of new photos that come out right.
    """
    from course_lib.data import load_fashion_mnist
    from course_lib.engine.numpy_backend import Network
    from course_lib.recipe import Recipe

    for each in exercises(1) + exercises(2):
        check(each.number, getattr(answers, each.name))
    net, data = imported(learner_folder / "my_network.py"), load_fashion_mnist()
    recipe = Recipe(
        hidden_layers=(100,), activation="relu", initialization="lecun_normal", normalization="none", drop_rate=0.0,
        optimizer="gradient_descent", learning_rate=0.1, l2=0.0, label_smoothing=0.0, batch_size=32,
    )  # fmt: skip
    x, labels = data.train.x.astype(float)[:6000], data.train.labels[:6000]
    new_x, new_labels = data.validation.x.astype(float), data.validation.labels
    layers = net.random_layers([784, 100, 10], np.random.default_rng(0))
    engine = Network(recipe, 784, 10, dtype="float64")
    engine.load_parameters(named(layers))
    for epoch in range(2):
        layers = net.train_epoch(x, labels, layers, 0.1, 32, np.random.default_rng(epoch))
        order = np.random.default_rng(epoch).permutation(len(x))
        for start in range(0, len(x), 32):
            engine.train_step(x[order[start : start + 32]], labels[order[start : start + 32]])
        theirs = engine.parameters()
        for name, array in named(layers).items():
            assert np.allclose(array, theirs[name], rtol=1e-6, atol=1e-8), (epoch, name)
        mine = np.mean(net.forward(new_x, layers)[-1].argmax(axis=1) == new_labels)
        shares = mine, np.mean(engine.logits(new_x).argmax(axis=1) == new_labels)
        assert abs(shares[0] - shares[1]) < 0.01 and min(shares) > 0.7


def named(layers):
    """The learner's layers under the names of the course's engine."""
    return {
        f"dense{place}.{name}": array
        for place, pair in enumerate(layers, start=1)
        for name, array in zip(("weight", "bias"), pair, strict=True)
    }
