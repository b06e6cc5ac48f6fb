"""Calls that have no place here, or only in one place."""
import re

from tree import code_of, complain, files, finish, line_of

# name: (where it is allowed, what to use instead)
BANNED = {
    "strcpy|strcat": ((), "dr_text_puts(), or snprintf() with its size"),
    "sprintf|vsprintf": ((), "snprintf(), dr_format() or dr_text_printf()"),
    "gets|scanf|sscanf|fscanf": ((), "a parser with bounds"),
    "atoi|atol|atoll|atof": ((), "strtol() and a look at where it stopped"),
    "strtok|strtok_r": ((), "strcspn()"),
    "rand|srand|random|srandom|drand48": ((), "the runtime's random(), or a seeded generator"),
    "system|popen": ((), "the runtime's process()"),
    "tmpnam|mktemp|tempnam": ((), "mkstemp()"),
    "alloca": ((), "the heap or an arena"),
    "signal": (("interpreter/runtime/", "interpreter/command/", "interpreter/main.c", "providers/postgres/cancel.c"), "sigaction() in the runtime"),
    "time|gettimeofday|clock_gettime|clock|localtime|localtime_r|ctime|mktime":
        # The journal: how often it syncs, and names that sort. Neither reaches an execution.
        (("interpreter/runtime/", "interpreter/command/", "interpreter/journal/"), "the runtime's now_ms(): time is a parameter"),
    "fork|vfork|execv|execve|execvp|posix_spawn|posix_spawnp":
        (("interpreter/runtime/", "providers/postgres/cancel.c"), "the runtime's process()"),
    "printf|puts|putchar|perror|vprintf":
        (("interpreter/command/", "interpreter/main.c"), "a return value: only interpreter/command/ prints"),
    "exit|_exit|quick_exit": (("interpreter/command/", "interpreter/main.c", "interpreter/runtime/spawn.c", "providers/postgres/cancel.c"),
                              "a return value: only main() ends the program"),
    "malloc|calloc|realloc": (("interpreter/base/", "interpreter/expression/jsonata/"), "dr_alloc() or dr_resize(), which never fail"),
}

for path in files(".c", ".h"):
    if path.startswith("tests/",):  # a test sets its own scene
        continue
    code = code_of(path)
    for names, (allowed, instead) in BANNED.items():
        if path.startswith(allowed or ("\0",)):
            continue
        for found in re.finditer(rf"(?<![\w.>])({names})\s*\(", code):
            complain(path, line_of(code, found.start()), f"{found.group(1)}() is not used here; use {instead}")

finish("If a call really belongs there, add its place to BANNED in tests/tidy/check_calls.py, and say why in the commit.",)
