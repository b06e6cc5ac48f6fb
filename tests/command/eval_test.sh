#!/usr/bin/env bash
# drrun eval.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"

test_jsonata() {
    expect 0 "$DRRUN" eval '$sum(items.price)' --input '{"items": [{"price": 2}, {"price": 3}]}'
    same 5 "$out" sum
    expect 0 "$DRRUN" eval '{% $states.input.a + $n %}' --input '{"a": 1}' --vars '{"n": 2}'
    same 3 "$out" 'states and variables'
    expect 0 "$DRRUN" eval 'nothing.here' --input '{}'
    same '' "$out" undefined
    expect 0 "$DRRUN" eval '$partition([1,2,3], 2)'
    same '[[1,2],[3]]' "$out" "AWS's functions"
    echo '$uppercase("x")' >e.jsonata
    expect 0 "$DRRUN" eval @e.jsonata
    same '"X"' "$out" '@FILE'
    same '{"a":1}' "$(echo '{"a":1}' | "$DRRUN" eval '$' --input -)" 'input from stdin'
}

test_mistakes_have_a_caret() {
    expect 1 "$DRRUN" eval '1 + '
    contains "$err" 'expression:1:'
    expect 1 "$DRRUN" eval '"a" + 1'
    contains "$err" 'T2001'
    contains "$err" '^'
    expect 1 "$DRRUN" eval '"a" + 1' --json
    same T2001 "$(jq -r .error.code out.txt)" code
    expect 3 "$DRRUN" eval '$' --input '{'
    expect 2 "$DRRUN" eval
    expect 2 "$DRRUN" eval a b
    expect 2 "$DRRUN" eval '$' --vars '[]'
    expect 3 "$DRRUN" eval @missing
}

test_jsonpath_and_intrinsic_functions() {
    expect 0 "$DRRUN" eval --jsonpath '$.a[0]' --input '{"a": [7]}'
    same 7 "$out" path
    expect 0 "$DRRUN" eval --jsonpath "States.Format('{} of {}', \$.n, \$total)" --input '{"n": 1}' --vars '{"total": 3}'
    same '"1 of 3"' "$out" intrinsic
    expect 1 "$DRRUN" eval --jsonpath '$.b' --input '{}'
    contains "$err" 'could not be found'
    expect 1 "$DRRUN" eval --jsonpath '$.[' --input '{}'
    contains "$err" '^'
}

run_tests "$@"
