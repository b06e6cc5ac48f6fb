#!/usr/bin/env bash
# The disaster itself: kill -9 on the primary, then the failover.
# shellcheck source=support.bash disable=SC2119
. "$(dirname "$0")/support.bash"

start_environment
sleep 1
incident=$(utc)
environment kill-primary
expect "the application is down" is "" health
failover --set "incidentStartedAt=$incident"
expect_success
expect_active west
expect "the old primary is fenced, so it cannot come back by itself" \
    is fenced "$DRRUN_ENVIRONMENT/site" "$DRRUN_ENVIRONMENT/east" role
expect "the RTO is within 30 s" at_most 30 "$(answer .output.rtoSeconds)"
expect "the RPO is within 10 s" at_most 10 "$(answer .output.rpoSeconds)"
expect "the metrics have RTO and RPO" jq --exit-status '.metrics | has("RTO") and has("RPO")' "$result"
