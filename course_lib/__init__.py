"""Companion package of an open course on deep neural networks.

Two engines do everything twice: `course_lib.scratch` by hand in NumPy, `course_lib.pytorch` with PyTorch. Importing
this package loads neither; PyTorch is loaded when something asks for it.
"""

__version__ = "0.1.0"
