/**
 * More of Raft's random schedules than `npm run check` has time for: every invariant after every step, whole histories at the end.
 *
 *     npm run swarm:raft                        100,000 schedules, from the first that the check does not run
 *     npm run swarm:raft -- 1000000 500000      a million, from seed 500000
 *
 * A seed that fails prints what it broke, is made smaller, and prints the command that repeats it.
 */
import { join } from "node:path";
import { runNode } from "./child.mjs";
import { ROOT } from "./fresh.mjs";

const [schedules = "100000", from = "10001", ...more] = process.argv.slice(2);
const wrong = [schedules, from].find((text) => !/^[1-9]\d{0,14}$/u.test(text));
if (wrong !== undefined || more.length > 0) {
  console.error(`swarm:raft: "${wrong ?? more.join(" ")}" is no number; write how many schedules, and from which seed`);
  process.exitCode = 2;
} else {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const command = [vitest, "run", "--project", "slow", "test/slow/raft-swarm.test.ts"];
  Object.assign(process.env, { RAFT_SCHEDULES: schedules, RAFT_SEED: from });
  process.exitCode = await runNode(command, { cwd: ROOT });
}
