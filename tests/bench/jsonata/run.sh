#!/bin/sh
# Compares with the reference implementation: run.sh BENCH [FOLDER], where BENCH is build/release/tests/bench/bench-jsonata.
set -eu
here=$(dirname "$0")
folder=${2:-${TMPDIR:-/tmp}/drrun-bench-jsonata}
python3 "$here/make-documents.py" "$folder"
"$1" "$here/expressions.txt" "$folder/1k.json" "$folder/100k.json" "$folder/10m.json" >"$folder/ours.tsv"
node "$here/bench.js" "$here/expressions.txt" "$folder/1k.json" "$folder/100k.json" "$folder/10m.json" >"$folder/theirs.tsv"
node "$here/bench.js" --compare "$folder/ours.tsv" "$folder/theirs.tsv"
