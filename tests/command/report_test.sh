#!/usr/bin/env bash
# drrun report.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"

runbook() {
    cat >drill.yaml <<'YAML'
Runbook: { Name: drill, Kind: Drill, Objectives: { RTO: 1h, RPO: 30s } }
QueryLanguage: JSONata
StartAt: Both
States:
  Both:
    Type: Parallel
    Branches:
      - { StartAt: Fast, States: { Fast: { Type: Wait, Seconds: 1, End: true } } }
      - StartAt: Slow
        States:
          Slow: { Type: Wait, Seconds: 2, Next: More }
          More: { Type: Task, Resource: exec:run, Arguments: { Command: [sleep, "0.2"] }, End: true }
    Next: Ask
  Ask: { Type: Task, Resource: approval:request, Arguments: { Message: "Go on?" }, Next: Risk }
  Risk: { Type: Task, Resource: log:write, Arguments: { Level: risk, Message: "the <primary> | is not fenced" }, Next: Fails }
  Fails:
    Type: Task
    Resource: exec:run
    Arguments: { Command: ["false"] }
    Retry: [ { ErrorEquals: [States.ALL], IntervalSeconds: 1, MaxAttempts: 1 } ]
    Catch: [ { ErrorEquals: [States.ALL], Next: Rpo } ]
    Next: Rpo
  Rpo: { Type: Task, Resource: metric:record, Arguments: { Name: RPO, Value: 45, Unit: Seconds }, End: true }
YAML
}

# Starts the drill, and approves as soon as it asks.
drill() { # drill OPTION...
    "$DRRUN" run drill.yaml --quiet --id report-drill "$@" >out.txt 2>err.txt &
    local run=$! tries=0
    until "$DRRUN" approve report-drill --comment 'looks well' >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || fail 'it never asked'
        sleep 0.1
    done
    wait "$run" || fail "the drill failed: $(cat err.txt)"
}

test_a_finished_run() {
    runbook
    drill --reason 'quarterly'
    expect 0 "$DRRUN" report --json
    same 'SUCCEEDED, RTO met, RPO missed' "$(jq -r .verdict out.txt)" verdict
    same 'quarterly' "$(jq -r .reason out.txt)" reason
    same '["Both[1]/Slow","Both[1]/More","Ask","Risk","Fails","Rpo"]' "$(jq -c '[.criticalPath.steps[].path]' out.txt)" 'critical path'
    same true "$(jq '.criticalPath | .waitingMs >= 3000 and .peopleMs > 0 and .callingMs >= 200 and .durationMs >= .waitingMs + .callingMs + .peopleMs' out.txt)" shares
    same '[2,"caught","Exec.ExitStatus.1"]' "$(jq -c '.steps[] | select(.path == "Fails") | [.attempts, .status, .error]' out.txt)" attempts
    same '[true,"looks well"]' "$(jq -c '.approvals[0] | [.approved, .comment]' out.txt)" approval
    same 'the <primary> | is not fenced' "$(jq -r '.risks[0].message' out.txt)" risk
    expect 0 "$DRRUN" report
    contains "$out" 'RPO  45s of 30s: MISSED'
    contains "$out" 'Go on?: approved by'
    expect 0 "$DRRUN" report --format markdown
    contains "$out" '\<primary> \| is not fenced'
    contains "$out" '| Start | Took | Of it waiting | Step |'
}

test_the_clock_starts_at_the_incident() {
    runbook
    drill --incident-at "$(date -u -d '-2 hours' +%Y-%m-%dT%H:%M:%SZ)"
    expect 0 "$DRRUN" report --json
    same '[false,"since the incident"]' "$(jq -c '.objectives.RTO | [.met, .since]' out.txt)" RTO
    same true "$(jq '.objectives.RTO.actualMs > 7200000' out.txt)" 'two hours and a bit'
}

test_a_failed_run_has_reached_nothing() {
    cat >fail.yaml <<'YAML'
Runbook: { Name: fails, Objectives: { RTO: 5m, RPO: 1m } }
StartAt: A
States:
  A: { Type: Task, Resource: exec:run, Parameters: { Command: ["false"] }, End: true }
YAML
    expect 1 "$DRRUN" run fail.yaml --quiet
    expect 0 "$DRRUN" report
    contains "$out" 'fails: FAILED, RTO not reached, RPO not measured'
    contains "$out" 'failed: Exec.ExitStatus.1'
}

test_wrong_usage() {
    expect 2 "$DRRUN" report nobody
    expect 2 "$DRRUN" report --format pdf
}

run_tests "$@"
