/** A run as a reader thinks of it: facts and outages, one line each, times in seconds. */
import { unreachable } from "../../src/base/assert.ts";
import type { Fact } from "../../src/base/fact.ts";
import type { Outage, RunRecord } from "../../src/simulator/record/record.ts";

/** `1.250s`. */
const clock = (us: number): string => `${(us / 1_000_000).toFixed(3)}s`;

/** A length: `2.421s`, `39.6ms`, `0`. */
function length(us: number): string {
  if (us === 0) return "0";
  return us >= 1_000_000 ? clock(us) : `${Number((us / 1_000).toFixed(2))}ms`;
}

export function tell(title: string, record: RunRecord): string {
  const { data } = record;
  return [
    `# ${title}`,
    ...record.facts.map((fact) => `${clock(fact.at).padStart(8)}  ${sentence(fact)}`),
    "",
    "outages",
    ...(record.outages.length === 0 ? ["  none"] : record.outages.flatMap(outage)),
    "",
    `acknowledged ${data.acknowledged}; lost ${data.lossWrites}, ${data.lossVisible} visible, over ${length(data.lossSpan)}; ` +
      `ambiguous ${data.ambiguousWrites}, ${data.ambiguousPresent} present; by two primaries ${data.splitBrainWrites}; diverged ${data.divergedReplicas} of ${data.comparedReplicas}`,
    `writable ${(record.writableShare * 100).toFixed(1)} % of the time`,
    "",
  ].join("\n");
}

function outage(one: Outage): string[] {
  const { detection, decision, promotion, publication, reconnection } = one.phases;
  const loss = one.lossWrites === 0 ? "" : `, lost ${one.lossWrites} (${one.lossVisible} visible) over ${length(one.lossSpan)}`;
  const first = `  shard ${one.shard} from ${one.vantage}: ${clock(one.openedAt)} to ${one.ended === "open" ? "the end" : clock(one.closedAt)}, ${one.ended} after ${one.causes.join(", ") || "no fault"}${one.isolated ? ", isolated" : ""}${loss}`;
  if (one.ended === "returned") return [`${first}: return ${length(one.phases.return)}`];
  if (one.ended === "open") return [first];
  return [first, `    detection ${length(detection)}, decision ${length(decision)}, promotion ${length(promotion)}, publication ${length(publication)}, reconnection ${length(reconnection)}`];
}

function sentence(fact: Fact): string {
  switch (fact.kind) {
    case "fault":
      return `${fact.label} ${fact.phase === "start" ? `starts at ${fact.targets.join(", ")}` : "ends"}`;
    case "process":
      return `${fact.host} ${fact.change}`;
    case "suspected":
      return `${fact.by} suspects server ${fact.server}`;
    case "retracted":
      return `${fact.by} hears server ${fact.server} again`;
    case "actionable":
      return `${fact.by} may act on server ${fact.server} for shard ${fact.shard}`;
    case "chosen":
      return `${fact.by} chooses server ${fact.server} for epoch ${fact.epoch} of shard ${fact.shard}`;
    case "ready":
      return `server ${fact.server} is primary of shard ${fact.shard} under epoch ${fact.epoch}${fact.planned ? ", as planned" : ""}${fact.deposedReachable ? `, server ${fact.deposed} within reach` : ""}`;
    case "visible":
      return `the map shows server ${fact.server} for epoch ${fact.epoch} of shard ${fact.shard}`;
    case "notified":
      return `all have been told of epoch ${fact.epoch} of shard ${fact.shard}`;
    case "demoted":
      return `server ${fact.server} steps down from epoch ${fact.epoch} of shard ${fact.shard}: ${fact.reason}`;
    case "fenced":
      return `server ${fact.server} refuses epoch ${fact.stale} of shard ${fact.shard}, being at ${fact.epoch}`;
    case "map":
      return `map of shard ${fact.shard}: server ${fact.owner}, epoch ${fact.epoch}, members ${fact.members.join(" ")}`;
    case "cover":
      return `map version ${fact.epoch} covers ${fact.covered} of ${fact.parts}`;
    case "rejoined":
      return `server ${fact.server} follows epoch ${fact.epoch} of shard ${fact.shard}, ${fact.rewound} taken back, ${fact.fetched} fetched`;
    case "fallback":
      return `server ${fact.server} ${fact.phase === "begin" ? "goes on without its standbys" : "waits for its standbys again"} under epoch ${fact.epoch} of shard ${fact.shard}, ${fact.behind} behind`;
    case "resync":
      return `server ${fact.to} is given what it lacks of shard ${fact.shard} (${fact.how}, ${fact.entries} entries, ${fact.transferred} bytes) by server ${fact.from}: ${fact.phase}`;
    case "forked":
      return `epoch ${fact.superseded} of shard ${fact.shard} is superseded by ${fact.epoch}: ${fact.lossWrites} lost, ${fact.lossVisible} visible, over ${length(fact.lossSpan)}`;
    case "election":
      return `server ${fact.server} ${fact.outcome} the election of epoch ${fact.epoch} of shard ${fact.shard}`;
    case "membership":
      return `${fact.label}: ${fact.change} ${fact.servers.join(" ")}`;
    case "move":
      return `shard ${fact.shard}, ${fact.keys} keys, ${fact.from} to ${fact.to}: ${fact.phase}`;
    case "switchover":
      return `${fact.label} of shard ${fact.shard}, ${fact.from} to ${fact.to}, epoch ${fact.epoch}: ${fact.phase}`;
    case "switched":
      return `shard ${fact.shard}: ${length(fact.time)} from the last acknowledgement until epoch ${fact.epoch}`;
    case "note":
      return `${fact.topic}: ${fact.text}`;
    default:
      return unreachable(fact);
  }
}
