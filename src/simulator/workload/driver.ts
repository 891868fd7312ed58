/**
 * What the clients of one workload ask: when, what, of which key, how large, at what service demand. Every draw belongs
 * to the operation and comes from the workload's own streams, so all strategies and all retries meet the same request.
 */
import { fail } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import { compileDistribution, type Sampler } from "../kernel/distributions.ts";
import type { DistributionSpec } from "../kernel/distribution-spec.ts";
import { createArrivals, meanRate } from "./arrivals.ts";
import { createKeyChooser, type KeyTable } from "./keys.ts";
import type { ByteSource } from "./trace/bytes.ts";
import { createTraceReplay, type TraceReplay } from "./trace/replay.ts";
import { OPERATIONS, type WorkloadSpec } from "./workload.ts";

/** The next operation, in an object that is reused. */
export interface Drawn {
  kind: number;
  key: number;
  /** Bytes of the value that it writes, none for reads and deletes; and of its key, where the workload says. */
  bytes: number;
  readDemand: number;
  writeDemand: number;
  /** Of a scan the rows that it wants, of a find the value that it looks for, of a multi-key read the number of `keys`. */
  count: number;
  keys: Int32Array;
}

export interface WorkloadDriver {
  readonly spec: WorkloadSpec;
  /** Microseconds to the next arrival of an open loop. */
  readonly gap: () => number;
  /** Think time of one closed-loop client. */
  readonly think: (client: number) => number;
  /** From the answer that this workload follows to its own operation. */
  readonly delay: () => number;
  /** Drawn at an instant of measured time, negative in the warm-up; of this key, where one is given (else -1). */
  readonly draw: (at: number, key?: number) => Drawn;
  /** Which of so many client hosts asks. */
  readonly host: (hosts: number) => number;
}

export interface ServiceDemands {
  readonly read: DistributionSpec;
  readonly write: DistributionSpec;
}

/** Numbers of kinds, as `OPERATIONS` has them. */
const READ = 0;
const READ_MODIFY_WRITE = 3;
const SCAN = 5;
const FIND = 6;
const MULTI_READ = 8;
const ONE: DistributionSpec = { kind: "constant", value: 1 };
/** Draws for each key of a multi-key read: skewed choices give the same again and again. */
const TRIES_PER_KEY = 50;

/** What a driver must know of the run that it draws for. */
export interface DriverMore {
  /** How long it will be asked for, in microseconds: warm-up and measured time. */
  readonly length: number;
  /** How many values the column has that the workload's finds name; 1 if left out. */
  readonly distinct?: number;
  /** The bytes of a trace by the name that the scenario gives it. */
  readonly openTrace?: (file: string) => ByteSource;
}

function grown(array: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length);
  larger.set(array);
  return larger;
}

export function createWorkloadDriver(
  spec: WorkloadSpec,
  table: KeyTable,
  service: ServiceDemands,
  stream: (name: string) => Random,
  { length, distinct = 1, openTrace }: DriverMore,
): WorkloadDriver {
  const named = (purpose: string): Random => stream(`workload/${spec.name}/${purpose}`);
  const mix = named("mix");
  const replay = replayOf(spec, table.rows(), openTrace);
  const keys = createKeyChooser(spec.keys, table, named, { expectedInserts: expectedInserts(spec, table.rows(), length) });
  const values = named("values");
  const keySizes = named("key sizes");
  const demands = named("demands");
  const hosts = named("hosts");
  const value = compileDistribution(spec.value, "size");
  const inserted = spec.inserted === undefined ? value : compileDistribution(spec.inserted, "size");
  const keySize = spec.key === undefined ? undefined : compileDistribution(spec.key, "size");
  const read = compileDistribution(service.read);
  const write = compileDistribution(service.write);
  const thinks: Random[] = [];
  const think: Sampler | undefined = spec.arrivals.kind === "closed" ? compileDistribution(spec.arrivals.think) : undefined;
  const delays = named("delays");
  const delay: Sampler | undefined = spec.arrivals.kind === "following" ? compileDistribution(spec.arrivals.delay) : undefined;
  const shares = OPERATIONS.map((operation) => spec.mix[operation] ?? 0);
  const drawn: Drawn = { kind: 0, key: 0, bytes: 0, readDemand: 0, writeDemand: 0, count: 0, keys: new Int32Array(16) };
  const spreads = named("keys of an operation");
  const scanned = compileDistribution(spec.scan?.length ?? ONE, "size");
  const together = compileDistribution(spec.multiRead?.keys ?? ONE, "size");

  /** By key: the operation on several keys that last named it. */
  let namedIn = new Float64Array(256);
  let round = 0;

  /** Other keys beside the first, as the workload chooses them; where it cannot find so many different ones, fewer. */
  function drawKeys(wanted: number, at: number): void {
    round += 1;
    if (drawn.key >= namedIn.length) namedIn = grown(namedIn, Math.max(drawn.key + 1, 2 * namedIn.length));
    namedIn[drawn.key] = round;
    drawn.keys[0] = drawn.key;
    drawn.count = 1;
    for (let tries = 0; drawn.count < wanted && tries < TRIES_PER_KEY * wanted; tries += 1) {
      const key = keys(at);
      if (key >= namedIn.length) namedIn = grown(namedIn, Math.max(key + 1, 2 * namedIn.length));
      if (namedIn[key] === round) continue;
      namedIn[key] = round;
      if (drawn.count === drawn.keys.length) {
        const larger = new Int32Array(2 * drawn.count);
        larger.set(drawn.keys);
        drawn.keys = larger;
      }
      drawn.keys[drawn.count] = key;
      drawn.count += 1;
    }
  }

  return {
    spec,
    gap: replay?.gap ?? createArrivals(spec.arrivals, named),
    think: (client) => {
      const random = (thinks[client] ??= named(`client ${client}/think`));
      return think === undefined ? 0 : Math.max(0, think(random));
    },
    delay: () => (delay === undefined ? 0 : delay(delays)),
    draw: (at, key = -1) => {
      const kind = replay === undefined ? drawKind() : replay.due.kind;
      drawn.kind = kind;
      const reads = kind === READ || kind === READ_MODIFY_WRITE;
      const writes = kind !== READ && kind < SCAN;
      drawn.key = replay !== undefined ? table.keyOf(replay.due.row) : kind === 2 ? table.insert() : key >= 0 ? key : keys(at);
      const recorded = replay?.due.size ?? -1;
      drawn.bytes = writes && kind !== 4 ? (recorded >= 0 ? recorded : kind === 2 ? inserted(values) : value(values)) : 0;
      if (keySize !== undefined) drawn.bytes += keySize(keySizes);
      drawn.readDemand = reads ? read(demands) : 0;
      drawn.writeDemand = writes ? write(demands) : 0;
      if (kind === SCAN) drawn.count = Math.max(1, scanned(spreads));
      if (kind === FIND) drawn.count = spreads.below(distinct);
      if (kind === MULTI_READ) drawKeys(Math.min(table.rows(), Math.max(1, together(spreads))), at);
      return drawn;
    },
    // Whoever asked in a trace asks from the same host each time.
    host: (count) => (count === 1 ? 0 : replay !== undefined && replay.due.client >= 0 ? replay.due.client % count : hosts.below(count)),
  };

  function drawKind(): number {
    let left = mix.uniform();
    let kind = 0;
    for (; kind < shares.length - 1; kind += 1) {
      left -= shares[kind]!;
      if (left < 0) break;
    }
    while (shares[kind] === 0 && kind > 0) kind -= 1;
    return kind;
  }
}

function replayOf({ trace }: WorkloadSpec, rows: number, openTrace: DriverMore["openTrace"]): TraceReplay | undefined {
  if (trace === undefined) return undefined;
  if (openTrace === undefined) fail(`nobody can open the trace ${trace.file}`);
  return createTraceReplay(trace, openTrace(trace.file), rows);
}

/**
 * Inserts to be expected of a run. A closed loop's number of operations is its answers' affair: as many as there are rows
 * are taken, as in the files of YCSB's workloads (operationcount = recordcount).
 */
function expectedInserts({ arrivals, mix }: WorkloadSpec, rows: number, length: number): number {
  const isOpen = arrivals.kind !== "closed" && arrivals.kind !== "trace" && arrivals.kind !== "following";
  const operations = isOpen ? (meanRate(arrivals) * length) / 1_000_000 : rows;
  return operations * (mix.insert ?? 0);
}
