"""What the comparisons with Debian's botocore share: finding it, talking to the probe, reporting."""
import json
import os
import subprocess
import sys

SKIPPED = 77
# Nothing of the machine's own set-up may matter, and no credentials may be found.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true",
                  AWS_STS_REGIONAL_ENDPOINTS="regional")
ACCESS, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # AWS's own example


def skip(why):
    print(why)
    sys.exit(SKIPPED)


def botocore():
    """Debian's botocore, whose data the build took its models from."""
    try:
        import botocore as found
    except ImportError:
        skip("python3-botocore is not installed")
    return found


def ask(probe, requests, *arguments):
    """One answer for each request."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run([probe, *arguments], input=lines, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        sys.exit(f"{probe} failed: {done.stderr[-2000:]}")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(requests), (len(answers), len(requests))
    return answers


def finish(what, compared, wrong, least):
    """Ends the test: `wrong` are texts."""
    for text in wrong[:20]:
        print(text)
    if wrong or compared < least:
        sys.exit(f"{what}: {len(wrong)} of {compared} differ (at least {least} must be compared)")
    print(f"{what}: {compared} compared, all the same")
