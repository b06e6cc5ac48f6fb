"""clang-format changes nothing."""
import shutil
import subprocess

from tree import complain, files, finish, skip

if not shutil.which("clang-format"):
    skip("clang-format is not installed")
sources = files(".c", ".h")
result = subprocess.run(["clang-format", "--dry-run", "--ferror-limit=1", *sources], capture_output=True, text=True)
for line in result.stderr.splitlines():
    if "warning: code should be clang-formatted" in line or "error: code should be clang-formatted" in line:
        path, number, *_ = line.split(":")
        complain(path, int(number), "clang-format would change this")

finish("Run: clang-format -i FILE")
