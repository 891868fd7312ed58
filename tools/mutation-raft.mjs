/**
 * Mutation testing of `src/modules/raft`; test/modules/raft/mutation.ts says how.
 *
 *     npm run mutation:raft                     all files, by one process after another
 *     npm run mutation:raft -- log quorum       these files
 *     npm run mutation:raft -- --workers 2      two at a time
 *     npm run mutation:raft -- --show behaviour what only the course of random schedules notices, by name
 */
import { join } from "node:path";
import { runNode } from "./child.mjs";
import { ROOT } from "./fresh.mjs";

const program = join(ROOT, "test/modules/raft/mutation.ts");
process.exitCode = await runNode(["--import", "tsx", program, ...process.argv.slice(2)], { cwd: ROOT });
