#!/usr/bin/python3
"""The simulated cloud with boto3 and the AWS CLI, through whole scenarios.

    tests/simulated/run.py DRRUN [SCENARIO ...]      scenarios: the files of scenarios/, all by default

A scenario's functions whose names begin with "test_" are its steps; each has clouds of its own.
"""
import importlib
import os
import shutil
import sys
import time
import traceback

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)
sys.dont_write_bytecode = True

if not shutil.which("aws", path="/usr/bin:/bin"):
    print("skipped: the AWS CLI is not there (Debian: awscli)")
    sys.exit(77)
try:
    import cloud
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-boto3)")
    sys.exit(77)

cloud.DRRUN = os.path.abspath(sys.argv[1])
wanted = sys.argv[2:] or sorted(name[:-3] for name in os.listdir(os.path.join(FOLDER, "scenarios")) if name.endswith(".py"))
failed = 0
try:
    for name in wanted:
        scenario = importlib.import_module(f"scenarios.{name}")
        for step in [step for step in vars(scenario) if step.startswith("test_")]:
            began = time.monotonic()
            try:
                vars(scenario)[step]()
                print(f"ok      {name}: {step[5:].replace('_', ' ')} ({time.monotonic() - began:.1f} s)", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED  {name}: {step[5:].replace('_', ' ')}\n{traceback.format_exc()}", flush=True)
finally:
    shutil.rmtree(cloud.HOME, ignore_errors=True)
sys.exit(1 if failed else 0)
