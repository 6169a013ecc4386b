"""The service as it is deployed to an emulator that checks rights: packaged functions, gateway, events, schedule."""

import atexit
import json
import re
import signal
import subprocess
import unittest

from emulated import API, AWS_URL, ENVIRONMENT, PNG, ROOT, User, abandon, client, eventually, fetch, invoke, keys, log, resource, row, script
from rights import BY_LAMBDA, NO_IMAGE, NOT_ASKED_FOR, USES, Role, without_events
from test_scripts import Operated, refusing_once

# Tests of the API that do not hold behind the emulator's gateway, each with its reason.
NOT_BEHIND_THE_EMULATOR = {
    # They call functions past the gateway, or send what only the project's own gateway lets through.
    "events::": None, "malformed::": None,
    # They use prefixes that no stage of API Gateway routes to the functions.
    "every_form_of_upload_that_clients_know_works_under_every_base_path": None,
    "listing_reading_and_downloading_work_under_every_base_path": None,
    "every_way_of_deleting_works_under_every_base_path": None,
    # Functions are not told what stands before the stage in an emulator's URL, so links lead to the host.
    "pages_of_every_size_hold_all_images_once_by_key_and_by_link": None,
    "location_and_next_link_keep_whatever_stands_before_images": None,
    "the_next_link_names_what_was_understood_and_is_left_out_where_headers_would_not_hold_it": None,
    "a_host_that_could_be_anything_else_is_not_repeated": None,
    # A role's credentials end within the hour, and no URL promises more.
    "expires_in_is_bounded_goes_by_two_names_and_is_told_truly": None,
    # The emulator has no limit on bodies.
    "what_a_function_cannot_take_gets_413_with_the_way_around": None,
    "an_image_in_json_is_encoded_twice_and_bounded_by_that": None,
}


def setUpModule():
    # However this program ends, as long as it is not killed outright.
    atexit.register(script, "scripts/emulator", "stop")
    # As if interrupted, which no test runner takes for a failed test.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    script("scripts/emulator", "status", expected=1)
    # The other way round than it should be: a deploy waits for an emulator.
    deploy = subprocess.Popen(["scripts/deploy", "local", "--no-package"], cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = ""
    while "Waiting a minute" not in said and (line := deploy.stdout.readline()):
        said += line
    script("scripts/emulator", "start")
    said += deploy.communicate()[0]
    if deploy.returncode:
        raise AssertionError(f"the deploy ended with {deploy.returncode}:\n{said}")


def count(said):
    """Lets the tests that cargo ran count where these tests are counted."""
    print("\n" + next(line for line in said.splitlines() if line.startswith("test result:")), flush=True)


def made():
    """The names of everything that a stage has, by kind."""
    kinds = [
        ("lambda", "list_functions", "Functions", "FunctionName", {}),
        ("dynamodb", "list_tables", "TableNames", None, {}),
        ("s3", "list_buckets", "Buckets", "Name", {}),
        ("iam", "list_roles", "Roles", "RoleName", {}),
        ("iam", "list_policies", "Policies", "PolicyName", {"Scope": "Local"}),
        ("logs", "describe_log_groups", "logGroups", "logGroupName", {}),
        ("sqs", "list_queues", "QueueUrls", None, {}),
        ("secretsmanager", "list_secrets", "SecretList", "Name", {}),
        ("apigateway", "get_rest_apis", "items", "name", {}),
        ("apigateway", "get_usage_plans", "items", "name", {}),
        ("events", "list_rules", "Rules", "Name", {}),
        ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", {}),
        ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName", {}),
    ]
    def names(service, call, members, name, arguments):
        found = getattr(client(service), call)(**arguments).get(members, [])
        return [entry if name is None else entry[name] for entry in found]
    return {f"{kind[0]} {kind[1]}": [name for name in names(*kind) if "shoebox" in name] for kind in kinds}


class Deployed(unittest.TestCase):
    def test_the_curl_script_finds_every_operation_in_order(self):
        said = script("scripts/test-api", API)
        self.assertRegex(said.splitlines()[-1], r"^1\d\d passed, 0 failed$")

    def test_the_tests_of_the_api_hold_behind_the_gateway(self):
        skipped = [option for name in NOT_BEHIND_THE_EMULATOR for option in ("--skip", name)]
        command = ["cargo", "test", "--locked", "--workspace", "--test", "api", "--", "--test-threads", "4", *skipped]
        run = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={
            **ENVIRONMENT, "SHOEBOX_TEST_URL": API, "RUST_BACKTRACE": "0",
            "BUCKET_NAME": resource("ImagesBucket"), "TABLE_NAME": resource("ImagesTable")})
        self.assertEqual(run.returncode, 0, run.stdout[-8000:])
        count(run.stdout)

    def test_the_emulator_s_stores_hold_what_the_service_needs_of_them(self):
        said = script("scripts/test-contract", environment={"SHOEBOX_TEST_ENDPOINT": AWS_URL})
        count(said)

    def test_both_bases_lead_to_the_same_images(self):
        user = User()
        image_id = user.upload().json["image_id"]
        self.assertEqual(user.call("GET", f"/api/v1/images/{image_id}").json["image_id"], image_id)

    def test_a_presigned_url_gives_the_bytes_and_a_forged_one_does_not(self):
        url = User().upload().json["presigned_url"]
        self.assertTrue(url.startswith(AWS_URL), url)
        self.assertEqual(fetch("GET", url).body, PNG)
        # Any other signature.
        start, end = url.split("X-Amz-Signature=")
        self.assertEqual(fetch("GET", f"{start}X-Amz-Signature={'0' * 64}{end[64:]}").status, 403)

    def test_the_bucket_s_event_publishes_a_direct_upload_that_nobody_completed(self):
        user = User()
        image_id = user.direct()
        self.assertTrue(eventually(lambda: user.call("GET", f"/images/{image_id}").status == 200))
        self.assertEqual(user.call("GET", f"/images/{image_id}/content").body, PNG)

    def test_the_bucket_s_event_removes_a_direct_upload_that_is_no_image(self):
        user = User()
        image_id = user.direct(NO_IMAGE)
        self.assertTrue(eventually(lambda: row(image_id)["status"]["S"] in ("deleting", "deleted")))
        self.assertTrue(eventually(lambda: not [key for key in keys() if image_id in key]))
        self.assertEqual(user.call("POST", f"/images/{image_id}/complete").status, 422)

    def test_the_sweep_publishes_what_is_good_and_removes_what_is_not(self):
        user = User()
        with without_events():
            good, bad, missing = user.direct(), user.direct(NO_IMAGE), user.begin().json["image_id"]
            for image_id in (good, bad, missing):
                self.assertEqual(row(image_id)["status"]["S"], "pending")
                abandon(image_id)
            report = invoke("sweep", {"source": "aws.events", "detail-type": "Scheduled Event"})
        self.assertEqual((report["published"], report["rejected"], report["aborted"], report["failed"]), (1, 1, 1, 0), report)
        self.assertEqual(user.call("GET", f"/images/{good}").status, 200)
        for image_id in (bad, missing):
            self.assertEqual(user.call("GET", f"/images/{image_id}").status, 404)
        self.assertEqual([key for key in keys() if user.id in key and good not in key], [])

    def test_the_schedule_calls_the_sweep(self):
        rule = resource("SweepEventsRuleSchedule1").split("|")[-1]
        events = client("events")
        described = events.describe_rule(Name=rule)
        self.assertEqual((described["ScheduleExpression"], described["State"]), ("rate(5 minutes)", "ENABLED"))
        (target,) = events.list_targets_by_rule(Rule=rule)["Targets"]
        self.assertTrue(target["DeadLetterConfig"]["Arn"].endswith(":shoebox-local-failed-events"))
        runs = len(log("sweep"))
        # Nobody wants to wait for five minutes.
        events.put_rule(Name=rule, ScheduleExpression="rate(1 minute)", State="ENABLED")
        try:
            self.assertTrue(eventually(lambda: len(log("sweep")) > runs, seconds=90))
        finally:
            events.put_rule(Name=rule, ScheduleExpression=described["ScheduleExpression"], State="ENABLED")

    def test_the_gateway_s_own_answers_are_problem_documents(self):
        answer = User().call("GET", "/nothing/here")
        self.assertEqual((answer.status, answer.json["code"]), (404, "path_not_found"))
        self.assertEqual(answer.headers["content-type"], "application/problem+json")

    def test_the_secret_is_there_and_no_function_may_read_it(self):
        secret = client("secretsmanager").get_secret_value(SecretId="shoebox/local/image_service_api_token")
        self.assertGreaterEqual(len(secret["SecretString"]), 64)
        for function in USES:
            self.assertNotIn("secretsmanager:", json.dumps(Role(function).document), function)

    def test_logs_of_functions_name_no_url_and_no_token(self):
        User().upload()
        lines = log("upload")
        self.assertTrue(lines)
        self.assertFalse([line for line in lines if "X-Amz-Signature" in line])


class Rights(unittest.TestCase):
    """One right after the other is taken from each role: whatever it is, the function then meets AccessDenied."""

    def removed_one_by_one(self, function):
        role, use = Role(function), USES[function]
        for action in role.actions():
            if action in BY_LAMBDA | NOT_ASKED_FOR:
                continue
            with self.subTest(action):
                seen = len(log(function))
                with role.without(action):
                    answers = use()
                denied = [line for line in log(function)[seen:] if "AccessDenied" in line]
                refused = [answer for answer in answers if answer.status == 403]
                self.assertTrue(denied or refused, f"{function} does all that it does without {action}")
        seen = len(log(function))
        answers = use()
        self.assertEqual([line for line in log(function)[seen:] if "AccessDenied" in line], [])
        self.assertEqual([answer for answer in answers if answer.status != 200], [])

    def test_of_upload(self):
        self.removed_one_by_one("upload")

    def test_of_list(self):
        self.removed_one_by_one("list")

    def test_of_get(self):
        self.removed_one_by_one("get")

    def test_of_update(self):
        self.removed_one_by_one("update")

    def test_of_delete(self):
        self.removed_one_by_one("delete")

    def test_of_ingest(self):
        self.removed_one_by_one("ingest")

    def test_of_sweep(self):
        self.removed_one_by_one("sweep")


class Scripts(Operated):
    def test_a_repeated_deploy_changes_nothing(self):
        self.assertIn("No changes to deploy", script("scripts/deploy", "local", "--no-package"))

    def test_code_that_is_not_what_was_packaged_is_noticed_and_replaced_when_told_to(self):
        package = (ROOT / "dist/list.zip").read_bytes()
        client("lambda").update_function_code(FunctionName="shoebox-local-get", ZipFile=package)
        said = script("scripts/deploy", "local", "--no-package", expected=1)
        self.assertIn("shoebox-local-get has the code", said)
        command = re.search(r"scripts/deploy local .*--force", said).group().split()
        self.assertIn("Each function has the code that was packaged.", script(*command))

    def test_resources_alone_are_made_once_and_for_all(self):
        names = {"BUCKET_NAME": "own-bucket", "TABLE_NAME": "own-table", "SECRET_NAME": "own_token"}
        # As at AWS, where a new table cannot be backed up at once.
        with refusing_once("UpdateContinuousBackups", "ContinuousBackupsUnavailableException") as endpoint:
            first = script("scripts/create-resources", environment={**names, "AWS_ENDPOINT_URL": endpoint})
        second = script("scripts/create-resources", environment=names)
        self.assertEqual((first, second), ("bucket own-bucket\ntable own-table\nsecret own_token\n",) * 2)
        table = client("dynamodb").describe_table(TableName="own-table")["Table"]
        made = client("dynamodb").describe_table(TableName=resource("ImagesTable"))["Table"]
        for part in ("KeySchema", "BillingModeSummary"):
            self.assertEqual(table[part], made[part])
        indexes = [(index["IndexName"], index["KeySchema"], index["Projection"]) for index in table["GlobalSecondaryIndexes"]]
        self.assertEqual(indexes, [(index["IndexName"], index["KeySchema"], index["Projection"]) for index in made["GlobalSecondaryIndexes"]])


    def test_where_keys_are_required_only_their_holders_are_let_in(self):
        user = User()
        script("scripts/deploy", "local", "--no-package", "--param", "apiKeyRequired=true")
        try:
            refused = user.call("GET", "/images")
            self.assertEqual((refused.status, refused.json["code"]), (403, "invalid_api_key"))
            gateway = client("apigateway")
            key = gateway.create_api_key(name="ann", enabled=True)
            gateway.create_usage_plan_key(usagePlanId=resource("ApiUsagePlan"), keyId=key["id"], keyType="API_KEY")
            self.assertEqual(fetch("GET", f"{API}/images", headers={"x-api-key": key["value"]}).status, 200)
            gateway.delete_api_key(apiKey=key["id"])
            self.assertEqual(fetch("GET", f"{API}/images", headers={"x-api-key": key["value"]}).status, 403)
        finally:
            script("scripts/deploy", "local", "--no-package")


class ThenRemoved(unittest.TestCase):
    def test_removal_leaves_nothing(self):
        User().upload()
        kinds = made()
        self.assertEqual([kind for kind, names in kinds.items() if not names], [])
        script("scripts/remove", "local", "--yes")
        self.assertEqual(made(), {kind: [] for kind in kinds})
        self.assertIn("There is no stack shoebox-local", script("scripts/remove", "local", "--yes"))


def load_tests(loader, _tests, _pattern):
    """In this order: the last removes what the others use."""
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in (Deployed, Rights, Scripts, ThenRemoved))
