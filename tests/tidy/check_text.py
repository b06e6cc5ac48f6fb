"""Every text file: UTF-8, no carriage returns, no trailing blanks, one line end at the end, no notes to ourselves."""
import re

from tree import complain, files, finish

BINARY = (".png", ".jpg", ".gz", ".zip")
DATA = ("tests/fuzz/corpus/",)  # bytes that are as they are on purpose
WRITTEN = ("schemas/",)  # by tests/unit/definition/schemas_test.c, with jansson, which ends no line

for path in files():
    if path.endswith(BINARY) or path.startswith(DATA):
        continue
    with open(path, "rb") as file:
        raw = file.read()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        complain(path, 0, f"not UTF-8: {problem}")
        continue
    if text and not text.endswith("\n") and not path.startswith(WRITTEN):
        complain(path, text.count("\n") + 1, "the last line has no end")
    if text.endswith("\n\n"):
        complain(path, text.count("\n"), "blank lines at the end")
    for number, line in enumerate(text.split("\n"), 1):
        if "\r" in line:
            complain(path, number, "carriage return")
        if re.search(r"[ \t]+$", line) and not (path.endswith(".md") and line.endswith("  ")):
            complain(path, number, "blanks at the end of the line")
        if path.endswith((".c", ".h", ".py", ".yaml", ".md")) and "\t" in line and not path.startswith("tests/"):
            complain(path, number, "a tab; this tree indents with spaces")
        if re.search(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b", line):
            complain(path, number, "a note to ourselves: do it, or write an issue")

finish("An editor that reads .editorconfig does this by itself.")
