/**
 * What simultaneous failures lose: the chance that some shard has all its replicas among so many servers that failed at once,
 * for placements that the placement parts made. Cidon et al., "Copysets: Reducing the Frequency of Data Loss in Cloud
 * Storage", USENIX ATC 2013: 1 % of 5,000 servers do not come back after a power outage.
 */
import { assert } from "../../base/assert.ts";
import { serverId, shardId } from "../../base/ids.ts";
import type { Random } from "../../base/random.ts";
import { createStreams } from "../../simulator/kernel/random.ts";
import { REGISTRY } from "../../simulator/strategies/registry.ts";
import { byStandardError, type Claim, exactly, meanOf, shown, type VerifyCase } from "./case.ts";
import { noneClose } from "./scan.ts";
import { readSettings, type Setting } from "./settings.ts";
import type { Topic } from "./topic.ts";

const SETTINGS: readonly Setting[] = [
  { name: "servers", default: "5000", what: "servers, 10 to 5000", kind: "count", min: 10, max: 5000 },
  { name: "replicas", default: "3", what: "replicas of each chunk, 2 to 4", kind: "count", min: 2, max: 4 },
  {
    name: "scatter",
    default: "2,10",
    what: "scatter widths, below the number of servers; several with commas",
    kind: "counts",
    min: 1,
    max: 4999,
  },
  { name: "failed", default: "50", what: "servers that fail at once, at least as many as replicas", kind: "count", min: 2, max: 5000 },
  { name: "chunks", default: "275k", what: "chunks placed (a shard each), 1000 to 2M", kind: "count", min: 1000, max: 2_000_000 },
];
/** Outages of each case; where loss is rare, twenty times as many. */
const RUNS = 5_000;
const SELDOM = 20;
/** Below this a chance is rare. */
const RARE = 0.05;
const CIDON = "Cidon et al., USENIX ATC 2013";
/** 8,000 chunks of each of 5,000 servers, in three copies. */
const RAMCLOUD_CHUNKS = 13_333_333;

interface Setup {
  readonly servers: number;
  readonly replicas: number;
  readonly failed: number;
  readonly chunks: number;
  readonly runs: number;
  readonly plant: boolean;
}

export const COPYSETS: Topic = {
  name: "copysets",
  summary: "chance that servers which fail at once hold all replicas of something, under placements that the parts made",
  settings: SETTINGS,
  runsLeast: 100,
  run: ({ set, runs = RUNS, plant, progress }): readonly VerifyCase[] => {
    const read = readSettings(SETTINGS, set);
    assert(read.ok, "settings were checked");
    const { number, list } = read.settings;
    const setup = {
      servers: number("servers"),
      replicas: number("replicas"),
      failed: number("failed"),
      chunks: number("chunks"),
      runs,
      plant,
    };
    // Bounds of one setting by another: what cannot be is left at its nearest.
    const possible = list("scatter").map((scatter) => Math.min(setup.servers - 1, Math.max(setup.replicas - 1, scatter)));
    const fitting = { ...setup, failed: Math.min(setup.servers, Math.max(setup.replicas, setup.failed)) };
    const works = [
      ...possible.map((scatter) => () => [...copysetCases(fitting, scatter), ...windowCases(fitting, scatter)]),
      () => randomCases(fitting),
    ];
    return works.flatMap((work, index) => {
      const found = work();
      progress?.(index + 1, works.length);
      return found;
    });
  },
};

/** P = ceil(S / (R - 1)) permutations of floor(N / R) sets. Planted: chunks anywhere. */
function copysetCases(setup: Setup, scatter: number): readonly VerifyCase[] {
  const { servers, replicas, failed, chunks, runs, plant } = setup;
  const placed = place(setup, plant ? "random" : "copysets", plant ? undefined : scatter);
  const permutations = Math.ceil(scatter / (replicas - 1));
  const sets = permutations * Math.floor(servers / replicas);
  // Chunks choose sets at random, so the last few of them may be in use by nobody; servers that no permutation took have one more.
  const most = sets + (servers % replicas);
  const unused = sets * Math.exp(-chunks / sets);
  const what = `copysets, ${servers} servers, ${replicas} replicas, scatter ${scatter}`;
  const q = lostSet(setup);
  const loss = outages(placed, setup, runs * SELDOM);
  const published =
    servers === 5000 && replicas === 3 && failed === 50 ? ({ 2: " (published: 0.15 %)", 10: " (published: 0.78 %)" }[scatter] ?? "") : "";
  return [
    exactly({ case: `${what}: sets in use`, source: `${CIDON}, section 3: P · floor(N / R)`, predicted: sets, n: chunks }, placed.sets, {
      low: Math.floor(sets - unused - 4 * Math.sqrt(unused) - 1),
      high: most,
    }),
    chanceCase(
      {
        case: `${what}: chance of loss when ${failed} fail`,
        source: `exact for independent permutations; ${CIDON}: 1 - (1 - C(F, R) / C(N, R))^sets = ${Number((1 - power(1 - q, sets)).toPrecision(3))}${published}`,
        predicted: 1 - power(noneWhole(setup), permutations) * power(1 - q, Math.min(servers % replicas, Math.max(0, placed.sets - sets))),
        n: runs * SELDOM,
      },
      loss.chance,
    ),
  ];
}

/** Every set of a server and R - 1 of those that follow it. Planted: copysets. */
function windowCases(setup: Setup, scatter: number): readonly VerifyCase[] {
  const { servers, replicas, failed, chunks, runs, plant } = setup;
  const sets = servers * choose(scatter, replicas - 1);
  const what = `random, ${servers} servers, ${replicas} replicas, scatter ${scatter}`;
  const canBeExact = replicas <= 3 && scatter <= 12 && 2 * scatter < servers;
  // Where few chunks leave many sets empty, the exact chance is not that of the placement.
  if (!canBeExact || chunks < 4 * sets) {
    const placed = place({ ...setup, plant }, plant ? "copysets" : "random", scatter);
    const seen = sets * (1 - Math.exp(-chunks / sets));
    const error = Math.sqrt(sets * Math.exp(-chunks / sets));
    if (2 * scatter >= servers) return [];
    return [
      byStandardError(
        { case: `${what}: sets in use`, source: "N · C(S, R - 1) sets, each chunk in a random one", predicted: seen, n: chunks },
        placed.sets,
        error,
      ),
    ];
  }
  const placed = place(setup, plant ? "copysets" : "random", scatter);
  const predicted = 1 - noneClose({ places: servers, failed, replicas, width: scatter });
  const count = predicted < RARE ? runs * SELDOM : runs;
  const loss = outages(placed, setup, count);
  return [
    chanceCase(
      {
        case: `${what}: chance of loss when ${failed} fail`,
        source: "exact: no R failures within S of the first on a circle",
        predicted,
        n: count,
        note: "sets that share servers are lost together, so less often than as many independent ones",
      },
      loss.chance,
    ),
  ];
}

/** Chunks anywhere: as many independent sets as there are chunks. Planted: copysets; and ten more servers that fail. */
function randomCases(setup: Setup): readonly VerifyCase[] {
  const { servers, replicas, failed, chunks, runs, plant } = setup;
  const placed = place(setup, plant ? "copysets" : "random", undefined);
  const q = lostSet(setup);
  const loss = outages(placed, setup, runs);
  const share = plant ? outages(place(setup, "random", undefined), { ...setup, failed: Math.min(servers, failed + 10) }, runs) : loss;
  const isPaper = servers === 5000 && replicas === 3 && failed === 50;
  const published = isPaper && chunks === 275_000 ? " (published for the sets of scatter 10: 22.8 %)" : "";
  const what = `random, ${servers} servers, ${replicas} replicas, ${chunks} chunks anywhere`;
  const cases = [
    chanceCase(
      {
        case: `${what}: chance of loss when ${failed} fail`,
        source: `${CIDON}: 1 - (1 - C(F, R) / C(N, R))^chunks${published}`,
        predicted: 1 - power(1 - q, chunks),
        n: runs,
      },
      loss.chance,
    ),
    byStandardError(
      {
        case: `${what}: share of chunks lost when ${failed} fail`,
        source: "C(F, R) / C(N, R), whatever the placement",
        predicted: q,
        n: runs,
      },
      share.share,
      share.shareError,
    ),
  ];
  if (!isPaper || plant) return cases;
  const ramcloud = 1 - Math.exp(-loss.share * RAMCLOUD_CHUNKS);
  return [
    ...cases,
    shown(
      {
        case: `random, ${RAMCLOUD_CHUNKS} chunks (RAMCloud): chance of loss, from the share above`,
        source: `${CIDON}, abstract: 99.99 %`,
        predicted: 0.9999,
        n: runs,
        note: "chunks a server are from memory",
      },
      ramcloud,
    ),
  ];
}

/** A share of independent outages, with the error that the prediction leaves it: none lost, or all, would have none of its own. */
const chanceCase = (claim: Claim, chance: number): VerifyCase =>
  byStandardError(claim, chance, Math.sqrt((claim.predicted * (1 - claim.predicted)) / claim.n));

interface Placed {
  /** Different sets of servers that hold something. */
  readonly sets: number;
  /** Sets by their least server: those of server s are from `starts[s]` to `starts[s + 1]`, R - 1 others of each in `others`. */
  readonly starts: Int32Array;
  readonly others: Int32Array;
  /** Chunks in each. */
  readonly chunks: Int32Array;
}

/** Lets a placement part place the chunks, one a shard, and sorts what it made. */
function place({ servers, replicas, chunks }: Setup, rule: "copysets" | "random", scatter: number | undefined): Placed {
  const places = Array.from({ length: servers }, (_, id) => ({
    id: serverId(id),
    name: `server ${id}`,
    rack: "r",
    zone: "z",
    region: "g",
    weight: 1,
  }));
  const { stream } = createStreams(1);
  const context = { servers: places, shards: chunks, prefersPrimary: undefined, overServers: false, random: stream };
  const part = REGISTRY.placement[rule].create({ scatter, domain: "server" }, context);
  const counts = new Map<number, number>();
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const list = [...part.serversOf(shardId(chunk), replicas)].sort((a, b) => a - b);
    // At most 5000^4, which a double holds.
    const name = list.reduce<number>((sum, server) => sum * servers + server, 0);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const names = [...counts.keys()].sort((a, b) => a - b);
  const starts = new Int32Array(servers + 1);
  const others = new Int32Array(names.length * (replicas - 1));
  for (const [set, name] of names.entries()) {
    let rest = name;
    for (let at = replicas - 2; at >= 0; at -= 1) {
      others[set * (replicas - 1) + at] = rest % servers;
      rest = Math.floor(rest / servers);
    }
    starts[rest + 1] = starts[rest + 1]! + 1;
  }
  for (let server = 0; server < servers; server += 1) starts[server + 1] = starts[server + 1]! + starts[server]!;
  return { sets: names.length, starts, others, chunks: Int32Array.from(names, (name) => counts.get(name)!) };
}

interface Outages {
  /** Share of outages that lost something, and of chunks lost in an outage. */
  readonly chance: number;
  readonly share: number;
  readonly shareError: number;
}

/** Lets random servers fail, so many at once, again and again. */
function outages({ starts, others, chunks }: Placed, { servers, replicas, failed, chunks: total }: Setup, runs: number): Outages {
  const { stream } = createStreams(2);
  const draws = stream("outages");
  const order = Int32Array.from({ length: servers }, (_, server) => server);
  const isDown = new Uint8Array(servers);
  const lost: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    drawFirst(order, failed, draws);
    for (let i = 0; i < failed; i += 1) isDown[order[i]!] = 1;
    let gone = 0;
    for (let i = 0; i < failed; i += 1) {
      const server = order[i]!;
      for (let set = starts[server]!; set < starts[server + 1]!; set += 1) {
        let down = 0;
        while (down < replicas - 1 && isDown[others[set * (replicas - 1) + down]!] === 1) down += 1;
        if (down === replicas - 1) gone += chunks[set]!;
      }
    }
    for (let i = 0; i < failed; i += 1) isDown[order[i]!] = 0;
    lost.push(gone);
  }
  const chance = lost.filter((gone) => gone > 0).length / runs;
  const share = meanOf(lost.map((gone) => gone / total));
  return { chance, share: share.value, shareError: share.standardError };
}

/** Brings a random choice of `count` to the front. */
function drawFirst(order: Int32Array, count: number, draws: Random): void {
  for (let i = 0; i < count; i += 1) {
    const other = i + draws.below(order.length - i);
    const held = order[i]!;
    order[i] = order[other]!;
    order[other] = held;
  }
}

/** C(F, R) / C(N, R): the chance that one set is lost. */
function lostSet({ servers, replicas, failed }: Setup): number {
  let chance = 1;
  for (let i = 0; i < replicas; i += 1) chance *= (failed - i) / (servers - i);
  return chance;
}

/** The chance that no group of one permutation has failed whole: group by group, as drawing without replacement fills them. */
function noneWhole({ servers, replicas, failed }: Setup): number {
  let chances = new Float64Array(failed + 1);
  chances[0] = 1;
  for (let group = 0; group < Math.floor(servers / replicas); group += 1) {
    const next = new Float64Array(failed + 1);
    const left = servers - group * replicas;
    for (let used = 0; used <= failed; used += 1) {
      if (chances[used] === 0) continue;
      for (let here = 0; here < replicas && used + here <= failed; here += 1) {
        const down = failed - used;
        if (replicas - here > left - down) continue;
        // C(down, here) C(left - down, R - here) / C(left, R)
        const ways = (choose(down, here) * choose(left - down, replicas - here)) / choose(left, replicas);
        next[used + here] = next[used + here]! + chances[used]! * ways;
      }
    }
    chances = next;
  }
  // Servers outside the groups take the failures that are left.
  return chances.reduce((sum, chance) => sum + chance, 0);
}

const choose = (n: number, k: number): number =>
  Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((product, x) => product * x, 1);
const power = (base: number, exponent: number): number => Math.exp(exponent * Math.log(base));
