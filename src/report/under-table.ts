/** What a reader must know beside the table's figures: whom they leave out, and who looks safe only because nothing was asked of it. */
import type { Outage } from "../simulator/record/record.ts";
import { figure } from "../study/stats/figure.ts";
import { printable } from "./layout.ts";
import type { Report } from "./report.ts";

/** Names said of one kind; the others are counted. */
const NAMED_MOST = 4;

/** One sentence each. */
export const underTable = (report: Report): readonly string[] => [...cutOff(report), ...neverFailedOver(report)];

/** Outages of clients that the network alone kept from a majority: in the timeline and in outages.csv, and in no figure of `recovery.time`. */
function cutOff({ strategies }: Report): readonly string[] {
  const all = strategies.flatMap(({ outages }) => outages.map(({ outage }) => outage)).filter(({ isolated }) => isolated);
  if (all.length === 0) return [];
  const where = listed([...new Set(all.map(({ vantage }) => printable(vantage)))].sort());
  return [
    `Cut off: clients in ${where} could not reach a majority of a shard's replicas ${howLong(all)}, which no strategy can serve; not counted in "back after" (recovery.isolated).`,
  ];
}

/** Out and back without a change of primary, in every run: how soon it would fail over was not seen. */
function neverFailedOver({ strategies }: Report): readonly string[] {
  const found = strategies.flatMap(({ name, outages }) => {
    const own = outages.map(({ outage }) => outage).filter(({ causes, isolated }) => causes.length > 0 && !isolated);
    return own.length > 0 && own.every(({ ended }) => ended === "returned") ? [{ name: printable(name), own }] : [];
  });
  if (found.length === 0) return [];
  const longest = found.flatMap(({ own }) => own);
  return [
    `Not seen to fail over: ${listed(found.map(({ name }) => name))}. What had failed was back ${howLong(longest, "after")}, in every run; how ${found.length === 1 ? "it" : "they"} would do without is not shown.`,
  ];
}

function howLong(outages: readonly Outage[], word = "for"): string {
  const lengths = outages.map(({ openedAt, closedAt }) => closedAt - openedAt);
  const [least, most] = [Math.min(...lengths), Math.max(...lengths)];
  if (outages.some(({ ended }) => ended === "open")) return "to the end of measured time";
  return `${word} ${figure(least, "time") === figure(most, "time") ? "" : "at most "}${figure(most, "time")}`;
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMED_MOST;
  return more > 0 ? `${names.slice(0, NAMED_MOST).join(", ")} and ${more} more` : names.join(", ");
}
