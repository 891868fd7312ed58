/** The cluster: places, hosts, network, client groups. Defaults stand here, each with its reason. */
import { z } from "zod";
import { DRIFT_LEAST, DRIFT_MOST } from "../../../base/time.ts";
import { distributionRange } from "../../../simulator/kernel/moments.ts";
import { durationRangeField } from "../../../simulator/notation/fields.ts";
import { bandwidth, count, duration, durations, name, number, numbers, positiveDuration, share } from "./fields.ts";
import { checked, inShort, section } from "./shape.ts";

/** Beyond these a slip of the keyboard is likelier than a plan, and a run would need more memory than a machine has. */
export const SERVERS_MOST = 10_000;
const CORES_MOST = 1_024;
const HOSTS_MOST = 10_000;
const SHARDS_MOST = 100_000;
/** Where members of an epoch must be told apart there can be fewer. */
const REPLICAS_MOST = 1_000;

/** A clock that stands or runs backwards would never reach a timer; draws beyond the bounds of an unbounded distribution stay at them. */
const drift = checked(numbers(), (spec) => {
  const { from, to } = distributionRange(spec);
  const isWrong = (end: number): boolean => Number.isFinite(end) && (end < DRIFT_LEAST || end > DRIFT_MOST);
  return isWrong(from) || isWrong(to)
    ? { fault: "a clock cannot run so", mend: `write parts per million from ${DRIFT_LEAST} to ${DRIFT_MOST}; crystals drift by tens` }
    : undefined;
});

const speed = number({ min: 0.001, max: 1000 }).optional().describe("How fast a core is: demands take their time divided by this; default 1.");

/** Of one place: what is left out is as the cluster's `server` has it. Demands belong to requests and are the same everywhere: `speed` divides them. */
const ownServer = section(
  {
    cores: count({ min: 1, max: CORES_MOST }).optional().describe("Cores of each server here."),
    speed,
    queue: count().optional().describe("Requests that may wait for a core here."),
    fsync: durations().optional().describe("One flush of the log device here."),
    clock: section({
      offset: durations().optional().describe("Wall clock less true time, drawn per host."),
      drift: drift.optional().describe("Of both clocks, parts per million, drawn per host."),
    })
      .optional()
      .describe("How far the clocks of hosts here are from true time."),
  },
  ["service", "bandwidth"],
);
const weight = number({ min: 0.001, max: 1_000_000 })
  .optional()
  .describe("Share of the load that each server here should carry, relative to others; default 1. Schemes and placements that know weights go by it.");

const rack = inShort(
  count({ max: SERVERS_MOST }).describe("Servers in the rack."),
  section({
    servers: count({ max: SERVERS_MOST }).describe("Servers in the rack."),
    weight,
    server: ownServer.optional().describe("Servers of this rack, where they are not like the zone's."),
  }),
).transform((value) => (typeof value === "number" ? { servers: value } : value));

const racks = z.record(name("rack"), rack).describe("Named racks: servers of each, as 2 or { servers: 2, weight: 4 }.");

const zone = inShort(
  count({ max: SERVERS_MOST }).describe("Servers in the zone."),
  section({
    servers: count({ max: SERVERS_MOST }).default(0).describe("Servers outside the named racks."),
    racks: racks.prefault({}),
    weight,
    server: ownServer.optional().describe("Servers of this zone, where they are not like the cluster's."),
  }),
).transform((value) => (typeof value === "number" ? { servers: value, racks: {} } : value));

const region = section({
  zones: z.record(name("zone"), zone).describe("Zones by name: servers in each, as 4 or { servers: 2, racks: { r1: 2 } }."),
});

const service = section({
  // In-memory answers of about a millisecond with CPU-bound variation: the values of the format's first example.
  read: durations().prefault("exp(0.4ms)").describe("Demand of a read on one core."),
  write: durations().prefault("exp(0.8ms)").describe("Demand of a write on one core."),
  // Applying a decided entry parses and checks nothing: a quarter of a write.
  apply: durations().prefault("exp(0.2ms)").describe("Demand of one replicated entry at a standby."),
  // The next row of an index or a page that is there already: some microseconds in any engine.
  row: duration().prefault("5us").describe("Demand of each row beyond the first that a scan, find, join or multi-key read reads at one shard."),
});

const server = section({
  cores: count({ min: 1, max: CORES_MOST }).default(4).describe("Cores of each server."),
  speed,
  queue: count().default(1000).describe("Requests that may wait for a core; the next is answered `overloaded`."),
  service: service.prefault({}).describe("Demand of the operations."),
  // A data-centre SSD with power-loss protection, with its occasional slow flush.
  fsync: durations().prefault("lognormal(median 1ms p99 6ms)").describe("One flush of the log device."),
  volatileCache: duration()
    .optional()
    .describe("What the log device acknowledged in the last so long is in a volatile cache, and lost when its power goes (powerLoss); default: it has none."),
  bandwidth: bandwidth().prefault("10Gbps").describe("Of the network card, each direction."),
  clock: section({
    offset: durations().prefault("0ms").describe("Wall clock less true time, drawn per host."),
    drift: drift.prefault("0").describe("Of both clocks, parts per million, drawn per host; from -900000 (a tenth of true speed) to 1000000 (twice)."),
  })
    .prefault({})
    .describe("How far the clocks of a host are from true time."),
});

const network = section({
  sameHost: durations().prefault("20us").describe("One way between processes of one host."),
  // One-way figures of public clouds: about 0.25 ms inside a zone, 1 ms between zones of a region, 40 ms across an ocean's width of regions.
  sameZone: durations().prefault("0.25ms").describe("One way between hosts of one zone."),
  crossZone: durations().prefault("1ms").describe("One way between zones of one region."),
  crossRegion: durations().prefault("40ms").describe("One way between regions."),
  between: z
    .record(z.string(), durations())
    .prefault({})
    .describe("One-way latencies of named pairs: `a-b` both ways, `a>b` one way. Ends are regions, zones, racks, client groups, monitor, sentinel, metadata, router or servers."),
  loss: share().prefault("0%").describe("Share of messages that need a retransmission."),
  // Linux's minimum retransmission time-out (TCP_RTO_MIN).
  retransmission: positiveDuration().prefault("200ms").describe("After which a lost message is sent again; what a cut held back also waits for it."),
});

export const clientsSchema = section({
  name: name("client group").prefault("app").describe("Of the group; workloads and faults refer to it."),
  zones: z.array(name("zone")).min(1).optional().describe("Zones with hosts of the group; default: every zone that has servers."),
  hosts: count({ min: 1, max: HOSTS_MOST }).optional().describe("Hosts, dealt over the zones in turn; default: one per zone."),
});

export type RawClients = z.output<typeof clientsSchema>;

const metadataFields = section({
  cores: count({ min: 1, max: CORES_MOST }).default(2).describe("Cores of each metadata host."),
  queue: count().default(1000).describe("Requests that may wait there."),
  read: durations().prefault("0.2ms").describe("Demand of reading the map."),
  // A conditional write that must be durable: a flush of a good log device, and its commit about as long again.
  claim: durations().prefault("1ms").describe("Demand of claiming a shard's next epoch by compare-and-set."),
  commit: durations().prefault("1ms").describe("Demand of committing a new owner into the map."),
  election: durationRangeField().prefault("1s..2s").describe("Of a group of members: what Raft's election time-out is drawn from."),
  heartbeat: positiveDuration().prefault("100ms").describe("Of a group of members: pause between its leader's heartbeats."),
});
const metadata = checked(metadataFields, ({ election, heartbeat }) =>
  heartbeat < election.from
    ? undefined
    : {
        fault: "the heartbeat is no shorter than the shortest election time-out: members would give up a live leader",
        mend: "write a heartbeat of a tenth of the shortest election time-out, say",
      },
);

export const clusterSchema = section({
  // One zone of three servers: the smallest cluster in which three replicas make sense.
  regions: z.record(name("region"), region).prefault({ local: { zones: { a: 3 } } }).describe("Regions by name."),
  shards: count({ min: 1, max: SHARDS_MOST }).default(16).describe("Shards into which the keys are divided."),
  // What nearly every replicated system is run with.
  replicas: count({ min: 1, max: REPLICAS_MOST }).default(3).describe("Copies of each shard, the primary's included."),
  server: server.prefault({}).describe("Every server."),
  network: network.prefault({}).describe("Latencies and losses."),
  clients: z.array(clientsSchema).prefault([{}]).describe("Groups of client hosts."),
  metadata: metadata.prefault({}).describe("The metadata service."),
});

export type RawCluster = z.output<typeof clusterSchema>;
