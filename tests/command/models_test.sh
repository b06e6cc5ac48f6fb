#!/usr/bin/env bash
# drrun models.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"
unset DRRUN_MODELS AWS_DATA_PATH XDG_DATA_HOME XDG_CACHE_HOME 2>/dev/null || true

# A data folder with one service, whose one operation is $2.
service() { # service FOLDER OPERATION
    mkdir -p "$1/drill/2026-01-01"
    cat >"$1/drill/2026-01-01/service-2.json" <<JSON
{"version": "2.0", "metadata": {"protocol": "json", "apiVersion": "2026-01-01", "serviceId": "Fire Drill Service", "serviceFullName": "Fire drills"},
 "operations": {"$2": {"name": "$2", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "In"}, "errors": [{"shape": "NotThere"}]}},
 "shapes": {"In": {"type": "structure", "required": ["DBName"], "members": {"DBName": {"shape": "Name"}, "Trees": {"shape": "Trees"}, "TTL": {"shape": "Number"}}},
            "Name": {"type": "string", "min": 1, "max": 8, "pattern": "[a-z]+"}, "Number": {"type": "integer"},
            "Trees": {"type": "list", "member": {"shape": "Tree"}},
            "Tree": {"type": "structure", "members": {"Left": {"shape": "Tree"}, "Kind": {"shape": "Kind"}}},
            "Kind": {"type": "string", "enum": ["ash", "oak"]},
            "NotThere": {"type": "structure", "exception": true, "members": {}}}}
JSON
}

test_every_service_is_listed() {
    HOME=$PWD expect 0 "$DRRUN" models --json
    [ "$(jq '.services | length' out.txt)" -ge 333 ] || fail "only $(jq '.services | length' out.txt) services"
    same elbv2 "$(jq -r '.services[] | select(.name == "elasticloadbalancingv2").awsCliName' out.txt)" 'the other name'
    same 0 "$(jq '[.services[] | select(.date | test("^20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]$") | not)] | length' out.txt)" 'dates'
    HOME=$PWD expect 0 "$DRRUN" models
    contains "$out" 'elasticloadbalancingv2'
}

test_a_service_and_an_operation() {
    HOME=$PWD expect 0 "$DRRUN" models rds --json
    same Read "$(jq -r '.operations[] | select(.name == "describeDBInstances").effect' out.txt)" effect
    same Write "$(jq -r '.operations[] | select(.name == "switchoverGlobalCluster").effect' out.txt)" 'the overlay'
    HOME=$PWD expect 0 "$DRRUN" models rds failoverGlobalCluster --json
    same true "$(jq '.arguments | has("AllowDataLoss") and has("Switchover")' out.txt)" 'members of the overlay'
    same GlobalClusterIdentifier "$(jq -r '.arguments | to_entries[] | select(.value.required).key' out.txt | head -n 1)" required
    HOME=$PWD expect 0 "$DRRUN" models elbv2 DescribeLoadBalancers
    contains "$out" 'aws-sdk:elasticloadbalancingv2:describeLoadBalancers (Read, pages)'
}

test_shapes_are_readable() {
    service data GoNow
    DRRUN_MODELS=$PWD/data HOME=$PWD expect 0 "$DRRUN" models firedrill goNow
    contains "$out" 'aws-sdk:firedrill:goNow (Write)'
    contains "$out" 'DbName                           string, 1..8, required'
    contains "$out" 'Ttl                              integer'
    contains "$out" 'Trees                            list of structure'
    contains "$out" 'Left                           structure Tree, as above'
    contains "$out" 'ash | oak'
    contains "$out" 'FireDrill.NotThereException'
    [ "$(stat -c %a .cache/drrun/models)" = 700 ] || fail "the cache is open to others"
}

test_what_is_unknown_is_explained() {
    HOME=$PWD expect 2 "$DRRUN" models rdz
    contains "$err" 'did you mean "rds"?'
    HOME=$PWD expect 2 "$DRRUN" models rds promoteReadReplicas
    contains "$err" 'did you mean "promoteReadReplica"?'
    HOME=$PWD expect 2 "$DRRUN" models rds a b
    HOME=$PWD expect 2 "$DRRUN" models import
    HOME=$PWD expect 2 "$DRRUN" models rds --to x
}

test_imports() {
    service data Fresh
    printf 'not json' >data/partitions.json
    HOME=$PWD expect 4 "$DRRUN" models import data
    contains "$err" 'partitions.json is not valid JSON'
    rm data/partitions.json
    mkdir -p data/broken/2026-01-01
    echo '{}' >data/broken/2026-01-01/service-2.json
    HOME=$PWD expect 0 "$DRRUN" models import data
    contains "$err" 'the model of broken cannot be used'
    contains "$err" 'imported into'
    HOME=$PWD expect 0 "$DRRUN" models firedrill
    contains "$out" 'fresh'
    HOME=$PWD expect 4 "$DRRUN" models import nothing
    contains "$err" 'nothing: No such file or directory'
    echo '{}' >file
    HOME=$PWD expect 4 "$DRRUN" models import file
    contains "$err" 'file: Not a directory'
    mkdir empty
    HOME=$PWD expect 4 "$DRRUN" models import empty
    contains "$err" 'holds no service models'
    gzip -c data/drill/2026-01-01/service-2.json >one.gz
    mkdir -p other/drill/2027-01-01
    sed 's/Fresh/Fresher/g' data/drill/2026-01-01/service-2.json | gzip -c >other/drill/2027-01-01/service-2.json.gz
    expect 0 "$DRRUN" models import other/drill --to there --json
    same 1 "$(jq '.services.drill' out.txt)" operations
    DRRUN_MODELS=$PWD/there HOME=$PWD expect 0 "$DRRUN" models firedrill
    contains "$out" 'fresher'
}

run_tests "$@"
