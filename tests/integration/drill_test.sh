#!/usr/bin/env bash
# The drill moves the application there and back, with a real failure, and reports both measurements.
# shellcheck source=support.bash disable=SC2119
. "$(dirname "$0")/support.bash"

start_environment

# Without the approval it does nothing.
start_runbook drill --name asked --set requireApproval=true
eventually 15 "it asks a person, who says no" sh -c "\"$DRRUN\" deny asked --comment 'not on a Friday' 2>/dev/null"
wait_runbook
expect_failure Approval.Denied
expect_active east

runbook drill --set "disaster=[\"./environment\",\"--folder\",\"$DRRUN_ENVIRONMENT\",\"kill-primary\"]"
expect_success
expect_active east
expect "west is the standby again" is standby role west
expect "the failover was measured" at_most 60 "$(answer .output.failover.rtoSeconds)"
expect "so was the failback" at_most 60 "$(answer .output.failback.rtoSeconds)"
expect "the failback lost nothing" is 0 answer .output.failback.lostWrites
