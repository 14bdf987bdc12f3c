"""Data sets as plain arrays, seeded: Fashion-MNIST, small sets in the plane, and the article's exercise network."""

from course_lib.data import toys
from course_lib.data.article import ArticleNetwork, article_network
from course_lib.data.dataset import DataError, Dataset, Split, split
from course_lib.data.fashion import load_fashion_mnist
from course_lib.data.full import DataUnavailable
from course_lib.data.toys import circles, moons, noisy_sine, two_gaussians, two_spirals, xor

__all__ = [
    "ArticleNetwork",
    "DataError",
    "DataUnavailable",
    "Dataset",
    "Split",
    "article_network",
    "circles",
    "load_fashion_mnist",
    "moons",
    "noisy_sine",
    "split",
    "toys",
    "two_gaussians",
    "two_spirals",
    "xor",
]
