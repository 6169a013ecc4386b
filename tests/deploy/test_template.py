"""The packaged template of prod: what emulators ignore, and so no deploy to one can show."""

import json
import pathlib
import re
import subprocess
import sys
import unittest

from packaged import FOLDER, ROOT, NotPackaged, Packaged, package, packaged, resources_of

FUNCTIONS = ["upload", "list", "get", "update", "delete", "ingest", "sweep"]


class Template(Packaged):
    def test_cfn_lint_has_nothing_to_say_with_and_without_the_edge(self):
        command = ["cfn-lint", "--non-zero-exit-code", "informational", str(self.path), str(self.edge_path)]
        lint = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        self.assertEqual((lint.returncode, lint.stdout, lint.stderr), (0, "", ""))

    def test_checkov_finds_nothing_that_is_not_on_the_reviewed_list(self):
        for path in (self.path, self.edge_path):
            command = [sys.executable, "-m", "checkov.main", "--config-file", "tests/deploy/checkov.yml", "--file", str(path)]
            run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_images_rows_and_secret_outlive_the_stack_and_the_table_cannot_be_deleted(self):
        for name in ("ImagesBucket", "ImagesTable", "ApiTokenSecret"):
            # Except where they were made by the very deploy that is rolled back.
            self.assertEqual(self.resources[name]["DeletionPolicy"], "RetainExceptOnCreate", name)
            self.assertEqual(self.resources[name]["UpdateReplacePolicy"], "Retain", name)
        self.assertIs(self.of("ImagesTable")["DeletionProtectionEnabled"], True)

    def test_what_was_kept_can_be_imported_by_the_template_of_the_manual(self):
        manual = (ROOT / "docs/OPERATIONS.md").read_text()
        (program,) = re.findall(r"^node -e '([^']+)'", manual, re.MULTILINE)
        program = program.replace("./dist/kept/cloudformation-template-update-stack.json", str(self.path))
        path = pathlib.Path(FOLDER.name) / "kept.json"
        path.write_text(subprocess.run(["node", "-e", program], check=True, capture_output=True, text=True).stdout)
        kept = json.loads(path.read_text())["Resources"]
        self.assertEqual(list(kept), ["ImagesBucket", "ImagesTable", "ApiTokenSecret"])
        # An import takes nothing that has no policy, and the deploy after it must find nothing else to change.
        for name, resource in kept.items():
            self.assertIn("DeletionPolicy", resource)
            rest = {key: value for key, value in self.of(name).items() if key != "NotificationConfiguration"}
            self.assertEqual(resource["Properties"], rest)
        lint = subprocess.run(["cfn-lint", str(path)], cwd=ROOT, capture_output=True, text=True)
        self.assertEqual((lint.returncode, lint.stdout), (0, ""))

    def test_the_stack_itself_is_protected_where_the_data_is(self):
        state = json.loads((self.path.parent / "serverless-state.json").read_text())
        self.assertIs(state["service"]["provider"]["deletionProtection"], True)

    def test_a_stage_that_is_not_prod_leaves_nothing(self):
        resources = packaged("dev")
        kept = [name for name, resource in resources.items() if resource.get("DeletionPolicy", "Delete") != "Delete"]
        # The role by which API Gateway writes logs is the account's.
        self.assertEqual(sorted(kept), ["ApiAccount", "ApiLogsRole"])
        self.assertIs(resources["ImagesTable"]["Properties"]["DeletionProtectionEnabled"], False)

    def test_the_bucket_is_private_encrypted_without_versions_and_forgets_parts(self):
        bucket = self.of("ImagesBucket")
        self.assertEqual(set(bucket["PublicAccessBlockConfiguration"].values()), {True})
        self.assertEqual(len(bucket["PublicAccessBlockConfiguration"]), 4)
        rule = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
        self.assertEqual(rule["ServerSideEncryptionByDefault"], {"SSEAlgorithm": "AES256"})
        self.assertNotIn("VersioningConfiguration", bucket)
        self.assertEqual(bucket["OwnershipControls"]["Rules"], [{"ObjectOwnership": "BucketOwnerEnforced"}])
        (rule,) = bucket["LifecycleConfiguration"]["Rules"]
        self.assertEqual((rule["Status"], rule["AbortIncompleteMultipartUpload"]), ("Enabled", {"DaysAfterInitiation": 1}))
        # Nothing of the images expires.
        self.assertFalse({key for key in rule if key.startswith(("Expir", "Noncurrent", "Transition"))})

    def test_the_bucket_takes_no_plain_http(self):
        (statement,) = self.of("ImagesBucketPolicy")["PolicyDocument"]["Statement"]
        self.assertEqual((statement["Effect"], statement["Principal"], statement["Action"]), ("Deny", "*", "s3:*"))
        self.assertEqual(statement["Condition"], {"Bool": {"aws:SecureTransport": False}})

    def test_browsers_may_use_presigned_urls_and_see_what_they_answer(self):
        (rule,) = self.of("ImagesBucket")["CorsConfiguration"]["CorsRules"]
        # Several origins are several entries.
        self.assertEqual(rule["AllowedOrigins"], {"Fn::Split": [",", "*"]})
        self.assertEqual(rule["AllowedMethods"], ["GET", "HEAD", "PUT"])
        # The headers that a direct upload must send.
        self.assertEqual(rule["AllowedHeaders"], ["content-type", "if-none-match", "x-amz-checksum-sha256"])

    def test_the_table_expires_rows_and_can_be_restored_to_any_second(self):
        table = self.of("ImagesTable")
        self.assertEqual(table["TimeToLiveSpecification"], {"AttributeName": "expires_at", "Enabled": True})
        self.assertEqual(table["PointInTimeRecoverySpecification"], {"PointInTimeRecoveryEnabled": True})
        self.assertEqual(table["SSESpecification"], {"SSEEnabled": True})
        self.assertEqual(table["BillingMode"], "PAY_PER_REQUEST")

    def test_the_sweep_index_holds_keys_alone(self):
        (index,) = self.of("ImagesTable")["GlobalSecondaryIndexes"]
        self.assertEqual(index["IndexName"], "SweepIndex")
        self.assertEqual([key["AttributeName"] for key in index["KeySchema"]], ["sweep_shard", "due_at"])
        self.assertEqual(index["Projection"], {"ProjectionType": "KEYS_ONLY"})

    def test_every_log_is_kept_for_ninety_days_and_no_longer(self):
        groups = self.of_type("AWS::Logs::LogGroup")
        self.assertEqual(len(groups), len(FUNCTIONS) + 1)
        self.assertEqual({group["RetentionInDays"] for group in groups.values()}, {90})

    def test_the_stage_is_throttled_and_writes_what_was_asked_but_not_by_whom(self):
        stage = self.of("ApiStage")
        (settings,) = stage["MethodSettings"]
        self.assertEqual((settings["ResourcePath"], settings["HttpMethod"]), ("/*", "*"))
        self.assertEqual((settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]), (100, 200))
        self.assertIs(settings["DataTraceEnabled"], False)
        # Nothing looks at the metrics of a method, and each is paid for.
        self.assertIs(settings["MetricsEnabled"], False)
        watched = [alarm for alarm in self.of_type("AWS::CloudWatch::Alarm").values() if alarm["Namespace"] == "AWS/ApiGateway"]
        self.assertTrue(watched)
        for alarm in watched:
            self.assertEqual([dimension["Name"] for dimension in alarm["Dimensions"]], ["ApiName", "Stage"])
        self.assertEqual(stage["AccessLogSetting"]["DestinationArn"], {"Fn::GetAtt": ["AccessLogs", "Arn"]})
        log = stage["AccessLogSetting"]["Format"]
        asked = set(json.loads(log.replace("$context.status", "200")))
        self.assertLessEqual({"time", "request_id", "method", "path", "milliseconds"}, asked)
        self.assertNotRegex(log, r"identity|authorizer|apiKey|querystring")

    def test_the_usage_plan_holds_each_key_to_a_rate_and_a_quota(self):
        plan = self.of("ApiUsagePlan")
        self.assertEqual(plan["Throttle"], {"RateLimit": 20, "BurstLimit": 40})
        self.assertEqual(plan["Quota"], {"Limit": 1_000_000, "Period": "MONTH"})
        self.assertEqual(plan["ApiStages"], [{"ApiId": {"Ref": "ApiGatewayRestApi"}, "Stage": {"Ref": "ApiStage"}}])

    def test_no_refusal_of_the_gateway_is_given_a_status_that_is_not_its_own(self):
        statuses = {r["ResponseType"]: r.get("StatusCode") for r in self.of_type("AWS::ApiGateway::GatewayResponse").values()}
        self.assertEqual(statuses, {
            "MISSING_AUTHENTICATION_TOKEN": "404", "REQUEST_TOO_LARGE": "413", "THROTTLED": "429", "QUOTA_EXCEEDED": "429",
            "INVALID_API_KEY": "403", "WAF_FILTERED": "403", "DEFAULT_4XX": None,
            "INTEGRATION_TIMEOUT": "504", "INTEGRATION_FAILURE": "502", "DEFAULT_5XX": "500"})

    def test_access_logs_wait_for_the_account_s_role(self):
        self.assertIn("ApiAccount", self.resources["ApiStage"]["DependsOn"])

    def test_the_api_is_regional_and_takes_every_body_as_bytes(self):
        api = self.of("ApiGatewayRestApi")
        self.assertEqual(api["BinaryMediaTypes"], ["*/*"])
        self.assertEqual(api["EndpointConfiguration"], {"Types": ["REGIONAL"]})

    def test_the_deployment_is_named_after_what_it_deploys(self):
        def deployment(resources):
            (name,) = [n for n, r in resources.items() if r["Type"] == "AWS::ApiGateway::Deployment"]
            self.assertEqual(resources["ApiStage"]["Properties"]["DeploymentId"], {"Ref": name})
            self.assertNotIn("StageName", resources[name]["Properties"])
            return name

        again = resources_of(package("prod"))
        changed = packaged("prod", rateLimit=7)
        anew = packaged("prod", redeploy="2")
        self.assertEqual(deployment(self.resources), deployment(again))
        self.assertEqual(deployment(self.resources), deployment(changed))
        # A route that is gone is still there when the next deployment is made, and leaves with the one after it.
        self.assertNotEqual(deployment(self.resources), deployment(anew))
        # Methods lead to other versions of the functions.
        self.assertNotEqual(deployment(self.resources), deployment(self.edge))

    def test_each_function_is_a_program_of_its_own_with_a_role_of_its_own(self):
        functions = self.of_type("AWS::Lambda::Function")
        self.assertEqual(len(functions), len(FUNCTIONS))
        for name in FUNCTIONS:
            function = self.function(name)
            self.assertEqual(function["Runtime"], "provided.al2023")
            self.assertEqual(function["Architectures"], ["x86_64"])
            self.assertTrue(function["Code"]["S3Key"].endswith(f"/{name}.zip"))
            self.assertEqual(function["Role"], {"Fn::GetAtt": [f"{name.capitalize()}Role", "Arn"]})
            # Past this API Gateway has given up.
            self.assertEqual(function["Timeout"], {"ingest": 60, "sweep": 120}.get(name, 29))

    def test_functions_that_hold_bodies_keep_their_memory_and_the_others_are_small(self):
        for name in FUNCTIONS:
            function = self.function(name)
            holds_bodies = name in ("upload", "get", "ingest", "sweep")
            self.assertEqual("MALLOC_MMAP_THRESHOLD_" in function["Environment"]["Variables"], holds_bodies, name)
            self.assertEqual(function["MemorySize"] > 256, holds_bodies, name)

    def test_every_variable_of_the_functions_can_be_set_and_is_by_its_parameter(self):
        # The first two parts are what functions read; of these Lambda sets those of AWS.
        described = "".join((ROOT / ".env.example").read_text().split("\n# -- ")[1:3])
        variables = set(re.findall(r"^#((?!AWS_)\w+)=", described, re.MULTILINE))
        self.assertGreater(len(variables), 10)
        parameters = {
            "logLevel": "warn", "metrics": "none", "maxImageSize": "1000", "maxImagePixels": "2000", "lastKeySecret": "a=b",
            "allowedContentTypes": "image/png,image/gif", "presignedUrlExpiration": "60", "allowAnonymous": "true"}
        named = {re.sub("[A-Z]", r"_\g<0>", name).upper(): value for name, value in parameters.items()}
        resources = packaged("dev", **parameters)
        for name in FUNCTIONS:
            found = resources[f"{name.capitalize()}LambdaFunction"]["Properties"]["Environment"]["Variables"]
            self.assertLessEqual(variables, found.keys())
            self.assertLessEqual(named.items(), found.items())

    def test_no_environment_holds_a_secret_and_prod_is_closed_to_callers_nobody_knows(self):
        for name in FUNCTIONS:
            variables = self.function(name)["Environment"]["Variables"]
            # LAST_KEY_SECRET guards nothing, and is not set unless asked for.
            secrets = [value for key, value in variables.items() if re.search("SECRET|TOKEN|PASSWORD|KEY$", key)]
            self.assertEqual(secrets, [""])
            self.assertEqual(variables["ALLOW_ANONYMOUS"], "false")
            self.assertEqual(variables["STAGE"], "prod")

    def test_the_secret_is_generated_and_no_function_may_read_it(self):
        secret = self.of("ApiTokenSecret")
        self.assertNotIn("SecretString", secret)
        self.assertGreaterEqual(secret["GenerateSecretString"]["PasswordLength"], 32)
        self.assertNotIn("secretsmanager:", json.dumps(self.of_type("AWS::IAM::Role")))

    def test_no_role_may_do_everything_or_anything_to_everything(self):
        for name, role in self.of_type("AWS::IAM::Role").items():
            for policy in role.get("Policies", []):
                for statement in policy["PolicyDocument"]["Statement"]:
                    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                    self.assertFalse([action for action in actions if "*" in action], name)
                    self.assertNotEqual(statement["Resource"], "*", name)

    def test_functions_that_only_read_can_write_nothing(self):
        for name in ("List", "Get"):
            text = json.dumps(self.of(f"{name}Role")["Policies"])
            self.assertNotRegex(text, r"(Put|Update|Delete|Write)(Item|Object)|Batch(Write)", name)

    def test_failed_events_are_kept_for_two_weeks_encrypted(self):
        queue = self.of("FailedEvents")
        self.assertEqual((queue["MessageRetentionPeriod"], queue["SqsManagedSseEnabled"]), (14 * 86400, True))
        arn = {"Fn::GetAtt": ["FailedEvents", "Arn"]}
        for name in ("Ingest", "Sweep"):
            self.assertEqual(self.of(f"{name}LambdaEvConf")["DestinationConfig"], {"OnFailure": {"Destination": arn}})
            self.assertIn({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn},
                          self.of(f"{name}Role")["Policies"][0]["PolicyDocument"]["Statement"])
        (target,) = self.of("SweepEventsRuleSchedule1")["Targets"]
        self.assertEqual(target["DeadLetterConfig"], {"Arn": arn})
        (statement,) = self.of("FailedEventsPolicy")["PolicyDocument"]["Statement"]
        self.assertEqual(statement["Principal"], {"Service": "events.amazonaws.com"})

    def test_the_sweep_runs_every_five_minutes_and_only_the_bucket_calls_ingest(self):
        self.assertEqual(self.of("SweepEventsRuleSchedule1")["ScheduleExpression"], "rate(5 minutes)")
        self.assertEqual(self.of("SweepEventsRuleSchedule1")["State"], "ENABLED")
        permission = self.of("IngestPermission")
        self.assertEqual(permission["Principal"], "s3.amazonaws.com")
        self.assertEqual(permission["SourceAccount"], {"Ref": "AWS::AccountId"})

    def test_the_template_names_no_account_and_no_region(self):
        # Its own resources: the edge is given arns.
        self.assertNotRegex(self.text, r'[":]\d{12}[":]')
        self.assertNotRegex(self.text, r"\b(us|eu|ap|sa|ca|me|af)-[a-z]+-\d\b")

    def test_names_that_an_account_has_once_for_all_regions_name_their_region(self):
        once = {"AWS::S3::Bucket": "BucketName", "AWS::CloudWatch::Dashboard": "DashboardName"}
        names = [r["Properties"].get(once[r["Type"]]) for r in self.edge.values() if r["Type"] in once]
        names.append(self.edge["CdnBytes"]["Properties"]["CachePolicyConfig"]["Name"])
        names.append(self.edge["CdnKeys"]["Properties"]["KeyGroupConfig"]["Name"])
        # The bucket of the deployments has no name of ours.
        names = [name["Fn::Sub"] for name in names if name]
        self.assertEqual(len(names), 4)
        for name in names:
            self.assertIn("${AWS::Region}", name)

    def test_the_bucket_has_one_name_wherever_it_is_named(self):
        name = self.of("ImagesBucket")["BucketName"]["Fn::Sub"]
        self.assertEqual(name, "shoebox-prod-images-${AWS::AccountId}-${AWS::Region}")
        self.assertEqual(set(re.findall(r"shoebox-prod-images-[^/\"]*", self.text)), {name})

    def test_a_stage_may_be_as_long_as_the_bucket_s_name_can_take_and_no_longer(self):
        longest = "a" * 20
        name = f"shoebox-{longest}-images-{'1' * 12}-ap-southeast-1"
        self.assertEqual(len(name), 63)
        packaged(longest)
        for stage in (longest + "a", "Prod"):
            with self.assertRaisesRegex(NotPackaged, f"The stage is called {stage}"):
                packaged(stage)


if __name__ == "__main__":
    unittest.main()
