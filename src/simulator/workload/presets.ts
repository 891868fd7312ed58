/**
 * Published workloads by name: what a scenario's `preset:` stands for, each value with its source. Two families: YCSB's
 * core workloads, and published statistics of production caches. What a source does not give is said to be assumed.
 */
import type { DistributionSpec } from "../kernel/distribution-spec.ts";
import { TRACE_OPERATIONS } from "./trace/operations.ts";
import { TWITTER_CLUSTERS, type TwitterCluster } from "./twitter.ts";
import type { ArrivalsSpec, OperationKind, WorkloadSpec } from "./workload.ts";

export interface Preset extends Pick<WorkloadSpec, "mix" | "keys" | "value" | "inserted" | "key"> {
  readonly about: string;
  /** Where the source has them; a scenario's own take their place. */
  readonly arrivals?: ArrivalsSpec;
  /** What each value rests on. */
  readonly facts: readonly PresetFact[];
}

export interface PresetFact {
  readonly what: string;
  /** Read in the source itself, as another public document quotes it, worked out from published figures, or assumed by us. */
  readonly grade: "primary" | "secondary" | "computed" | "assumed";
  readonly source: string;
}

const bytes = (value: number): DistributionSpec => ({ kind: "constant", value });

const YCSB = "github.com/brianfrankcooper/YCSB at d9faaac";

/** One of YCSB's core workloads A to F (B. Cooper et al., "Benchmarking cloud serving systems with YCSB", SoCC 2010). */
function ycsb(letter: string, about: string, mix: Preset["mix"], keys: "ycsbScrambledZipfian" | "ycsbLatest"): Preset {
  return {
    about: `YCSB core workload ${letter.toUpperCase()}, "${about}"`,
    mix,
    keys: { kind: keys },
    value: bytes(100),
    inserted: bytes(1000),
    facts: [
      { what: "mix and distribution of requests", grade: "primary", source: `${YCSB}, workloads/workload${letter}` },
      {
        what: `keys by ${keys === "ycsbLatest" ? "SkewedLatestGenerator on AcknowledgedCounterGenerator" : "ScrambledZipfianGenerator over the rows and twice the inserts to be expected"}`,
        grade: "primary",
        source: `${YCSB}, CoreWorkload.java and generator/`,
      },
      {
        what: "an insert writes ten fields of 100 bytes, an update one of them (writeallfields is false)",
        grade: "primary",
        source: `${YCSB}, CoreWorkload.java`,
      },
    ],
  };
}

function shortRanges(): Preset {
  const made = ycsb("e", "short ranges", { scan: 0.95, insert: 0.05 }, "ycsbScrambledZipfian");
  const lengths: PresetFact = {
    what: "a scan wants 1 to 100 rows, all lengths alike (maxscanlength, scanlengthdistribution)",
    grade: "primary",
    source: `${YCSB}, workloads/workloade`,
  };
  const order: PresetFact = {
    what: "scans go by row number (insertorder ordered): with YCSB's hashed order neighbours would be other rows",
    grade: "assumed",
    source: "this format's rows are numbered",
  };
  return { ...made, facts: [...made.facts, lengths, order] };
}

/**
 * Atikoglu et al., "Workload analysis of a large-scale key-value store", SIGMETRICS 2012, pool ETC. Values of up to 14 bytes
 * have a probability each; the rest is a generalised Pareto above 15 bytes.
 */
const ETC_HEAD = [
  0.00536, 0.00047, 0.1782, 0.09239, 0.00018, 0.0274, 0.00065, 0.00606, 0.00023, 0.00837, 0.00837, 0.08989, 0.00092, 0.00326, 0.0198,
];
const ETC_PORTS =
  "github.com/leverich/mutilate at d65c6ef, Generator.cc, and PlatformLab/HomaSimulation at ab09ecb quote Atikoglu et al., SIGMETRICS 2012";

const facebookEtc: Preset = {
  about: "Facebook's Memcached pool ETC (general purpose), from Atikoglu et al. 2012",
  mix: { read: 30 / 31, update: 1 / 31 },
  keys: { kind: "zipf", exponent: 0.99 },
  value: {
    kind: "mixture",
    parts: [
      ...ETC_HEAD.map((weight, size) => ({ weight, of: bytes(size) })),
      {
        weight: 1 - ETC_HEAD.reduce((sum, weight) => sum + weight, 0),
        of: { kind: "gpareto", location: 15, scale: 214.476, shape: 0.348238 },
      },
    ],
  },
  key: { kind: "gev", location: 30.7984, scale: 8.20449, shape: 0.078688 },
  arrivals: { kind: "gaps", gap: { kind: "gpareto", location: 0, scale: 16.0292, shape: 0.154971 } },
  facts: [
    { what: "30 gets to 1 set", grade: "primary", source: "Atikoglu et al., SIGMETRICS 2012, abstract" },
    { what: "key sizes: extreme values, location 30.7984 B, scale 8.20449 B, shape 0.078688", grade: "secondary", source: ETC_PORTS },
    {
      what: "value sizes: 15 single sizes, then a generalised Pareto of scale 214.476 B and shape 0.348238",
      grade: "secondary",
      source: ETC_PORTS,
    },
    {
      what: "the Pareto begins at 15 B, where the single sizes end",
      grade: "secondary",
      source: "mutilate; the paper's own fit begins elsewhere",
    },
    {
      what: "gaps between arrivals: generalised Pareto of scale 16.0292 µs and shape 0.154971, 52,700 requests a second",
      grade: "secondary",
      source: ETC_PORTS,
    },
    { what: "popularity of keys: Zipf 0.99", grade: "assumed", source: "the paper gives no exponent; YCSB's is taken" },
  ],
};

function twitter({ cluster, key, value, kqps, alpha, operations }: TwitterCluster): Preset {
  const total = Object.values(operations).reduce((sum, share) => sum + share, 0);
  const mix: Partial<Record<OperationKind, number>> = {};
  for (const [operation, share] of Object.entries(operations)) {
    const kind = TRACE_OPERATIONS[operation]!;
    mix[kind] = (mix[kind] ?? 0) + share / total;
  }
  const table = "github.com/twitter/cache-trace at 1c50367, stat/2020Mar.md (CC-BY 4.0; Yang, Yue, Rashmi, OSDI 2020)";
  return {
    about: `Twitter's cache cluster ${cluster}, a week of March 2020`,
    mix,
    keys: alpha === undefined || alpha === 0 ? { kind: "uniform" } : { kind: "zipf", exponent: alpha },
    value: bytes(value),
    key: bytes(key),
    arrivals: { kind: "poisson", rate: kqps * 1000 },
    facts: [
      {
        what: `operations ${Object.entries(operations)
          .map(([name, share]) => `${name} ${Math.round(share * 100)}%`)
          .join(", ")}`,
        grade: "primary",
        source: table,
      },
      {
        what: "their shares made to sum to 100%; add, cas and prepend taken as updates, incr as read-modify-write",
        grade: "computed",
        source: table,
      },
      alpha === undefined
        ? { what: "keys uniform", grade: "assumed", source: "the table has no exponent for this cluster" }
        : { what: `popularity of keys: Zipf ${alpha}`, grade: "primary", source: `${table}, fitted by its authors` },
      { what: `mean sizes: key ${key} B, value ${value} B`, grade: "primary", source: table },
      { what: "all keys and values of their mean size", grade: "assumed", source: "the table gives means alone" },
      { what: `${kqps * 1000} requests a second`, grade: "primary", source: table },
      { what: "Poisson arrivals", grade: "assumed", source: "the table gives the rate alone" },
    ],
  };
}

const YCSB_PRESETS = {
  "ycsb-a": ycsb("a", "update heavy", { read: 0.5, update: 0.5 }, "ycsbScrambledZipfian"),
  "ycsb-b": ycsb("b", "read mostly", { read: 0.95, update: 0.05 }, "ycsbScrambledZipfian"),
  "ycsb-c": ycsb("c", "read only", { read: 1 }, "ycsbScrambledZipfian"),
  "ycsb-d": ycsb("d", "read latest", { read: 0.95, insert: 0.05 }, "ycsbLatest"),
  "ycsb-e": shortRanges(),
  "ycsb-f": ycsb("f", "read-modify-write", { read: 0.5, readModifyWrite: 0.5 }, "ycsbScrambledZipfian"),
} as const;

/** By name, in the order in which they are listed. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  ...YCSB_PRESETS,
  "facebook-etc": facebookEtc,
  ...Object.fromEntries(TWITTER_CLUSTERS.map((one) => [`twitter-${one.cluster}`, twitter(one)])),
};
