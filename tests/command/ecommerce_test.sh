#!/usr/bin/env bash
# runbooks/ecommerce-ecs-rds in its world, as a user runs it: the drill there and back, refusals, faults on the command line.
# What each fault leaves behind is in tests/unit/simulated/ecommerce_test.c.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"
folder=$here/../../runbooks/ecommerce-ecs-rds

simulate() { # simulate STATUS RUNBOOK ARGUMENT...: in $out its JSON
    local wanted=$1 runbook=$2
    shift 2
    expect "$wanted" "$DRRUN" run "$folder/$runbook" --simulate="$folder/world.yaml" --json --quiet "$@"
}

field() { printf %s "$out" | python3 -c 'import functools, json, sys
print(json.dumps(functools.reduce(lambda value, key: value[key], sys.argv[1].split("."), json.load(sys.stdin))))' "$1"; }

less() { # less FOUND LIMIT WHAT
    python3 -c 'import sys; sys.exit(not 0 <= float(sys.argv[1]) <= float(sys.argv[2]))' "$1" "$2" || fail "$3: $1 and not at most $2"
}

test_valid_and_the_world_too() {
    expect 0 "$DRRUN" validate "$folder"/*.yaml
    expect 0 "$DRRUN" iam "$folder/failover.yaml"
    contains "$out" rds:PromoteReadReplica
    contains "$out" route53:ChangeResourceRecordSets
}

test_there_in_time_and_without_loss() {
    simulate 0 failover.yaml
    same '"us-west-2"' "$(field output.activeRegion)" "active Region"
    same 0 "$(field output.rpoSeconds)" RPO
    less "$(field output.rtoSeconds)" 300 RTO
}

test_there_when_the_primary_is_gone() {
    simulate 0 failover.yaml --fault RegionDown:us-east-1
    same '["split brain"]' "$(field output.risks)" "accepted risks"
    less "$(field output.rtoSeconds)" 300 RTO
    less "$(field output.rpoSeconds)" 30 RPO
}

test_there_and_back_again() {
    simulate 0 drill.yaml
    same true "$(field output.ready)" ready
    same '"us-east-1"' "$(field output.failback.activeRegion)" "active Region"
    less "$(field output.failback.rtoSeconds)" 300 "RTO of the way back"
    same 0 "$(field output.failback.rpoSeconds)" "RPO of the way back"
}

test_there_and_back_again_on_a_bad_day() {
    simulate 0 drill.yaml --fault '{"Fault": "Throttled", "Probability": 0.1}' --fault '{"Fault": "ResetAfter", "Probability": 0.02}' --seed 5
    same true "$(field output.ready)" ready
}

test_nobody_agrees() { # and so nobody is moved
    simulate 1 drill.yaml --set requireApproval=true
    contains "$out" States.Timeout
}

test_refuses_what_makes_no_sense() {
    simulate 1 failover.yaml --set from=us-west-2 --set to=us-east-1
    same '"Failover.NotAReplica"' "$(field error)" error
    simulate 1 failback.yaml
    same '"Failback.NotPrimary"' "$(field error)" error
    simulate 1 failover.yaml --set account=444455556666
    same '"Sts.WrongAccount"' "$(field error)" error
}

test_gives_back_what_does_not_catch_up() {
    simulate 1 failover.yaml --fault ReplicationStalled:us-west-2
    same '"Failover.NotCaughtUp"' "$(field error)" error
    contains "$(field cause)" "us-east-1 serves again"
}

test_the_loss_must_be_accepted() { # it was 5 minutes behind when the primary died
    simulate 1 failover.yaml --fault RegionDown:us-east-1 --set incidentStartedAt=2026-11-21T03:05:00Z
    same '"Failover.TooFarBehind"' "$(field error)" error
    simulate 0 failover.yaml --fault RegionDown:us-east-1 --set incidentStartedAt=2026-11-21T03:05:00Z --set acceptDataLoss=true
}

run_tests "$@"
