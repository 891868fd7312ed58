/** How CI counts a test run: nothing that did not pass may look as if it had. */
import { expect, it } from "vitest";
import { judgeTests } from "../../tools/check-tests.mjs";

const report = (...tests: readonly (readonly [status: string, fullName: string])[]) => ({
  testResults: [{ name: "a.test.ts", status: "passed", assertionResults: tests.map(([status, fullName]) => ({ status, fullName })) }],
});

it("passed and failed tests are counted as they are", () => {
  const judged = judgeTests(report(["passed", "a"], ["passed", "b"], ["failed", "c"]), 1);
  expect(judged).toEqual({ passed: 2, failed: 1, explained: 0, complaints: [] });
});

it.each(["skipped", "todo", "pending", "disabled"])("a %s test fails the run unless its title says why", (status) => {
  expect(judgeTests(report(["passed", "a"], [status, "b"]), 0)).toMatchObject({ passed: 1, failed: 1, explained: 0 });
  const title = "b (skipped: needs Redis; back when CI has one)";
  expect(judgeTests(report(["passed", "a"], [status, title]), 0)).toMatchObject({ passed: 1, failed: 0, explained: 1 });
  expect(judgeTests(report(["passed", "a"], [status, "b (skipped: )"]), 0)).toMatchObject({ failed: 1 });
});

it("a run without a test, without a report, or with a bad exit status fails", () => {
  expect(judgeTests(report(), 0)).toMatchObject({ passed: 0, failed: 1 });
  expect(judgeTests(undefined, 0)).toMatchObject({ passed: 0, failed: 1 });
  expect(judgeTests(report(["passed", "a"]), 1)).toMatchObject({ passed: 1, failed: 1 });
});

it("a file that could not be loaded fails the run", () => {
  const broken = { testResults: [{ name: "b.test.ts", status: "failed", message: "cannot load", assertionResults: [] }] };
  expect(judgeTests({ testResults: [...report(["passed", "a"]).testResults, ...broken.testResults] }, 1)).toMatchObject({
    passed: 1,
    failed: 1,
  });
});
