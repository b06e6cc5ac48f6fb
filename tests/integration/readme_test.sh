#!/usr/bin/env bash
# The README's runbook is a valid one, its two commands exist, and its links lead somewhere; so do those of the runbooks' README.
# shellcheck source=support.bash disable=SC2016,SC2119
. "$(dirname "$0")/support.bash"

sed -n '/^```yaml/,/^```/p' "$repository/README.md" | sed '1d;$d' >"$work/readme.yaml"
expect "there is a runbook" [ -s "$work/readme.yaml" ]
expect "it is valid" "$DRRUN" validate "$work/readme.yaml"
expect "the runbooks are valid" "$DRRUN" validate "$runbooks"/*.yaml

for command in demo test; do
    expect "the README tells ./scripts/$command" grep --quiet "^./scripts/$command " "$repository/README.md"
    expect "it can be run" [ -x "$repository/scripts/$command" ]
done

expect "the README names the second thing to try" grep --quiet '`./scripts/demo-postgresql`' "$repository/README.md"
expect "and it can be run" [ -x "$repository/scripts/demo-postgresql" ]
# What ./scripts/demo runs, with the binary under test.
awk '/^\$drrun run/ { on = 1 } on { print } !/\\$/ { on = 0 }' "$repository/scripts/demo" >"$work/demo-runs"
expect "the demonstration runs two failovers" [ "$(grep --count '^\$drrun run' "$work/demo-runs")" = 2 ]
expect "both succeed" env -C "$repository" drrun="$DRRUN" runbooks=runbooks/ecommerce-ecs-rds bash -eu "$work/demo-runs"

for page in "$repository/README.md" "$runbooks/README.md"; do
    for link in $(grep --only-matching '](\([^)]*\))' "$page" | tr -d '()]'); do
        expect "$(basename "$(dirname "$page")")/README.md links to $link" [ -e "$(dirname "$page")/$link" ]
    done
done
