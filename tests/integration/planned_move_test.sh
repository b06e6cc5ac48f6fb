#!/usr/bin/env bash
# A planned move: the primary works, so nothing at all may be lost.
# shellcheck source=support.bash disable=SC2119
. "$(dirname "$0")/support.bash"

start_environment
failover
expect_success
expect_active west
expect "the old primary is down" is down role east
expect "it stays down" is fenced "$DRRUN_ENVIRONMENT/site" "$DRRUN_ENVIRONMENT/east" role
expect "no acknowledged write is lost" is 0 answer .output.lostWrites
expect "the RPO is 0" is 0 answer '.output.rpoSeconds | floor'
expect "the RTO was measured, and is within 30 s" at_most 30 "$(answer .output.rtoSeconds)"
expect "someone was told" is west jq --raw-output '.[0].activeSite' <(notifications)

# Once more, by mistake: nothing happens.
failover
expect_failure Failover.NotAStandby
expect_active west
