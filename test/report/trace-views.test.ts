import { z } from "zod";
import { expect, it } from "vitest";
import { builtIn, planJobs, readScenario, runOne } from "../../src/library.ts";
import { type Perfetto, type TraceEvent, perfetto } from "../../src/report/perfetto.ts";
import { ARROWS_MOST, spaceTime } from "../../src/report/space-time.ts";
import type { RunRecord } from "../../src/simulator/record/record.ts";
import type { SentMessage, Service } from "../../src/simulator/record/sent-message.ts";
import { TINY } from "../cli/harness.ts";

interface Run {
  readonly record: RunRecord;
  readonly messages: readonly SentMessage[];
  readonly services: readonly Service[];
}

function runOf(text: string, strategy: string): Run {
  const read = readScenario(text, { file: "x", readText: () => undefined, ...builtIn() });
  if (!read.ok) throw new Error(read.problems.map(({ fault }) => fault).join());
  const [job] = planJobs(read.scenario, { repeats: 1, strategies: [strategy] });
  const [messages, services]: [SentMessage[], Service[]] = [[], []];
  const record = runOne(read.scenario, job!, { message: (one) => messages.push(one), service: (one) => services.push(one) });
  return { record, messages, services };
}

const ALWAYS = { from: -Infinity, to: Infinity };
const MONITORED = runOf(TINY, "sync");
const RAFT = runOf(
  TINY.replace(
    / {2}async:.*\n {2}sync:.*\n/u,
    "  raft: { replication: { raft: { election: 150ms..300ms, heartbeat: 50ms } }, failover: none, fencing: none }\n",
  ),
  "raft",
);

/**
 * The Trace Event Format as its document has it (Google, "Trace Event Format", sections "Complete", "Async", "Instant", "Flow" and
 * "Metadata Events"): what each phase needs, and nothing that the document does not name.
 */
const base = { name: z.string().min(1), pid: z.int().min(0), tid: z.int().min(0), args: z.record(z.string(), z.unknown()).optional() };
const timed = { ...base, ts: z.number().min(0), cat: z.string().min(1) };
const traceEvent = z.discriminatedUnion("ph", [
  z.strictObject({ ph: z.literal("X"), ...timed, dur: z.number().min(0) }),
  z.strictObject({ ph: z.enum(["b", "e"]), ...timed, id: z.int() }),
  z.strictObject({ ph: z.literal("i"), ...timed, s: z.enum(["g", "p", "t"]) }),
  z.strictObject({ ph: z.literal("s"), ...timed, id: z.int() }),
  z.strictObject({ ph: z.literal("f"), ...timed, id: z.int(), bp: z.literal("e") }),
  z.strictObject({ ph: z.literal("M"), ...base, name: z.enum(["process_name", "process_sort_index", "thread_name"]) }),
]);
const file = z.strictObject({
  displayTimeUnit: z.enum(["ms", "ns"]),
  traceEvents: z.array(traceEvent).min(1),
  otherData: z.record(z.string(), z.unknown()),
});

const traceOf = ({ record, ...seen }: Run): Perfetto => JSON.parse(JSON.stringify(perfetto(record, seen, { time: ALWAYS }))) as Perfetto;

it.each([
  ["a monitored pair", MONITORED],
  ["Raft", RAFT],
])("the file passes the format's schema, and begins and ends belong together: %s", (_name, run) => {
  const trace = traceOf(run);
  expect(file.safeParse(trace).error).toBeUndefined();
  const { traceEvents } = trace;
  const named = new Set(traceEvents.filter(({ name }) => name === "thread_name").map(({ pid, tid }) => `${pid} ${tid}`));
  for (const { ph, pid, tid } of traceEvents) if (ph !== "M") expect(named).toContain(`${pid} ${tid}`);
  for (const [begin, end] of [
    ["b", "e"],
    ["s", "f"],
  ] as const) {
    const opened = new Map(traceEvents.filter(({ ph }) => ph === begin).map((event) => [event.id, event]));
    const closed = traceEvents.filter(({ ph }) => ph === end);
    expect(closed).toHaveLength(opened.size);
    for (const event of closed) expect(event.ts).toBeGreaterThanOrEqual(opened.get(event.id)?.ts ?? Infinity);
  }
  // A flow hangs on the slice that is there at its ends.
  const slivers = new Set(traceEvents.filter(({ ph }) => ph === "X").map(({ pid, tid, ts }) => `${pid} ${tid} ${ts}`));
  for (const { ph, pid, tid, ts } of traceEvents) if (ph === "s" || ph === "f") expect(slivers).toContain(`${pid} ${tid} ${ts}`);
});

it("and the schema sees what is wrong", () => {
  const trace = traceOf(MONITORED);
  const [sliver] = trace.traceEvents.filter(({ ph }) => ph === "X");
  for (const wrong of [{ ts: -1 }, { ts: undefined }, { dur: undefined }, { pid: "a" }, { ph: "Q" }])
    expect(file.safeParse({ ...trace, traceEvents: [{ ...sliver, ...wrong }] }).success).toBe(false);
});

it("faults are instants; requests, elections and times as primary slices, as the record has them", () => {
  const named = (run: Run, cat: string, ph: string): readonly string[] =>
    traceOf(run)
      .traceEvents.filter((event) => event.cat === cat && event.ph === ph)
      .map(({ name }) => name);
  expect(named(MONITORED, "fault", "i")).toEqual(["hostDeath primary of shard 0"]);
  const ready = MONITORED.record.facts.filter(({ kind }) => kind === "ready").length;
  expect(named(MONITORED, "primary", "b")).toHaveLength(2 + ready);
  const won = RAFT.record.facts.filter((fact) => fact.kind === "election" && fact.outcome === "won").length;
  expect(won).toBeGreaterThan(1);
  expect(named(RAFT, "election", "b").filter((name) => name.endsWith("won"))).toHaveLength(won);
  // Each operation has at least one attempt, probes too.
  const attempts = named(MONITORED, "request", "b").length;
  expect(attempts).toBeGreaterThanOrEqual(MONITORED.record.operations.reduce((sum, row) => sum + row.issued, 0));
});

it.each([
  ["a monitored pair", MONITORED],
  ["Raft", RAFT],
])("slices of a thread lie within one another or apart, as viewers need them, and come in the order of time: %s", (_name, run) => {
  const { traceEvents } = traceOf(run);
  const threads = new Map<string, TraceEvent[]>();
  for (const event of traceEvents.filter(({ ph }) => ph === "X"))
    threads.set(`${event.pid} ${event.tid}`, [...(threads.get(`${event.pid} ${event.tid}`) ?? []), event]);
  expect(threads.size).toBeGreaterThan(3);
  for (const events of threads.values()) {
    const open: number[] = [];
    let last = 0;
    for (const { ts = 0, dur = 0 } of events) {
      expect(ts).toBeGreaterThanOrEqual(last);
      last = ts;
      while (open.length > 0 && open.at(-1)! <= ts) open.pop();
      if (open.length > 0) expect(ts + dur).toBeLessThanOrEqual(open.at(-1)!);
      open.push(ts + dur);
    }
  }
});

it("the slices of service at a server are as long together as the record counts its cores busy, each after its message came", () => {
  const { record, services } = MONITORED;
  const { duration, warmup, servers } = record.header;
  const { serverBusy, count } = record.windows;
  const slices = traceOf(MONITORED).traceEvents.filter(({ cat }) => cat === "service");
  expect(slices).toHaveLength(services.length);
  servers.forEach((_, server) => {
    const counted = Array.from({ length: count }, (_, window) => serverBusy[window * servers.length + server]!).reduce((a, b) => a + b, 0);
    const seen = services
      .filter((one) => one.server === server && !one.isProbe)
      .reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, duration) - Math.max(from, 0)), 0);
    expect(seen, `server ${server}`).toBeCloseTo(counted, 0);
    const drawn = slices.filter(({ args }) => args?.["server"] === server);
    expect(drawn.reduce((sum, { dur = 0 }) => sum + dur, 0)).toBeGreaterThan(0);
    expect(drawn.every(({ ts = 0 }) => ts <= warmup + duration + record.header.settle)).toBe(true);
  });
  const requests = slices.filter(({ name }) => name.endsWith("Request"));
  expect(requests.length).toBeGreaterThan(100);
  for (const { args } of requests) expect(args?.["waited"]).toBeGreaterThanOrEqual(0);
});

it("every message is told of once: as many as the record counts, none to the dead is handled, and what is watched changes nothing", () => {
  const { record, messages } = MONITORED;
  expect(messages).toHaveLength(record.network.messages);
  const death = record.facts.find((fact) => fact.kind === "fault")!;
  const dead = Number(/server (\d+)/u.exec(death.targets[0] ?? "")?.[1]);
  const late = messages.filter(({ to, sentAt }) => to.server === dead && sentAt > death.at);
  expect(late.length).toBeGreaterThan(10);
  expect(late.every(({ at }) => at === undefined)).toBe(true);
  for (const { sentAt, at } of messages) if (at !== undefined) expect(at).toBeGreaterThanOrEqual(sentAt);
  const read = readScenario(TINY, { file: "x", readText: () => undefined, ...builtIn() });
  const [job] = read.ok ? planJobs(read.scenario, { repeats: 1, strategies: ["sync"] }) : [];
  expect(read.ok && runOne(read.scenario, job!).digest).toBe(record.digest);
});

it("a stretch of time leaves out what lies outside", () => {
  const { record, ...seen } = MONITORED;
  const time = { from: 1_000_000, to: 1_200_000 };
  const { traceEvents } = perfetto(record, seen, { time });
  const warmup = record.header.warmup;
  for (const { ph, ts = 0 } of traceEvents) if (ph === "X" || ph === "i") expect(ts - warmup).toBeLessThan(time.to + 1_000_000);
  expect(traceEvents.length).toBeLessThan(traceOf(MONITORED).traceEvents.length / 2);
});

const drawing = (run: Run, from: number, to: number): ReturnType<typeof spaceTime> =>
  spaceTime({
    title: "t",
    facts: run.record.facts,
    messages: run.messages,
    time: { from, to },
    servers: run.record.header.servers.map(({ name }) => name),
  });

it("the space-time diagram has a line a host, an arrow a message, a cross for each that is lost, and what happened", () => {
  const [from, to] = [990_000, 1_030_000];
  const { svg, drawn, left } = drawing(MONITORED, from, to);
  const inTime = MONITORED.messages.filter(({ sentAt, at = sentAt }) => at >= from && sentAt < to);
  expect([drawn, left]).toEqual([inTime.length, 0]);
  expect([...svg.matchAll(/<polygon|<circle[^>]*r="2"/gu)]).toHaveLength(inTime.filter(({ at }) => at !== undefined).length);
  expect([...svg.matchAll(/<path d="M/gu)]).toHaveLength(inTime.filter(({ at }) => at === undefined).length);
  expect(svg).toContain("database crashed");
  for (const host of new Set(inTime.flatMap((message) => [message.from.host, message.to.host])))
    expect(svg).toContain(`font-weight="bold">${host}</text>`);
  expect(drawing(MONITORED, from, to).svg).toBe(svg);
  // What it says below its title stays within it: no line is longer than there is room for.
  const width = Number(/width="(\d+)"/u.exec(svg)?.[1]);
  const said = [...svg.matchAll(/<text x="10" y="\d+" fill="#5b6570">([^<]*)</gu)].map(([, line = ""]) => line);
  expect(said.join(" ")).toMatch(/^Seconds of measured time run down; .* a lost one\./u);
  for (const line of said) expect(10 + 6 * line.length).toBeLessThanOrEqual(width);
});

it("it stays readable: so many arrows and no more, which it says; and no name breaks out of it", () => {
  const { svg, drawn, left } = drawing(MONITORED, 0, 3_000_000);
  expect(drawn).toBe(ARROWS_MOST);
  expect(left).toBeGreaterThan(100);
  expect(svg).toMatch(/The first 400 of \d+ messages/u);
  const hostile = spaceTime({ title: "<script>x</script>", facts: [], messages: [], time: { from: 0, to: 1 }, servers: [] });
  expect(hostile.svg).not.toContain("<script>");
});
