#!/usr/bin/env bash
# An installed drrun finds its actions, and brings its manual and its completions.
set -eu
build=$(dirname "$DRRUN")
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$build" --prefix "$prefix" >"$prefix/log" || { cat "$prefix/log"; exit 1; }

for file in bin/drrun share/man/man1/drrun.1 share/bash-completion/completions/drrun share/zsh/site-functions/_drrun \
    share/fish/vendor_completions.d/drrun.fish share/drrun/actions/http/check.yaml share/drrun/runbooks/postgresql/failover.yaml share/doc/drrun/LICENSE \
    share/drrun/models/rds.model share/drrun/models/index share/drrun/models/partitions.json share/drrun/models/NOTICE share/drrun/models/LICENSE \
    share/drrun/models/overlays/rds.json; do
    [ -s "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done
[ -x "$prefix/share/drrun/runbooks/postgresql/environment" ] || { echo "a runbook's script is not executable any more"; exit 1; }

cd /
env -u DRRUN_ACTIONS "$prefix/bin/drrun" actions http.check >"$prefix/out" || { echo "the installed drrun does not find http.check"; exit 1; }
grep -q 'http.check' "$prefix/out"
env -u DRRUN_ACTIONS "$prefix/bin/drrun" validate "$prefix/share/drrun/runbooks/postgresql/failover.yaml"
HOME=$prefix env -u DRRUN_MODELS "$prefix/bin/drrun" models rds switchoverGlobalCluster >"$prefix/out" || { echo "the installed drrun has no AWS models"; exit 1; }
grep -q 'aws-sdk:rds:switchoverGlobalCluster (Write)' "$prefix/out"
# Nothing in it leads back to where it was built.
! grep -rqF "$(realpath "$build")" "$prefix/share" || { echo "the build's path is in what was installed"; exit 1; }
