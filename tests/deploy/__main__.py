"""Runs the tests of the deployment: python tests/deploy [template|stack], and sums them up as cargo does."""

import sys
import unittest

MODULES = {"template": ["test_template", "test_edge"], "stack": ["test_stack"]}


class Result(unittest.TextTestResult):
    """Tests are sentences, so they are told as such. What fails in parts fails once for each."""

    passed = 0

    def getDescription(self, test):
        return str(test).split(" ")[0].removeprefix("test_").replace("_", " ")

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    names = sys.argv[1:] or list(MODULES)
    suite = unittest.defaultTestLoader.loadTestsFromNames([module for name in names for module in MODULES[name]])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Result).run(suite)
    failed = len(result.failures) + len(result.errors)
    verdict = "FAILED" if failed else "ok"
    print(f"test result: {verdict}. {result.passed} passed; {failed} failed; {len(result.skipped)} ignored", flush=True)
    return 1 if failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
