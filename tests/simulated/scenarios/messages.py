"""A topic tells a queue; messages are hidden while they are worked on."""
import json

from cloud import ACCOUNT, Cloud, error_of

WORLD = """
Regions:
  us-west-2:
    sqs: { Queues: { seen: {} } }
    sns: { Topics: { alerts: { Subscriptions: [ { Protocol: sqs, Endpoint: seen } ] } } }
"""
TOPIC = f"arn:aws:sns:us-west-2:{ACCOUNT}:alerts"


def test_a_topic_tells_a_queue():
    with Cloud(WORLD) as cloud:
        sns, sqs = cloud.client("sns"), cloud.client("sqs")
        url = sqs.get_queue_url(QueueName="seen")["QueueUrl"]
        published = sns.publish(TopicArn=TOPIC, Subject="Failover", Message="it began")
        message = sqs.receive_message(QueueUrl=url, VisibilityTimeout=30, AttributeNames=["All"])["Messages"][0]
        told = json.loads(message["Body"])
        assert told["Message"] == "it began" and told["Subject"] == "Failover" and told["MessageId"] == published["MessageId"], told
        assert "Messages" not in sqs.receive_message(QueueUrl=url)
        cloud.advance(31)
        again = sqs.receive_message(QueueUrl=url)["Messages"][0]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
        assert error_of(sqs.get_queue_url, QueueName="none") == "AWS.SimpleQueueService.NonExistentQueue"
        assert error_of(sns.publish, TopicArn=TOPIC + "x", Message="x") == "NotFound"
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(number), "MessageBody": f"m{number}"} for number in range(10)])
        assert len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 10


def test_the_cli():
    with Cloud(WORLD) as cloud:
        assert cloud.cli("sns", "list-topics")["Topics"] == [{"TopicArn": TOPIC}]
        url = cloud.cli("sqs", "get-queue-url", "--queue-name", "seen")["QueueUrl"]
        cloud.cli("sqs", "send-message", "--queue-url", url, "--message-body", "hello")
        assert cloud.cli("sqs", "receive-message", "--queue-url", url)["Messages"][0]["Body"] == "hello"
