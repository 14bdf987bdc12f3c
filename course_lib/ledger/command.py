"""python -m course_lib claims: the command of the experiments, and --markdown, which writes CLAIMS.md.

Exit codes: as there.
"""

import sys

from course_lib.experiments import command


def add_arguments(parser):
    """The options of the command."""
    command.add_arguments(parser)
    meaning = "write CLAIMS.md, the README's sentence and all pictures, and print the first"
    parser.add_argument("--markdown", action="store_true", help=meaning)
    parser.set_defaults(list_action=parser.get_default("action"))


def run(arguments):
    """List, measure, or write CLAIMS.md. Returns the exit code."""
    _print_anywhere(sys.stdout)
    if not arguments.markdown:
        return command.run(arguments)
    if arguments.json or arguments.folder is not None or arguments.action is not arguments.list_action:
        print("--markdown writes CLAIMS.md from the course's own results. It stands alone.", file=sys.stderr)
        return 2
    from course_lib.ledger.entries import LedgerError
    from course_lib.ledger.pages import write

    try:
        content, changed = write()
    except (LedgerError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(content)
    said = "\n".join(f"wrote {path}" for path in changed)
    print(said or "CLAIMS.md, README.md and their pictures are current.", file=sys.stderr)
    return 0


def _print_anywhere(stream):
    """Let a console that has no such signs get their numbers: a ✔ becomes \\u2714, and not the end of the program."""
    if getattr(stream, "errors", None) == "strict" and hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
