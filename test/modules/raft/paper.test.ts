import { describe, it } from "vitest";
import * as raft from "../../../src/modules/raft/index.ts";
import { SENTENCES } from "./sentences.ts";

describe("the paper, claim by claim", () => {
  for (const [says, check] of Object.entries(SENTENCES)) it(says, () => check(raft));
});
