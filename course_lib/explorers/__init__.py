"""Explorers: pictures with controls beside them, for touching what a chapter explains.

Import each from its own file, for example `from course_lib.explorers.neuron import NeuronExplorer`. How to write
another one stands in `explorer.py`.
"""
