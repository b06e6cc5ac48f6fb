#!/usr/bin/env bash
# Replay stops after the check: the standby cannot catch up in time, so the old primary gets its work back.
# shellcheck source=support.bash disable=SC2119
. "$(dirname "$0")/support.bash"

start_environment
environment pause-replay west
failover --set catchUpTimeoutSeconds=3
expect_failure Failover.NotCaughtUp
expect "the standby was not promoted" is standby role west
expect_active east

environment resume-replay west
eventually 20 "the standby streams from the old primary again" is streaming sql west "SELECT status FROM pg_stat_wal_receiver"
failover
expect_success
expect_active west
expect "nothing was lost" is 0 answer .output.lostWrites
