"""interpreter/README.md and providers/README.md are the maps. The part that lists the files is made from the files themselves, from the first sentence of
each one's opening comment, so that it cannot say anything else. `check_map.py --write` makes it."""
import os
import re
import sys

from tree import complain, files, finish, text_of

PAGES = {"interpreter": "interpreter/README.md", "providers": "providers/README.md"}
BEGIN, END = "<!-- the files: tests/tidy/check_map.py --write -->\n", "<!-- end of the files -->\n"


def first_sentence(path):
    comment = re.match(r"\s*/\*(.*?)\*/", text_of(path), re.S)
    if not comment:
        return None
    paragraph = re.split(r"\n \*?\s*\n", comment.group(1))[0]
    words = " ".join(re.sub(r"\n \* ?", "\n", paragraph).split())
    return re.match(r".*?(?<!\bi\.e)(?<!\be\.g)\.(?= [^a-z]|$)|.*", words).group(0).rstrip(".:").strip()


def list_of(top):
    """"### base/", then a line for each file and its header."""
    folders = {}
    for path in files(".c", ".h", ".def", under=f"{top}/"):
        folder, name = os.path.split(path)
        folders.setdefault(folder, {}).setdefault(name.rsplit(".", 1)[0], []).append(name)
    lines = []
    for folder in sorted(folders):
        lines.append(f"\n### {os.path.relpath(folder, top)}/\n" if folder != top else "\n### At the top\n")
        for stem, names in sorted(folders[folder].items()):
            names.sort(key=lambda name: (".h", ".def", ".c").index(name[len(stem):]))
            said = [sentence for sentence in (first_sentence(f"{folder}/{name}") for name in names) if sentence]
            if not said:
                complain(f"{folder}/{names[0]}", 1, "does not begin with a comment that says what it is")
            lines.append("- " + " ".join(f"`{name}`" for name in names) + (f" — {said[0]}" if said else ""))
    return "\n".join(lines).lstrip("\n") + "\n\n"


for top, page in PAGES.items():
    text = text_of(page)
    if BEGIN not in text or END not in text:
        complain(page, 0, f"has no lines {BEGIN.strip()} and {END.strip()}")
        continue
    before, _, rest = text.partition(BEGIN)
    listed, _, after = rest.partition(END)
    wanted = "\n" + list_of(top)
    if listed != wanted and "--write" in sys.argv:
        with open(page, "w", encoding="utf-8") as file:
            file.write(before + BEGIN + wanted + END + after)
    elif listed != wanted:
        for line in sorted(set(listed.split("\n")) ^ set(wanted.split("\n"))):
            complain(page, 0, ("no longer so: " if line in listed.split("\n") else "missing: ") + line)

finish("Run: python3 tests/tidy/check_map.py --write")
