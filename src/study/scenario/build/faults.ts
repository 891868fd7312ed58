/** Faults: what contradicts itself or hits nothing, and the name that each has by its content. */
import type { FaultAction, FaultSpec, Target } from "../../../simulator/faults/fault.ts";
import type { Report } from "../checks/report.ts";
import { targetProblem } from "../checks/targets.ts";
import { distributionText, durationText, timesOf } from "../schema/fields.ts";
import { FAULT_KINDS, faultSchema } from "../schema/faults.ts";
import type { RawFault } from "../schema/faults.ts";
import { parseTarget, targetText } from "../targets.ts";
import { child, scalarsOf } from "../text/node.ts";
import type { Node, Steps } from "../text/node.ts";
import { byText } from "../topology.ts";
import type { Topology } from "../topology.ts";

/** Problems that do not depend on a strategy. */
export function checkFault(raw: Partial<RawFault>, item: Node, duration: number | undefined, report: Report): void {
  const keys = item.kind === "map" ? [...item.entries.keys()] : [];
  const kinds = FAULT_KINDS.filter((kind) => keys.includes(kind));
  // A key nobody knows has been reported already, and is the kind that was meant.
  const hasUnknown = keys.some((key) => !(key in faultSchema.shape));
  const [kind, second] = kinds;
  if (kind === undefined && !hasUnknown) report.at([], "names no fault", "write one of processCrash, hostDeath, pause, cut and its target");
  if (second !== undefined) report.at([second], `stands beside ${kind ?? ""}:`, "one entry is one fault: make two of it", "key");
  if (!report.has(["at"]) && !report.has(["every"])) report.at([], "says no time", "write at: 20s, or every: exp(1h) to repeat it");
  if (report.has(["at"]) && report.has(["every"]))
    report.at(["every"], "stands beside at:", "a fault comes once or again and again: remove one", "key");
  if (!report.has(["for"]) && (kind === "pause" || kind === "cut"))
    report.at([], `a ${kind} needs its length`, "write for: 30s, or for: ever");
  checkTimes(raw, duration, report);
  for (const side of ["hostDeath", "from", "to"] as const) {
    const targets = side === "hostDeath" ? raw.hostDeath : raw.cut?.[side];
    if (targets === undefined || targets === "rest") continue;
    for (const [index, target] of targets.entries()) {
      if (target.kind === "process")
        report.at(
          stepsTo(side === "hostDeath" ? [side] : ["cut", side], index, report),
          `a process is no host`,
          side === "hostDeath" ? "write processCrash, or name the server" : "name the server: messages are cut between hosts",
        );
    }
  }
  const { from, to } = raw.cut ?? {};
  if (from !== undefined && to !== undefined && to !== "rest" && targetsText(from) === targetsText(to))
    report.at(["cut", "to"], "both sides of the cut are the same", "name another side, or rest");
}

function checkTimes({ at, every, for: length }: Partial<RawFault>, duration: number | undefined, report: Report): void {
  if (at !== undefined && duration !== undefined) {
    const never = `measured time ends after ${durationText(duration)}`;
    const mend = "make it earlier, or duration: longer";
    const { earliest, latest } = timesOf(at);
    if (earliest >= duration) report.at(["at"], `the fault comes too late: ${never}`, mend);
    else if (Number.isFinite(latest) && latest > duration) report.at(["at"], `the fault can come too late: ${never}`, mend);
  }
  if (every !== undefined && timesOf(every).latest <= 0) report.at(["every"], "the gap is 0", "write a gap above 0, such as exp(1h)");
  if (length !== undefined && length !== "ever" && timesOf(length).latest <= 0)
    report.at(["for"], "lasts no time", "write a length above 0, or ever");
}

/** A single target stands where its list would. */
const stepsTo = (above: Steps, index: number, report: Report): Steps => (report.has([...above, index]) ? [...above, index] : above);

/** Targets that do not exist in the cluster of one strategy. They are read from the file, so that one bad one hides no other. */
export function checkTargets(item: Node, topology: Topology, hosts: Readonly<Record<string, number | undefined>>, report: Report): void {
  const places: readonly Steps[] = [["processCrash"], ["crash"], ["hostDeath"], ["pause"], ["cut", "from"], ["cut", "to"]];
  for (const above of places) {
    const list = above.reduce<Node | undefined>((node, step) => child(node, String(step)), item);
    for (const [index, { value }] of scalarsOf(list).entries()) {
      const parsed = parseTarget(String(value));
      const problem = parsed.ok ? targetProblem(parsed.target, topology, hosts) : undefined;
      if (problem !== undefined) report.at(stepsTo(above, index, report), problem.fault, problem.mend);
    }
  }
}

/** In the order of their names; equal ones are numbered. Needs faults in which checks found nothing. */
export function faultSpecs(given: readonly { readonly raw: RawFault; readonly path: string }[]): readonly FaultSpec[] {
  const specs = given.map(({ raw, path }) => faultSpec(raw, path));
  // Equal faults are alike but for labels: those give the last word, so that not even labels depend on the file's order.
  const sorted = specs.sort((a, b) => byText(a.name, b.name) || byText(a.label, b.label) || byText(a.path, b.path));
  const seen = new Map<string, number>();
  return sorted.map((spec) => {
    const ordinal = (seen.get(spec.name) ?? 0) + 1;
    seen.set(spec.name, ordinal);
    return ordinal === 1 ? spec : { ...spec, name: `${spec.name}#${ordinal}` };
  });
}

function faultSpec(raw: RawFault, path: string): FaultSpec {
  const action = actionOf(raw);
  const when: FaultSpec["when"] = raw.every === undefined ? { kind: "at", at: raw.at ?? NO_TIME } : { kind: "every", gap: raw.every };
  const lasts: FaultSpec["lasts"] = raw.for === undefined || raw.for === "ever" ? { kind: "ever" } : { kind: "for", length: raw.for };
  const what = actionText(action);
  const time = when.kind === "at" ? `at ${distributionText(when.at)}` : `every ${distributionText(when.gap)}`;
  const span = lasts.kind === "ever" ? "for ever" : `for ${distributionText(lasts.length)}`;
  return { name: `${what} ${time} ${span}`, label: raw.label ?? what, when, action, lasts, path };
}

/** Never used: a fault without a time is a problem. */
const NO_TIME: NonNullable<RawFault["at"]> = { kind: "constant", value: 0 };

function actionOf(raw: RawFault): FaultAction {
  const { processCrash = raw.crash, hostDeath, pause, cut } = raw;
  if (cut !== undefined)
    return { kind: "cut", from: canonical(cut.from), to: cut.to === "rest" ? cut.to : canonical(cut.to), oneWay: cut.oneWay };
  if (hostDeath !== undefined) return { kind: "hostDeath", target: canonical(hostDeath) };
  if (pause !== undefined) return { kind: "pause", target: canonical(pause) };
  return { kind: "processCrash", target: canonical(processCrash ?? []) };
}

/** A union: each target once, in the order of their texts. */
function canonical(targets: readonly Target[]): readonly Target[] {
  const byName = new Map(targets.map((target) => [targetText(target), target]));
  return [...byName].sort(([a], [b]) => byText(a, b)).map(([, target]) => target);
}

const targetsText = (targets: readonly Target[]): string => canonical(targets).map(targetText).join(" + ");

function actionText(action: FaultAction): string {
  if (action.kind !== "cut") return `${action.kind} ${targetsText(action.target)}`;
  return `cut ${targetsText(action.from)} ${action.oneWay ? "->" : "-"} ${action.to === "rest" ? action.to : targetsText(action.to)}`;
}
