"""Lessons in PyTorch: the techniques of `course_lib.scratch` under the same names, made of torch.nn and torch.optim.

Tensors go in and come out, and everything is as PyTorch has it: a weight of torch.nn.Linear is (fan_out, fan_in), and
gradients come by autograd. `named` says under which of PyTorch's names a module keeps what the NumPy lesson names.
"""
