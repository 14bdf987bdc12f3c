"""Data-parallel training: every process has the whole network and computes with its share of each batch.

`DistributedNetwork` is a Network inside PyTorch's DistributedDataParallel. Its steps are those of one process with the
whole batch: same masks, same gradients, same update, to rounding. Batch normalization alone differs, see below.
"""

import torch
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from course_lib.engine.torch_backend import Network


def rows_of_rank(n_rows, rank, n_processes):
    """The slice of a batch of `n_rows` examples that a process computes with. Sizes differ by one at most."""
    return slice(n_rows * rank // n_processes, n_rows * (rank + 1) // n_processes)


class JointDraws:
    """A NumPy generator of which each process uses its rows: all draw for the joint batch, so all stay in step.

    The masks are then those of one process with the whole batch. `joint` is the number of examples of the joint batch,
    `rows` the slice that belongs to this process; both are set before each step.
    """

    def __init__(self, rng):
        self.rng, self.joint, self.rows = rng, 0, slice(0)

    @property
    def bit_generator(self):
        """That of the generator: where its stream is."""
        return self.rng.bit_generator

    def random(self, shape, dtype):
        """Numbers in [0, 1) for this process's rows, as Generator.random."""
        return self.rng.random((self.joint, *shape[1:]), dtype=dtype)[self.rows]


class DistributedNetwork(Network):
    """A Network whose training steps are shared by a group of processes.

    Parameters
    ----------
    group : the ProcessGroup
    recipe, n_inputs, n_classes, dtype : as for Network; the same in every process

    Every process calls the same methods with the same arguments: `x` and `labels` are the joint batch, of which each
    takes its rows. Losses and gradients that come back are those of the joint batch.

    DistributedDataParallel means the gradients over the processes: sum / n_processes. With shares of unequal size a
    mean of means is not the mean, so each process scales its loss to n_processes * (its sum of losses) / (examples of
    the joint batch). Penalties are the same in all, and their mean is what one process would have.

    Batch normalization uses the mean and variance of the process's own rows, and the running statistics are those of
    rank 0 (DistributedDataParallel copies them). That is a different network from one process with the joint batch, as
    if its batches were smaller. torch.nn.SyncBatchNorm exchanges the sums and takes the joint statistics; it computes
    on GPUs only.
    """

    def __init__(self, group, recipe, n_inputs, n_classes, dtype="float32"):
        self.group = group
        super().__init__(recipe, n_inputs, n_classes, dtype, group.device)
        drawing = [layer for _, layer in self.leaves if hasattr(layer, "rng")]
        self.masks_rng = drawing[0].rng if drawing else None  # dropout and RReLU draw from one generator
        self._draws = JointDraws(self.masks_rng)
        for layer in drawing:
            layer.rng = self._draws

    def _let_move_from(self, n_hidden):
        """What moves is shared anew."""
        super()._let_move_from(n_hidden)
        devices = [self.group.local_rank] if self.group.backend == "nccl" else None
        with self.group.among_peers():
            self._shared = DistributedDataParallel(self.module, device_ids=devices, process_group=self.group.handle)
            # DistributedDataParallel orders its buckets of gradients by the first backward pass, and with three
            # processes or more the order of the buckets decides in which order numbers are added. One pass before the
            # first step, in evaluation mode, and a run that goes on from a checkpoint adds as the first one did.
            zeros = torch.zeros(1, self.n_inputs, dtype=getattr(torch, self.dtype), device=self.device)
            self._shared(zeros).sum().backward()
        self.optimizer.zero_grad()

    def _try_step(self, x, labels, joint):
        """A step on this process's share of a joint batch of so many examples, without the other processes: where
        memory ran out in one of them, no other joins in."""
        rows = rows_of_rank(joint, self.group.rank, self.group.size)
        self._draws.joint, self._draws.rows = joint, rows
        self._training_mode()
        loss = self._with_penalties(self._summed(self.module(x[rows]), labels[rows]) / joint)
        parameters = list(self._moving().values())
        gradients = torch.autograd.grad(loss, parameters)  # backward() would make DistributedDataParallel exchange them
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        self.optimizer.step()

    def _data_loss(self, x, labels):
        """The joint batch's loss, whose gradient is this process's contribution to the joint gradient."""
        self._training_mode()
        rank, size, joint = self.group.rank, self.group.size, len(x)
        rows = rows_of_rank(joint, rank, size)
        self._draws.joint, self._draws.rows = joint, rows
        with self.group.among_peers():  # running statistics come from rank 0
            logits = self._shared(x[rows])
        contribution = self._summed(logits, labels[rows]) / joint  # sum_own / n_joint
        (value,) = self.group.total(contribution.item())  # mean over the joint batch: the sum of the contributions
        share = size * contribution  # its gradient, meant over the processes, is that of the joint mean
        return value + (share - share.detach())  # the joint value, the gradient of the share

    def _summed(self, logits, labels):
        """The sum of the examples' losses, without penalties."""
        return functional.cross_entropy(logits, labels, reduction="sum", label_smoothing=self.recipe.label_smoothing)

    def _backward(self, loss):
        with self.group.among_peers():
            super()._backward(loss)

    def evaluate(self, x, labels):
        """Loss (without penalties) and accuracy on placed tensors, each process measuring its rows."""
        self.copy_statistics()
        rows = rows_of_rank(len(x), self.group.rank, self.group.size)
        own, own_labels = x[rows], labels[rows]
        loss, accuracy = super().evaluate(own, own_labels) if len(own) else (0.0, 0.0)
        loss, correct = self.group.total(loss * len(own), accuracy * len(own))
        return loss / len(x), correct / len(x)

    def copy_statistics(self):
        """Give every process the running statistics of rank 0."""
        self.group.copy_from_first(self._statistics().values())

    # What a checkpoint of a running training needs beside `state`

    def optimizer_state(self):
        """The optimizer's memory: {"0.exp_avg": array, ...}, numbered as its parameters are, in PyTorch's shapes."""
        memory = self.optimizer.state_dict()["state"]
        return {
            f"{number}.{name}": value.detach().cpu().numpy().copy()
            for number, own in memory.items()
            for name, value in own.items()
            if value is not None
        }

    def load_optimizer_state(self, named):
        """Set what `optimizer_state` returned."""
        memory = {}
        for key, array in named.items():
            number, name = key.split(".")
            memory.setdefault(int(number), {})[name] = torch.from_numpy(array.copy())
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": memory, "param_groups": groups})
