"""docs/crash-safety.md claims D1 to Dn. Each is cited as [Dn] in the code that keeps it and in a test that tries to break it."""
import os
import re

from tree import complain, files, finish, line_of, skip, text_of

PAGE = "docs/crash-safety.md"
if not os.path.isfile(PAGE):
    complain(PAGE, 0, "is missing")
    finish("Write it: what disk and services are assumed to do, then the claims, then what is on disk at each crash.")

page = text_of(PAGE)
claims = {}
for found in re.finditer(r"^(?:#+ |- |\* |\| ?|\*\*|- \*\*|\| \*\*)\[?(D[1-9]\d*)\]?\b", page, re.M):
    claims.setdefault(found.group(1), line_of(page, found.start()))
cited = {"code": {}, "tests": {}}
for path in files(".c", ".h", ".py", ".sh", ".yaml", ".def", ""):
    where = "tests" if path.startswith("tests/") else "code" if path.startswith(("interpreter/", "providers/")) else None
    if not where or path.startswith(("tests/tidy/", "tests/fuzz/corpus/")) or not path.endswith((".c", ".h", ".py", ".sh", ".yaml", ".def", "_test")):
        continue
    text = text_of(path)
    for found in re.finditer(r"\[(D[1-9]\d*(?:, ?D[1-9]\d*)*)\]", text):
        for claim in re.findall(r"D[1-9]\d*", found.group(1)):
            cited[where].setdefault(claim, (path, line_of(text, found.start())))
if not claims:
    complain(PAGE, 0, "has no claims: none of its lines begins with D1")
for claim, line in claims.items():
    for where in cited:
        if claim not in cited[where]:
            complain(PAGE, line, f"no {'test' if where == 'tests' else 'code'} cites [{claim}]")
for where, citations in cited.items():
    for claim, (path, line) in citations.items():
        if claim not in claims:
            complain(path, line, f"{PAGE} has no claim {claim}")

finish("Put [Dn] into the comment of the code that keeps the claim, and of the test that tries to break it.")
