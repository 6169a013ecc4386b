"""What each function does with its rights: what must fail with any one of them taken away."""

import contextlib
import json

from emulated import User, abandon, client, created, fetch, invoke, resource, row

NO_IMAGE = b"these bytes are no image"
# Rights of Lambda on a function's behalf: it writes the log, and sends what failed to the queue. Emulators do both
# without asking.
BY_LAMBDA = {"logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"}
# At AWS a key that is not there is 403 without it; the emulator says 404 all the same.
NOT_ASKED_FOR = {"s3:ListBucket"}


def upload():
    user = User()
    user.upload(tags=["right"])
    # Bytes that are not there yet, that are, and that are no image.
    missing = user.begin().json.get("image_id")
    user.call("POST", f"/images/{missing}/complete")
    with without_events():
        for data in (None, NO_IMAGE):
            user.call("POST", f"/images/{user.direct(data)}/complete")
    return []


def list_images():
    user = User()
    # More than fits into a card, so that the row itself is read.
    user.upload(description="long " * 300)
    page = user.call("GET", f"/images?user_id={user.id}&presigned=true")
    return [fetch("GET", image["presigned_url"]) for image in page.json.get("images", [])]


def get():
    user = User()
    image = user.upload().json
    return [user.call("GET", f"/images/{image['image_id']}/content")]


def update():
    user = User()
    image = user.upload(tags=["before"]).json
    user.call("PATCH", f"/images/{image['image_id']}", {"tags": ["after"]})
    return []


def delete():
    user = User()
    image = user.upload(tags=["right"]).json
    user.call("DELETE", f"/images/{image['image_id']}")
    return []


def ingest():
    user = User()
    with without_events():
        for image_id in (user.begin().json["image_id"], user.direct(), user.direct(NO_IMAGE)):
            invoke("ingest", created(row(image_id)["key"]["S"]))
    return []


def sweep():
    user = User()
    with without_events():
        for image_id in (user.begin().json["image_id"], user.direct(), user.direct(NO_IMAGE)):
            abandon(image_id)
        invoke("sweep", {})
    return []


USES = {"upload": upload, "list": list_images, "get": get, "update": update, "delete": delete, "ingest": ingest, "sweep": sweep}


@contextlib.contextmanager
def without_events():
    """The bucket says nothing meanwhile, so that ingest does not settle what another is to find."""
    s3, bucket = client("s3"), resource("ImagesBucket")
    notifications = s3.get_bucket_notification_configuration(Bucket=bucket)
    notifications.pop("ResponseMetadata")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    try:
        yield
    finally:
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=notifications)


class Role:
    """The role of a function, whose rights can be taken away for a while."""

    def __init__(self, function):
        self.name = resource(f"{function.capitalize()}Role")
        self.policy = function
        document = client("iam").get_role_policy(RoleName=self.name, PolicyName=function)["PolicyDocument"]
        self.document = json.loads(document) if isinstance(document, str) else document

    def actions(self):
        for statement in self.document["Statement"]:
            actions = statement["Action"]
            yield from [actions] if isinstance(actions, str) else actions

    @contextlib.contextmanager
    def without(self, action):
        rest = []
        for statement in self.document["Statement"]:
            actions = statement["Action"]
            actions = [a for a in ([actions] if isinstance(actions, str) else actions) if a != action]
            if actions:
                rest.append({**statement, "Action": actions})
        self.put({**self.document, "Statement": rest})
        try:
            yield
        finally:
            self.put(self.document)

    def put(self, document):
        client("iam").put_role_policy(RoleName=self.name, PolicyName=self.policy, PolicyDocument=json.dumps(document))
