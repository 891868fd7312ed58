import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Three projects: `unit` is `npm test` and stays under a minute; `slow` and `browser` run in `npm run check`.
 * The time zone is left as it is: nothing here may depend on it.
 */
const project = (name: string, include: string, more: object) => ({
  test: { name, include: [include], setupFiles: ["test/setup.ts"], pool: "threads" as const, maxWorkers: 2, ...more },
});

/** Each file in a process of its own, with `gc()` at hand: these measure memory. */
const measuring = { pool: "forks", maxWorkers: 2, execArgv: ["--expose-gc"], testTimeout: 300_000 };

/** Files that take longest are begun first, so that no worker is left alone with one. The others keep vitest's order. */
const LONG = ["oracle.test.ts", "oracle-twins.test.ts", "ledger-memory.test.ts", "chaos.test.ts", "raft-swarm.test.ts"];
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number =>
      (LONG.findIndex((name) => moduleId.endsWith(`/slow/${name}`)) + LONG.length + 1) % (LONG.length + 1);
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      // Modules are loaded once a worker, not once a file, which halves the time: nothing in `src` keeps state between calls.
      project("unit", "test/**/*.test.ts", { exclude: ["test/browser/**", "test/slow/**"], isolate: false, testTimeout: 60_000 }),
      project("slow", "test/slow/**/*.test.ts", measuring),
      project("browser", "test/browser/**/*.test.ts", { testTimeout: 60_000 }),
    ],
  },
});
