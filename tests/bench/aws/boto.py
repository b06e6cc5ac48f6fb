"""boto.py CALLS THREADS: calls STS with boto3, for tests/bench/aws/run. Prints the seconds without Python's start and imports."""
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

calls, threads = int(sys.argv[1]), int(sys.argv[2])
start = time.monotonic()
client = boto3.client("sts", endpoint_url=os.environ["AWS_ENDPOINT_URL"], config=Config(max_pool_connections=threads))
if threads == 1:
    for _ in range(calls):
        client.get_caller_identity()
else:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: client.get_caller_identity(), range(calls)))
print(time.monotonic() - start)
