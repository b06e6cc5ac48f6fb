#!/usr/bin/env bash
# A site that cannot be fenced stops the failover, unless a person accepts the risk; then the risk is on record.
# shellcheck source=support.bash disable=SC2119
. "$(dirname "$0")/support.bash"

start_environment
environment kill-primary
jq '.sites.east.control = ["sh", "-c", "echo no route to host >&2; exit 255"]' "$input" >"$work/unreachable.json"
input=$work/unreachable.json
failover
expect_failure Failover.NotFenced
expect "the standby was not promoted" is standby role west

failover --set acceptUnfenced=true
expect_success
expect_active west
expect "the report says so" is false answer .output.fenced
