"""CloudWatch, by boto3, by the AWS CLI, and by clients that are newer than the model and speak JSON."""
import datetime
import json

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from cloud import CliError, Cloud, error_of

WORLD = """
World: { Start: "2026-11-21T03:00:00Z" }
Regions:
  us-east-1: { rds: { Instances: { shop: {} } } }
  us-west-2:
    rds: { Instances: { shop-west: { ReplicaOf: shop, Lag: 2 } } }
    cloudwatch:
      Alarms: { lag: { Namespace: AWS/RDS, MetricName: ReplicaLag, Dimensions: { DBInstanceIdentifier: shop-west }, Threshold: 60 } }
"""
START, END = "2026-11-21T02:50:00Z", "2026-11-21T02:58:00Z"
OF = [{"Name": "DBInstanceIdentifier", "Value": "shop-west"}]


def test_metrics_and_alarms():
    with Cloud(WORLD) as cloud:
        watch = cloud.client("cloudwatch")
        points = watch.get_metric_statistics(Namespace="AWS/RDS", MetricName="ReplicaLag", Dimensions=OF, StartTime=START, EndTime=END, Period=60,
                                             Statistics=["Maximum"])["Datapoints"]
        assert len(points) == 8 and all(point["Maximum"] == 2 and point["Unit"] == "Seconds" for point in points), points
        assert all(point["Timestamp"].tzinfo for point in points)
        query = {"Id": "lag", "MetricStat": {"Metric": {"Namespace": "AWS/RDS", "MetricName": "ReplicaLag", "Dimensions": OF}, "Period": 300, "Stat": "Average"}}
        pages = watch.get_paginator("get_metric_data").paginate(MetricDataQueries=[query], StartTime=START, EndTime=END)
        assert [result["Values"] for page in pages for result in page["MetricDataResults"]] == [[2.0, 2.0]]
        watch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 3}])
        names = [metric["MetricName"] for page in watch.get_paginator("list_metrics").paginate() for metric in page["Metrics"]]
        assert "Orders" in names and "ReplicaLag" in names, names
        cloud.advance(130)
        assert watch.describe_alarms(AlarmNames=["lag"])["MetricAlarms"][0]["StateValue"] == "OK"
        cloud.fault(Fault="ReplicationStalled", Resource="shop-west")
        cloud.advance(300)
        watch.get_waiter("alarm_exists").wait(AlarmNames=["lag"])
        assert cloud.cli("cloudwatch", "describe-alarms", "--state-value", "ALARM")["MetricAlarms"][0]["AlarmName"] == "lag"
        assert error_of(lambda: watch.set_alarm_state(AlarmName="none", StateValue="OK", StateReason="x")) == "ResourceNotFound"
        try:
            cloud.cli("cloudwatch", "get-metric-statistics", "--namespace", "Shop", "--metric-name", "Orders", "--start-time", START, "--end-time", START,
                      "--period", "60", "--statistics", "Sum")
            assert False, "it must be refused"
        except CliError as refused:
            assert "InvalidParameterValue" in str(refused), refused


def ask_in_json(cloud, operation, body):
    headers = {"X-Amz-Target": f"GraniteServiceVersion20100801.{operation}", "Content-Type": "application/x-amz-json-1.0"}
    request = botocore.awsrequest.AWSRequest("POST", cloud.endpoint + "/", headers, json.dumps(body).encode())
    keys = botocore.credentials.Credentials(cloud.about["accessKeyId"], cloud.about["secretAccessKey"])
    botocore.auth.SigV4Auth(keys, "monitoring", "us-west-2").add_auth(request)
    return cloud.raw("POST", "/", request.data, dict(request.headers))


def test_newer_clients_speak_json():
    with Cloud(WORLD) as cloud:
        start = datetime.datetime(2026, 11, 21, 2, 50, tzinfo=datetime.timezone.utc).timestamp()
        status, headers, text = ask_in_json(cloud, "GetMetricStatistics", {
            "Namespace": "AWS/RDS", "MetricName": "ReplicaLag", "Dimensions": OF, "StartTime": start, "EndTime": start + 120, "Period": 60,
            "Statistics": ["Maximum"]})
        answer = json.loads(text)
        assert status == 200 and headers["Content-Type"] == "application/x-amz-json-1.0", (status, headers)
        assert [(point["Timestamp"], point["Maximum"]) for point in answer["Datapoints"]] == [(start, 2.0), (start + 60, 2.0)], answer
        status, headers, text = ask_in_json(cloud, "SetAlarmState", {"AlarmName": "none", "StateValue": "OK", "StateReason": "x"})
        assert status == 404 and headers["x-amzn-query-error"] == "ResourceNotFound;Sender", (status, headers, text)
        status, _, text = ask_in_json(cloud, "DescribeInsightRules", {})
        assert status == 501 and "NotSimulated" in text.decode(), (status, text)
