import { describe, it } from "vitest";
import * as raft from "../../../src/modules/raft/index.ts";
import { CALLER } from "./caller.ts";

describe("what the caller is promised", () => {
  for (const [says, check] of Object.entries(CALLER)) it(says, () => check(raft));
});
