import { describe, it } from "vitest";
import * as raft from "../../../src/modules/raft/index.ts";
import { CLAIMS } from "./claims.ts";

describe("what nobody wrote down", () => {
  for (const [says, check] of Object.entries(CLAIMS)) it(says, () => check(raft));
});
