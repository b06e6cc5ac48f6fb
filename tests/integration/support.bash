# Shared by the integration tests: an environment for one test, drrun in it, and questions about both.
#
#     . "$(dirname "$0")/support.bash"
#     start_environment
#     failover --set promoteTimeoutSeconds=2
#     expect "the run fails" [ "$status" = 1 ]
#
# Needs DRRUN (the program) and PORT (the first of ten ports). A failed expectation ends the test and shows what happened.
# shellcheck disable=SC2034 # what a test reads
set -euo pipefail
: "${DRRUN:?the path of drrun}" "${PORT:?a port}"

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
runbooks=$repository/runbooks/postgresql
# Someone else may be running the same test: then take the next ports that nobody listens on.
busy() {
    (exec 3<>"/dev/tcp/127.0.0.11/$PORT") || (exec 3<>"/dev/tcp/127.0.0.1/$((PORT + 1))") ||
        (exec 3<>"/dev/tcp/127.0.0.1/$((PORT + 2))")
}
while busy 2>/dev/null; do
    PORT=$((PORT + 1000))
done

work=$(mktemp -d "${TMPDIR:-/tmp}/drrun-integration.XXXXXX")
chmod 755 "$work"
export DRRUN_ENVIRONMENT=$work/environment DRRUN_ENVIRONMENT_PORT=$PORT DRRUN_STORE=$work/store
input=$DRRUN_ENVIRONMENT/input.json
result=$work/result.json
log=$work/drrun.log
started=()

finish() {
    local code=$?
    trap - EXIT
    if [ "$code" != 0 ] && [ "$code" != 77 ]; then
        echo "--- drrun said"
        cat "$log" 2>/dev/null || true
        echo "--- its result"
        cat "$result" 2>/dev/null || true
        echo "--- the environment"
        environment status 2>&1 || true
        tail -n 5 "$DRRUN_ENVIRONMENT"/*.log "$DRRUN_ENVIRONMENT"/*/server.log 2>/dev/null || true
    fi
    [ "${#started[@]}" = 0 ] || kill -KILL "${started[@]}" 2>/dev/null || true
    environment reset 2>/dev/null || true
    rm -rf "$work"
    exit "$code"
}
trap finish EXIT

environment() {
    "$runbooks/environment" "$@"
}

start_environment() {
    local program
    for program in knotd initdb; do
        [ -n "$(PATH=$PATH:/usr/sbin:$(echo /usr/lib/postgresql/*/bin) command -v $program)" ] ||
            { echo "SKIP: $program is not installed (scripts/install-packages test)"; exit 77; }
    done
    environment start
}

# Both leave drrun's exit status in $status and the result in $result.
runbook() { # NAME ARGUMENT...
    local name=$1
    shift
    status=0
    "$DRRUN" run "$runbooks/$name.yaml" --input "@$input" --yes --json "$@" >"$result" 2>"$log" </dev/null || status=$?
}

failover() {
    runbook failover "$@"
}

resume() {
    status=0
    "$DRRUN" resume --yes --json "$@" >"$result" 2>"$log" </dev/null || status=$?
}

start_runbook() { # NAME ARGUMENT...: in the background; $runner is its process id
    local name=$1
    shift
    "$DRRUN" run "$runbooks/$name.yaml" --input "@$input" --yes --json "$@" >"$result" 2>"$log" </dev/null &
    runner=$!
    started+=("$runner")
}

start_failover() {
    start_runbook failover "$@"
}

wait_runbook() {
    status=0
    wait "$runner" || status=$?
    started=()
}

answer() { # JQ-PROGRAM: of the result
    jq --raw-output "$1" "$result"
}

sql() { # SITE STATEMENT: as the operator; prints nothing if the server does not answer
    local address
    address=$(jq --raw-output ".sites.$1.connection" "$input")
    psql --no-psqlrc --no-align --tuples-only --quiet --dbname="$address connect_timeout=3" --command="$2" 2>/dev/null || true
}

role() { # SITE: by what the server itself says
    case $(sql "$1" 'SELECT pg_is_in_recovery()') in
    f) echo primary ;;
    t) echo standby ;;
    *) echo down ;;
    esac
}

dns() {
    dig +short +time=2 +tries=1 @127.0.0.1 -p $((PORT + 1)) db.app.example.test A
}

health() { # the address of the database that the application works on, or nothing
    curl --silent --fail --max-time 3 "http://127.0.0.1:$((PORT + 2))/health" | jq --raw-output .database
}


notifications() {
    curl --silent --max-time 3 "http://127.0.0.1:$((PORT + 2))/hooks/operations"
}

utc() {
    date --utc +%Y-%m-%dT%H:%M:%S.%3NZ
}

expect() { # SENTENCE COMMAND...
    local sentence=$1
    shift
    if "$@"; then
        echo "ok: $sentence"
    else
        echo "NOT SO: $sentence   ($*)"
        [ "$1" != is ] || echo "   it is: $("${@:3}" 2>&1 || true)"
        exit 1
    fi
}

eventually() { # SECONDS SENTENCE COMMAND...
    local deadline=$((SECONDS + $1)) sentence=$2
    shift 2
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || expect "$sentence" "$@"
        sleep 0.1
    done
    echo "ok: $sentence"
}

is() { # EXPECTED COMMAND...: its output is that
    local expected=$1 actual
    shift
    actual=$("$@") || true
    [ "$actual" = "$expected" ]
}

at_most() { # LIMIT NUMBER
    awk -v limit="$1" -v number="$2" 'BEGIN { exit !(number != "null" && number >= 0 && number <= limit) }'
}

expect_success() {
    expect "drrun succeeds" [ "$status" = 0 ]
    expect "the result says SUCCEEDED" is SUCCEEDED answer .status
}

expect_failure() { # ERROR
    expect "drrun's exit status is 1" [ "$status" = 1 ]
    expect "the result says FAILED" is FAILED answer .status
    expect "the error is $1" is "$1" answer .error
}

expect_active() { # SITE
    local address
    address=$(jq --raw-output ".sites.$1.address" "$input")
    expect "$1 is primary" is primary role "$1"
    expect "DNS points to $1" is "$address" dns
    eventually 5 "the application works on $1" is "$address" health
}
