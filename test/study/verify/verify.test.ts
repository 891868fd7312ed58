import { expect, it } from "vitest";
import { readSettings } from "../../../src/study/verify/settings.ts";
import { TOPICS, verifyTopic } from "../../../src/study/verify/verify.ts";

const options = { set: {}, plant: false };
const problemsOf = (topic: string, more: object): readonly string[] => {
  const result = verifyTopic(topic, { ...options, ...more });
  return result.ok ? [] : result.problems;
};

it("an unknown topic is a problem that names the topics there are", () => {
  expect(problemsOf("queuing", {})).toEqual([
    'there is no topic "queuing"; there are queueing, detection, failover, measured, loss, movement, phases, availability, balancing, scatter, sharding, copysets, raft, quorum',
  ]);
});

it("all that is wrong with a topic's settings is said at once, each with its mend", () => {
  expect(problemsOf("queueing", { set: { lod: "0.5", load: "2", service: "10", servers: "2,x", model: "mm2" }, runs: 0 })).toEqual([
    'there is no setting "lod"; there are model, load, servers, service, places, clients, think, customers',
    expect.stringContaining('model: "mm2" is not known; write one of all, mm1'),
    expect.stringContaining("load: "),
    expect.stringContaining('servers: "x" is not a number'),
    expect.stringContaining('service: "10" has no unit; write 10s or 10ms, say'),
    "runs: 0 is no number of repeats to judge by; write a whole number from 1",
  ]);
});

it("a value beyond its bounds is told them", () => {
  expect(problemsOf("detection", { set: { heartbeat: "1h" }, runs: 1 })).toEqual([
    "heartbeat: 1h is out of bounds; it is pause between two pings, 10ms to 10s",
    "runs: 1 is no number of repeats to judge by; write a whole number from 2",
  ]);
});

it("a setting named like a property of every object is unknown, not found", () => {
  expect(problemsOf("movement", { set: { constructor: "1" } })).toHaveLength(1);
});

it("every default reads as what it is a default of", () => {
  for (const { settings } of TOPICS) expect(readSettings(settings, {})).toMatchObject({ ok: true });
});

it("topics and the settings of each have names of their own, and say what they are", () => {
  expect(new Set(TOPICS.map(({ name }) => name)).size).toBe(TOPICS.length);
  for (const { summary, settings } of TOPICS) {
    expect(summary).not.toBe("");
    expect(new Set(settings.map(({ name }) => name)).size).toBe(settings.length);
    for (const { what } of settings) expect(what).not.toBe("");
  }
});

it("a setting changes what is predicted and what is simulated alike", () => {
  const result = verifyTopic("queueing", { ...options, set: { model: "mm1", load: "0.25", service: "4ms", customers: "20k" } });
  const [mean] = result.ok ? result.cases : [];
  expect(mean!.predicted).toBeCloseTo(4 / 0.75, 9);
  expect(mean!.held).toBe(true);
});

it("the same topic gives the same figures, to the last bit", () => {
  const run = (): unknown => verifyTopic("availability", { ...options, runs: 3, set: { duration: "100s" } });
  expect(run()).toEqual(run());
});

it("progress counts the runs of each experiment to its end", () => {
  const seen: string[] = [];
  verifyTopic("availability", { ...options, runs: 2, set: { duration: "100s" }, progress: (done, of) => seen.push(`${done}/${of}`) });
  expect(seen).toEqual(["1/2", "2/2"]);
});

it("what each is within its bounds, but never together, is refused: not our fault, and not passed over", () => {
  const refused: readonly (readonly [string, Record<string, string>, string])[] = [
    [
      "failover",
      { mechanism: "sentinels", sentinels: "3", quorum: "4" },
      "quorum: 4 of 3 sentinels, so that no primary would ever be down",
    ],
    ["failover", { mechanism: "polls", observers: "2", agree: "3" }, "agree: 3 of 2 observers, so that they never would"],
    ["quorum", { write: "exp(1000d)" }, "write: now and then longer than two days"],
    ["quorum", { response: "pareto(min 1ms alpha 0.5)" }, "response: now and then longer than two days"],
  ];
  for (const [topic, set, words] of refused) expect(problemsOf(topic, { set })).toEqual([expect.stringContaining(words)]);
});

it("fewer sentinels than the default quorum must all agree", () => {
  const result = verifyTopic("failover", { ...options, runs: 50, set: { mechanism: "sentinels", sentinels: "1", downAfter: "2s" } });
  expect(result.ok && result.cases.map(({ held }) => held)).toEqual([true, true, true]);
});

it("messages may take hours: operations are so much further apart, and the last is waited for", () => {
  const result = verifyTopic("quorum", { ...options, runs: 1, set: { write: "exp(1h)", t: "1h" } });
  expect(result.ok && result.cases.map(({ held }) => held)).toEqual(new Array(7).fill(true));
});

it("the store's looks for expired sessions have nothing to do with when agents began: short rounds, too", () => {
  const result = verifyTopic("failover", { ...options, runs: 100, set: { mechanism: "lease", ttl: "2s", loopWait: "100ms" } });
  expect(result.ok && result.cases.map(({ held }) => held)).toEqual([true, true, true]);
});

it("other shards' primaries that serve again after a pause are not taken for the successor", () => {
  const result = verifyTopic("failover", { ...options, runs: 100, set: { mechanism: "gossip", nodeTimeout: "500ms" } });
  expect(result.ok && result.cases.map(({ held }) => held)).toEqual([true, true, true]);
});
