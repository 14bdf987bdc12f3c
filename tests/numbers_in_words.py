"""The numbers that the explorers of chapter 3 say in words."""

import re

SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def number_of(text):
    """The number that a text such as "1/2,300 of", "4.1·10⁷ times" or "0.03" stands for."""
    text = text.removesuffix(" of").removesuffix(" times").replace(",", "").replace("(", "").replace(")", "")
    over = text.startswith("1/")
    mantissa, _, power = text.removeprefix("1/").rpartition("·")
    base, exponent = re.fullmatch(r"([0-9.]+)([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]*)", power).groups()
    value = float(mantissa or 1) * float(base) ** int(exponent.translate(SUPERSCRIPTS) or 1)
    return 1 / value if over else value
