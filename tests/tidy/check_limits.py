"""Every limit of interpreter/base/limits.h is named by a test, which tries it at the limit and one past it."""
import re

from tree import complain, files, finish, line_of, text_of

PAGE = "interpreter/base/limits.h"
tests = "\n".join(text_of(path) for path in files(".c", ".h", ".py", ".sh", ".yaml", under="tests/"))
text = text_of(PAGE)
for found in re.finditer(r"^#define (DR_\w+_MAX)", text, re.M):
    if not re.search(rf"\b{found.group(1)}\b", tests):
        complain(PAGE, line_of(text, found.start()), f"no test names {found.group(1)}")

finish("Write a test that reaches the limit and goes one past it, with the limit's name in it.")
