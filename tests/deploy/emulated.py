"""A stage that is deployed to an emulator: its URL, its parts, and calls as a client and as its owner."""

import base64
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid

import botocore.session

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORT = os.environ.get("EMULATOR_PORT", "4581")
AWS_URL = f"http://127.0.0.1:{PORT}"
STACK = "shoebox-local"
API = f"{AWS_URL}/restapis/shoebox/local/_user_request_"
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith("AWS_")},
    "EMULATOR_PORT": PORT, "AWS_ENDPOINT_URL": AWS_URL, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
}


def script(*command, environment=None, expected=0):
    """Runs a script of the project and gives what it said."""
    run = subprocess.run(command, cwd=ROOT, env={**ENVIRONMENT, **(environment or {})}, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if run.returncode != expected:
        raise AssertionError(f"{' '.join(command)} ended with {run.returncode}:\n{run.stdout}")
    return run.stdout


def client(service):
    """A client of the account's owner."""
    return botocore.session.get_session().create_client(
        service, endpoint_url=AWS_URL, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


def resource(name):
    """The physical id of a part of the stack."""
    found = client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=name)
    return found["StackResourceDetail"]["PhysicalResourceId"]


class Answer:
    """An HTTP answer, read to its end."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:400]!r}"


def fetch(method, url, body=None, headers=None):
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.build_opener().open(request, timeout=60) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


class User:
    """A caller of the API whom no other test knows."""

    def __init__(self):
        self.id = f"user-{uuid.uuid4().hex[:12]}"

    def call(self, method, path, body=None):
        headers = {"X-User-Id": self.id, "Accept": "*/*"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        return fetch(method, API + path, body, headers)

    def upload(self, **attributes):
        return self.call("POST", "/images", {"file_data": base64.b64encode(PNG).decode(), **attributes})

    def begin(self, size=None):
        """Asks for a direct upload."""
        return self.call("POST", "/images/uploads", {"content_type": "image/png", "size": size or len(PNG)})

    def put(self, begun, data=None):
        """Sends the bytes of a direct upload where its answer says."""
        upload = begun.json["upload"]
        return fetch(upload["method"], upload["url"], PNG if data is None else data, upload["headers"])

    def direct(self, data=None):
        """A direct upload whose bytes are there, and whom nobody completed; gives its id."""
        begun = self.begin(len(data) if data else None)
        if begun.status == 202:
            self.put(begun, data)
        return begun.json.get("image_id")


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAIAAAA7ljmRAAAAGUlEQVR42mP4UGEDRwwfFgTAEcOHEylwBACmFhaBlHvFMgAAAABJRU5ErkJggg==")


def row(image_id):
    table = resource("ImagesTable")
    key = {"pk": {"S": f"IMG#{image_id}"}, "sk": {"S": "IMG"}}
    return client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def abandon(image_id):
    """Makes an upload one that everybody has forgotten long ago, so that it is the sweeper's."""
    client("dynamodb").update_item(
        TableName=resource("ImagesTable"), Key={"pk": {"S": f"IMG#{image_id}"}, "sk": {"S": "IMG"}},
        UpdateExpression="SET lease_until = :past, hold_until = :past, due_at = :past",
        ExpressionAttributeValues={":past": {"N": "1000"}})


def keys():
    objects = client("s3").list_objects_v2(Bucket=resource("ImagesBucket"))
    return [entry["Key"] for entry in objects.get("Contents", [])]


def invoke(function, event):
    """What a function answers to an event."""
    answer = client("lambda").invoke(FunctionName=f"shoebox-local-{function}", Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read())


def created(key):
    """The bucket's word that an object was created."""
    return {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": {"key": key}}}]}


def log(function):
    """Every line of a function's log."""
    pages = client("logs").get_paginator("filter_log_events")
    group = f"/aws/lambda/shoebox-local-{function}"
    return [event["message"] for page in pages.paginate(logGroupName=group) for event in page["events"]]


def eventually(condition, seconds=30):
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.2)
    return False


def say(text):
    print(text, file=sys.stderr, flush=True)
