"""The explorers' opening pictures as SVG files, for the README: `python tools/readme_pictures.py`."""

import argparse
from pathlib import Path

from course_lib.explorers.article_network import ArticleNetworkExplorer
from course_lib.explorers.configuration import ConfigurationExplorer
from course_lib.explorers.descent import DescentExplorer
from course_lib.explorers.gradient_flow import GradientFlowExplorer
from course_lib.explorers.neuron import NeuronExplorer
from course_lib.explorers.optimizer_race import OptimizerRaceExplorer
from course_lib.explorers.overfitting_laboratory import OverfittingLaboratory
from course_lib.explorers.recurrent_gradients import RecurrentGradientsExplorer

PICTURES = {
    "neuron": NeuronExplorer,
    "article_network": ArticleNetworkExplorer,
    "descent": DescentExplorer,
    "gradient_flow": GradientFlowExplorer,
    "recurrent_gradients": RecurrentGradientsExplorer,
    "optimizer_race": OptimizerRaceExplorer,
    "overfitting_laboratory": OverfittingLaboratory,
    "configuration": ConfigurationExplorer,
}


def opening_picture(explorer):
    """The SVG text that an explorer class opens with."""
    return explorer.draw(explorer.starting_state()) + "\n"


def write_pictures(folder):
    """Write every picture as folder/NAME.svg; files that are as they should be are left alone. Returns what changed."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, explorer in PICTURES.items():
        path, text = folder / f"{name}.svg", opening_picture(explorer)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    return changed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", default=".github/pictures", help="where to (default: %(default)s)")
    for path in write_pictures(parser.parse_args().folder):
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
