#!/usr/bin/env bash
# There and back: after a disaster the old primary is rebuilt and made primary again, and both sites are as before.
# shellcheck source=support.bash disable=SC2119
. "$(dirname "$0")/support.bash"

start_environment
environment kill-primary
failover
expect_success
expect_active west

runbook failback
expect_success
expect_active east
expect "west is the standby again" is standby role west
expect "it follows east" is 127.0.0.11 sql west "SELECT sender_host FROM pg_stat_wal_receiver"
expect "no acknowledged write was lost on the way back" is 0 answer .output.lostWrites
expect "pg_rewind was enough" is rewind answer .output.rebuiltBy

# Once more, and this time the old primary's data folder is past rewinding.
environment kill-primary
failover
expect_success
truncate --size=0 "$DRRUN_ENVIRONMENT/east/data/global/pg_control"
runbook failback
expect_success
expect_active east
expect "a base backup was needed" is base-backup answer .output.rebuiltBy
