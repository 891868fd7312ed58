/** Outages as rows: the columns of outages.csv and of results.json, which both ways have the same names and places. */
import type { Outage, OutageEnd, Phases } from "../simulator/record/record.ts";

export interface OutageField {
  readonly name: string;
  readonly kind: "text" | "whole";
  readonly take: (outage: Outage) => string | number;
}

const PHASES = ["detection", "decision", "promotion", "publication", "reconnection", "return"] as const satisfies readonly (keyof Phases)[];

/** These columns in this order: other programs read them by place. An outage that was still open closes at the end of measured time. */
export const OUTAGE_FIELDS: readonly OutageField[] = [
  { name: "shard", kind: "whole", take: (outage) => outage.shard },
  { name: "vantage", kind: "text", take: (outage) => outage.vantage },
  { name: "causes", kind: "text", take: (outage) => outage.causes.join(CAUSES) },
  { name: "ended", kind: "text", take: (outage) => outage.ended },
  { name: "opened_us", kind: "whole", take: (outage) => outage.openedAt },
  { name: "closed_us", kind: "whole", take: (outage) => outage.closedAt },
  ...PHASES.map((phase): OutageField => ({ name: `${phase}_us`, kind: "whole", take: (outage) => outage.phases[phase] })),
  { name: "elections", kind: "whole", take: (outage) => outage.elections },
  { name: "loss_writes", kind: "whole", take: (outage) => outage.lossWrites },
  { name: "loss_visible", kind: "whole", take: (outage) => outage.lossVisible },
  { name: "loss_span_us", kind: "whole", take: (outage) => outage.lossSpan },
  { name: "isolated", kind: "whole", take: (outage) => Number(outage.isolated) },
];

/** Between the labels of two faults that an outage is charged to. */
const CAUSES = "; ";

const ENDS: readonly OutageEnd[] = ["failover", "rerouted", "returned", "switchover", "open"];

/** The outage of a row; undefined where the row is none. Columns that a later version adds are passed over. */
export function outageOf(row: ReadonlyMap<string, string | number>): Outage | undefined {
  const number = (name: string): number => Number(row.get(name));
  const text = (name: string): string => String(row.get(name) ?? "");
  const ended = ENDS.find((end) => end === text("ended"));
  if (ended === undefined || OUTAGE_FIELDS.some(({ name }) => !row.has(name))) return undefined;
  const [detection, decision, promotion, publication, reconnection, back] = PHASES.map((phase) => number(`${phase}_us`));
  return {
    shard: number("shard"),
    vantage: text("vantage"),
    causes: text("causes") === "" ? [] : text("causes").split(CAUSES),
    ended,
    openedAt: number("opened_us"),
    closedAt: number("closed_us"),
    phases: {
      detection: detection ?? 0,
      decision: decision ?? 0,
      promotion: promotion ?? 0,
      publication: publication ?? 0,
      reconnection: reconnection ?? 0,
      return: back ?? 0,
    },
    isolated: number("isolated") !== 0,
    elections: number("elections"),
    lossWrites: number("loss_writes"),
    lossVisible: number("loss_visible"),
    lossSpan: number("loss_span_us"),
  };
}
