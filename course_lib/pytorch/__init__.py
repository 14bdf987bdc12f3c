"""The PyTorch engine: the techniques of `course_lib.scratch` under the same names, made of torch.nn and torch.optim.

Arrays that cross the boundary are NumPy's and weights are (fan_in, fan_out), so that the two engines can be compared
and exchanged; inside, everything is as PyTorch has it.
"""
