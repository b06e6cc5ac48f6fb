#!/usr/bin/env bash
# runbook:start gives the nested runbook its declared defaults, and checks what it is given as if a person had given it.
# shellcheck source=support.bash disable=SC2119
. "$(dirname "$0")/support.bash"

runbooks=$work
input=$work/input.json
cat >"$work/inner.yaml" <<'YAML'
Runbook:
  Name: inner
  Inputs:
    count: { type: integer, minimum: 1 }
    colour: { type: string, default: blue }
StartAt: P
States: { P: { Type: Pass, End: true } }
YAML
cat >"$work/outer.yaml" <<'YAML'
StartAt: Inner
States:
  Inner: { Type: Task, Resource: "runbook:start", Parameters: { Runbook: ./inner.yaml, Input: { "count.$": $.count } }, End: true }
YAML

echo '{"count": 3}' >"$input"
runbook outer
expect_success
expect "given and defaulted" is '{"colour":"blue","count":3}' jq --compact-output --sort-keys .output "$result"

echo '{"count": 0}' >"$input"
runbook outer
expect_failure States.Runtime
expect "the cause names the input" grep -q 'count' <(answer .cause)
