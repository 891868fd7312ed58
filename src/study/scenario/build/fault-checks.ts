/** What contradicts itself in a fault, or hits nothing. */
import type { Target } from "../../../simulator/faults/fault.ts";
import { FLAPS_MOST } from "../../../simulator/faults/scripted.ts";
import { distributionsIn } from "../../../simulator/kernel/distribution-spec.ts";
import type { DistributionSpec } from "../../../simulator/kernel/distribution-spec.ts";
import { distributionMean } from "../../../simulator/kernel/moments.ts";
import type { Report } from "../checks/report.ts";
import { targetProblem } from "../checks/targets.ts";
import { durationText, timesOf } from "../schema/fields.ts";
import { FAULT_KINDS, faultSchema, NEED_LENGTH } from "../schema/faults.ts";
import type { FaultKind, RawFault } from "../schema/faults.ts";
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
  if (kind === undefined && !hasUnknown)
    report.at([], "names no fault", `write one of ${FAULT_KINDS.filter((one) => one !== "crash").join(", ")}`);
  if (second !== undefined) report.at([second], `stands beside ${kind ?? ""}:`, "one entry is one fault: make two of it", "key");
  if (!report.has(["at"]) && !report.has(["every"])) report.at([], "says no time", "write at: 20s, or every: exp(1h) to repeat it");
  if (report.has(["at"]) && report.has(["every"]))
    report.at(["every"], "stands beside at:", "a fault comes once or again and again: remove one", "key");
  if (!report.has(["for"]) && kind !== undefined && NEED_LENGTH.includes(kind))
    report.at([], `a ${kind} needs its length`, "write for: 30s, or for: ever");
  if (report.has(["for"]) && kind === "clockJump")
    report.at(["for"], "a jump of a clock has no length", "remove it, or write skew: which ends", "key");
  checkTimes(raw, duration, report);
  checkSlow(raw.slow, report);
  checkFlap(raw, duration, report);
  if (raw.skew?.by === 0) report.at(["skew", "by"], "a skew of nothing", "write such as 500ms or -2s");
  if (raw.clockJump?.by === 0) report.at(["clockJump", "by"], "a jump by nothing", "write such as 10s or -2s");
  if (raw.drift?.by === 0) report.at(["drift", "by"], "a drift of nothing", "write such as 200ppm or 1%");
  for (const one of ["skew", "drift", "clockJump"] as const)
    if (raw[one] !== undefined && raw[one].of === undefined && !report.has([one, "of"]))
      report.at([one], "names no host", `write ${one}: { of: server 0, by: … }`);
  for (const { steps, targets, what } of hostTargets(raw))
    for (const [index, target] of targets.entries()) {
      const fault = hostProblem(target, what);
      if (fault !== undefined) report.at(stepsTo(steps, index, report), fault[0], fault[1]);
    }
  for (const { steps, from, to } of linksOf(raw))
    if (to !== "rest" && textOf(from) === textOf(to))
      report.at([...steps, "to"], `both sides of the ${steps[0] === "cut" ? "cut" : "link"} are the same`, "name another side, or rest");
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

function checkSlow(slow: RawFault["slow"], report: Report): void {
  if (slow === undefined) return;
  const has = (key: string): boolean => report.has(["slow", key]);
  const ofHosts = ["cpu", "disk", "of"].filter(has);
  const ofLinks = ["link", "delay"].filter(has);
  const [odd] = ofLinks;
  if (odd !== undefined && ofHosts.length > 0)
    report.at(["slow", odd], `stands beside ${ofHosts[0] ?? ""}:`, "a slow host and a slow link are two faults: make two of it", "key");
  else if (ofLinks.length === 1)
    report.at(["slow"], `has no ${has("link") ? "delay" : "link"}`, "write slow: { link: { from: zone a, to: rest }, delay: exp(50ms) }");
  else if (ofLinks.length === 0 && (!has("of") || (!has("cpu") && !has("disk"))))
    report.at(["slow"], has("of") ? "does not say what is slow" : "names no host", "write slow: { cpu: 4x, disk: 20x, of: server 3 }");
  for (const one of ["cpu", "disk"] as const)
    if (slow[one] === 1) report.at(["slow", one], "as fast as before", "write a factor other than 1, such as 4x");
  if (slow.delay !== undefined && timesOf(slow.delay).latest <= 0)
    report.at(["slow", "delay"], "delays by nothing", "write a delay above 0, such as exp(50ms)");
}

/** So many cuts of a link are a plan; more are a slip of the keyboard, and would take for ever. */
const FLAPS_PLANNED = FLAPS_MOST / 2;

function checkFlap({ flap, for: length }: Partial<RawFault>, duration: number | undefined, report: Report): void {
  if (flap === undefined) return;
  for (const one of ["down", "up"] as const)
    if (timesOf(flap[one]).latest <= 0) report.at(["flap", one], "lasts no time", "write a time above 0, such as 2s or exp(3s)");
  const known = [flap.down, flap.up].every(isKnown) && (length === undefined || length === "ever" || isKnown(length));
  if (!known || duration === undefined) return;
  const whole = length === undefined || length === "ever" ? duration : Math.min(duration, distributionMean(length));
  const turns = whole / (distributionMean(flap.down) + distributionMean(flap.up));
  if (turns > FLAPS_PLANNED)
    report.at(["flap"], `flaps ${Math.round(turns)} times`, `make down: and up: longer: there can be ${FLAPS_PLANNED} times`);
}

/** Values of a file are read later. */
const isKnown = (spec: DistributionSpec): boolean => distributionsIn(spec).every(({ kind }) => kind !== "empirical");

interface HostTargets {
  readonly steps: Steps;
  readonly targets: readonly Target[];
  readonly what: FaultKind;
}

/** Targets that must be hosts, with what happens to them. */
function hostTargets(raw: Partial<RawFault>): readonly HostTargets[] {
  const direct = (["hostDeath", "powerLoss", "wipe", "freeze"] as const).map((what) => ({ steps: [what], targets: raw[what], what }));
  const inside = (["slow", "skew", "drift", "clockJump"] as const).map((what) => ({ steps: [what, "of"], targets: raw[what]?.of, what }));
  const ends = linksOf(raw).flatMap(({ steps, from, to }) => [
    { steps: [...steps, "from"], targets: from, what: "cut" as const },
    { steps: [...steps, "to"], targets: to === "rest" ? undefined : to, what: "cut" as const },
  ]);
  return [...direct, ...inside, ...ends].flatMap(({ steps, targets, what }) => (targets === undefined ? [] : [{ steps, targets, what }]));
}

function linksOf({ cut, slow, loss, flap }: Partial<RawFault>) {
  const links = [
    { steps: ["cut"], link: cut },
    { steps: ["slow", "link"], link: slow?.link },
    { steps: ["loss"], link: loss },
    { steps: ["flap", "cut"], link: flap?.cut },
  ];
  return links.flatMap(({ steps, link }) => (link === undefined ? [] : [{ steps, from: link.from, to: link.to }]));
}

function hostProblem(target: Target, what: FaultKind): readonly [fault: string, mend: string] | undefined {
  if (target.kind === "process") {
    const mend =
      what === "cut"
        ? "name the server: messages are cut between hosts"
        : what === "hostDeath"
          ? "write processCrash, or name the server"
          : "name the server";
    return ["a process is no host", mend];
  }
  if (what === "wipe" && (target.kind === "role" || target.kind === "clients"))
    return ["only servers hold data that can be wiped", "name servers, or write hostDeath"];
  if (what === "slow" && target.kind === "clients")
    return ["client hosts have as many cores as they need, and no log device", "aim at servers or controllers, or make their link slow"];
  return undefined;
}

/** A single target stands where its list would. */
const stepsTo = (above: Steps, index: number, report: Report): Steps => (report.has([...above, index]) ? [...above, index] : above);

const textOf = (targets: readonly Target[]): string => [...new Set(targets.map(targetText))].sort(byText).join(" + ");

/** Where targets can stand. */
const PLACES: readonly Steps[] = [
  ...["processCrash", "crash", "hostDeath", "powerLoss", "wipe", "pause", "freeze"].map((kind) => [kind]),
  ...["slow", "skew", "drift", "clockJump"].map((kind) => [kind, "of"]),
  ...[["cut"], ["slow", "link"], ["loss"], ["flap", "cut"]].flatMap((above) => [
    [...above, "from"],
    [...above, "to"],
  ]),
];

/** Targets that do not exist in the cluster of one strategy. They are read from the file, so that one bad one hides no other. */
export function checkTargets(item: Node, topology: Topology, hosts: Readonly<Record<string, number | undefined>>, report: Report): void {
  for (const above of PLACES) {
    const list = above.reduce<Node | undefined>((node, step) => child(node, String(step)), item);
    for (const [index, { value }] of scalarsOf(list).entries()) {
      const parsed = parseTarget(String(value));
      const problem = parsed.ok ? targetProblem(parsed.target, topology, hosts) : undefined;
      if (problem !== undefined) report.at(stepsTo(above, index, report), problem.fault, problem.mend);
    }
  }
}
