"""When the device's memory is too small: the state is put back, and the error says what would fit."""

import warnings
from contextlib import contextmanager

import torch

from course_lib.execution import OutOfMemory


def is_out_of_memory(error):
    """True for PyTorch's error on a GPU; a Mac's GPU has it as a RuntimeError with these words."""
    return isinstance(error, torch.OutOfMemoryError) or "MPS backend out of memory" in str(error)


def run_guarded(network, step, batch_size, trial):
    """`step()`, a training step; out of memory becomes an OutOfMemory that says the batch size that fits.

    trial : a function of a batch size that does such a step for that many examples. What it changes is put back.
    """
    try:
        return step()
    except RuntimeError as error:  # torch.OutOfMemoryError is one
        if not is_out_of_memory(error):
            raise
    raise _explanation(network, batch_size, trial)  # only here: the error held the step's tensors


def _explanation(network, batch_size, trial):
    _forget_half_made_state(network.optimizer)
    fits = largest_that_fits(network, batch_size, trial)
    said = f"A training step with a batch of {batch_size:,} examples does not fit in the memory of {network.device}"
    kept = "Parameters, optimizer and history are as before that step."
    if fits is None:
        return OutOfMemory(
            f"{said}, and no smaller batch does. The network itself is too large for what is free there: use smaller "
            f"hidden_layers, close other programs that use the device, or use device='cpu'. {kept}"
        )
    return OutOfMemory(f"{said}; a batch of {fits:,} fits. Use batch_size={fits} in the recipe. {kept}", fits)


def _forget_half_made_state(optimizer):
    """Its first step makes the optimizer's state; where memory ran out in the middle of that, there is none yet."""
    kinds = {}  # optimizers side by side have groups with other words, and other states
    for group in optimizer.param_groups:
        kinds.setdefault(frozenset(group), []).extend(group["params"])
    for parameters in kinds.values():
        known = [set(optimizer.state.get(parameter, ())) for parameter in parameters]
        if any(names != known[0] for names in known):
            for parameter in parameters:
                optimizer.state.pop(parameter, None)


def largest_that_fits(network, batch_size, trial):
    """The first of batch_size / 2, / 4, ... for which `trial` fits, None when none does. The state is put back."""
    smallest = 2 if network.recipe.normalizes_batches else 1
    size = batch_size // 2
    while size >= smallest:
        if _fits(network, size, trial):
            return size
        size //= 2
    return None


def _fits(network, size, trial):
    free(network)
    with put_back(network):
        try:
            trial(size)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            fits = False
        else:
            fits = True
    free(network)
    return fits


def free(network):
    """Let go of the gradients and of memory that PyTorch keeps for later."""
    network.optimizer.zero_grad()
    if network.device.type == "cuda":
        torch.cuda.empty_cache()


@contextmanager
def put_back(network, forget=True):
    """Whatever happens inside, the network then is as before: parameters, running statistics, optimizer, random
    streams, count of clipped steps. All tensors stay where they are in memory; gradients are not kept.

    The copies are in the CPU's memory: the device's may be full.

    forget : drop the optimizer's state that is made inside; False sets it to 0, which is where every optimizer begins
    """
    optimizer, generator = network.optimizer, getattr(network, "generator", None)
    tensors = [(tensor, _copy(tensor)) for tensor in network.module.state_dict(keep_vars=True).values()]
    states = {
        parameter: {name: _copy(value) for name, value in state.items()} for parameter, state in optimizer.state.items()
    }
    streams = {layer.rng for layer in network.module.modules() if getattr(layer, "rng", None) is not None}
    positions = [(stream, stream.bit_generator.state) for stream in streams]
    drawn = None if generator is None else generator.get_state()
    clipped_steps = network.clipped_steps
    try:
        yield
    finally:
        with torch.no_grad():
            for tensor, before in tensors:
                tensor.copy_(before)
            for parameter in list(optimizer.state):
                _restore(optimizer.state, parameter, states.get(parameter, {}), forget)
        for stream, position in positions:
            stream.bit_generator.state = position
        if generator is not None:
            generator.set_state(drawn)
        network.clipped_steps = clipped_steps


def _copy(value):
    return value.detach().cpu().clone() if isinstance(value, torch.Tensor) else value


def _restore(all_states, parameter, before, forget):
    state = all_states[parameter]
    for name, value in list(state.items()):
        if name not in before:
            if isinstance(value, torch.Tensor) and not forget:
                value.zero_()
            else:
                del state[name]
        elif isinstance(value, torch.Tensor):
            value.copy_(before[name])
        else:
            state[name] = before[name]
    if not state:
        del all_states[parameter]


def in_parts(network, function, *arrays):
    """[function(part of each array), ...] in parts of `network.evaluation_batch` rows.

    A part that does not fit in memory is halved, for all later parts too, and a warning says so. The numbers stay the
    same, up to rounding.
    """
    results, start = [], 0
    while start < len(arrays[0]):
        size = network.evaluation_batch
        try:
            results.append(function(*(array[start : start + size] for array in arrays)))
            start += size
            continue
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        _halve(network, min(size, len(arrays[0]) - start))
    return results


def _halve(network, size):
    if size == 1:
        raise OutOfMemory(
            f"Not even one example can be evaluated in the memory of {network.device}: it is full. Close other "
            "programs that use the device, or use device='cpu'. Parameters, optimizer and history are as before."
        )
    free(network)
    network.evaluation_batch = size // 2
    warnings.warn(
        f"Evaluating {size:,} examples at once does not fit in the memory of {network.device}; "
        f"now {network.evaluation_batch:,} are evaluated at once.",
        stacklevel=3,
    )


def to_device(array, device):
    """The array as a tensor on the device; an OutOfMemory where all of it does not fit there."""
    try:
        return torch.as_tensor(array, device=device)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    raise OutOfMemory(
        f"Data of {array.nbytes / 1e6:,.0f} MB does not fit in the memory of {device}: it is kept there as a whole. "
        "Take fewer examples, dtype='float32', or device='cpu'."
    )
