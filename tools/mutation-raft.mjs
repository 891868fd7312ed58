/**
 * Mutation testing of `src/modules/raft`; test/modules/raft/mutation.ts says how.
 *
 *     npm run mutation:raft                     all files, some ten minutes
 *     npm run mutation:raft -- log quorum       these files
 */
import { join } from "node:path";
import { runNode } from "./child.mjs";
import { ROOT } from "./fresh.mjs";

const program = join(ROOT, "test/modules/raft/mutation.ts");
process.exitCode = await runNode(["--import", "tsx", program, ...process.argv.slice(2)], { cwd: ROOT });
