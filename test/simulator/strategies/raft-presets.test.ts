import { builtIn, readScenario } from "../../../src/library.ts";
import { expect, it } from "vitest";
import { problemsOf } from "../../../src/modules/raft/options.ts";
import { protectionOf } from "../../../src/modules/raft/timing.ts";
import { raftOptions } from "../../../src/simulator/strategies/replication/raft/part.ts";
import {
  RAFT_PRESETS,
  presetFields,
  presetOptions,
  type RaftPreset,
  type RaftPresetName,
} from "../../../src/simulator/strategies/replication/raft-presets.ts";

const preset = (name: RaftPresetName): RaftPreset => RAFT_PRESETS.find((each) => each.name === name)!;
/** The time-outs that can be drawn, in milliseconds, and the phase that may be lost of them. */
const timeouts = ({ tick, election }: RaftPreset): readonly number[] =>
  election.value.map((count) => (count * Math.max(1, tick.value)) / 1_000);

it("each preset is a sound set of options, named once, and every value says where it stands", () => {
  expect(new Set(RAFT_PRESETS.map(({ name }) => name)).size).toBe(RAFT_PRESETS.length);
  for (const each of RAFT_PRESETS) {
    expect(problemsOf(presetOptions(each, 0))).toEqual([]);
    const { name, version, ...values } = each;
    expect(name).toContain(version === "2014" ? "paper" : version);
    for (const { source } of Object.values(values)) expect(source.length).toBeGreaterThan(20);
  }
});

it("time-outs are those of the systems: 1000 to 1900 ms, 2 to 3.5 s, 10 to 19 s, 150 to 300 ms", () => {
  expect(timeouts(preset("etcd-3.5"))).toEqual([1_000, 1_900]);
  expect(timeouts(preset("cockroachdb-25"))).toEqual([2_000, 3_500]);
  expect(timeouts(preset("tikv-8"))).toEqual([10_000, 19_000]);
  expect(timeouts(preset("raft-paper"))).toEqual([150, 300]);
});

it("etcd 3.4 asks nobody before it campaigns, 3.5 does; both protect a leader that was heard", () => {
  expect([preset("etcd-3.4"), preset("etcd-3.5")].map((each) => presetOptions(each, 0).preVote)).toEqual([false, true]);
  expect([preset("etcd-3.4"), preset("etcd-3.5")].map((each) => presetOptions(each, 0).checkQuorum)).toEqual([true, true]);
});

it("TiKV's lease of 9 s is what its followers protect a leader for", () => {
  const { timing, reads } = presetOptions(preset("tikv-8"), 0);
  expect(reads.kind).toBe("lease");
  expect(protectionOf(timing)).toBe(9_000_000);
});

it("a scenario can be written with every preset, and means the same", () => {
  for (const each of RAFT_PRESETS) {
    const read = raftOptions.safeParse(presetFields(each));
    expect(read.error?.issues).toBeUndefined();
    expect([read.data!.preVote, read.data!.tick ?? 0]).toEqual([each.preVote.value, each.tick.value]);
    expect([read.data!.election.from, read.data!.election.to].map((time) => time / 1_000)).toEqual(timeouts(each));
  }
});

const { registry, metrics, invariants } = builtIn();
const replicationOf = (rest: string): unknown => {
  const read = readScenario(`name: x\n${rest}\n`, { file: "x.yaml", readText: () => undefined, registry, metrics, invariants });
  return read.ok
    ? read.scenario.strategies.map(({ run }) => run.parts.replication)
    : read.problems.map(({ line, fault, mend }) => `${line}: ${fault}; ${mend}`);
};

it("a strategy's preset stands below what common and the strategy say, and its own replaces common's", () => {
  const plain = replicationOf("strategies: { a: { preset: etcd-3.5 } }") as readonly { readonly options: object }[];
  expect(plain).toMatchObject([{ name: "raft", options: { tick: 100_000, election: { from: 1_000_000, to: 1_900_000 }, preVote: true } }]);
  expect(replicationOf("strategies: { a: { preset: etcd-3.5, replication: { raft: { preVote: false } } } }")).toEqual([
    { name: "raft", options: { ...plain[0]!.options, preVote: false } },
  ]);
  expect(replicationOf("common: { preset: tikv-8 }\nstrategies: { a: { preset: etcd-3.5 } }")).toEqual(plain);
  expect(replicationOf("common: { replication: synchronous }\nstrategies: { a: { preset: etcd-3.5 } }")).toMatchObject([
    { name: "synchronous" },
  ]);
  expect(replicationOf("strategies: { a: { preset: etcd-3.6 } }")).toEqual([
    expect.stringMatching(/^2: the preset "etcd-3.6" is not built yet; did you mean "etcd-3.[45]"/u),
  ]);
});
