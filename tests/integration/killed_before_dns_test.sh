#!/usr/bin/env bash
# drrun dies by kill -9 between the promotion and the change of DNS; resume finishes the job, and promotes nothing twice.
# shellcheck source=support.bash disable=SC2119
. "$(dirname "$0")/support.bash"

start_environment
sleep 1
environment kill-primary
sleep 1

# The promotion waits for us, and then the DNS server does: so drrun is surely between the two when it is killed.
environment freeze-promotion west
start_failover
eventually 15 "drrun asked for the promotion" test -e "$DRRUN_ENVIRONMENT/west/data/promote"
name_server=$(cat "$DRRUN_ENVIRONMENT/dns.pid")
kill -STOP "$name_server"
environment thaw-promotion west
eventually 10 "west is primary" is primary role west
sleep 0.5
kill -KILL "$runner"
wait "$runner" 2>/dev/null || true
kill -CONT "$name_server"
expect "DNS still points to east" is 127.0.0.11 dns

resume
expect_success
expect_active west
expect "there was one promotion" is 2 sql west "SELECT timeline_id FROM pg_control_checkpoint()"
expect "the RTO counts the interruption" at_most 60 "$(answer .output.rtoSeconds)"
