"""interpreter/README.md and providers/README.md are the maps: every file of the rooms has its line there, and nothing else has."""
import os
import re

from tree import complain, files, finish, line_of, text_of

MAPS = {"interpreter": "interpreter/README.md", "providers": "providers/README.md"}

for top, page in MAPS.items():
    if not os.path.isfile(page):
        complain(page, 0, "is missing")
        continue
    text = text_of(page)
    named = {}
    folder = top
    # A heading "### base/" sets the folder; a line "- `text.h` `text.c` what it is" names files in it.
    for found in re.finditer(r"^#+ `?([\w/.-]+/)`?|^- ((?:`[\w.-]+`,? ?)+)", text, re.M):
        if found.group(1):
            folder = f"{top}/{found.group(1)}".rstrip("/") if found.group(1) != "./" else top
        else:
            for name in re.findall(r"`([\w.-]+)`", found.group(2)):
                named[f"{folder}/{name}"] = line_of(text, found.start())
    present = [path for path in files(".c", ".h", ".def", under=f"{top}/")]
    for path in present:
        if path not in named:
            complain(page, 0, f"{path} has no line")
    for path, line in named.items():
        if not os.path.exists(path):
            complain(page, line, f"{path} does not exist")

finish("Under the room's heading (### `room/`) each file has a line: - `name.h` `name.c` what it is for.")
