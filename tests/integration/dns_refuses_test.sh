#!/usr/bin/env bash
# The DNS server refuses the update: the run stops there, and resume goes on once it takes updates again.
# shellcheck source=support.bash disable=SC2119
. "$(dirname "$0")/support.bash"

start_environment
environment kill-primary
environment refuse-dns
failover
expect_failure Dns.UpdateRefused
expect "west was promoted" is primary role west
expect "DNS still points to east" is 127.0.0.11 dns

environment accept-dns
resume
expect_success
expect_active west
