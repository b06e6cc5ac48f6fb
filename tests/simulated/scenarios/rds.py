"""A replica in another Region is promoted, and an Aurora global database fails over, with waiters; by boto3 and the AWS CLI."""
from cloud import ACCOUNT, Cloud, CliError, error_of

WORLD = """
Regions:
  us-east-1: { rds: { Instances: { shop: { Engine: postgres, MultiAZ: true } } } }
  us-west-2: { rds: { Instances: { shop-west: { ReplicaOf: shop, Lag: 2 } } } }
"""
GLOBAL = """
Regions:
  us-west-2: { rds: { Clusters: { shop-w: { Global: shop, Lag: 1 } } } }
  us-east-1: { rds: { Clusters: { shop-e: { Global: shop, Writer: true, Instances: 2 } } } }
"""


def test_a_replica_is_promoted():
    with Cloud(WORLD, 600) as cloud:
        rds = cloud.client("rds")
        replica = rds.describe_db_instances(DBInstanceIdentifier="shop-west")["DBInstances"][0]
        assert replica["ReadReplicaSourceDBInstanceIdentifier"] == f"arn:aws:rds:us-east-1:{ACCOUNT}:db:shop", replica
        assert replica["Endpoint"]["Address"].endswith(".us-west-2.rds.amazonaws.com"), replica
        assert replica["DBInstanceArn"] == f"arn:aws:rds:us-west-2:{ACCOUNT}:db:shop-west"
        assert replica["InstanceCreateTime"].tzinfo, replica
        assert error_of(rds.promote_read_replica, DBInstanceIdentifier="none") == "DBInstanceNotFound"
        assert rds.promote_read_replica(DBInstanceIdentifier="shop-west")["DBInstance"]["DBInstanceStatus"] == "modifying"
        assert error_of(rds.promote_read_replica, DBInstanceIdentifier="shop-west") == "InvalidDBInstanceState"
        rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier="shop-west", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        promoted = rds.describe_db_instances(DBInstanceIdentifier="shop-west")["DBInstances"][0]
        assert "ReadReplicaSourceDBInstanceIdentifier" not in promoted, promoted
        assert error_of(rds.promote_read_replica, DBInstanceIdentifier="shop-west") == "InvalidDBInstanceState"


def test_snapshots_and_the_life_of_an_instance():
    with Cloud(WORLD, 3600) as cloud:
        rds = cloud.client("rds")
        rds.create_db_instance(DBInstanceIdentifier="new", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20,
                               MasterUsername="admin1", MasterUserPassword="not-a-secret-1")
        assert error_of(rds.create_db_instance, DBInstanceIdentifier="new", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20,
                        MasterUsername="admin1", MasterUserPassword="not-a-secret-1") == "DBInstanceAlreadyExists"
        waiting = {"Delay": 1, "MaxAttempts": 30}
        rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier="new", WaiterConfig=waiting)
        rds.create_db_snapshot(DBInstanceIdentifier="new", DBSnapshotIdentifier="first")
        rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier="first", WaiterConfig=waiting)
        rds.delete_db_instance(DBInstanceIdentifier="new", SkipFinalSnapshot=True)
        rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier="new", WaiterConfig=waiting)
        rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="back", DBSnapshotIdentifier="first")
        rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier="back", WaiterConfig=waiting)


def test_a_global_database_switches_over():
    with Cloud(GLOBAL, 600) as cloud:
        rds = cloud.client("rds")
        members = rds.describe_global_clusters()["GlobalClusters"][0]["GlobalClusterMembers"]
        assert sorted(member["IsWriter"] for member in members) == [False, True], members
        rds.failover_global_cluster(GlobalClusterIdentifier="shop", TargetDbClusterIdentifier=f"arn:aws:rds:us-west-2:{ACCOUNT}:cluster:shop-w")
        assert rds.describe_global_clusters()["GlobalClusters"][0]["Status"] != "available"
        cloud.advance(600)
        after = rds.describe_global_clusters()["GlobalClusters"][0]
        assert after["Status"] == "available", after
        writer = [member["DBClusterArn"] for member in after["GlobalClusterMembers"] if member["IsWriter"]]
        assert writer == [f"arn:aws:rds:us-west-2:{ACCOUNT}:cluster:shop-w"], writer


def test_pages():
    with Cloud("Regions: { us-west-2: { rds: { Instances: { " + ", ".join(f"db{n:03}: {{}}" for n in range(45)) + " } } } }") as cloud:
        pages = list(cloud.client("rds").get_paginator("describe_db_instances").paginate(PaginationConfig={"PageSize": 20}))
        assert [len(page["DBInstances"]) for page in pages] == [20, 20, 5], [len(page["DBInstances"]) for page in pages]
        assert error_of(cloud.client("rds").describe_db_instances, MaxRecords=5) == "InvalidParameterValue"
        one = cloud.client("rds").describe_db_instances(Filters=[{"Name": "db-instance-id", "Values": ["db007"]}])
        assert [item["DBInstanceIdentifier"] for item in one["DBInstances"]] == ["db007"], one


def test_the_cli():
    with Cloud(WORLD, 600) as cloud:
        found = cloud.cli("rds", "describe-db-instances", "--query", "DBInstances[].[DBInstanceIdentifier, DBInstanceStatus]")
        assert found == [["shop-west", "available"]], found
        cloud.cli("rds", "promote-read-replica", "--db-instance-identifier", "shop-west")
        cloud.advance(900)
        cloud.cli("rds", "wait", "db-instance-available", "--db-instance-identifier", "shop-west")
        try:
            cloud.cli("rds", "describe-db-instances", "--db-instance-identifier", "none")
            raise AssertionError("an instance that is not there was given")
        except CliError as error:
            assert "(DBInstanceNotFound)" in str(error), error
