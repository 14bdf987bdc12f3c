"""The course's public address, and all that is made of it: addresses of pages, badges, links.

It stands in one place, `Repository` under `[project.urls]` in pyproject.toml. While it is not there, no text shows
anything that needs it: none at all rather than broken ones.
"""

import tomllib
from pathlib import Path
from urllib.parse import quote, urlsplit

from course_lib.marked_block import read_text
from course_lib.whole_file import write_file

FILE = "pyproject.toml"
KEY = "Repository"  # of [project.urls]
TABLE = "[project.urls]\n"
BRANCH = "main"  # what is published; Colab wants a branch by its name
ON_GITHUB = "github.com"
BINDER_BADGE = "[![Open in Binder](https://mybinder.org/badge_logo.svg)]"
COLAB_BADGE = "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"


class AddressError(ValueError):
    """A public address that no link can be made of."""


def address(root: Path) -> str:
    """The public address of the course, without a slash or `.git` at its end; "" while it is not known.

    Raises
    ------
    AddressError : it is no https address of a repository
    """
    path = Path(root) / FILE
    if not path.is_file():
        return ""
    given = tomllib.loads(read_text(path))["project"].get("urls", {}).get(KEY, "")
    found = given.rstrip("/").removesuffix(".git")
    parts = urlsplit(found)
    if given and (parts.scheme != "https" or not parts.netloc or parts.path.count("/") < 2):
        raise AddressError(
            f'pyproject.toml: {KEY} under [project.urls] is {given!r}; expected "https://github.com/OWNER/NAME".'
        )
    return found


def binder(found: str, page: str) -> str:
    """The address on mybinder.org that opens a page of JupyterLab in a copy of the course at `found`."""
    parts = urlsplit(found)
    place = f"gh{parts.path}" if parts.netloc == ON_GITHUB else f"git/{quote(found, safe='')}"
    return f"https://mybinder.org/v2/{place}/HEAD?urlpath={page}"


def colab(found: str, path: str) -> str:
    """The address that opens a notebook of the course in Google Colab; "" where it is not on GitHub."""
    parts = urlsplit(found)
    if parts.netloc != ON_GITHUB:
        return ""
    return f"https://colab.research.google.com/github{parts.path}/blob/{BRANCH}/{path}"


def site(found: str, page: str = "") -> str:
    """The address of a page of the book, which GitHub publishes; "" where the course is not on GitHub."""
    parts = urlsplit(found)
    if parts.netloc != ON_GITHUB:
        return ""
    _, owner, name = parts.path.split("/")
    return f"https://{owner.lower()}.github.io/{name}/{page}"


def badges(found: str, path: str) -> str:
    """The line below the title of a notebook: where it can be read with its pictures, and where it can be run.

    Parameters
    ----------
    found : the public address
    path : of the notebook, below the course's folder
    """
    reading, in_colab = site(found, f"{Path(path).stem}.html"), colab(found, path)
    parts = [f"{BINDER_BADGE}({binder(found, f'lab/tree/{path}')})"]
    parts = [f"[Read it with its pictures]({reading})", *parts] if reading else parts
    return " ".join([*parts, f"{COLAB_BADGE}({in_colab})"] if in_colab else parts)


def with_badges(text: str, line: str) -> str:
    """The text of a notebook's first cell with a line of badges below its title."""
    title, _, rest = text.partition("\n")
    return "\n\n".join([title, line, rest.lstrip("\n")]).rstrip("\n")


def without_badges(text: str) -> str:
    """The text of a cell without a line of badges: what it would be if the address were not known."""
    return "\n\n".join(part for part in text.split("\n\n") if BINDER_BADGE not in part)


def project_urls(found: str) -> dict[str, str]:
    """What stands under [project.urls] besides the address itself; nothing while it is not known."""
    if not found:
        return {}
    urls = {
        "Changelog": f"{found}/blob/{BRANCH}/CHANGELOG.md",
        "Issues": f"{found}/issues",
        "Security": f"{found}/blob/{BRANCH}/SECURITY.md",
    }
    return urls | ({"Documentation": site(found)} if site(found) else {})


def with_project_urls(text: str, found: str) -> str:
    """The text of pyproject.toml with the lines below `Repository` that are made of it."""
    before, table, rest = text.partition(TABLE)
    lines, blank, after = rest.partition("\n[")
    kept = [line for line in lines.splitlines() if line.startswith(f"{KEY} ")]
    made = [f'{name} = "{url}"' for name, url in project_urls(found).items()]
    return f"{before}{table}" + "".join(f"{line}\n" for line in kept + made) + f"{blank}{after}"


def write_project_urls(root: Path) -> bool:
    """Write the addresses that are made of the public one into pyproject.toml. Returns whether anything has changed.

    Raises
    ------
    AddressError : as `address`
    """
    path = Path(root) / FILE
    before = read_text(path)
    after = with_project_urls(before, address(root))
    if after != before:
        write_file(path, after)
    return after != before
