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

it("--markdown prints the README's table, a row a case; --all is every topic and no one beside it", async () => {
  const ran = await shardlab("verify", "movement", "--markdown", "--runs", "20", "--set", "keys=1000");
  const lines = ran.out.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^Made by `shardlab verify movement`: all (\d+) cases held; /u);
  expect(lines.slice(2, 4)).toEqual(["| topic | case | predicted | simulated | z | n |", "|---|---|---|---|---|---|"]);
  expect(lines.length - 4).toBeGreaterThan(3);
  for (const line of lines.slice(4)) expect(line).toMatch(/^\| movement \| .* \| [\d.]+ \| [\d.]+ \| (?:-?\d+\.\d|exact) \| \d+ \|$/u);
  expect(await shardlab("verify", "movement", "--all")).toMatchObject({
    status: 2,
    err: "verify: --all is every topic, and movement is one; leave one of both out\n",
  });
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
