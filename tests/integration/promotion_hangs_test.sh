#!/usr/bin/env bash
# A promotion that hangs past its time-out fails in its place; resume goes on from there once it is done.
# shellcheck source=support.bash disable=SC2119
. "$(dirname "$0")/support.bash"

start_environment
sleep 1
environment kill-primary
sleep 1
environment freeze-promotion west
failover --set promoteTimeoutSeconds=2
expect_failure Postgres.PromotionTimeout
expect "DNS was not changed" is 127.0.0.11 dns
expect "the old primary stays fenced: the promotion may still happen" \
    is fenced "$DRRUN_ENVIRONMENT/site" "$DRRUN_ENVIRONMENT/east" role

environment thaw-promotion west
eventually 10 "the promotion happens late" is primary role west
resume
expect_success
expect_active west
