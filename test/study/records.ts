/** Records made by hand, for tests of whatever comes after a run. Every field is overridable; the default run is healthy. */
import type { Fact } from "../../src/simulator/record/fact.ts";
import { type HistogramData, createHistogram } from "../../src/simulator/record/histogram.ts";
import type {
  DataAudit,
  OperationRecord,
  Outage,
  Phases,
  RequestAudit,
  RunHeader,
  RunRecord,
  Windows,
} from "../../src/simulator/record/record.ts";

export interface RecordOverrides extends Partial<Omit<RunRecord, "header" | "data" | "requests" | "windows">> {
  readonly header?: Partial<RunHeader>;
  readonly data?: Partial<DataAudit>;
  readonly requests?: Partial<RequestAudit>;
  readonly windows?: Partial<Windows>;
}

const SECOND = 1_000_000;

/** A run of 60 s with windows of 10 s, two shards on three servers of two cores, one vantage `web/a`, one second of settling. */
export function makeRecord(overrides: RecordOverrides = {}): RunRecord {
  const header: RunHeader = {
    scenario: "by-hand",
    strategy: "sync",
    seed: 1,
    repeat: 0,
    version: "0.0.0",
    key: "0000000000000000",
    warmup: 5 * SECOND,
    duration: 60 * SECOND,
    settle: SECOND,
    slow: SECOND / 2,
    shards: 2,
    servers: ["a", "b", "c"].map((zone) => ({ name: `${zone}1`, zone, region: "eu", cores: 2 })),
    vantages: ["web/a"],
    singleOrder: true,
    ...overrides.header,
  };
  return {
    facts: [],
    outages: [],
    touched: [],
    operations: [makeOperation()],
    network: { messages: 1_000, bytes: 100_000 },
    storageBytes: 3_000_000,
    hostTime: 3 * header.duration,
    writableShare: 1,
    reductions: [],
    endedAt: header.duration + header.settle,
    quiescent: true,
    digest: "0000000000000000",
    ...overrides,
    header,
    windows: makeWindows(header, overrides.windows),
    data: { ...HEALTHY_DATA, ...overrides.data },
    requests: { issued: 600, endedOnce: 600, endedTwice: 0, neverEnded: 0, ...overrides.requests },
  };
}

/** As many runs of one strategy as there are overrides, repeats counted from 0, seeds alike for every strategy. */
export function makeRecords(strategy: string, overrides: readonly RecordOverrides[]): readonly RunRecord[] {
  return overrides.map((one, repeat) =>
    makeRecord({ ...one, header: { strategy, seed: 100 + repeat, repeat, key: `${strategy}-${repeat}`, ...one.header } }),
  );
}

const HEALTHY_DATA: DataAudit = {
  acknowledged: 300,
  lossWrites: 0,
  lossVisible: 0,
  lossBytes: 0,
  lossSpan: 0,
  resurrectedKeys: 0,
  phantomWrites: 0,
  duplicatedWrites: 0,
  ambiguousWrites: 0,
  ambiguousPresent: 0,
  staleReads: 0,
  staleAge: histogram([]),
  splitBrainWrites: 0,
  splitBrainSpan: 0,
  divergedReplicas: 0,
  comparedReplicas: 6,
};

/** 300 reads from `web/a`, all answered well in 1 ms. */
export function makeOperation(overrides: Partial<OperationRecord> = {}): OperationRecord {
  return {
    operation: "read",
    vantage: "web/a",
    issued: 300,
    good: 300,
    refused: 0,
    ambiguous: 0,
    attempts: 300,
    latency: histogram(new Array<number>(300).fill(1_000)),
    ...overrides,
  };
}

/** Even load: every server and shard alike in every window, half of the cores' time busy. */
function makeWindows(header: RunHeader, overrides: Partial<Windows> = {}): Windows {
  const width = 10 * SECOND;
  const count = Math.ceil(header.duration / width);
  const cells = (perWindow: number, each: number): readonly number[] => new Array<number>(count * perWindow).fill(each);
  const [servers, shards] = [header.servers.length, header.shards];
  return {
    width,
    count,
    serverRequests: cells(servers, 10),
    serverBytes: cells(servers, 1_000),
    serverBusy: cells(servers, 10 * SECOND),
    shardRequests: cells(shards, 15),
    shardBytes: cells(shards, 1_500),
    shardBusy: cells(shards, 15 * SECOND),
    serverKeys: cells(servers, 200),
    shardKeys: cells(shards, 100),
    issued: cells(1, 50),
    good: cells(1, 50),
    latency: [
      { operation: "read", windows: Array.from({ length: count }, (): HistogramData => histogram(new Array<number>(50).fill(1_000))) },
    ],
    shardReadTime: cells(shards, 0)
      .slice(0, shards)
      .map(() => 150_000),
    shardReads: new Array<number>(shards).fill(150),
    ...overrides,
  };
}

/** A histogram of these values. */
export function histogram(values: readonly number[]): HistogramData {
  const filled = createHistogram();
  for (const value of values) filled.record(value);
  return filled.encode();
}

const NO_PHASES: Phases = { detection: 0, decision: 0, promotion: 0, publication: 0, reconnection: 0, return: 0 };

/** An outage of shard 0 seen from `web/a`, by failover, `length` microseconds from 20 s on, all of it detection. */
export function makeOutage(length: number, overrides: Partial<Outage> = {}): Outage {
  const openedAt = overrides.openedAt ?? 20 * SECOND;
  return {
    shard: 0,
    vantage: "web/a",
    causes: ["hostDeath primary of shard 0"],
    ended: "failover",
    openedAt,
    closedAt: openedAt + length,
    phases: { ...NO_PHASES, detection: overrides.ended === "open" ? 0 : length },
    isolated: false,
    elections: 0,
    lossWrites: 0,
    lossVisible: 0,
    lossSpan: 0,
    ...overrides,
  };
}

/** What makes a run one with an outage of `length` microseconds; 0 is a fault without an outage. */
export function recovered(length: number): RecordOverrides {
  return { touched: [{ shard: 0, vantage: "web/a", counts: true }], outages: length === 0 ? [] : [makeOutage(length)] };
}

/** What makes a run one that never recovered within its measured time. */
export function neverRecovered(atLeast = 40 * SECOND): RecordOverrides {
  return {
    touched: [{ shard: 0, vantage: "web/a", counts: true }],
    outages: [makeOutage(atLeast, { ended: "open", openedAt: 60 * SECOND - atLeast })],
  };
}

export function readyFact(overrides: Partial<Extract<Fact, { kind: "ready" }>> = {}): Fact {
  return {
    kind: "ready",
    at: 24 * SECOND,
    shard: 0,
    epoch: 2,
    server: 1,
    deposed: 0,
    deposedReachable: false,
    planned: false,
    ...overrides,
  };
}

export function mapFact(overrides: Partial<Extract<Fact, { kind: "map" }>> = {}): Fact {
  return { kind: "map", at: -5 * SECOND, shard: 0, epoch: 1, owner: 0, members: [0, 1, 2], ...overrides };
}
