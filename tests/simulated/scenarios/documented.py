"""docs/simulated-cloud.md has every service that is simulated, and a service's page every operation, with the page of AWS that it comes from."""
import os
import re

from cloud import Cloud

TOGETHER = {"application-autoscaling": "autoscaling"}  # services that share a page
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def test_every_operation_is_documented():
    index, wrong = read("docs/simulated-cloud.md"), []
    with Cloud() as cloud:
        services = cloud.admin("GET", "health")["services"]
    for service, operations in services.items():
        name = TOGETHER.get(service, service)
        path = f"docs/simulated/{name}.md"
        if f"(simulated/{name}.md)" not in index:
            wrong.append(f"docs/simulated-cloud.md does not lead to {path}")
        if not os.path.exists(os.path.join(ROOT, path)):
            wrong.append(f"{path} is missing")
            continue
        page = read(path)
        wrong += [f"{path} does not name {operation}" for operation in operations if not re.search(rf"\b{operation}\b", page)]
        if operations and "https://docs.aws.amazon.com/" not in page:
            wrong.append(f"{path} cites no page of AWS")
    assert not wrong, "\n" + "\n".join(wrong)
