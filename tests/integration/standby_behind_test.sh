#!/usr/bin/env bash
# A standby that is too far behind is not promoted, and nothing else is touched, until a person accepts the loss.
# shellcheck source=support.bash disable=SC2119
. "$(dirname "$0")/support.bash"

start_environment

# The primary works and the standby receives nothing: every write from now on would be lost.
environment cut-replication west
eventually 5 "the standby does not stream" is 0 sql west "SELECT count(*) FROM pg_stat_wal_receiver"
failover
expect_failure Failover.NotReplicating
expect_active east

# Now the primary dies, and what is missing is more than the limit.
sleep 3
incident=$(utc)
environment kill-primary
failover --set "incidentStartedAt=$incident" --set maximumLossSeconds=1
expect_failure Failover.TooFarBehind
expect "the standby was not promoted" is standby role west
expect "DNS was not changed" is 127.0.0.11 dns
expect "the dead primary was not fenced" is stopped "$DRRUN_ENVIRONMENT/site" "$DRRUN_ENVIRONMENT/east" role

failover --set "incidentStartedAt=$incident" --set maximumLossSeconds=1 --set acceptDataLoss=true
expect_success
expect_active west
expect "the loss was measured: about what had been cut" at_most 60 "$(answer .output.rpoSeconds)"
expect "and it is not nothing" jq --exit-status '.output.rpoSeconds >= 2 and .output.lostWrites >= 10' "$result"
