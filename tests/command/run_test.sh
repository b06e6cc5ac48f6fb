#!/usr/bin/env bash
# The command line as a person meets it: results, exit statuses, refusals.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"

pass_runbook() {
    cat >pass.yaml <<'Y'
Runbook: { Name: demo, Inputs: { n: { type: integer, default: 7 } } }
StartAt: P
States:
  P: { Type: Pass, End: true }
Y
}

test_a_simulation_that_fails_offers_no_resume() {
    echo '{"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "No"}}}' >fails.yaml
    expect 1 "$DRRUN" fails.yaml --simulate
    case "$err" in *'drrun resume'*) fail 'it keeps nothing that could be resumed' ;; esac
    expect 1 "$DRRUN" fails.yaml
    contains "$err" 'To go on from what failed: drrun resume'
}

test_the_result_goes_to_stdout_and_nothing_else() {
    pass_runbook
    expect 0 "$DRRUN" pass.yaml
    same '{"n":7}' "$out" 'stdout'
    expect 0 "$DRRUN" run pass.yaml --set n=9 --quiet
    same '{"n":9}' "$out" 'stdout'
    same '' "$err" 'stderr with --quiet'
    expect 0 "$DRRUN" run pass.yaml --input '{"n": 1}' --json
    same SUCCEEDED "$(jq -r .status out.txt)" status
    same demo "$(jq -r .runbook out.txt)" runbook
    same 1 "$(jq -r .output.n out.txt)" output
    for key in executionId name startDate stopDate metrics; do
        [ "$(jq "has(\"$key\")" out.txt)" = true ] || fail "--json lacks $key"
    done
}

test_json_tells_of_refusals_too() {
    pass_runbook
    expect 0 "$DRRUN" pass.yaml
    expect 2 "$DRRUN" show nope --json
    same Drrun.Usage "$(jq -r .error out.txt)" 'no such execution'
    contains "$(jq -r .cause out.txt)" 'there is no execution "nope"'
    for wrong in 'run --json' 'run pass.yaml --bogus --json' '--json bogus' 'stop --json' 'list --status BOGUS --json'; do
        # shellcheck disable=SC2086
        expect 2 "$DRRUN" $wrong
        same Drrun.Usage "$(jq -r .error out.txt)" "$wrong"
    done
    expect 3 "$DRRUN" run pass.yaml --input '{bad' --json
    same Drrun.Invalid "$(jq -r .error out.txt)" '--input'
    expect 4 "$DRRUN" run pass.yaml --store /proc/nope --json
    same Drrun.System "$(jq -r .error out.txt)" '--store'
    expect 0 "$DRRUN" --version --json
    same string "$(jq -r '.version | type' out.txt)" '--version'
}

test_global_options_may_stand_before_the_command() {
    pass_runbook
    expect 0 "$DRRUN" --store elsewhere --quiet run pass.yaml
    same '{"n":7}' "$out" 'stdout'
    expect 0 "$DRRUN" --store=elsewhere --json list
    same 1 "$(jq '.executions | length' out.txt)" 'executions there'
    expect 0 "$DRRUN" --json --simulate pass.yaml
    same SUCCEEDED "$(jq -r .status out.txt)" 'drrun FILE'
}

test_the_live_view_fits_the_screen() {
    cat >many.yaml <<'Y'
StartAt: L
States:
  L: { Type: Pass, Result: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20], Next: M }
  M:
    Type: Map
    ItemProcessor: { StartAt: WaitForAStateWhoseNameIsLongerThanTheScreenIsWide, States: { WaitForAStateWhoseNameIsLongerThanTheScreenIsWide: { Type: Wait, Seconds: 1, End: true } } }
    End: true
Y
    TERM=xterm script -qec "stty cols 60 rows 10; $DRRUN many.yaml" screen.txt >/dev/null 2>&1 </dev/null
    contains "$(cat screen.txt)" 'and 13 more'
    contains "$(cat screen.txt)" '[6] WaitForAState'
    contains "$(cat screen.txt)" 'left'
    lines=$(grep -a '^.*> .*WaitFor' screen.txt | sed 's/\x1b\[[0-9;]*[A-Za-z]//g; s/\r//g' | awk 'length > 60' | wc -l)
    same 0 "$lines" 'lines wider than the screen'
}

test_input_comes_from_files_and_stdin() {
    pass_runbook
    echo '{"n": 3}' >in.json
    expect 0 "$DRRUN" pass.yaml --input @in.json
    same '{"n":3}' "$out" '@FILE'
    same '{"n":4}' "$(echo '{"n":4}' | "$DRRUN" pass.yaml --input - 2>/dev/null)" '-'
    expect 3 "$DRRUN" pass.yaml --input '{"n": '
    contains "$err" '--input'
    expect 3 "$DRRUN" pass.yaml --input @missing.json
    contains "$err" 'No such file'
    expect 3 "$DRRUN" pass.yaml --input '{"n": "many"}'
    contains "$err" 'n'
}

test_exit_statuses() {
    printf 'StartAt: F\nStates:\n  F: { Type: Fail, Error: E, Cause: because }\n' >fail.yaml
    expect 1 "$DRRUN" fail.yaml
    contains "$err" 'E: because'
    contains "$err" 'drrun resume'
    same '' "$out" 'stdout of a failed run'
    printf 'StartAt: W\nTimeoutSeconds: 1\nStates:\n  W: { Type: Wait, Seconds: 5, End: true }\n' >slow.yaml
    expect 1 "$DRRUN" slow.yaml --simulate --json
    same TIMED_OUT "$(jq -r .status out.txt)" status
    expect 2 "$DRRUN" --no-such-option
    expect 2 "$DRRUN" frobnicate
    expect 2 "$DRRUN" rum
    contains "$err" 'drrun run'
    expect 3 "$DRRUN" missing.yaml
    contains "$err" 'missing.yaml'
    printf 'StartAt: Q\nStates:\n  P: { Type: Pass, End: true }\n' >bad.yaml
    expect 3 "$DRRUN" bad.yaml
    contains "$err" 'bad.yaml:1:'
    expect 3 "$DRRUN" bad.yaml --json
    same false "$(jq -r .valid out.txt)" 'valid in --json'
    printf 'StartAt: P\nStates:\n  P: { Type: Pass, End: true }\n' >good.yaml
    expect 4 env DRRUN_STORE=/proc/nowhere "$DRRUN" good.yaml
    contains "$err" '/proc/nowhere'
    expect 0 "$DRRUN" --version
    expect 0 "$DRRUN" --help
    expect 0 "$DRRUN" resume --help
    contains "$out" 'Examples'
    : >empty.yaml
    expect 3 "$DRRUN" empty.yaml
    mkdir folder.yaml
    expect 3 "$DRRUN" folder.yaml
}

test_a_reason_can_be_mandatory() {
    printf 'Runbook: { Name: x, RequireReason: true }\nStartAt: P\nStates:\n  P: { Type: Pass, End: true }\n' >r.yaml
    expect 2 "$DRRUN" r.yaml
    contains "$err" '--reason'
    expect 0 "$DRRUN" r.yaml --reason 'INC-1'
    expect 0 "$DRRUN" show --json
    same INC-1 "$(jq -r .reason out.txt)" reason
}

test_virtual_time_and_the_trace() {
    printf 'StartAt: W\nStates:\n  W: { Type: Wait, Seconds: 86400, Next: P }\n  P: { Type: Pass, Result: 1, Assign: { x: 2 }, End: true }\n' >day.yaml
    expect 0 "$DRRUN" day.yaml --simulate --json --trace
    same '["W","P"]' "$(jq -c '[.trace[].exit]' out.txt)" path
    same '{"x":2}' "$(jq -c '.trace[1].assigned' out.txt)" assigned
    [ ! -e "$DRRUN_STORE" ] || fail 'a simulated run left a store'
    expect 3 "$DRRUN" day.yaml --simulate=world.yaml
    contains "$err" 'world.yaml'
}

test_tasks_meet_processes_and_secrets_stay_out_of_the_journal() {
    cat >exec.yaml <<'Y'
StartAt: E
States:
  E:
    Type: Task
    Resource: exec:run
    Parameters: { Command: [sh, -c, 'echo "got $S"'], Environment: { S: '{{resolve:env:MY_SECRET}}' } }
    ResultSelector: { out.$: $.Output }
    End: true
Y
    MY_SECRET=xyzzy-4711 expect 0 "$DRRUN" exec.yaml
    same '{"out":"got ***\n"}' "$out" 'an echoed secret is masked'
    grep -rq xyzzy-4711 "$DRRUN_STORE" && fail 'the secret is in the store'
    [ "$(find "$DRRUN_STORE" -type f ! -perm 600 | wc -l)" = 0 ] || fail "files that are not 0600: $(find "$DRRUN_STORE" -type f ! -perm 600)"
    expect 1 "$DRRUN" exec.yaml
    contains "$err" 'MY_SECRET'
}

test_list_show_and_history() {
    pass_runbook
    expect 0 "$DRRUN" pass.yaml --name first
    expect 0 "$DRRUN" list --json
    same 1 "$(jq '.executions | length' out.txt)" 'executions'
    same SUCCEEDED "$(jq -r '.executions[0].status' out.txt)" status
    id=$(jq -r '.executions[0].executionId' out.txt)
    expect 0 "$DRRUN" show "$id"
    contains "$out" SUCCEEDED
    expect 0 "$DRRUN" show first
    expect 0 "$DRRUN" history "$id" --format stepfunctions
    same '["ExecutionStarted","PassStateEntered","PassStateExited","ExecutionSucceeded"]' "$(jq -c '[.events[].type]' out.txt)" types
    same '[1,2,3,4]' "$(jq -c '[.events[].id]' out.txt)" ids
    same '[0,1,2,3]' "$(jq -c '[.events[].previousEventId]' out.txt)" 'previous ids'
    expect 0 "$DRRUN" history "$id" --format journal
    jq -e . out.txt >/dev/null || fail 'the journal is not JSON lines'
    expect 0 "$DRRUN" history "$id"
    expect 2 "$DRRUN" history "$id" --format xml
    expect 2 "$DRRUN" show nosuch
    expect 2 "$DRRUN" resume "$id"
    contains "$err" 'succeeded'
    expect 0 jq -es 'map(.k) | index("start") == 0' "$DRRUN_STORE/executions/$id/journal.jsonl"
}

test_looking_before_anything_was_run() {
    expect 0 "$DRRUN" list
    same '' "$out" stdout
    contains "$err" 'no executions'
    expect 0 "$DRRUN" list --json
    same '{"executions":[]}' "$out" json
    expect 2 "$DRRUN" show
    expect 4 "$DRRUN" list --store nowhere
    [ ! -e "$DRRUN_STORE" ] || fail 'looking made a store'
}

test_a_closed_stdout_is_told_and_loses_nothing() {
    pass_runbook
    "$DRRUN" pass.yaml >&- 2>err.txt
    same 4 $? 'exit status with stdout closed'
    expect 0 "$DRRUN" show --json
    same SUCCEEDED "$(jq -r .status out.txt)" 'the run itself'
    "$DRRUN" pass.yaml >/dev/full 2>err.txt
    same 4 $? 'exit status with a full stdout'
    contains "$(cat err.txt)" 'standard output'
    "$DRRUN" pass.yaml 2>&- >out.txt
    same 0 $? 'exit status with stderr closed'
    same '{"n":7}' "$(cat out.txt)" 'stdout with stderr closed'
}

test_two_executions_of_one_application_exclude_each_other() {
    printf 'Runbook: { Name: a, Application: shop }\nStartAt: W\nStates:\n  W: { Type: Wait, Seconds: 30, End: true }\n' >w.yaml
    printf 'Runbook: { Name: b, Application: shop }\nStartAt: P\nStates:\n  P: { Type: Pass, End: true }\n' >p.yaml
    "$DRRUN" w.yaml --id first >/dev/null 2>&1 &
    pid=$!
    wait_for 10 grep -q wait "$DRRUN_STORE/executions/first/journal.jsonl" || fail 'it did not start'
    expect 4 "$DRRUN" p.yaml
    contains "$err" 'first'
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    expect 4 "$DRRUN" p.yaml
    contains "$err" 'drrun resume first'
    expect 0 "$DRRUN" stop first --cause 'by hand'
    expect 0 "$DRRUN" p.yaml
    expect 0 "$DRRUN" show first --json
    same ABORTED "$(jq -r .status out.txt)" status
    same 'by hand' "$(jq -r .cause out.txt)" cause
}

test_a_failed_run_has_not_met_its_objective() {
    printf 'Runbook: { Objectives: { RTO: 1m } }\nStartAt: F\nStates:\n  F: { Type: Fail, Error: E }\n' >fail.yaml
    expect 1 "$DRRUN" fail.yaml
    contains "$err" 'RTO  not reached'
    case "$err" in *met*) fail 'a run that failed in no time has met its RTO' ;; esac
    expect 1 "$DRRUN" resume
    contains "$err" 'fail: execution 2' # resume without an id says which one it took
    expect 3 "$DRRUN" validate missing.yaml
    same 1 "$(tail -n 1 err.txt | wc -l)" 'lines that end'
}

test_a_wrong_world_is_no_failure_of_the_system() {
    echo '{StartAt: A, States: {A: {Type: Succeed}}}' >a.yaml
    : >empty.yaml
    echo 'Regions: {}' >world.yaml
    expect 3 "$DRRUN" run a.yaml --simulate=empty.yaml
    contains "$err" 'empty.yaml: error: The file is empty'
    expect 3 "$DRRUN" run a.yaml --simulate=nothing.yaml
    expect 2 "$DRRUN" run a.yaml --simulate=world.yaml --fault Rain:us-east-1
    expect 2 "$DRRUN" run a.yaml --simulate=world.yaml --seed many
    expect 0 "$DRRUN" run a.yaml --simulate=world.yaml
}

run_tests "$@"
