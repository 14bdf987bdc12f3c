"""What a class hands in, made up: notebooks, zips, folders, and what `collect` makes of them."""

import io
import json
import zipfile

from course_lib.grading.collect import collect

MARCH = (2026, 3, 1, 12, 30, 0)
APRIL = (2026, 4, 1, 12, 30, 0)


def notebook(text="x = 1"):
    """A notebook of one cell, as bytes."""
    cell = {"cell_type": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]}).encode()


def packed(entries, time=MARCH, **words):
    """A zip of {name, or ZipInfo: bytes}, as bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, time)
            archive.writestr(info, data, compress_type=words.get("compress_type", zipfile.ZIP_DEFLATED))
    return file.getvalue()


def laid(folder, files):
    """Write {path below the folder: bytes}, and give the folder back."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def taken(place, pattern=None):
    """{student: names of files}, and what was told as one text."""
    submissions, told = collect(place, pattern)
    return {each.student: list(each.files) for each in submissions}, "\n".join(f"{n.where}: {n.why}" for n in told)


def below(folder, files):
    return {f"{folder}/{name}": data for name, data in files.items()}


MOODLE = {
    "Ada Lovelace_101_assignsubmission_file_/02a_downhill.ipynb": notebook("a"),
    "Zoë O'Neil-Smith_102_assignsubmission_file_/deep/02a_downhill.ipynb": notebook("z"),
}
MOODLE_IDS = {"Ada Lovelace_101": ["02a_downhill.ipynb"], "Zoë O'Neil-Smith_102": ["02a_downhill.ipynb"]}
CANVAS = {
    "lovelaceada_11_9001_02a_downhill.ipynb": notebook("a"),
    "oneilzoë_LATE_12_9002_02a_downhill-1.ipynb": notebook("z"),
}
CANVAS_IDS = {"lovelaceada_11": ["02a_downhill.ipynb"], "oneilzoë_12": ["02a_downhill.ipynb"]}
BLACKBOARD = {
    "Week 2_ada_attempt_2026-03-01-12-30-00_02a_downhill.ipynb": notebook("a"),
    "Week 2_bob_attempt_2026-03-02-12-30-00_02a_downhill.ipynb": notebook("b"),
}
