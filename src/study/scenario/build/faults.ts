/** Faults as a run gets them, and the name that each has by its content. */
import { isOfLinks } from "../../../simulator/faults/fault.ts";
import type { FaultAction, FaultSpec, Link, Target } from "../../../simulator/faults/fault.ts";
import { distributionText, driftText, factorText, offsetText, shareText } from "../schema/fields.ts";
import type { RawFault } from "../schema/faults.ts";
import { targetText } from "../targets.ts";
import { byText } from "../topology.ts";

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
  const { cut, slow, loss, flap, skew, clockJump, drift } = raw;
  if (cut !== undefined) return { kind: "cut", ...linkOf(cut) };
  if (slow?.link !== undefined) return { kind: "slowLink", ...linkOf(slow.link), delay: slow.delay ?? NO_TIME };
  if (loss !== undefined) return { kind: "loss", ...linkOf(loss), share: loss.share };
  if (flap !== undefined) return { kind: "flap", ...linkOf(flap.cut), down: flap.down, up: flap.up };
  if (slow !== undefined) return { kind: "slow", target: canonical(slow.of), cpu: slow.cpu ?? 1, disk: slow.disk ?? 1 };
  if (skew !== undefined) return { kind: "skew", target: canonical(skew.of), by: skew.by };
  if (clockJump !== undefined) return { kind: "clockJump", target: canonical(clockJump.of), by: clockJump.by };
  if (drift !== undefined) return { kind: "drift", target: canonical(drift.of), ppm: drift.by };
  for (const kind of ["hostDeath", "powerLoss", "wipe", "pause", "freeze"] as const)
    if (raw[kind] !== undefined) return { kind, target: canonical(raw[kind]) };
  return { kind: "processCrash", target: canonical(raw.processCrash ?? raw.crash) };
}

const linkOf = ({ from, to, oneWay }: Link): Link => ({ from: canonical(from), to: to === "rest" ? to : canonical(to), oneWay });

/** A union: each target once, in the order of their texts. */
function canonical(targets: readonly Target[] = []): readonly Target[] {
  const byName = new Map(targets.map((target) => [targetText(target), target]));
  return [...byName].sort(([a], [b]) => byText(a, b)).map(([, target]) => target);
}

const targetsText = (targets: readonly Target[]): string => canonical(targets).map(targetText).join(" + ");

function actionText(action: FaultAction): string {
  if (isOfLinks(action)) {
    const link = `${targetsText(action.from)} ${action.oneWay ? "->" : "-"} ${action.to === "rest" ? action.to : targetsText(action.to)}`;
    switch (action.kind) {
      case "cut":
        return `cut ${link}`;
      case "slowLink":
        return `slow ${link} by ${distributionText(action.delay)}`;
      case "loss":
        return `loss of ${shareText(action.share)} ${link}`;
      case "flap":
        return `flap ${link} down ${distributionText(action.down)} up ${distributionText(action.up)}`;
    }
  }
  const targets = targetsText(action.target);
  switch (action.kind) {
    case "slow": {
      const what = [
        ...(action.cpu === 1 ? [] : [`cpu ${factorText(action.cpu)}`]),
        ...(action.disk === 1 ? [] : [`disk ${factorText(action.disk)}`]),
      ];
      return `slow ${what.join(" ")} ${targets}`;
    }
    case "skew":
    case "clockJump":
      return `${action.kind} ${targets} by ${offsetText(action.by)}`;
    case "drift":
      return `drift ${targets} by ${driftText(action.ppm)}`;
    default:
      return `${action.kind} ${targets}`;
  }
}
