#!/usr/bin/env bash
# AWS from the command line, against a small server (aws_server.py): secrets, roles, task tokens over a kill, and a Map over S3.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

export AWS_ACCESS_KEY_ID=AKIATEST AWS_SECRET_ACCESS_KEY=test-secret AWS_REGION=eu-west-1 AWS_CONFIG_FILE=/dev/null \
    AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_DEFAULT_REGION

start_server() {
    python3 "$here/aws_server.py" "$PWD" &
    server=$!
    wait_for 10 test -s port || fail 'the server did not start'
    AWS_ENDPOINT_URL=http://127.0.0.1:$(cat port)
    export AWS_ENDPOINT_URL
}

stop_server() {
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
}

count() { # count WORD: requests of an operation
    grep -c " $1 " log
}

test_secrets_reach_the_call_and_no_disk() {
    start_server
    cat >login.yaml <<'Y'
StartAt: Login
States:
  Login:
    Type: Task
    Resource: exec:run
    Region: us-west-2
    Credentials: { RoleArn: "arn:aws:iam::123456789012:role/dr", ExternalId: drill-7 }
    Parameters:
      Shell: 'printf "%s/%s" "$TOKEN" "$PASSWORD" | tr -d "\n" | wc -c; echo "token $TOKEN"; echo "$PASSWORD" >&2'
      Environment: { TOKEN: "{{resolve:ssm-secure:/shop/token}}", PASSWORD: "{{resolve:secretsmanager:shop:SecretString:password}}" }
    ResultSelector: { out.$: $.Output, errors.$: $.Errors }
    End: true
Y
    expect 0 "$DRRUN" login.yaml --quiet --name nightly
    same '{"out":"37\ntoken ***\n","errors":"***\n"}' "$out" 'output'
    grep -rq 'correct-horse\|hunter2' store && fail 'a secret is on disk'
    contains "$(grep ' AssumeRole ' log)" 'RoleSessionName=drrun-nightly'
    contains "$(grep ' AssumeRole ' log)" 'ExternalId=drill-7'
    contains "$(grep ' GetParameter ' log)" '/us-west-2/ssm/aws4_request session=role-session'
    contains "$(grep ' GetSecretValue ' log)" '/us-west-2/secretsmanager/aws4_request session=role-session'
    same 1 "$(count AssumeRole)" 'roles assumed'
    contains "$(cat store/executions/*/journal.jsonl)" '"credentials":{"RoleArn":"arn:aws:iam::123456789012:role/dr","ExternalId":"drill-7"}'
    sed -i 's|/shop/token|/shop/none|' login.yaml
    expect 1 "$DRRUN" login.yaml
    contains "$err" 'Drrun.SecretNotFound'
    stop_server
}

test_a_region_that_is_none_is_doubted_before_the_run() {
    cat >regions.yaml <<'Y'
Runbook: { Name: regions, Region: us-esat-1, Impaired: [eu-wset-1] }
StartAt: Look
States:
  Look: { Type: Task, Resource: "aws-sdk:rds:describeDBInstances", Region: us-west-22, Next: Fine }
  Fine: { Type: Task, Resource: "aws-sdk:rds:describeDBInstances", Region: ap-southeast-9, Next: Computed }
  Computed: { Type: Task, Resource: "aws-sdk:rds:describeDBInstances", Region: $.region, End: true }
Y
    expect 0 "$DRRUN" validate regions.yaml
    contains "$err" 'regions.yaml:1:35: warning: No Region of AWS is called "us-esat-1" [UNKNOWN_REGION]'
    contains "$err" 'Did you mean "us-east-1"?'
    contains "$err" 'regions.yaml:1:57: warning: No Region of AWS is called "eu-wset-1" [UNKNOWN_REGION]'
    contains "$err" 'regions.yaml:4:76: warning: No Region of AWS is called "us-west-22" [UNKNOWN_REGION]'
    same 3 "$(grep -c UNKNOWN_REGION <<<"$err")" 'and no other'
}

test_refused_credentials_are_named_by_their_source() {
    start_server
    cat >refused.yaml <<'Y'
StartAt: Read
States:
  Read: { Type: Task, Resource: "aws-sdk:ssm:getParameter", Parameters: { Name: /shop/refused }, End: true }
Y
    expect 1 env AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE "$DRRUN" refused.yaml
    contains "$err" 'The security token is invalid. (signed by AKIA...MPLE from environment) (Service: Ssm, Status Code: 400, Request ID: request-1)'
    grep -rq 'AKIAIOSFODNN7EXAMPLE' store && fail 'a whole key is on disk'
    sed -i '/^  Read:/s|Parameters|Credentials: { RoleArn: "arn:aws:iam::123456789012:role/dr" }, Parameters|' refused.yaml
    expect 1 "$DRRUN" refused.yaml
    contains "$err" '(signed by the credentials of the role arn:aws:iam::123456789012:role/dr, assumed with the credentials from environment)'
    stop_server
}

test_a_region_that_the_arn_contradicts_is_doubted() {
    cat >two.yaml <<'Y'
Runbook: { Name: two, Region: us-west-2, Impaired: [us-east-1] }
StartAt: Other
States:
  Other: { Type: Task, Resource: "arn:aws:lambda:eu-west-1:123456789012:function:a", Region: us-west-2, Next: Same }
  Same: { Type: Task, Resource: "arn:aws:lambda:eu-west-1:123456789012:function:a", Region: eu-west-1, Next: Computed }
  Computed: { Type: Task, Resource: "arn:aws:lambda:eu-west-1:123456789012:function:a", Region: $.region, Next: Expressed }
  Expressed: { Type: Task, QueryLanguage: JSONata, Resource: "arn:aws:lambda:eu-west-1:123456789012:function:a", Region: "{% $states.input.region %}", Next: Named }
  Named: { Type: Task, Resource: "arn:aws:states:::lambda:invoke", Region: us-west-2, Parameters: { FunctionName: a }, End: true }
Y
    expect 0 "$DRRUN" validate two.yaml
    contains "$err" 'two.yaml:4:94: warning: The Resource is in eu-west-1, as its ARN says: the Region us-west-2 has no effect [CONTRADICTING_REGION]'
    same 1 "$(grep -c CONTRADICTING_REGION <<<"$err")" 'and no other'
    sed -i '/^  Other:/s/eu-west-1/us-east-1/' two.yaml
    expect 3 "$DRRUN" validate two.yaml
    contains "$err" 'depends on the Region us-east-1, which Runbook.Impaired says may be gone'
}

test_an_error_that_never_comes_is_doubted() {
    cat >errors.yaml <<'Y'
StartAt: Look
States:
  Look:
    Type: Task
    Resource: aws-sdk:route53:getHostedZone
    Parameters: { Id: Z1 }
    Retry:
      - ErrorEquals: [Route53.SdkClientException, Route53.Route53Exception, Route53.NoSuchHostedZoneException]
      - ErrorEquals: [States.Timeout, My.Own, Rds.Whatever, "Route53.${Which}"]
      - ErrorEquals: [Route53.ThrottlingException, Route53.NoSuchHostedZone]
    Catch:
      - ErrorEquals: [Route53.NoSuchHostedZoenException]
        Next: Unlisted
    Next: Unlisted
  Unlisted:
    Type: Task
    Resource: aws-sdk:s3:getObject
    Parameters: { Bucket: shop, Key: a }
    Catch:
      - ErrorEquals: [S3.NoSuchBucketException, S3.NoSuchKeyException]
        Next: Optimised
      - ErrorEquals: [S3.NoSuchBucket]
        Next: Optimised
    Next: Optimised
  Optimised:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke
    Parameters: { FunctionName: shop }
    Retry:
      - ErrorEquals: [Lambda.ServiceException, Lambda.AWSLambdaException, Lambda.SdkClientException, Lambda.Unknown]
    End: true
Y
    expect 0 "$DRRUN" validate errors.yaml
    same 3 "$(grep -c 'UNKNOWN_ERROR' <<<"$err")" 'each that never comes, and no other'
    contains "$err" 'errors.yaml:10:52: warning: aws-sdk:route53:getHostedZone has no error "Route53.NoSuchHostedZone", so that this Retry does not match'
    contains "$err" 'has no error "Route53.NoSuchHostedZoenException", so that this Catch does not match'
    same 2 "$(grep -c 'Did you mean "Route53.NoSuchHostedZoneException"? The model of route53 is of ' <<<"$err")" 'with the name that is meant'
    contains "$err" 'Did you mean "S3.NoSuchBucketException"?'
}

test_a_secret_that_would_be_kept_is_doubted() {
    cat >tell.yaml <<'Y'
StartAt: Tell
States:
  Tell: { Type: Task, Resource: "aws-sdk:secretsmanager:getSecretValue", Parameters: { SecretId: shop }, Next: Again }
  Again: { Type: Task, Resource: "aws-sdk:secretsmanager:getSecretValue", Parameters: { SecretId: shop }, Next: Describe }
  Describe: { Type: Task, Resource: "aws-sdk:secretsmanager:describeSecret", Parameters: { SecretId: shop }, End: true }
Y
    expect 0 "$DRRUN" validate tell.yaml
    same 2 "$(grep -c 'warning: What GetSecretValue answers is a secret.*SECRET_IN_JOURNAL' <<<"$err")" 'each Task is doubted'
    contains "$err" '{{resolve:secretsmanager:NAME:SecretString:KEY}}'
}

write_ask() {
    cat >ask.yaml <<'Y'
StartAt: Ask
States:
  Ask:
    Type: Task
    Resource: arn:aws:states:::sqs:sendMessage.waitForTaskToken
    Parameters:
      QueueUrl: https://sqs.eu-west-1.amazonaws.com/123456789012/work
      MessageBody: { job: restore, token.$: $$.Task.Token }
    End: true
Y
}

token_of() { # of the request that the server saw
    grep ' SendMessage ' log | grep -o '[0-9a-f]\{8\}-[0-9a-f-]\{27\}' | head -n 1
}

# [D28]
test_a_task_token_outlives_the_process() {
    start_server
    write_ask
    "$DRRUN" ask.yaml --id ask >out1.txt 2>err1.txt &
    pid=$!
    wait_for 10 grep -q '"k":"submitted"' "$DRRUN_STORE/executions/ask/journal.jsonl" || fail "it was not submitted: $(cat err1.txt)"
    contains "$(cat err1.txt)" "$(token_of)"
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    expect 0 "$DRRUN" approve ask "$(token_of | cut -c1-9)" --output '{"restored": 3}'
    expect 0 "$DRRUN" resume ask --quiet
    same '{"restored":3}' "$out" 'output'
    same 1 "$(count SendMessage)" 'messages'
    expect 0 "$DRRUN" history ask --format stepfunctions
    contains "$out" '"type":"TaskSubmitted"'
    contains "$out" '"resourceType":"sqs"'
    contains "$out" '"requestId":"request-1"'
    contains "$(grep -o '"type":"[^"]*"' <<<"$out" | tr '\n' ' ')" '"type":"TaskStarted" "type":"TaskSubmitted" "type":"TaskSucceeded"'
    stop_server
}

# [D28] It is not known whether the message was sent, until whoever got it answers.
test_an_answer_tells_that_the_message_arrived() {
    start_server
    write_ask
    touch slow
    for id in told unsure; do
        "$DRRUN" ask.yaml --id $id >out1.txt 2>err1.txt &
        pid=$!
        wait_for 10 grep -q ' SendMessage ' log || fail 'nothing was sent'
        kill -9 "$pid"
        wait "$pid" 2>/dev/null
        mv log "log.$id"
    done
    cp log.told log
    expect 0 "$DRRUN" deny told "$(token_of)" --error Restore.Failed --cause 'no disk'
    expect 1 "$DRRUN" resume told
    contains "$err" 'Restore.Failed'
    expect 5 "$DRRUN" resume unsure
    contains "$err" 'not known whether'
    cp log.unsure log
    expect 0 "$DRRUN" approve unsure "$(token_of)" --output 7
    expect 0 "$DRRUN" resume unsure --quiet
    same 7 "$out" 'output'
    same 1 "$(count SendMessage)" 'messages'
    stop_server
}

test_a_map_reads_an_inventory_and_writes_its_results() {
    start_server
    mkdir -p objects/shop-inventory/data
    printf '"shop","a","10"\n"shop","b","20"\n' | gzip -c >objects/shop-inventory/data/1.csv.gz
    printf '"shop","c","30"\n' | gzip -c >objects/shop-inventory/data/2.csv.gz
    printf '%s' '{"destinationBucket":"arn:aws:s3:::shop-inventory","fileFormat":"CSV","fileSchema":"Bucket, Key, Size","files":[{"key":"data/1.csv.gz"},{"key":"data/2.csv.gz"}]}' >objects/shop-inventory/manifest.json
    cat >each.yaml <<'Y'
StartAt: Each
States:
  Each:
    Type: Map
    ItemReader:
      Resource: arn:aws:states:::s3:getObject
      Parameters: { Bucket: shop-inventory, Key: manifest.json }
      ReaderConfig: { InputType: MANIFEST }
    ItemSelector: { key.$: $$.Map.Item.Value.Key }
    ItemProcessor:
      ProcessorConfig: { Mode: DISTRIBUTED, ExecutionType: STANDARD }
      StartAt: Keep
      States: { Keep: { Type: Pass, End: true } }
    ResultWriter:
      Resource: arn:aws:states:::s3:putObject
      Parameters: { Bucket: shop-results, Prefix: nightly/ }
    ResultSelector: { key.$: $.ResultWriterDetails.Key }
    End: true
Y
    expect 0 "$DRRUN" each.yaml --quiet
    manifest=objects/shop-results/$(sed 's/.*"key":"\([^"]*\)".*/\1/' <<<"$out")
    contains "$(cat "$manifest")" '"DestinationBucket":"shop-results"'
    contains "$(cat "$(dirname "$manifest")/SUCCEEDED_0.json")" '"Output":"{\"key\":\"c\"}"'
    same 2 "$(find objects/shop-results -type f | wc -l)" 'objects'
    stop_server
}

run_tests "$@"
