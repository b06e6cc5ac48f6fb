"""Records change, become INSYNC, and are answered by the DNS server, over UDP and TCP; failover by health check."""
import socket
import struct

from cloud import Cloud, error_of

WORLD = """
Global:
  route53:
    HostedZones:
      example.com:
        Id: Z0SHOP
        Records:
          - { Name: www.example.com, Type: A, TTL: 60, Values: [192.0.2.1] }
          - { Name: big.example.com, Type: TXT, TTL: 60, Values: ['"%s"', '"%s"', '"%s"'] }
""" % ("a" * 240, "b" * 240, "c" * 240)
TYPES = {"A": 1, "CNAME": 5, "SOA": 6, "TXT": 16, "AAAA": 28, "NS": 2}


def question(name, kind, number=4711, opt=False):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    extra = b"\0" + struct.pack(">HHIH", 41, 4096, 0, 0) if opt else b""
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 1 if opt else 0) + labels + struct.pack(">HH", TYPES[kind], 1) + extra


def read(answer):
    """(status, truncated, authoritative, [(type, ttl, data)])"""
    number, flags, questions, answers = struct.unpack(">HHHH", answer[:8])
    assert number == 4711 and flags & 0x8000, (number, flags)
    at, found = 12, []
    for _ in range(questions):
        at = answer.index(0, at) + 5
    for _ in range(answers):
        while answer[at]:
            assert answer[at] < 64, "compressed"
            at += 1 + answer[at]
        kind, _, ttl, size = struct.unpack(">HHIH", answer[at + 1:at + 11])
        found.append((kind, ttl, answer[at + 11:at + 11 + size]))
        at += 11 + size
    return flags & 15, bool(flags & 0x0200), bool(flags & 0x0400), found


def ask(cloud, name, kind="A", tcp=False, opt=False):
    host, port = cloud.about["dns"].split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as wire:
        wire.settimeout(10)
        wire.connect((host, int(port)))
        message = question(name, kind, opt=opt)
        wire.send(struct.pack(">H", len(message)) + message if tcp else message)
        if not tcp:
            return read(wire.recv(65535))
        answer = b""
        while len(answer) < 2 or len(answer) < 2 + struct.unpack(">H", answer[:2])[0]:
            block = wire.recv(65535)
            assert block, "closed"
            answer += block
        return read(answer[2:])


def test_a_record_moves():
    with Cloud(WORLD, 1, "--dns", "127.0.0.1:0") as cloud:
        route53 = cloud.client("route53")
        assert ask(cloud, "www.example.com") == (0, False, True, [(1, 60, socket.inet_aton("192.0.2.1"))])
        change = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {"Name": "www.example.com", "Type": "A", "TTL": 30,
                                                                        "ResourceRecords": [{"Value": "192.0.2.2"}]}}]}
        info = route53.change_resource_record_sets(HostedZoneId="Z0SHOP", ChangeBatch=change)["ChangeInfo"]
        assert info["Status"] == "PENDING" and info["Id"].startswith("/change/"), info
        cloud.advance(120)
        route53.get_waiter("resource_record_sets_changed").wait(Id=info["Id"], WaiterConfig={"Delay": 1, "MaxAttempts": 3})
        assert ask(cloud, "www.example.com") == (0, False, True, [(1, 30, socket.inet_aton("192.0.2.2"))])
        assert error_of(route53.change_resource_record_sets, HostedZoneId="Z0NONE", ChangeBatch=change) == "NoSuchHostedZone"
        change["Changes"][0]["Action"] = "CREATE"
        assert error_of(route53.change_resource_record_sets, HostedZoneId="Z0SHOP", ChangeBatch=change) == "InvalidChangeBatch"
        assert error_of(route53.get_change, Id="C0NONE") == "NoSuchChange"


def test_the_name_server():
    with Cloud(WORLD, 1, "--dns", "127.0.0.1:0") as cloud:
        assert ask(cloud, "none.example.com")[0] == 3  # NXDOMAIN
        assert ask(cloud, "www.example.com", "AAAA")[:1] + ask(cloud, "www.example.com", "AAAA")[3:] == (0, [])
        assert ask(cloud, "www.elsewhere.test")[0] == 3  # a name of nobody's
        assert ask(cloud, "WWW.Example.COM")[3], "names have no case"
        assert ask(cloud, "example.com", "SOA")[3][0][0] == 6
        status, truncated, _, records = ask(cloud, "big.example.com", "TXT")
        assert truncated and status == 0, (status, truncated)
        assert not ask(cloud, "big.example.com", "TXT", opt=True)[1]
        whole = ask(cloud, "big.example.com", "TXT", tcp=True)
        assert not whole[1] and len(whole[3]) == 3 and whole[3][0][2][1:] == b"a" * 240, whole
        for broken in [b"", b"\0" * 11, b"\0" * 12, question("www.example.com", "A")[:-3], b"\x12\x67\x01\0\0\x01\0\0\0\0\0\0\xc0\x0c\0\x01\0\x01"]:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
                host, port = cloud.about["dns"].split(":")
                wire.sendto(broken, (host, int(port)))
        assert ask(cloud, "www.example.com")[0] == 0, "it lives"


def test_zones_and_pages():
    with Cloud(WORLD, 60) as cloud:
        route53 = cloud.client("route53")
        zone = route53.create_hosted_zone(Name="new.test", CallerReference="1")["HostedZone"]["Id"]
        assert zone.startswith("/hostedzone/Z"), zone
        for start in (0, 100):
            route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [
                {"Action": "CREATE", "ResourceRecordSet": {"Name": f"h{number:03}.new.test", "Type": "A", "TTL": 60,
                                                           "ResourceRecords": [{"Value": "192.0.2.9"}]}} for number in range(start, start + 100)]})
        names = [record["Name"] for page in route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone,
                                                                                                      PaginationConfig={"PageSize": 70})
                 for record in page["ResourceRecordSets"] if record["Type"] == "A"]
        assert len(names) == 200 and names == sorted(names), len(names)
        assert error_of(route53.delete_hosted_zone, Id=zone) == "HostedZoneNotEmpty"
        found = cloud.cli("route53", "list-hosted-zones", "--query", "HostedZones[].Name")
        assert found == ["example.com.", "new.test."], found
