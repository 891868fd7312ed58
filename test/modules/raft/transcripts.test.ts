import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as raft from "../../../src/modules/raft/index.ts";
import { runTranscript } from "./transcript.ts";

const FOLDER = new URL("../../data/raft/", import.meta.url);

describe("transcripts of raft answer as they are written", () => {
  for (const file of readdirSync(FOLDER)) {
    it(file, () => {
      const url = new URL(file, FOLDER);
      const text = readFileSync(url, "utf8");
      const answered = runTranscript(raft, text);
      if (process.env["UPDATE"] === "1") writeFileSync(url, answered);
      else expect(answered).toBe(text);
    });
  }
});
