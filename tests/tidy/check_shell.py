"""Shell scripts parse, stop at the first error, and shellcheck finds nothing."""
import re
import shutil
import subprocess

from tree import complain, files, finish, text_of

scripts = []
for path in files():
    if path.startswith("tests/fuzz/corpus/") or path.endswith((".png", ".md")):
        continue
    with open(path, "rb") as file:
        first = file.readline()
    if re.match(rb"#!.*\b(ba)?sh\b", first):
        scripts.append(path)
for path in scripts:
    result = subprocess.run(["bash", "-n", path], capture_output=True, text=True)
    for line in result.stderr.splitlines():
        complain(path, 0, line)
    text = text_of(path)
    if not re.search(r"^set -[a-z]*e", text, re.M) and not re.search(r"^(source|\.|exec) ", text, re.M):
        complain(path, 0, "does not stop at the first error: it has no set -eu")
if shutil.which("shellcheck") and scripts:
    # SC2154, SC2034: variables that a sourced file sets or reads; shellcheck cannot follow its name.
    result = subprocess.run(["shellcheck", "-f", "gcc", "-S", "warning", "-e", "SC2154,SC2034", *scripts], capture_output=True, text=True)
    for line in result.stdout.splitlines():
        path, number, message = re.match(r"([^:]+):(\d+):\d+: (.*)", line).groups()
        complain(path, int(number), message)

finish("shellcheck's wiki explains each SC number.")
