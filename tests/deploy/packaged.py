"""Packaged templates, and what the tests of all of them start from."""

import functools
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Public keys as openssl writes them: RSA of 2,048 bits, and ECDSA of P-256.
PEMS = [
    """\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAlfKRD0c/78hXXmI6Z5UO
rSW+6dX6aUlLl38h2+y0Ij8mT4a8IrjL8ZDCR19yt0X4hJG2dqiHvYiG5yCZQDDq
hurBrn6Vo0v2dZqSppc5XdrruQjzsETafmhfiWFMv6falkf1nv1i17NZi1LO5a1A
V7BqBhY0wM8lQfCIFd6CQ3K/INg6EeS7IXF2vx99878b06BRhrEK6SYrn0Ofh1hX
tPhJfyz0H+VwbC/MrxI7PKHB4GCmQplJKQn1Xtnv34OcW06GPISr1WxfzhL85V3u
F1qtpva/RDlOPDnG9AK5OwQw3dEwYuT8a1lLOiwu66nf5pWbhnBgVVnFaU4+H311
1QIDAQAB
-----END PUBLIC KEY-----
""",
    """\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEod/8/aUf3MX5DgfoD3VHtlEyhFhh
v8ZeEfQPS7UFDLJAYsIl5DCcFzKzSQAh+sEdnNbaZIBCPUGw+zJya/7pPg==
-----END PUBLIC KEY-----
""",
]
KEYS = ["".join(pem.splitlines()[1:-1]) for pem in PEMS]
# With everything that a parameter can add.
EDGE = {
    "domain": "true", "domainName": "images.example.com", "hostedZoneId": "Z0123456789",
    "certificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/one",
    "cdn": "true", "cdnPublicKeys": ",".join(KEYS), "cdnDomainName": "cdn.example.com",
    "cdnCertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/two",
    "cdnWebAclArn": "arn:aws:wafv2:us-east-1:111122223333:global/webacl/front/0123",
    "waf": "true", "provisionedConcurrency": "2", "apiKeyRequired": "true",
}


FOLDER = tempfile.TemporaryDirectory()


class NotPackaged(Exception):
    """What osls says against it."""


def package(stage, **parameters):
    """Packages a stage; gives the path of its template."""
    folder = tempfile.mkdtemp(dir=FOLDER.name)
    options = [option for name, value in parameters.items() for option in ("--param", f"{name}={value}")]
    command = ["osls", "package", "--stage", stage, "--package", folder, *options]
    # Of no endpoint and no account: packaging asks nobody.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    run = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if run.returncode:
        raise NotPackaged(run.stdout)
    return pathlib.Path(folder) / "cloudformation-template-update-stack.json"


def resources_of(path):
    return json.loads(path.read_text())["Resources"]


packaged_once = functools.cache(package)


def packaged(stage, **parameters):
    """The resources of a stage."""
    return resources_of(packaged_once(stage, **parameters))


class Packaged(unittest.TestCase):
    """What is deployed as prod, and the same with everything that a parameter can add."""

    @classmethod
    def setUpClass(cls):
        cls.path = packaged_once("prod")
        cls.edge_path = packaged_once("prod", **EDGE)
        cls.text = cls.path.read_text()
        cls.resources = resources_of(cls.path)
        cls.edge = resources_of(cls.edge_path)

    def of(self, name):
        return self.resources[name]["Properties"]

    def of_type(self, kind):
        return {name: r["Properties"] for name, r in self.resources.items() if r["Type"] == kind}

    def function(self, name):
        return self.of(f"{name.capitalize()}LambdaFunction")
