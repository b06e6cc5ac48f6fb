"""clang-tidy (.clang-tidy) finds nothing. What it found nothing in is remembered in the build folder, by the content of the file and of all that it
includes, so that only what changed is looked at again."""
import concurrent.futures
import hashlib
import os
import re
import shutil
import subprocess

from tree import complain, files, finish, skip, text_of

if not shutil.which("clang-tidy"):
    skip("clang-tidy is not installed")
build = os.environ.get("DRRUN_BUILD", "build/sanitize")
if not os.path.isfile(f"{build}/compile_commands.json"):
    skip(f"{build} has no compile_commands.json")
clean_folder = os.path.join(os.path.dirname(os.path.abspath(build)), "clang-tidy-clean")  # for all builds
os.makedirs(clean_folder, exist_ok=True)


def content_key(path):
    """A digest of the file, of what it includes (of this tree), and of the rules."""
    digest, todo, seen = hashlib.sha256(text_of(".clang-tidy").encode()), [path], set()
    while todo:
        name = todo.pop()
        if name in seen or not os.path.isfile(name):
            continue
        seen.add(name)
        text = text_of(name)
        digest.update(text.encode())
        todo += sorted(re.findall(r'^#include "([^"]+)"', text, re.M))
    return digest.hexdigest()


def look_at(path):
    mark = f"{clean_folder}/{content_key(path)}"
    if os.path.exists(mark):
        return ""
    # The compile commands may be GCC's, with warnings that Clang does not know.
    result = subprocess.run(["clang-tidy", "--quiet", "-p", build, "--extra-arg=-Wno-unknown-warning-option", path], capture_output=True, text=True)
    found = "\n".join(line for line in result.stdout.splitlines() if re.search(r": (error|warning): ", line))
    if result.returncode == 0 and not found:
        open(mark, "w").close()
    return found


sources = [path for path in files(".c") if not path.startswith("tests/")]
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    found = {line for lines in pool.map(look_at, sources) for line in lines.splitlines()}
for line in sorted(found):
    path, number, _, rest = line.split(":", 3)
    complain(os.path.relpath(path), int(number), rest.strip())

finish("Change the code; where the tool is wrong, say so with // NOLINT(check) and a reason beside it.")
