"""ECS behind a load balancer, scaled with waiters; images; capacity that is not there."""
from cloud import ACCOUNT, Cloud, error_of

WORLD = """
Regions:
  us-west-2:
    ecr: { Repositories: { shop: { Images: [v1] } } }
    elbv2: { LoadBalancers: { shop: {} } }
    ecs:
      Clusters: { shop: { Capacity: 12, Services: { web: { DesiredCount: 1, TargetGroup: shop } } } }
"""


def test_a_service_scales():
    with Cloud(WORLD, 600) as cloud:
        ecs, elb = cloud.client("ecs"), cloud.client("elbv2")
        cloud.advance(300)
        service = ecs.describe_services(cluster="shop", services=["web", "none"])
        assert service["services"][0]["runningCount"] == 1, service
        assert service["failures"] == [{"arn": f"arn:aws:ecs:us-west-2:{ACCOUNT}:service/shop/none", "reason": "MISSING"}], service["failures"]
        assert service["services"][0]["createdAt"].tzinfo
        ecs.update_service(cluster="shop", service="web", desiredCount=10)
        assert ecs.describe_services(cluster="shop", services=["web"])["services"][0]["runningCount"] < 10
        ecs.get_waiter("services_stable").wait(cluster="shop", services=["web"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        tasks = [arn for page in ecs.get_paginator("list_tasks").paginate(cluster="shop", serviceName="web", PaginationConfig={"PageSize": 4})
                 for arn in page["taskArns"]]
        assert len(tasks) == 10, tasks
        assert all(task["lastStatus"] == "RUNNING" for task in ecs.describe_tasks(cluster="shop", tasks=tasks)["tasks"])
        group = elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
        cloud.advance(120)
        states = [item["TargetHealth"]["State"] for item in elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]]
        assert states.count("healthy") == 10, states
        assert error_of(ecs.update_service, cluster="shop", service="none", desiredCount=1) == "ServiceNotFoundException"
        assert error_of(ecs.update_service, cluster="none", service="web", desiredCount=1) == "ClusterNotFoundException"


def test_capacity_may_be_missing():
    with Cloud(WORLD, 600) as cloud:
        cloud.advance(300)
        number = cloud.fault(Fault="NoCapacity", Region="us-west-2")
        ecs = cloud.client("ecs")
        ecs.update_service(cluster="shop", service="web", desiredCount=5)
        cloud.advance(600)
        service = ecs.describe_services(cluster="shop", services=["web"])["services"][0]
        assert service["runningCount"] == 1, service["runningCount"]
        assert any("capacity" in event["message"].lower() or "unable" in event["message"].lower() for event in service["events"]), service["events"]
        cloud.end_fault(number)
        cloud.advance(900)
        assert ecs.describe_services(cluster="shop", services=["web"])["services"][0]["runningCount"] == 5


def test_images_and_load_balancers_can_be_looked_at():
    with Cloud(WORLD) as cloud:
        ecr = cloud.client("ecr")
        image = ecr.describe_images(repositoryName="shop", imageIds=[{"imageTag": "v1"}])["imageDetails"][0]
        assert image["imageDigest"].startswith("sha256:"), image
        assert error_of(ecr.describe_images, repositoryName="shop", imageIds=[{"imageTag": "v9"}]) == "ImageNotFoundException"
        assert error_of(ecr.describe_images, repositoryName="none") == "RepositoryNotFoundException"
        elb = cloud.client("elbv2")
        balancer = elb.describe_load_balancers(Names=["shop"])["LoadBalancers"][0]
        assert balancer["State"]["Code"] == "active" and balancer["DNSName"].endswith(".elb.amazonaws.com"), balancer
        assert error_of(elb.describe_load_balancers, Names=["none"]) == "LoadBalancerNotFound"
        assert cloud.cli("ecs", "list-clusters")["clusterArns"] == [f"arn:aws:ecs:us-west-2:{ACCOUNT}:cluster/shop"]
        assert cloud.cli("elbv2", "describe-load-balancers", "--query", "LoadBalancers[].LoadBalancerName") == ["shop"]
