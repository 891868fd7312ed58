/** What strategies share and what they do not, and what a run does not depend on. */
import { expect, it } from "vitest";
import { Is, type Machine } from "../../../src/base/machine.ts";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { PartsBuilder } from "../../../src/simulator/cluster/run.ts";
import type { RunSpec } from "../../../src/simulator/cluster/spec.ts";
import { createSmartClient } from "../../../src/simulator/strategies/client/smart-client.ts";
import { Message } from "../../../src/simulator/strategies/messages.ts";
import { partsOf } from "./build.ts";
import { constant, exponential, fault, ms, s, smallSpec } from "./small-run.ts";

const LOADS = smallSpec().workload;
const load = (over: Partial<(typeof LOADS)[number]>): (typeof LOADS)[number] => ({ ...LOADS[0]!, ...over });

/** Two workloads, a pause whose instant and length are drawn, random servers. */
function specOf(parts: Partial<RunSpec["parts"]> = {}): RunSpec {
  const spec = smallSpec({ seed: 5, duration: s(2), settle: s(10), cluster: { shards: 2 } });
  const pause = fault({ kind: "pause", target: [{ kind: "randomServers", count: 2 }] }, 0, undefined);
  const drawn = {
    ...pause,
    name: "pauses",
    when: { kind: "every" as const, gap: exponential(900_000) },
    lasts: { kind: "for" as const, length: exponential(50_000) },
  };
  return {
    ...spec,
    workload: [
      load({
        name: "shop",
        arrivals: { kind: "poisson", rate: 150 },
        mix: { read: 0.4, update: 0.3, insert: 0.1, delete: 0.1, readModifyWrite: 0.1 },
        value: exponential(500),
      }),
      load({ name: "batch", arrivals: { kind: "constant", rate: 70 }, keys: { kind: "zipf", exponent: 1 } }),
    ],
    faults: [drawn],
    parts: { ...spec.parts, ...parts },
  };
}

interface Seen {
  /** Everything that clients were given to do. */
  readonly asked: string[];
  readonly faults: string[];
  readonly digest: string;
}

function watch(spec: RunSpec, build: PartsBuilder = partsOf()): Seen {
  const asked: string[] = [];
  const record = simulate(spec, (of, servers, stream) => ({
    ...build(of, servers, stream),
    routing: {
      createClient: (context): Machine => {
        const inner = createSmartClient(context, { reads: { kind: "primary" } });
        return {
          ...inner,
          step: (input, io) => {
            const f = io.messages;
            if (input.kind === Is.Told && input.message === Message.Issue) {
              const { slot } = input;
              asked.push([io.now(), context.host, f.key[slot], f.count[slot], f.demand[slot], f.time[slot], f.bytes[slot]].join(" "));
            }
            inner.step(input, io);
          },
        };
      },
    },
  }));
  const faults = record.facts.flatMap((fact) => (fact.kind === "fault" ? [`${fact.at} ${fact.phase} ${fact.targets.join(",")}`] : []));
  return { asked, faults, digest: record.digest };
}

const STRATEGIES: readonly Partial<RunSpec["parts"]>[] = [
  { replication: { name: "none", options: {} }, failover: { name: "none", options: {} } },
  { replication: { name: "asynchronous", options: { ship: { every: 0 } } }, fencing: { name: "none", options: {} } },
  { replication: { name: "synchronous", options: {} } },
  { sharding: { name: "modulo", options: {} }, replication: { name: "synchronous", options: {} } },
];

it("open-loop arrivals, keys, sizes, service demands and fault instants are the same for every strategy", () => {
  const [first, ...others] = STRATEGIES.map((parts) => watch(specOf(parts)));
  expect(first!.asked.length).toBeGreaterThan(450);
  expect(first!.faults.length).toBeGreaterThan(2);
  for (const other of others) {
    expect(other.asked).toEqual(first!.asked);
    expect(other.faults).toEqual(first!.faults);
    expect(other.digest).not.toBe(first!.digest);
  }
});

it("another seed asks something else at other times", () => {
  const one = watch(specOf());
  const two = watch({ ...specOf(), seed: 6 });
  expect(two.asked).not.toEqual(one.asked);
  expect(two.faults).not.toEqual(one.faults);
});

it("a stream that nobody else uses, a workload or a fault more changes nothing of the others", () => {
  const spec = specOf();
  const base = watch(spec);
  const unused = watch(spec, (of, servers, stream) => {
    for (let i = 0; i < 10; i += 1) stream("nobody's").uniform();
    return partsOf()(of, servers, stream);
  });
  expect(unused.digest).toBe(base.digest);
  const more = watch({
    ...spec,
    workload: [load({ name: "audit", arrivals: { kind: "poisson", rate: 20 }, value: constant(77_777) }), ...spec.workload],
  });
  expect(more.asked.filter((line) => !line.endsWith(" 77777") && !isExtra(line, base.asked))).toEqual(base.asked);
  expect(more.faults).toEqual(base.faults);
  const cut = {
    ...fault({ kind: "cut", from: [{ kind: "server", server: 0 }], to: "rest", oneWay: false }, ms(500), ms(200)),
    name: "a cut",
  };
  const struck = watch({ ...spec, faults: [cut, ...spec.faults] });
  expect(struck.asked).toEqual(base.asked);
  expect(struck.faults.filter((line) => !/^(500000 start|700000 end)/.test(line))).toEqual(base.faults);
});

/** A line that the other run does not have at all: reads of the workload that was added carry no value. */
const isExtra = (line: string, lines: readonly string[]): boolean => !lines.includes(line);

it("the order of faults and the name of a strategy, scenario or fault's label change no digest", () => {
  const spec = specOf();
  const cuts = [300, 900].map((at) => ({
    ...fault({ kind: "cut", from: [{ kind: "server", server: 0 }], to: "rest", oneWay: false }, ms(at), ms(200)),
    name: `cut ${at}`,
  }));
  const base = watch({ ...spec, faults: [...cuts, ...spec.faults] });
  const turned = watch({ ...spec, strategy: "renamed", scenario: "renamed", repeat: 7, faults: [...spec.faults, ...[...cuts].reverse()] });
  expect(turned.digest).toBe(base.digest);
});

it("a run leaves the same record twice, and traces and checkpoints do not change it", () => {
  const spec = specOf();
  const plain = simulate(spec, partsOf());
  let lines = 0;
  let hash = "";
  const traced = simulate(spec, partsOf(), { trace: () => (lines += 1), checkpointEvery: 1_000, checkpoint: (_, at) => (hash = at) });
  expect(JSON.stringify(traced)).toBe(JSON.stringify(plain));
  expect(lines).toBeGreaterThan(5_000);
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
});
