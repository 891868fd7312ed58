/** Runs before every test file: property tests draw the same cases each time. `FC_SEED=12345 npm test` hunts with another seed. */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 1), numRuns: 300 });
