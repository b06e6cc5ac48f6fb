#!/usr/bin/env bash
# The DNS server refuses the update. Known beforehand, nothing is touched; later, the run stops there and resume goes on.
# shellcheck source=support.bash disable=SC2119
. "$(dirname "$0")/support.bash"

start_environment
environment refuse-dns
failover
expect_failure Dns.UpdateRefused
expect_active east

environment accept-dns
environment kill-primary
sleep 1
environment freeze-promotion west
start_failover
eventually 15 "drrun asked for the promotion" test -e "$DRRUN_ENVIRONMENT/west/data/promote"
environment refuse-dns
environment thaw-promotion west
wait_runbook
expect_failure Dns.UpdateRefused
expect "west was promoted" is primary role west
expect "DNS still points to east" is 127.0.0.11 dns

environment accept-dns
resume
expect_success
expect_active west
