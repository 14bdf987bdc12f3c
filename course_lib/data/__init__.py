"""Data sets as plain arrays, seeded: clothes, digits, points in the plane, sequences, the exercise network."""

from course_lib.data import toys
from course_lib.data.article import ArticleNetwork, article_network
from course_lib.data.dataset import DataError, Dataset, Split, split
from course_lib.data.digits import load_digits
from course_lib.data.fashion import load_fashion_mnist
from course_lib.data.full import DataUnavailable
from course_lib.data.overlap import OverlapError, check_no_overlap, find_overlaps, without_overlap
from course_lib.data.picture import Picture, PictureError, read_picture
from course_lib.data.sequences import adding_problem, copy_task
from course_lib.data.toys import circles, moons, noisy_sine, two_gaussians, two_spirals, xor

__all__ = [
    "ArticleNetwork",
    "DataError",
    "DataUnavailable",
    "Dataset",
    "OverlapError",
    "Picture",
    "PictureError",
    "Split",
    "adding_problem",
    "article_network",
    "check_no_overlap",
    "circles",
    "copy_task",
    "find_overlaps",
    "load_digits",
    "load_fashion_mnist",
    "moons",
    "noisy_sine",
    "read_picture",
    "split",
    "toys",
    "two_gaussians",
    "two_spirals",
    "without_overlap",
    "xor",
]
