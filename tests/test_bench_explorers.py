"""What the explorers' benchmark writes: a part of a measurement beside the other figures, and the goals of memory."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from course_lib.marked_block import with_block

HERE = Path(__file__).parent
MEMORY = {"minutes": 2.0, "growth_mb": 7.3, "updates": 1_234_567}


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_explorers", HERE / "performance" / "bench_explorers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def files(bench, tmp_path):
    copies = {"results": tmp_path / "explorers.json", "page": tmp_path / "README.md"}
    shutil.copy(bench.RESULTS, copies["results"])
    shutil.copy(HERE.parent / "README.md", copies["page"])
    return copies


def test_memory_alone_keeps_the_other_figures_and_the_table_says_how_long(bench, files):
    before = json.loads(files["results"].read_text(encoding="utf-8"))
    bench.write({"memory": MEMORY}, before["machine"], whole=False, **files)
    after = json.loads(files["results"].read_text(encoding="utf-8"))
    assert after == before | {"memory": MEMORY} and len(after) > 4
    page = files["page"].read_text(encoding="utf-8")
    assert "| the page's memory in 2 minutes of training | grows by 7.3 MB, over 1.2 million updates |" in page
    assert f"new picture | {before['slider_to_picture_ms']['explorer']['p50']} ms" in page


def test_memory_of_another_machine_is_not_written_beside_the_others(bench, files):
    before = [file.read_bytes() for file in files.values()]
    machine = json.loads(files["results"].read_text(encoding="utf-8"))["machine"] | {"cores": 512}
    with pytest.raises(SystemExit, match="512"):
        bench.write({"memory": MEMORY}, machine, whole=False, **files)
    assert [file.read_bytes() for file in files.values()] == before


@pytest.mark.parametrize(
    ("change", "met"),
    [({}, [True, True]), ({"growth_mb": 10.1}, [False, True]), ({"updates": 0}, [True, False])],
)
def test_memory_that_grows_and_a_page_that_stands_still_miss_their_goals(bench, change, met):
    assert [reached for _, reached in bench.memory_goals(MEMORY | change)] == met


def test_memory_that_is_less_than_before_does_not_grow(bench, files):
    before = json.loads(files["results"].read_text(encoding="utf-8"))
    table = bench.table(before | {"memory": MEMORY | {"growth_mb": -1.1}}, before["machine"])
    assert "training | does not grow, over 1.2 million updates |" in table


def test_the_readmes_table_is_what_was_measured(bench):
    found = json.loads(bench.RESULTS.read_text(encoding="utf-8"))
    page = (HERE.parent / "README.md").read_text(encoding="utf-8")
    assert with_block(page, bench.BLOCK, bench.table(found, found["machine"])) == page


def test_the_table_names_each_figure_once_and_no_other_playground_where_none_was_timed(bench):
    found = json.loads(bench.RESULTS.read_text(encoding="utf-8"))
    table = bench.table(found, found["machine"])
    ratios = found["engine_ratio_to_the_other"]
    for name, way in (("plain", "times as fast"), ("batch norm and Adam", "with batch norm and Adam")):
        assert f"{ratios[f'2-4-2-1, {name}']:g} and {ratios[f'six layers of 8, {name}']:g} {way}" in table
    alone = bench.table(found | {"engine_ratio_to_the_other": {}}, found["machine"])
    assert set(table.splitlines()) > set(alone.splitlines()) and "well-known" not in alone
