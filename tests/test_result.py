"""What a Result prints, and what fit() says to arguments that cannot be."""

import numpy as np
import pytest

from course_lib.data import split
from course_lib.recipe import Recipe, RecipeError
from course_lib.training import Callback, EarlyStopping, Result, TrainingDiverged, fit

RECIPE = Recipe(hidden_layers=(6,), epochs=3, batch_size=16)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5))
    return split(x, (x[:, 0] > 0).astype(int), seed=0)


def test_a_result_prints_three_lines_and_not_its_history(data):
    result = fit(RECIPE, data, progress=False)
    lines = repr(result).splitlines()
    assert len(lines) == 3
    n_steps = len(result.step_losses)
    assert f"3 epochs, {n_steps} steps" in lines[0] and "to the end" in lines[0]
    assert f"{result.history[-1]['validation_accuracy']:.1%}" in lines[1]
    assert sum(character in "▁▂▃▄▅▆▇█" for character in lines[2]) == min(40, n_steps)
    for part in ("3 epochs", f"{result.history[-1]['validation_accuracy']:.1%}", "█"):
        assert part in result._repr_html_()


@pytest.mark.parametrize(
    ("losses", "bars"), [([], "no step"), ([2.0], "▁ 2 to 2"), ([4.0, 3.0, 1.0], "█▆▁ 4 to 1"), ([1.0, np.nan], "▁█")]
)
def test_the_line_of_bars(losses, bars):
    assert bars in repr(Result([], losses, None, RECIPE))


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_statistics_beyond_float32_are_a_divergence_with_a_name(data, engine):
    huge = split(data.train.x * 1e19, data.train.labels, seed=0)
    with pytest.raises(TrainingDiverged, match=r"epoch 1 batch_norm1\.running_variance.*Scale x") as caught:
        fit(RECIPE.replace(patience=2), huge, engine, device="cpu", progress=False)
    assert len(caught.value.result.step_losses) > 0


@pytest.mark.parametrize(
    ("callbacks", "said"),
    [
        (EarlyStopping(3), r"callbacks is one EarlyStopping.*\[\.\.\.\]"),
        (5, "callbacks is 5"),
        ([Callback], r"Did you mean Callback\(\)"),
        ([lambda run: None], "no Callback object"),
    ],
)
def test_callbacks_that_are_none_are_named(data, callbacks, said):
    with pytest.raises(TypeError, match=said):
        fit(RECIPE, data, callbacks=callbacks, progress=False)


def test_a_recipe_of_a_reloaded_file_is_taken_for_what_it_is(data):
    class Recipe:  # what %autoreload leaves of an object that was made before
        __module__ = "course_lib.recipe"

    reloaded = Recipe()
    vars(reloaded).update(vars(RECIPE))
    assert fit(reloaded, data, progress=False).recipe == RECIPE


def test_something_else_is_no_recipe(data):
    with pytest.raises(RecipeError, match=r"fit\(\) needs a Recipe first; it got dict"):
        fit({}, data, progress=False)


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_numpy_errors_at_underflow_do_not_reach_training(data, engine):
    with np.errstate(all="raise"):
        result = fit(RECIPE.replace(activation="sigmoid"), data, engine, device="cpu", progress=False)
        result.network.logits(data.test.x * 1e3)
    assert np.isfinite(result.history[-1]["train_loss"])


class Interrupting(Callback):
    """Interrupts the first restoring of the best epoch, after the first array."""

    def on_start(self, run):
        network, real = run.network, run.network._set

        def set_once(slot, array):
            network._set = real
            real(slot, array)
            raise KeyboardInterrupt

        network._set = set_once


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_an_interrupt_while_the_best_epoch_is_restored_loses_nothing(data, engine):
    recipe = RECIPE.replace(patience=3, learning_rate=0.3, seed=1)
    whole = fit(recipe, data, engine, device="cpu", progress=False)
    result = fit(recipe, data, engine, device="cpu", callbacks=[Interrupting()], progress=False)
    assert result.interrupted and result.best_epoch == whole.best_epoch
    for name, array in whole.network.state().items():
        np.testing.assert_array_equal(result.network.state()[name], array)


def test_pytorch_fits_as_ever_after_an_interrupt_that_left_gradients_off(data):
    import torch

    class LeavesGradientsOff(Callback):
        def on_step(self, run, loss):
            torch.set_grad_enabled(False)
            raise KeyboardInterrupt

    assert fit(RECIPE, data, "torch", device="cpu", callbacks=[LeavesGradientsOff()], progress=False).interrupted
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("mode", ["no_grad", "inference_mode"])
def test_pytorch_trains_where_gradients_are_switched_off(data, mode):
    import torch

    expected = fit(RECIPE, data, "torch", device="cpu", progress=False).step_losses
    with getattr(torch, mode)():
        assert fit(RECIPE, data, "torch", device="cpu", progress=False).step_losses == expected


def test_pytorch_leaves_the_callers_random_stream_where_it_was(data):
    import torch

    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    fit(RECIPE, data, "torch", device="cpu", progress=False)
    assert torch.equal(torch.rand(2), expected)
