#!/usr/bin/env bash
# Crashes, signals and damaged stores, with the real binary, real files and real kills.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"
KILLS=${DRRUN_TEST_KILLS:-200}

# A run of about half a second: pure steps, waits, processes that leave a mark (a write that must not happen twice, a read that may).
work_runbook() {
    cat >work.yaml <<'Y'
StartAt: Count
States:
  Count: { Type: Pass, Parameters: { i: 0 }, Next: Loop }
  Loop: { Type: Pass, Parameters: { i.$: 'States.MathAdd($.i, 1)' }, Next: Enough }
  Enough: { Type: Choice, Choices: [{ Variable: $.i, NumericLessThan: 200, Next: Loop }], Default: Read }
  Read:
    Type: Task
    Resource: exec:run
    Parameters: { Command: [sh, -c, 'echo read >> marks; sleep 0.03'], Effect: Read }
    ResultPath: null
    Next: Write
  Write:
    Type: Task
    Resource: exec:run
    Parameters: { Command: [sh, -c, 'echo write >> marks; sleep 0.03'] }
    ResultPath: null
    Catch: [{ ErrorEquals: [Drrun.OutcomeUnknown], ResultPath: null, Next: Both }]
    Next: Both
  Both:
    Type: Parallel
    Branches:
      - { StartAt: A, States: { A: { Type: Task, Resource: exec:run, Parameters: { Command: [sleep, '0.05'], Effect: Read }, ResultPath: null, End: true } } }
      - { StartAt: B, States: { B: { Type: Pass, End: true } } }
    Next: Items
  Items:
    Type: Map
    MaxConcurrency: 2
    ItemProcessor: { StartAt: I, States: { I: { Type: Task, Resource: exec:run, Parameters: { Command: ['true'], Effect: Read }, ResultPath: null, End: true } } }
    End: true
Y
}

# [D19] Killed at random moments again and again, a run still ends as the undisturbed one, and the write happened at most once.
test_kill_9_at_random_moments() {
    work_runbook
    RANDOM=4711
    "$DRRUN" work.yaml --id undisturbed --quiet >wanted.json || fail 'the undisturbed run'
    rm -f marks
    local kills=0 run=0
    while [ "$kills" -lt "$KILLS" ]; do
        run=$((run + 1))
        rm -f marks
        local first=1 status=137
        while [ "$status" -ne 0 ]; do
            if [ "$first" = 1 ]; then
                "$DRRUN" work.yaml --id "run$run" --quiet >found.json 2>err.txt &
            elif [ -s "$DRRUN_STORE/executions/run$run/journal.jsonl" ]; then
                "$DRRUN" resume "run$run" --quiet >found.json 2>err.txt &
            else
                break # killed before it began: nothing was done
            fi
            local pid=$!
            first=0
            sleep "0.$(printf '%03d' $((RANDOM % 280)))"
            kill -9 "$pid" 2>/dev/null && kills=$((kills + 1))
            wait "$pid" 2>/dev/null
            status=$?
            if [ "$status" -eq 2 ] && grep -q 'has succeeded' err.txt; then # killed between the end and its print
                "$DRRUN" show "run$run" --json | jq -c .output >found.json
                status=0
            fi
            if [ "$status" -eq 4 ] && grep -q 'never began' err.txt && [ ! -e marks ]; then
                break # killed within its first write: nothing was done, and so it says
            fi
            case $status in 0 | 137) ;; *)
                fail "run $run ended with $status: $(tail -n 3 err.txt)"
                return
                ;;
            esac
        done
        [ "$status" -eq 0 ] || continue
        cmp -s wanted.json found.json || fail "run $run: $(cat found.json) instead of $(cat wanted.json)"
        [ "$(grep -c write marks)" -le 1 ] || fail "run $run wrote $(grep -c write marks) times"
    done
    echo "  $kills kills in $run runs"
}

wait_runbook() {
    printf 'StartAt: W\nStates:\n  W: { Type: Wait, Seconds: %s, End: true }\n' "${1:-2}" >wait.yaml
}

start_waiting() { # id, seconds
    wait_runbook "$2"
    "$DRRUN" wait.yaml --id "$1" >run.out 2>run.err &
    pid=$!
    wait_for 10 grep -q '"k":"wait"' "$DRRUN_STORE/executions/$1/journal.jsonl" || fail 'it did not start'
}

# [D25]
test_signals_stop_at_a_checkpoint_and_say_how_to_go_on() {
    for signal in INT TERM HUP; do
        start_waiting "s$signal" 3
        kill -s "$signal" "$pid"
        wait "$pid"
        same 5 $? "exit status after SIG$signal"
        contains "$(cat run.err)" "drrun resume s$signal"
        expect 0 "$DRRUN" list --status INTERRUPTED
        contains "$out" "s$signal"
        expect 0 "$DRRUN" resume "s$signal"
        same '{}' "$out" "the result after SIG$signal"
    done
}

test_show_tells_that_no_process_runs_it() {
    cat >w.yaml <<'Y'
StartAt: W
States: { W: { Type: Wait, Seconds: 60, End: true } }
Y
    timeout -s INT 0.6 "$DRRUN" w.yaml --id w --quiet >/dev/null 2>&1
    expect 0 "$DRRUN" show w
    contains "$out" 'RUNNING, interrupted'
    expect 0 "$DRRUN" show w --json
    same true "$(jq .interrupted out.txt)" interrupted
}

test_ctrl_c_waits_for_a_write_and_twice_leaves_at_once() {
    cat >write.yaml <<'Y'
StartAt: E
States:
  E: { Type: Task, Resource: exec:run, Parameters: { Command: [sh, -c, 'echo begun >> marks; sleep 2; echo done >> marks'] }, ResultPath: null, Next: P }
  P: { Type: Wait, Seconds: 1, End: true }
Y
    "$DRRUN" write.yaml --id once 2>err.txt >out.txt &
    pid=$!
    wait_for 10 test -s marks || fail 'it did not start'
    kill -INT "$pid"
    kill -INT "$pid" # passed on by a wrapper: the same Ctrl-C
    wait "$pid"
    same 5 $? 'exit status'
    contains "$(cat marks)" 'done'
    expect 0 "$DRRUN" resume once
    same 1 "$(grep -c begun marks)" 'how often it ran'
    rm marks
    "$DRRUN" write.yaml --id twice 2>err.txt >out.txt &
    pid=$!
    wait_for 10 test -s marks || fail 'it did not start'
    kill -INT "$pid"
    sleep 0.5
    kill -INT "$pid"
    wait "$pid"
    same 5 $? 'exit status after two'
    expect 5 "$DRRUN" resume twice
    contains "$err" '--unknown repeat'
    expect 0 "$DRRUN" show twice
    contains "$out" 'paused'
    expect 2 "$DRRUN" resume twice --unknown perhaps
    expect 0 "$DRRUN" resume twice --unknown succeed
    same 1 "$(grep -c begun marks)" 'how often it ran'
}

test_two_resumes_at_once() {
    start_waiting both 3
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    "$DRRUN" resume both >a.txt 2>a.err &
    a=$!
    "$DRRUN" resume both >b.txt 2>b.err &
    b=$!
    wait "$a"
    sa=$?
    wait "$b"
    sb=$?
    same '0 4' "$(printf '%s\n' "$sa" "$sb" | sort -n | xargs)" 'exit statuses'
    contains "$(cat a.err b.err)" 'is being run by process'
}

# [D23]
test_the_runbook_may_be_edited_or_deleted_meanwhile() {
    start_waiting gone 1
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    printf 'StartAt: F\nStates:\n  F: { Type: Fail }\n' >wait.yaml
    expect 0 "$DRRUN" resume gone
    start_waiting deleted 1
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    rm wait.yaml
    expect 0 "$DRRUN" resume deleted
}

test_a_damaged_journal_is_refused_and_a_torn_tail_is_cut() {
    start_waiting torn 1
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    journal=$DRRUN_STORE/executions/torn/journal.jsonl
    cp "$journal" whole
    printf '{"k":"step","t":17' >>"$journal"
    expect 0 "$DRRUN" resume torn
    contains "$err" 'bytes at the end'
    cp whole "$journal"
    printf 'X' | dd of="$journal" bs=1 seek=40 conv=notrunc status=none
    expect 4 "$DRRUN" resume torn
    contains "$err" 'journal'
}

test_a_store_that_cannot_be_written() {
    wait_runbook 1
    mkdir store
    if [ "$(id -u)" = 0 ]; then
        command -v setpriv >/dev/null || return 0
        chmod 755 . .. store && chmod 555 store
        expect 4 setpriv --reuid=65534 --regid=65534 --clear-groups "$DRRUN" wait.yaml
    else
        chmod 555 store
        expect 4 "$DRRUN" wait.yaml
    fi
    contains "$err" 'Permission denied'
}

# [D17] [D26]
test_a_full_disk_stops_the_run_and_loses_nothing() {
    [ "$(id -u)" = 0 ] || { echo "  skipped: needs root to mount a small file system"; return; }
    mkdir disk
    mount -t tmpfs -o size=256k tmpfs disk 2>/dev/null || { echo "  skipped: mounting is not allowed here"; return; }
    export DRRUN_STORE=$PWD/disk/store
    cat >fill.yaml <<'Y'
StartAt: L
States:
  L: { Type: Task, Resource: exec:run, Parameters: { Command: [head, -c, '20000', /dev/zero], Effect: Read }, ResultPath: null, Next: L2 }
  L2: { Type: Choice, Choices: [{ Variable: $.never, IsPresent: true, Next: S }], Default: L }
  S: { Type: Succeed }
Y
    expect 4 "$DRRUN" fill.yaml --id full
    contains "$err" 'No space left on device'
    contains "$err" 'drrun resume full'
    mount -o remount,size=2g disk
    timeout --preserve-status -s INT 2 "$DRRUN" resume full >out.txt 2>err.txt
    same 5 $? 'it goes on once there is room'
    umount disk
}

# [D24]
test_redrive_from_the_failed_state() {
    cat >flaky.yaml <<'Y'
StartAt: A
States:
  A: { Type: Task, Resource: exec:run, Parameters: { Command: [sh, -c, 'echo a >> marks'] }, ResultPath: null, Next: B }
  B: { Type: Task, Resource: exec:run, Parameters: { Command: [sh, -c, 'echo b >> marks; test -e go'] }, ResultPath: null, End: true }
Y
    expect 1 "$DRRUN" flaky.yaml --id flaky
    contains "$err" 'Exec.ExitStatus.1'
    touch go
    expect 0 "$DRRUN" resume flaky
    same 'a b b' "$(xargs <marks)" 'what ran'
    expect 0 "$DRRUN" history flaky --format stepfunctions
    contains "$out" 'ExecutionRedriven'
}

test_from_a_state_and_with_an_edited_runbook() {
    cat >steps.yaml <<'Y'
StartAt: A
States:
  A: { Type: Task, Resource: exec:run, Parameters: { Command: [sh, -c, 'echo a >> marks'] }, ResultPath: $.a, Next: B }
  B: { Type: Task, Resource: exec:run, Parameters: { Command: [sh, -c, 'echo b >> marks; exit 3'] }, ResultPath: null, Next: C }
  C: { Type: Pass, Parameters: { done: true }, End: true }
Y
    expect 1 "$DRRUN" steps.yaml --id steps
    expect 2 "$DRRUN" resume steps --from A
    contains "$err" 'runs again  A'
    expect 2 "$DRRUN" resume steps --from X
    sed -i 's/; exit 3//' steps.yaml
    expect 0 "$DRRUN" resume steps --with steps.yaml --yes
    contains "$err" 'changed     B'
    contains "$err" 'stays done  A'
    same '{"done":true}' "$out" 'output'
    same 'a b b' "$(xargs <marks)" 'what ran'
    expect 0 "$DRRUN" resume steps --from A --yes
    same 'a b b a b' "$(xargs <marks)" 'what ran'
    expect 0 "$DRRUN" history steps --format stepfunctions
}

test_approvals() {
    cat >ask.yaml <<'Y'
StartAt: Ask
States:
  Ask: { Type: Task, Resource: approval:request, Parameters: { Message: Fail over? }, ResultSelector: { by.$: $.By }, End: true }
Y
    "$DRRUN" ask.yaml --id ask >out1.txt 2>err1.txt &
    pid=$!
    wait_for 10 grep -q '"k":"call"' "$DRRUN_STORE/executions/ask/journal.jsonl" || fail 'it did not start'
    expect 0 "$DRRUN" show ask
    contains "$out" 'drrun approve ask'
    expect 0 env USER=alice SUDO_USER= "$DRRUN" approve ask --comment fine
    wait "$pid"
    same 0 $? 'exit status'
    same '{"by":"alice"}' "$(cat out1.txt)" 'result'
    "$DRRUN" ask.yaml --id no >out1.txt 2>err1.txt &
    pid=$!
    wait_for 10 grep -q '"k":"call"' "$DRRUN_STORE/executions/no/journal.jsonl" || fail 'it did not start'
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    expect 0 "$DRRUN" deny no --comment 'not yet'
    contains "$err" 'drrun resume no'
    expect 1 "$DRRUN" resume no
    contains "$err" 'Approval.Denied'
    expect 2 "$DRRUN" approve no
    "$DRRUN" ask.yaml --id machine >out1.txt 2>err1.txt &
    pid=$!
    wait_for 10 grep -q '"k":"call"' "$DRRUN_STORE/executions/machine/journal.jsonl" || fail 'it did not start'
    token=$(sed -n 's/.*"token":"\([^"]*\)".*/\1/p' "$DRRUN_STORE/executions/machine/journal.jsonl")
    expect 2 "$DRRUN" approve machine 00000000-nobody --output '{}'
    expect 0 "$DRRUN" deny machine "$token" --error Restore.Failed --cause 'no disk'
    wait "$pid"
    contains "$(cat err1.txt)" 'Restore.Failed: no disk'
}

test_stop_reaches_a_running_process() {
    start_waiting running 30
    expect 0 "$DRRUN" stop running --cause 'enough'
    wait "$pid"
    same 1 $? 'exit status of what was stopped'
    contains "$(cat run.err)" 'enough'
}

run_tests "$@"
