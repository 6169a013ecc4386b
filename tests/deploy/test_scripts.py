"""What the scripts say and do beside the deploy itself: refusals, repeats, what others left, and what the docs tell to do."""

import contextlib
import http.client
import http.server
import pathlib
import re
import subprocess
import tempfile
import threading
import unittest

from emulated import AWS_URL, PORT, ROOT, User, client, resource, script

FUNCTIONS = ["upload", "ingest", "sweep", "list", "get", "update", "delete"]


@contextlib.contextmanager
def refusing_once(target, error):
    """An endpoint that is the emulator, except that it answers the first call of an operation by an error."""
    refusals = [error]

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("X-Amz-Target", "").endswith(f".{target}") and refusals:
                status, headers, answer = 400, [], b'{"__type": "%s", "message": "later"}' % refusals.pop().encode()
            else:
                emulator = http.client.HTTPConnection("127.0.0.1", int(PORT))
                emulator.request(self.command, self.path, body, dict(self.headers))
                response = emulator.getresponse()
                status, answer = response.status, response.read()
                headers = [entry for entry in response.getheaders() if entry[0].lower() not in ("content-length", "transfer-encoding", "connection")]
            self.send_response_only(status)
            for name, value in [*headers, ("Content-Length", len(answer))]:
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = forward

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def steps(heading):
    """The commands of the numbered steps in a section of OPERATIONS.md."""
    section = (ROOT / "docs/OPERATIONS.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return "".join(re.findall(r"^ +```sh\n(.*?)^ +```", section, re.DOTALL | re.MULTILINE))


class Operated(unittest.TestCase):
    """What test_stack runs with its own, since it has the stage."""

    def test_a_stage_that_makes_no_names_is_refused_before_anything_else(self):
        for stage in ("Prod", "my_stage", "-x", "x" * 21, "a b"):
            with self.subTest(stage):
                script("scripts/deploy", stage, "--no-package", expected=2)
                script("scripts/remove", stage, "--yes", expected=2)

    def test_a_region_reaches_everything_however_it_is_spelt(self):
        for option in (["--region", "eu-west-1"], ["--region=eu-west-1"], ["-r", "eu-west-1"]):
            with self.subTest(option):
                self.assertIn("There is no stack shoebox-local", script("scripts/remove", "local", "--yes", *option))

    def test_programs_of_another_processor_are_not_deployed_however_it_is_asked_for(self):
        here = client("lambda").get_function_configuration(FunctionName="shoebox-local-get")["Architectures"]
        (other,) = {"x86_64", "arm64"} - set(here)
        for option in (["--param", f"architecture={other}"], [f"--param=architecture={other}"]):
            with self.subTest(option):
                self.assertIn("its bootstrap is for machine", script("scripts/deploy", "local", "--no-package", *option, expected=1))

    def test_what_is_no_archive_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "dist").mkdir()
            for name in FUNCTIONS:
                (pathlib.Path(folder) / f"dist/{name}.zip").touch()
            run = subprocess.run([ROOT / "scripts/inspect-packages", "x86_64"], cwd=folder, capture_output=True, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stderr.splitlines(), [f"dist/{name}.zip: it is no archive" for name in FUNCTIONS])

    def test_names_that_a_removed_stage_kept_stop_a_deploy_before_it_begins(self):
        dynamodb = client("dynamodb")
        dynamodb.create_table(
            TableName="shoebox-kept-images", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
        try:
            said = script("scripts/deploy", "kept", "--no-package", expected=1)
        finally:
            dynamodb.delete_table(TableName="shoebox-kept-images")
        self.assertRegex(said, r"taken:\n  table shoebox-kept-images\nA removed stage")
        self.assertIn("docs/OPERATIONS.md", said)

    def test_what_a_first_deploy_that_failed_left_is_removed(self):
        template = '{"Resources": {"ServerlessDeploymentBucket": {"Type": "AWS::S3::Bucket"}}}'
        client("cloudformation").create_stack(StackName="shoebox-half", TemplateBody=template)
        self.assertIn("successfully removed", script("scripts/remove", "half", "--yes"))
        self.assertIn("There is no stack shoebox-half", script("scripts/remove", "half", "--yes"))

    def test_a_stack_that_may_not_be_seen_is_not_called_missing(self):
        iam = client("iam")
        iam.create_user(UserName="nobody")
        key = iam.create_access_key(UserName="nobody")["AccessKey"]
        caller = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        self.assertIn("AccessDenied", script("scripts/remove", "local", "--yes", environment=caller, expected=1))
        self.assertIn("AccessDenied", script("scripts/deploy", "local", "--no-package", environment=caller, expected=1))

    def test_at_aws_a_bucket_alone_needs_a_name(self):
        self.assertIn("set BUCKET_NAME", script("scripts/create-resources", environment={"AWS_ENDPOINT_URL": ""}, expected=1))

    def test_the_table_is_restored_under_its_name_as_the_docs_tell_and_the_stack_does_not_notice(self):
        user = User()
        image_id = user.upload().json["image_id"]
        dynamodb, table = client("dynamodb"), resource("ImagesTable")
        original = dynamodb.describe_table(TableName=table)["Table"]["TableId"]
        # The audit would need the whole local server built; it has tests of its own.
        commands = re.sub(r"^.*cargo run.*\n", "", steps("Restore"), flags=re.MULTILINE)
        script("bash", "-euc", f"export AWS_PAGER=''; stage=local second=$(date -u +%FT%TZ)\n{commands}")
        self.assertNotEqual(dynamodb.describe_table(TableName=table)["Table"]["TableId"], original)
        self.assertEqual(dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["AttributeName"], "expires_at")
        self.assertNotIn(f"{table}-2", dynamodb.list_tables()["TableNames"])
        self.assertEqual(user.call("GET", f"/images/{image_id}").status, 200)
        self.assertEqual(user.upload().status, 201)
        self.assertIn("No changes to deploy", script("scripts/deploy", "local", "--no-package"))
