"""What a learner keeps: functions that have passed (my_network.py), predictions, numbers; and what is made of them.

In a notebook:

    check("1.6", forward)        is it right? If so, it is kept
    forward = yours("1.6")       your own where it has passed, else the course's
    board(linear=0.83)           your numbers so far
    keep_layers(layers)          the weights of your network, in my_network.npz
    progress()                   what has passed; hand the files out, take them in
    progress(forget=True)        forget it, after asking
"""

from course_lib.checks.cards import CheckFailed, NotWrittenYet
from course_lib.learner.board import board
from course_lib.learner.giving import NotInMarking, yours
from course_lib.learner.keeping import check
from course_lib.learner.progress import progress
from course_lib.learner.weights_file import keep_layers

__all__ = ["CheckFailed", "NotInMarking", "NotWrittenYet", "board", "check", "keep_layers", "progress", "yours"]
