"""docs/man/drrun.1 names every command and option that `drrun --help` and `drrun COMMAND --help` name, and no other; mandoc finds nothing wrong with it."""
import os
import re
import shutil
import subprocess

from tree import complain, finish, line_of, skip, text_of

PAGE = "docs/man/drrun.1"
drrun = os.environ.get("DRRUN", "build/sanitize/drrun")
if not os.access(drrun, os.X_OK):
    skip(f"{drrun} is not built")


def help_of(*words):
    return subprocess.run([drrun, *words, "--help"], capture_output=True, text=True, check=True).stdout


def options_of(text):
    return set(re.findall(r"^  (--[a-z][a-z-]*)", text, re.M))


text = text_of(PAGE)
lines = text.split("\n")
# What the page says: command -> its options; "" -> those of all commands.
stated, command, depth = {"": set()}, "", 0
for line in lines:
    if found := re.match(r"\.It Nm Cm (\S+)", line):
        command = found.group(1)
        stated[command] = set()
    elif line == "These options go with every command:":
        command = ""
    elif line == ".Sh ENVIRONMENT":
        break
    elif found := re.match(r"\.It Fl (-[a-z-]+)", line):
        stated[command].add("-" + found.group(1))

commands = re.findall(r"^  ([a-z][a-z-]*)  +\S", help_of().split("\nCommands", 1)[1], re.M)
for name in commands:
    own, _, everywhere = help_of(name).partition("\nGlobal options:")
    if name not in stated:
        complain(PAGE, 0, f"does not describe drrun {name}")
        continue
    for option in sorted(options_of(own) - stated[name]):
        complain(PAGE, 0, f"drrun {name}: does not describe {option}")
    for option in sorted(stated[name] - options_of(own)):
        complain(PAGE, 0, f"drrun {name}: describes {option}, which does not exist")
    for option in sorted(options_of(everywhere) - stated[""]):
        complain(PAGE, 0, f"does not describe the global option {option}")
for name in sorted(set(stated) - set(commands) - {""}):
    complain(PAGE, line_of(text, text.index(f".It Nm Cm {name}")), f"drrun has no command {name}")

if shutil.which("mandoc"):
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", PAGE], capture_output=True, text=True)
    for line in lint.stdout.splitlines():
        complain(PAGE, int(line.split(":")[2]), line.split(": ", 1)[1])

finish("The words of the help are a good start for the manual's.")
