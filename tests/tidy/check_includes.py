"""Which room uses which (interpreter/README.md), guards named after their path, and each .c begins with its own header."""
import os
import re

from tree import complain, files, finish, line_of, text_of

# What a room may include besides itself. The order is the order of the layers.
MAY_USE = {
    "interpreter/base": [],
    "interpreter/document": ["interpreter/base"],
    "interpreter/expression/jsonata": ["interpreter/base", "interpreter/expression"],
    "interpreter/expression": ["interpreter/base", "interpreter/document", "interpreter/expression/jsonata"],
    "interpreter/definition": ["interpreter/base", "interpreter/document", "interpreter/expression"],
    "interpreter/states": ["interpreter/base", "interpreter/document", "interpreter/expression", "interpreter/definition"],
    "interpreter/plan": ["interpreter/base", "interpreter/document", "interpreter/expression", "interpreter/definition", "interpreter/states"],
    "interpreter/journal": ["interpreter/base"],
    "interpreter/runtime": ["interpreter/base"],
    "interpreter/engine": ["interpreter/base", "interpreter/document", "interpreter/expression", "interpreter/definition", "interpreter/states",
                           "interpreter/journal", "providers/provider.h", "providers/secrets.h"],
    "providers": ["interpreter/base", "interpreter/document", "interpreter/expression", "interpreter/definition"],
    "providers/simulated": ["interpreter/base", "interpreter/document", "interpreter/expression", "interpreter/definition", "interpreter/runtime", "providers"],
    "interpreter/command": ["interpreter", "providers"],
    "interpreter/main.c": ["interpreter", "providers"],
}


def room_of(path):
    return max((room for room in MAY_USE if path.startswith(room)), key=len, default=None)


for path in files(".c", ".h"):
    text = text_of(path)
    includes = [(line_of(text, found.start()), found.group(1)) for found in re.finditer(r'^#include "([^"]+)"', text, re.M)]
    room = room_of(path)
    for line, included in includes:
        if path.startswith("tests/") and os.path.isfile(os.path.join(os.path.dirname(path), included)):
            continue  # a suite's own helper
        if not os.path.isfile(included):
            complain(path, line, f'"{included}" is not a path from the top of the tree')
        elif room and room_of(included) != room and not any(included.startswith(other) for other in MAY_USE[room]):
            complain(path, line, f"{room} does not use {room_of(included) or included}")
    if path.endswith(".h"):
        # The guard is the path; the rooms of the interpreter leave that word out.
        guard = "DRRUN_" + re.sub(r"\W", "_", path.removeprefix("interpreter/")).upper()
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            complain(path, 0, f"its guard must be {guard}")
    elif not path.startswith("tests/"):
        own = path[:-2] + ".h"
        first = re.search(r'^#include\s+["<]([^">]+)[">]', text, re.M)
        if os.path.isfile(own) and first and first.group(1) != own:
            complain(path, line_of(text, first.start()), f'"{own}" must be included first, so that it is known to stand alone')

finish("The rule is drawn in interpreter/README.md. If an arrow has to be added, it points to the left there, and MAY_USE here says the same.")
