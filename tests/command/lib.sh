# Shared by the command-line tests: every test is a function named test_*, run in a folder of its own with a store of its own.
# Usage: DRRUN=/path/to/drrun bash tests/command/X_test.sh
set -u
: "${DRRUN:?set DRRUN to the binary under test}"
export DRRUN_STORE NO_COLOR=1 ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1}"
unset XDG_STATE_HOME DRRUN_ACTIONS 2>/dev/null || true
failures=0 current=''

fail() {
    printf 'FAILED %s: %s\n' "$current" "$*"
    failures=$((failures + 1))
}

# expect STATUS COMMAND...: runs it, keeps stdout in $out and stderr in $err, checks the exit status.
expect() {
    local wanted=$1 status
    shift
    "$@" >out.txt 2>err.txt </dev/null
    status=$?
    out=$(tr -d '\0' <out.txt) err=$(tr -d '\0' <err.txt)
    [ "$status" -eq "$wanted" ] || fail "exit status $status instead of $wanted from: $* $(tail -n 5 err.txt)"
}

contains() { # contains WHERE TEXT
    case "$1" in *"$2"*) ;; *) fail "\"$2\" is not in: $(printf %s "$1" | head -c 600)" ;; esac
}

same() { # same WANTED FOUND WHAT
    [ "$1" = "$2" ] || fail "$3: \"$2\" instead of \"$1\""
}

wait_for() { # wait_for SECONDS COMMAND...: until it succeeds
    local until=$((SECONDS + $1))
    shift
    while ! "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep 0.05
    done
}

run_tests() {
    local scratch
    scratch=$(mktemp -d) || exit 1
    for current in $(declare -F | awk '$3 ~ /^test_/ {print $3}'); do
        if [ $# -gt 0 ] && [ "$1" != "$current" ]; then continue; fi
        mkdir "$scratch/$current" && cd "$scratch/$current" || exit 1
        DRRUN_STORE=$PWD/store
        "$current"
        wait 2>/dev/null
    done
    cd / && chmod -R u+rwX "$scratch" 2>/dev/null
    rm -rf "$scratch"
    [ "$failures" -eq 0 ] && echo "all passed" || echo "$failures failed"
    [ "$failures" -eq 0 ]
}
