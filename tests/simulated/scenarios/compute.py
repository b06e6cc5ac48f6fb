"""What computes, by boto3 and its waiters and by the AWS CLI: ECS, load balancers, auto scaling, EC2, ECR, Lambda."""
import json

from cloud import CliError, Cloud, error_of

WORLD = """
Regions:
  us-west-2:
    ecr: { Repositories: { shop: { Images: [v1] } } }
    ec2: { Instances: { one: { Id: i-0aaaaaaaaaaaaaaa1 } } }
    elbv2: { TargetGroups: { machines: { TargetType: instance } }, LoadBalancers: { shop: {}, machines: {} } }
    autoscaling: { Groups: { web: { MaxSize: 4, DesiredCapacity: 1, TargetGroup: machines } } }
    ecs: { Clusters: { shop: { Services: { web: { DesiredCount: 1, TargetGroup: shop } } } } }
    lambda: { Functions: { hello: { Answer: { text: "{% 'Hello ' & $event.name %}" } } } }
"""
OFTEN = {"Delay": 0.2, "MaxAttempts": 100}
SPEED = 300


def test_a_service_is_scaled_until_it_is_stable():
    with Cloud(WORLD, SPEED) as cloud:
        ecs, elb = cloud.client("ecs"), cloud.client("elbv2")
        assert ecs.describe_services(cluster="shop", services=["none"])["failures"][0]["reason"] == "MISSING"
        ecs.update_service(cluster="shop", service="web", desiredCount=3)
        ecs.get_waiter("services_stable").wait(cluster="shop", services=["web"], WaiterConfig=OFTEN)
        tasks = ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
        assert len(tasks) == 3, tasks
        ecs.get_waiter("tasks_running").wait(cluster="shop", tasks=tasks, WaiterConfig=OFTEN)
        group = elb.describe_target_groups(Names=["shop"])["TargetGroups"][0]["TargetGroupArn"]
        elb.get_waiter("target_in_service").wait(TargetGroupArn=group, WaiterConfig=OFTEN)
        assert len(elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]) == 3
        ecs.update_service(cluster="shop", service="web", desiredCount=0)
        ecs.delete_service(cluster="shop", service="web")
        ecs.get_waiter("services_inactive").wait(cluster="shop", services=["web"], WaiterConfig=OFTEN)


def test_a_task_runs_and_stops():
    with Cloud(WORLD, SPEED) as cloud:
        ecs = cloud.client("ecs")
        task = ecs.run_task(cluster="shop", taskDefinition="web", launchType="FARGATE")["tasks"][0]["taskArn"]
        ecs.get_waiter("tasks_stopped").wait(cluster="shop", tasks=[task], WaiterConfig=OFTEN)
        assert ecs.describe_tasks(cluster="shop", tasks=[task])["tasks"][0]["containers"][0]["exitCode"] == 0


def test_instances_images_and_snapshots_come_and_go():
    with Cloud(WORLD, SPEED) as cloud:
        ec2 = cloud.client("ec2")
        one = [ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]]
        ec2.get_waiter("instance_status_ok").wait(InstanceIds=one, WaiterConfig=OFTEN)
        ec2.stop_instances(InstanceIds=one)
        ec2.get_waiter("instance_stopped").wait(InstanceIds=one, WaiterConfig=OFTEN)
        ec2.terminate_instances(InstanceIds=one)
        ec2.get_waiter("instance_terminated").wait(InstanceIds=one, WaiterConfig=OFTEN)
        snapshot = ec2.create_snapshot(VolumeId="vol-1")["SnapshotId"]
        ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig=OFTEN)
        image = ec2.create_image(InstanceId="i-0aaaaaaaaaaaaaaa1", Name="x")["ImageId"]
        ec2.get_waiter("image_available").wait(ImageIds=[image], WaiterConfig=OFTEN)


def test_errors_are_those_of_aws():
    with Cloud(WORLD) as cloud:
        for code, call, arguments in [
            ("LoadBalancerNotFound", cloud.client("elbv2").describe_load_balancers, {"Names": ["none"]}),
            ("ClusterNotFoundException", cloud.client("ecs").list_services, {"cluster": "none"}),
            ("ImageNotFoundException", cloud.client("ecr").describe_images, {"repositoryName": "shop", "imageIds": [{"imageTag": "v9"}]}),
            ("InvalidInstanceID.NotFound", cloud.client("ec2").describe_instances, {"InstanceIds": ["i-0123456789abcdef0"]}),
            ("ValidationError", cloud.client("autoscaling").set_desired_capacity, {"AutoScalingGroupName": "web", "DesiredCapacity": 9}),
            ("ResourceNotFoundException", cloud.client("lambda").invoke, {"FunctionName": "none"}),
        ]:
            assert error_of(call, **arguments) == code


def test_a_function_is_invoked():
    with Cloud(WORLD) as cloud:
        answer = cloud.client("lambda").invoke(FunctionName="hello", Payload=json.dumps({"name": "Ada"}))
        assert json.loads(answer["Payload"].read()) == {"text": "Hello Ada"}, answer
        assert cloud.client("lambda").invoke(FunctionName="hello", InvocationType="Event")["StatusCode"] == 202


def test_a_person_looks_with_the_aws_cli():
    with Cloud(WORLD) as cloud:
        assert cloud.cli("ecs", "list-clusters")["clusterArns"][0].endswith("cluster/shop")
        assert cloud.cli("elbv2", "describe-load-balancers", "--names", "shop")["LoadBalancers"][0]["CanonicalHostedZoneId"] == "Z1H1FL5HABSF5"
        assert cloud.cli("autoscaling", "describe-auto-scaling-groups")["AutoScalingGroups"][0]["Instances"][0]["LifecycleState"] == "InService"
        assert cloud.cli("ecr", "list-images", "--repository-name", "shop")["imageIds"][0]["imageTag"] == "v1"
        assert cloud.cli("lambda", "list-functions")["Functions"][0]["FunctionName"] == "hello"
        try:
            cloud.cli("ec2", "describe-spot-price-history")
        except CliError as error:
            assert "not simulated" in str(error), error
        else:
            raise AssertionError("an invented success")
