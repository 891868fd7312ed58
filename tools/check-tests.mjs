/** Reading a test run's report: what passed, what failed, and what was left out without saying why. */

/** A test left out says so in its title: `"... (skipped: reason and condition for its return)"`. */
const REASON = /\(skipped: \S[^)]*\)/;

/**
 * @typedef {object} TestReport vitest's JSON report, as far as it is read here
 * @property {readonly { readonly name: string, readonly status: string, readonly message?: string,
 *   readonly assertionResults: readonly { readonly fullName: string, readonly status: string }[] }[]} testResults
 */
/**
 * @typedef {object} Judgement
 * @property {number} passed
 * @property {number} failed at least 1 unless the run is wholly good
 * @property {number} explained tests left out with their reason
 * @property {readonly string[]} complaints what failed besides tests
 */

/**
 * Counts a run. A file that could not be loaded, a test left out without a reason, a run of no test at all, a bad exit status
 * although every test passed (an error outside any test): each counts as failed.
 * @param {TestReport | undefined} report absent when the run wrote none
 * @param {number} status the run's exit status
 * @returns {Judgement}
 */
export function judgeTests(report, status) {
  if (report === undefined) return { passed: 0, failed: 1, explained: 0, complaints: [`no report was written (exit status ${status})`] };
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const complaints = report.testResults
    .filter((file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"))
    .map((file) => `${file.name} failed outside its tests: ${file.message ?? ""}`);
  const passed = tests.filter((test) => test.status === "passed").length;
  const failed = tests.filter((test) => test.status === "failed").length;
  const others = tests.filter((test) => test.status !== "passed" && test.status !== "failed");
  const explained = others.filter((test) => REASON.test(test.fullName)).length;
  for (const test of others)
    if (!REASON.test(test.fullName)) complaints.push(`${test.status} without "(skipped: reason)": ${test.fullName}`);
  if (tests.length === 0) complaints.push("no test ran");
  if (status !== 0 && failed + complaints.length === 0) complaints.push(`exit status ${status} although every test passed`);
  return { passed, failed: failed + complaints.length, explained, complaints };
}
