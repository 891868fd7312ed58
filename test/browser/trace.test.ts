/** Perfetto files as Chromium itself reads them: by the trace parser of its own developer tools. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { builtIn, planJobs, readScenario, runOne } from "../../src/library.ts";
import { type Perfetto, perfetto } from "../../src/report/perfetto.ts";
import type { SentMessage, Service } from "../../src/simulator/record/sent-message.ts";
import { TINY } from "../cli/harness.ts";
import { launchChromium } from "./chromium.ts";

let browser: Browser;
let tools: Page;

beforeAll(async () => {
  browser = await launchChromium();
  tools = await browser.newPage();
  // The pages of the tools are part of every Chromium; nothing is fetched.
  await tools.goto("devtools://devtools/bundled/devtools_app.html");
});
afterAll(() => browser.close());

interface Read {
  /** Of every process that has slices: threads by name, with how many slices each has. */
  readonly processes: readonly (readonly (readonly [name: string, slices: number])[])[];
  readonly flows: number;
}

async function read(events: Perfetto["traceEvents"]): Promise<Read> {
  return tools.evaluate<Read>(`(async () => {
    const { TraceModel } = await import("devtools://devtools/bundled/models/trace/trace.js");
    const model = TraceModel.Model.createWithAllHandlers();
    await model.parse(${JSON.stringify(events)}, { metadata: {}, isFreshRecording: false });
    const parsed = model.parsedTrace(0);
    const { Renderer, Flows } = parsed.data ?? parsed;
    return {
      processes: [...Renderer.processes.values()].map(({ threads }) => [...threads.values()].map(({ name, entries }) => [name, entries.length])),
      flows: Flows.flows.length,
    };
  })()`);
}

function traceOf(): Perfetto {
  const scenario = readScenario(TINY, { file: "x", readText: () => undefined, ...builtIn() });
  if (!scenario.ok) throw new Error("TINY is not a scenario");
  const [job] = planJobs(scenario.scenario, { repeats: 1, strategies: ["sync"] });
  const [messages, services]: [SentMessage[], Service[]] = [[], []];
  const record = runOne(scenario.scenario, job!, { message: (one) => messages.push(one), service: (one) => services.push(one) });
  return perfetto(record, { messages, services }, { time: { from: 900_000, to: 1_300_000 } });
}

it("Chromium's own trace parser finds every thread by its name, every slice on it, and every flow with both its ends", async () => {
  const { traceEvents } = traceOf();
  const found = await read(traceEvents);
  const count = (ph: string): number => traceEvents.filter((event) => event.ph === ph).length;
  const slices = found.processes.flat().reduce((sum, [, own]) => sum + own, 0);
  expect(slices).toBeGreaterThanOrEqual(count("X"));
  expect(count("X")).toBeGreaterThan(500);
  expect(found.flows).toBe(count("f"));
  const names = found.processes.flat().map(([name]) => name);
  expect(names).toContain("shard 0");
  expect(names).toContain("host");
});

it("and it sees flows that end nowhere", async () => {
  const { traceEvents } = traceOf();
  const torn = await read(traceEvents.filter(({ ph }) => ph !== "f"));
  expect(torn.flows).toBeLessThan(traceEvents.filter(({ ph }) => ph === "f").length);
});
