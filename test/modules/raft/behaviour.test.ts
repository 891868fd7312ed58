/**
 * What the module does, to the last message: sixty random schedules, a line each. A message more or less moves every later
 * draw of the network, so a change of behaviour shows here even where it breaks no property. `UPDATE=1` rewrites the file.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as raft from "../../../src/modules/raft/index.ts";
import { runSchedule } from "./schedule.ts";

const FILE = new URL("../../golden/raft-schedules.txt", import.meta.url);
const SCHEDULES = 60;

it("sixty random schedules go as they went", () => {
  const lines = Array.from({ length: SCHEDULES }, (_, index) => {
    const met = runSchedule(raft, index + 1, 500);
    return [`${index + 1}:`, ...Object.entries(met).map(([name, count]) => `${name} ${count}`)].join(" ");
  });
  const text = `${lines.join("\n")}\n`;
  if (process.env["UPDATE"] === "1") writeFileSync(FILE, text);
  expect(text).toBe(readFileSync(FILE, "utf8"));
});
