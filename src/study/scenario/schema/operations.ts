/** Planned operations: when, what, how fast and how. */
import { z } from "zod";
import { SERVERS_MOST } from "./cluster.ts";
import { bandwidth, count, durations, text } from "./fields.ts";
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

/** Operations of later issues. */
const LATER = ["switchover", "drain", "rebalance", "backup", "restore", "config"];

export const OPERATION_KINDS = ["add", "remove", "reshard"] as const;

export const operationSchema = section(
  {
    at: durations().optional().describe("When, after the start of measured time; drawn per repeat if it is a distribution."),
    add: add.optional().describe("Servers join: `4 servers`, dealt evenly over zones, or `4 servers in zone a`. They stand idle before."),
    remove: remove.optional().describe("A server leaves, as planned: `server 7`."),
    reshard: reshard.optional().describe("The keys are divided anew."),
    throttle: throttleField(),
    cutover: cutoverField(),
    label: text().optional().describe("A name for people; results do not depend on it."),
  },
  LATER,
);

export type RawOperation = z.output<typeof operationSchema>;

