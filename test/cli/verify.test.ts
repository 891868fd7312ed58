import { expect, it } from "vitest";
import { TOPICS, type VerifyCase } from "../../src/study/verify/verify.ts";
import { shardlab } from "./harness.ts";

it("a topic whose cases hold is 0: each with its prediction, source and figures", async () => {
  const ran = await shardlab("verify", "movement", "--runs", "20", "--set", "keys=1000");
  expect(ran.status).toBe(0);
  expect(ran.out).toMatch(/^held {5}ring, 10 to 11 members: share of keys moved\n {9}predicted 0\.090909, simulated 0\.\d+ \(/mu);
  expect(ran.out).toContain("Karger et al., STOC 1997");
  expect(ran.err).toMatch(/^(\d+) of \1 cases held\.\n$/u);
  for (const line of ran.out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});

it("planted faults are noticed, and the status says 1", async () => {
  const ran = await shardlab("verify", "movement", "--plant", "--json", "--runs", "40");
  expect(ran.status).toBe(1);
  const cases = JSON.parse(ran.out) as readonly (VerifyCase & { readonly topic: string })[];
  expect(cases.length).toBeGreaterThan(0);
  for (const one of cases) expect(one).toMatchObject({ topic: "movement", held: false });
  expect(ran.err).toMatch(/^(\d+) of \1 planted faults were noticed\.\n$/u);
});

it("--list names every topic with its settings, as text and as JSON", async () => {
  const { out } = await shardlab("verify", "--list", "--json");
  expect((JSON.parse(out) as readonly { readonly name: string }[]).map((one) => one.name)).toEqual(TOPICS.map((topic) => topic.name));
  expect((await shardlab("verify", "movement", "--list")).out).toContain("virtualNodes=128");
});

it("an unknown topic, a setting that is wrong and too few runs are wrong input", async () => {
  expect(await shardlab("verify", "queuing")).toMatchObject({
    status: 2,
    out: "",
    err: 'verify: there is no topic "queuing"; did you mean "queueing"?\n',
  });
  const ran = await shardlab("verify", "movement", "--set", "keys=x", "--set", "nodes=3", "--runs", "1");
  expect(ran.status).toBe(2);
  expect(ran.err.trimEnd().split("\n")).toHaveLength(3);
  expect((await shardlab("verify", "--set", "keys=10")).err).toContain("--set is for one topic");
  expect((await shardlab("verify", "movement", "--set", "keys")).err).toContain("write name=value");
});
