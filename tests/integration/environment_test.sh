#!/usr/bin/env bash
# The environment itself: everything can be repeated, and a second one beside it needs only other ports.
# shellcheck source=support.bash disable=SC2119
. "$(dirname "$0")/support.bash"

start_environment
expect_active east
expect "west is the standby" is standby role west
environment start
expect "a second start changes nothing" is primary role east
environment stop
environment stop
expect "all is down" is down role east
environment start
expect_active east

# A failover by hand, as the actions do it.
environment kill-primary
expect "the application notices" is "" health
"$DRRUN_ENVIRONMENT/site" "$DRRUN_ENVIRONMENT/east" fence
expect "a fenced site does not start" is refused sh -c \
    "'$DRRUN_ENVIRONMENT/site' '$DRRUN_ENVIRONMENT/east' start 2>/dev/null || echo refused"
sql west "SELECT pg_promote(true, 10)" >/dev/null
nsupdate -k "$DRRUN_ENVIRONMENT/tsig.key" <<UPDATE
server 127.0.0.1 $((PORT + 1))
zone app.example.test
update delete db.app.example.test. A
update add db.app.example.test. 2 A 127.0.0.12
send
UPDATE
eventually 5 "the application finds the new primary" is 127.0.0.12 health
"$DRRUN_ENVIRONMENT/site" "$DRRUN_ENVIRONMENT/east" rewind 127.0.0.12
"$DRRUN_ENVIRONMENT/site" "$DRRUN_ENVIRONMENT/east" start
eventually 10 "east follows west" is 127.0.0.12 sql east "SELECT sender_host FROM pg_stat_wal_receiver"

expect "unsigned updates are refused" is refused sh -c "printf '%s\n' 'server 127.0.0.1 $((PORT + 1))' 'zone app.example.test' \
    'update add x.app.example.test. 2 A 127.0.0.1' send | nsupdate 2>/dev/null || echo refused"
expect "a taken port is named" is 1 sh -c \
    "'$runbooks/environment' --folder '$work/second' start 2>&1 | grep -c 'listens on 127.0.0.11:$PORT'"
environment reset
expect "reset leaves nothing" [ ! -e "$DRRUN_ENVIRONMENT" ]
environment reset
