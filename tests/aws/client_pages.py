"""Every paginator of botocore's models, followed over generated pages by drrun and by botocore: the same requests, the same
result. usage: client_pages.py PROBE    (exit status 77: botocore is not there)"""
import copy
import glob
import gzip
import json
import os
import random
import re
import subprocess
import sys

try:
    import botocore
    from botocore.paginate import Paginator
except ImportError:
    print("skipped: python3-botocore is not installed", file=sys.stderr)
    sys.exit(77)


def listed(value):
    return value if isinstance(value, list) else [value]


def paginators():
    """(name, definition) of every paginator in botocore and, if it is there, in the AWS CLI."""
    folders = [os.path.dirname(botocore.__file__)]
    folders += glob.glob(os.path.join(os.path.dirname(folders[0]), "awscli", "botocore"))
    for folder in folders:
        for path in sorted(glob.glob(os.path.join(folder, "data", "*", "*", "paginators-1.json*"))):
            with (gzip.open if path.endswith(".gz") else open)(path, "rt") as file:
                for operation, definition in json.load(file)["pagination"].items():
                    yield f"{path.split(os.sep)[-3]} {operation}", definition


def put(page, path, value):
    *way, last = path.split(".")
    for name in way:
        page = page.setdefault(name, {})
    page[last] = value


def generate(rng, definition):
    """Pages that lead from one to the next; their number."""
    pages = []
    count = rng.randint(1, 4)
    kinds = {key: rng.choices(["list", "text", "absent", "number"], [8, 1, 1, 1 if i else 0])[0]
             for i, key in enumerate(listed(definition["result_key"]))}  # botocore cannot take a number as the first
    for number in range(count):
        page = {"Unrelated": number}
        last = number == count - 1
        item = {}
        for path in listed(definition["output_token"]):
            for way in path.split("||"):
                way = way.strip()
                indexed = re.match(r"(.*)\[-1\]\.?(.*)$", way)
                if indexed:
                    kinds[indexed[1]] = "list" if indexed[2] else "names"
                    item[indexed[2]] = f"item-{number}"
                elif not last and rng.random() < 0.9 or not last and way == path and isinstance(
                        definition["output_token"], str):
                    put(page, way, rng.choice([f"token-{number}", {"pk": {"S": f"k{number}"}}, number + 1]))
                elif rng.random() < 0.5:
                    put(page, way, "")
        for key, kind in kinds.items():
            if kind == "list":
                put(page, key, [dict(item, n=[number, i]) for i in range(rng.randint(1 if item else 0, 3))])
            elif kind == "names":
                put(page, key, [f"name-{number}-{i}" for i in range(rng.randint(1, 3))])
            elif kind == "text":
                put(page, key, "text" * number)
            elif kind == "number":
                put(page, key, rng.randint(0, 9))
        for key in definition.get("non_aggregate_keys", []):
            put(page, key, rng.choice([f"fixed-{number}", {"a": [number]}, number, True]))
        if "more_results" in definition:
            put(page, definition["more_results"], not last)
        elif last:  # nothing else says that it is over
            for path in listed(definition["output_token"]):
                if "[" in path:
                    return None
        pages.append(page)
    return pages


class Shape:
    members = {}


class Model:
    input_shape = Shape


def follow(definition, start, pages):
    inputs = []

    def method(**parameters):
        inputs.append(copy.deepcopy(parameters))
        return copy.deepcopy(pages[len(inputs) - 1])
    result = Paginator(method, definition, Model).paginate(**start).build_full_result()
    return inputs, result


def without_nothing(value):
    """botocore sets non-aggregate keys that are not there to None; drrun leaves them out."""
    if isinstance(value, dict):
        return {k: without_nothing(v) for k, v in value.items() if v is not None}
    return value


def main(probe):
    rng = random.Random(20261121)
    cases, expected = [], []
    seen = 0
    for name, definition in paginators():
        seen += 1
        for _ in range(2):
            pages = generate(rng, definition)
            if not pages:
                continue
            start = {"Filter": name}
            try:
                wanted = follow(definition, dict(start), pages)
            except IndexError:
                continue  # the tokens happened to be missing in the middle
            if len(wanted[0]) != len(pages):
                continue
            cases.append({"paginator": definition, "input": start, "pages": pages})
            expected.append((name, wanted))
    done = subprocess.run([probe], input=json.dumps(cases), capture_output=True, text=True, check=True)
    answers = json.loads(done.stdout)
    wrong = 0
    for (name, (inputs, result)), answer, case in zip(expected, answers, cases):
        if answer.get("inputs") == inputs and answer.get("result") == without_nothing(result):
            continue
        wrong += 1
        if wrong <= 5:
            print(f"{name}: {json.dumps(case)}\n  botocore: {json.dumps([inputs, result])}\n  drrun:    {json.dumps(answer)}")
    print(f"{seen} paginators, {len(cases)} cases, {wrong} wrong")
    if seen < 1000 or len(cases) < seen:
        print("too few: is botocore's data complete?")
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
