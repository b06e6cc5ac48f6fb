"""What the checks share: the files of the tree, C without its comments, and one way to report.

A check is a script: it calls complain(...) for each thing that is wrong, then finish(how_to_put_it_right).
"""
import os
import re
import subprocess
import sys

SKIPPED = 77  # ctest's SKIP_RETURN_CODE
_problems = []


def files(*suffixes, under=""):
    """The tree's files with one of the suffixes (all, if none is given), sorted. What git ignores is not the tree's."""
    try:
        listing = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                 check=True, capture_output=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):  # a tarball
        listing = [os.path.relpath(os.path.join(folder, name)) for folder, folders, names in os.walk(".") for name in names
                   if not folder.startswith(("./build", "./.git"))]
    return sorted(path for path in set(listing)
                  if path and path.startswith(under) and path.endswith(suffixes or ("",)) and os.path.isfile(path))


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def code_of(path):
    """C source with comments and the insides of literals blanked; lines stay where they are."""
    def blank(match):
        found = match.group(0)
        if found[0] == "/":
            return re.sub(r"[^\n]", " ", found)
        return found[0] + re.sub(r"[^\n]", " ", found[1:-1]) + found[-1]
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text_of(path), flags=re.S)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def complain(path, line, message):
    _problems.append(f"{path}:{line}: {message}" if line else f"{path}: {message}")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def finish(how):
    """Ends the check; `how` tells what to do about what was found."""
    for problem in _problems:
        print(problem)
    if _problems:
        print(f"\n{len(_problems)} found. {how}")
    sys.exit(1 if _problems else 0)
