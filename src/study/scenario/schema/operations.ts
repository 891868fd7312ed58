/** Planned operations: when, what, how fast and how. */
import { z } from "zod";
import type { LocationSpec } from "../../../simulator/cluster/spec.ts";
import { SERVERS_MOST } from "./cluster.ts";
import { bandwidth, count, durations, positiveDuration, text } from "./fields.ts";
import { report } from "./report.ts";
import { section, word } from "./shape.ts";

export interface RawAdd {
  readonly servers: number;
  /** Zone that all of them stand in; undefined: dealt evenly. */
  readonly zone: string | undefined;
}

const add = z
  .string()
  .transform((given, context): RawAdd => {
    const [, servers, , zone] = /^\s*(\d{1,6})\s+servers?(\s+in\s+zone\s+(\S+))?\s*$/u.exec(given) ?? [];
    if (servers !== undefined && Number(servers) > SERVERS_MOST) {
      report(context, { fault: `${servers} servers are more than ${SERVERS_MOST}`, mend: `write ${SERVERS_MOST} or fewer` });
      return z.NEVER;
    }
    if (servers !== undefined) return { servers: Number(servers), zone };
    report(context, { fault: `"${given}" is not a number of servers`, mend: "write add: 4 servers, or add: 4 servers in zone a" });
    return z.NEVER;
  })
  .meta({ pattern: "^\\s*\\d+\\s+servers?(\\s+in\\s+zone\\s+\\S+)?\\s*$" });

const remove = z
  .string()
  .transform((given, context): number => {
    const [, server] = /^\s*server\s+(\d{1,9})\s*$/u.exec(given) ?? [];
    if (server !== undefined) return Number(server);
    report(context, { fault: `"${given}" is not a server`, mend: "write remove: server 7" });
    return z.NEVER;
  })
  .meta({ pattern: "^\\s*server\\s+\\d+\\s*$" });

const reshard = section({
  databases: count({ min: 1, max: 65_536 }).optional().describe("Of databaseTable: so many databases, tables in each as before."),
  shards: count({ min: 1, max: 65_536 }).optional().describe("So many shards."),
});

const CUTOVERS = ["forwarding", "dualWrite", "freeze"] as const;

export const throttleField = () =>
  bandwidth().optional().describe("Bytes per second that one copy may use at most; default: what the network shares out.");
export const cutoverField = () =>
  word(CUTOVERS)
    .default("forwarding")
    .describe(
      "Writes while a primary hands over: they wait there and are sent on (forwarding), the same and before that each is acknowledged by both places (dualWrite), or they are refused (freeze).",
    );

/** Whose primaries change: one shard's, all, or those that are in a place. */
export type RawSwitchover =
  | { readonly kind: "shard"; readonly shard: number }
  | { readonly kind: "server"; readonly server: number }
  | { readonly kind: "location"; readonly location: LocationSpec }
  | { readonly kind: "all" };

const switchover = z
  .string()
  .transform((given, context): RawSwitchover => {
    const words = given.trim().split(/\s+/u).join(" ");
    if (words === "primaries") return { kind: "all" };
    const [, shard] = /^primary of shard (\d{1,9})$/u.exec(words) ?? [];
    if (shard !== undefined) return { kind: "shard", shard: Number(shard) };
    const [, server] = /^primaries of server (\d{1,9})$/u.exec(words) ?? [];
    if (server !== undefined) return { kind: "server", server: Number(server) };
    const [, kind, name] = /^primaries of (zone|rack|region) (\S+)$/u.exec(words) ?? [];
    if (kind !== undefined && name !== undefined) return { kind: "location", location: { kind: kind as LocationSpec["kind"], name } };
    report(context, { fault: `"${given}" names no primary`, mend: "write primary of shard 0, primaries, primaries of server 3, or primaries of zone a" });
    return z.NEVER;
  })
  .meta({ pattern: "^\\s*(primary\\s+of\\s+shard\\s+\\d+|primaries(\\s+of\\s+(server\\s+\\d+|(zone|rack|region)\\s+\\S+))?)\\s*$" });

/** Who is to take over. */
export type RawSuccessor = { readonly kind: "server"; readonly server: number } | { readonly kind: "standby"; readonly ordinal: number; readonly shard: number };

const successor = z
  .string()
  .transform((given, context): RawSuccessor => {
    const words = given.trim().split(/\s+/u).join(" ");
    const [, server] = /^server (\d{1,9})$/u.exec(words) ?? [];
    if (server !== undefined) return { kind: "server", server: Number(server) };
    const [, ordinal, shard] = /^standby (\d{1,3}) of shard (\d{1,9})$/u.exec(words) ?? [];
    if (ordinal !== undefined && shard !== undefined) return { kind: "standby", ordinal: Number(ordinal), shard: Number(shard) };
    report(context, { fault: `"${given}" names no successor`, mend: "write server 3, or standby 1 of shard 0" });
    return z.NEVER;
  })
  .meta({ pattern: "^\\s*(server\\s+\\d+|standby\\s+\\d+\\s+of\\s+shard\\s+\\d+)\\s*$" });

/** Operations of later issues. */
const LATER = ["drain", "rebalance", "backup", "restore", "config"];

export const OPERATION_KINDS = ["add", "remove", "reshard", "switchover"] as const;

export const operationSchema = section(
  {
    at: durations().optional().describe("When, after the start of measured time; drawn per repeat if it is a distribution."),
    add: add.optional().describe("Servers join: `4 servers`, dealt evenly over zones, or `4 servers in zone a`. They stand idle before."),
    remove: remove.optional().describe("A server leaves, as planned: `server 7`."),
    reshard: reshard.optional().describe("The keys are divided anew."),
    switchover: switchover
      .optional()
      .describe("A standby takes over as planned, losing nothing: of `primary of shard 0`, of all `primaries`, or of `primaries of server 3` (or of a zone, rack, region), which go elsewhere."),
    to: successor.optional().describe("Of a switchover: who takes over, `server 3` or `standby 1 of shard 0`; default: the standby that has most, of those that answer."),
    within: positiveDuration()
      .prefault("10s")
      .describe("Of a switchover: if the successor has not everything by then, it is given up, and the old primary goes on."),
    throttle: throttleField(),
    cutover: cutoverField(),
    label: text().optional().describe("A name for people; results do not depend on it."),
  },
  LATER,
);

export type RawOperation = z.output<typeof operationSchema>;

