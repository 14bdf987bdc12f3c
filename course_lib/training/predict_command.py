"""python -m course_lib predict MODEL PICTURE: what a saved model says of a picture.

Exit codes: 0 done, 1 the model or the picture cannot be read, 2 something was asked for that does not exist, 130
stopped by Ctrl+C.
"""

import json
import sys
from dataclasses import asdict

from course_lib.arrays import ArrayError
from course_lib.data import DataError
from course_lib.data.picture import BACKGROUNDS


def add_arguments(parser):
    """The options of the command."""
    parser.add_argument("model", metavar="MODEL", help="folder that save_model wrote")
    parser.add_argument("picture", metavar="PICTURE", help="a PNG or JPEG file")
    parser.add_argument("--background", choices=BACKGROUNDS, default="auto", help="of the picture (default: auto)")
    parser.add_argument("--top", type=int, default=3, metavar="N", help="how many classes to print (default: 3)")
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")


def run(arguments):
    """Print the prediction. Returns the exit code."""
    from course_lib.training.saved_model import CheckpointError, load_model

    if arguments.top < 1:
        print(f"--top is {arguments.top}; it must be 1 or more.", file=sys.stderr)
        return 2
    try:
        prediction = load_model(arguments.model).predict(arguments.picture, arguments.background)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    except (CheckpointError, DataError, ArrayError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    print(json.dumps(asdict(prediction), indent=2) if arguments.json else prediction.text(arguments.top))
    return 0
