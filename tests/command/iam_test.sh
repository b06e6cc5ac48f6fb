#!/usr/bin/env bash
# drrun iam.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"

runbook() {
    cat >move.yaml <<'YAML'
Runbook: { Name: move, Region: us-west-2, Inputs: { zone: { type: string }, replica: { type: string }, role: { type: string } } }
QueryLanguage: JSONata
StartAt: Promote
States:
  Promote: { Type: Task, Resource: rds.promote, Arguments: { DbInstanceIdentifier: "{% $states.input.replica %}" }, Output: "{% $states.input %}", Next: Dns }
  Dns:
    Type: Task
    Resource: route53.upsert
    Arguments: { HostedZoneId: "{% $states.input.zone %}", Name: shop.example.com, Type: A, Values: [192.0.2.1] }
    Assign: { role: "{% $states.input.role %}" }
    Next: Scale
  Scale:
    Type: Task
    Resource: ecs.scale
    Arguments: { Cluster: shop, Service: "arn:aws:ecs:us-west-2:222233334444:service/shop/web", DesiredCount: 10 }
    Credentials: { RoleArn: "arn:aws:iam::222233334444:role/recovery", ExternalId: x1 }
    Next: Each
  Each:
    Type: Map
    Items: [us-east-1, us-west-2]
    ItemProcessor:
      StartAt: Put
      States:
        Put:
          Type: Task
          Resource: ssm.put_parameter
          Region: "{% $states.input %}"
          Arguments: { Name: /shop/active, Value: us-west-2 }
          End: true
    Next: Call
  Call:
    Type: Task
    Resource: http:invoke
    Arguments: { Method: GET, ApiEndpoint: "https://example.com", Headers: { a: "{{resolve:ssm-secure:/shop/token}}", b: "{{resolve:secretsmanager:shop/db:SecretString:password}}" } }
    Next: Who
  Who: { Type: Task, Resource: sts.whoami, Next: Other, Arguments: {} }
  Other:
    Type: Task
    Resource: aws-sdk:s3:headObject
    Arguments: { Bucket: shop-assets, Key: "releases/{% %}" }
    Next: Some
  Some:
    Type: Task
    Resource: aws-sdk:s3:listBuckets
    Arguments: {}
    Credentials: { RoleArn: "{% $role %}" }
    End: true
YAML
}

# The resources of an action in the policy that was printed, one a line.
resources() { # resources ACTION
    jq -r --arg action "$1" '.Statement[] | select(.Action | index($action)).Resource[]' out.txt
}

test_secrets_and_log_groups_are_named_exactly() {
    cat >secrets.yaml <<'YAML'
StartAt: ByName
States:
  ByName: { Type: Task, Resource: "aws-sdk:secretsmanager:getSecretValue", Parameters: { SecretId: shop/db }, Next: ByArn }
  ByArn: { Type: Task, Resource: "aws-sdk:secretsmanager:describeSecret", Parameters: { SecretId: "arn:aws:secretsmanager:us-west-2:111122223333:secret:shop/db-AbCdEf" }, Next: ByPartialArn }
  ByPartialArn: { Type: Task, Resource: "aws-sdk:secretsmanager:putSecretValue", Parameters: { SecretId: "arn:aws:secretsmanager:us-west-2:111122223333:secret:shop/orders", SecretString: "{}" }, Next: Logs }
  Logs: { Type: Task, Resource: "aws-sdk:cloudwatchlogs:getLogEvents", Parameters: { LogGroupName: /aws/lambda/shop, LogStreamName: s }, End: true }
YAML
    expect 0 "$DRRUN" iam secrets.yaml --account 111122223333
    same 'arn:aws:secretsmanager:*:111122223333:secret:shop/db-??????' "$(resources secretsmanager:GetSecretValue)" 'not shop/db2'
    same 'arn:aws:secretsmanager:us-west-2:111122223333:secret:shop/db-AbCdEf' "$(resources secretsmanager:DescribeSecret)" 'an ARN stays one'
    same 'arn:aws:secretsmanager:us-west-2:111122223333:secret:shop/orders-??????' "$(resources secretsmanager:PutSecretValue)" 'an ARN without its end'
    same 'arn:aws:logs:*:111122223333:log-group:/aws/lambda/shop:*' "$(resources logs:GetLogEvents)" 'the slash belongs to the name'
}

test_what_is_known_becomes_a_resource() {
    runbook
    expect 0 "$DRRUN" iam move.yaml --account 111122223333 --input '{"replica": "shop-west", "zone": "/hostedzone/Z1"}'
    same 'arn:aws:rds:us-west-2:111122223333:db:shop-west' "$(resources rds:PromoteReadReplica)" replica
    same 'arn:aws:route53:::hostedzone/Z1' "$(resources route53:ChangeResourceRecordSets)" zone
    same $'arn:aws:ssm:us-east-1:111122223333:parameter/shop/active\narn:aws:ssm:us-west-2:111122223333:parameter/shop/active' \
        "$(resources ssm:PutParameter)" 'each Region'
    contains "$(resources ssm:GetParameter)" 'arn:aws:ssm:us-west-2:111122223333:parameter/shop/token'
    same 'arn:aws:secretsmanager:us-west-2:111122223333:secret:shop/db-??????' "$(resources secretsmanager:GetSecretValue)" secret
    same 'arn:aws:s3:::shop-assets/releases/{% %}' "$(resources s3:GetObject)" 'HeadObject needs GetObject; a literal stays one'
    same 'arn:aws:iam::222233334444:role/recovery' "$(resources sts:AssumeRole)" role
    same '' "$(resources sts:GetCallerIdentity)" 'what needs no permission'
    same '' "$(resources ecs:UpdateService)" "another principal's"
    contains "$err" 'the RoleArn of a Task is not known before a run'
}

test_what_is_not_known_is_a_star() {
    runbook
    expect 0 "$DRRUN" iam move.yaml
    same 'arn:aws:rds:us-west-2:*:db:*' "$(resources rds:PromoteReadReplica)" replica
    same 'arn:aws:route53:::hostedzone/*' "$(resources route53:ChangeResourceRecordSets)" zone
    same '*' "$(resources s3:ListAllMyBuckets)" 'no resource at all'
}

test_roles() {
    runbook
    expect 0 "$DRRUN" iam move.yaml --role arn:aws:iam::222233334444:role/recovery
    same 'arn:aws:ecs:us-west-2:222233334444:service/shop/web' "$(resources ecs:UpdateService)" service
    expect 0 "$DRRUN" iam move.yaml --role arn:aws:iam::222233334444:role/recovery --trust --principal arn:aws:iam::111122223333:role/runner
    same '{"AWS":"arn:aws:iam::111122223333:role/runner"}' "$(jq -c '.Statement[0].Principal' out.txt)" principal
    same '["x1"]' "$(jq -c '.Statement[0].Condition.StringEquals["sts:ExternalId"]' out.txt)" 'external id'
    expect 2 "$DRRUN" iam move.yaml --role arn:aws:iam::222233334444:role/other
    contains "$err" 'no Task runs as arn:aws:iam::222233334444:role/other'
    expect 2 "$DRRUN" iam move.yaml --trust
    expect 0 "$DRRUN" iam move.yaml --json
    same 'arn:aws:iam::222233334444:role/recovery' "$(jq -r '.Roles | keys[0]' out.txt)" 'all of them'
}

test_a_full_disk_is_told() {
    runbook
    "$DRRUN" iam move.yaml >/dev/full 2>err.txt && fail 'it says nothing of a policy that was lost'
    contains "$(cat err.txt)" 'No space left on device'
}

test_wrong_usage() {
    runbook
    expect 2 "$DRRUN" iam
    expect 3 "$DRRUN" iam nothing.yaml
    expect 3 "$DRRUN" iam move.yaml --input '[1]'
}

run_tests "$@"
