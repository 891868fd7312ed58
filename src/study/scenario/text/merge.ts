/**
 * Merging of trees: maps merge key by key, anything else replaces. Where the format takes one of several
 * implementations (a part, arrivals, keys), the same one merges its options and another replaces it whole.
 */
import { emptyMap } from "./node.ts";
import type { Entry, MapNode, Node, Steps } from "./node.ts";

/** Says of a position in the tree whether one implementation stands there, and which keys may stand beside it. */
export type ChoiceAt = (steps: Steps) => { readonly beside: readonly string[] } | undefined;

/** `over` laid on `base`; `steps` is where both stand. */
export function mergeNodes(base: Node | undefined, over: Node, choiceAt: ChoiceAt, steps: Steps = []): Node {
  if (base === undefined) return over;
  const choice = choiceAt(steps);
  if (choice !== undefined) {
    const under = implementationMap(base);
    const above = implementationMap(over);
    if (under === undefined || above === undefined || !agree(under, above, choice.beside)) return over;
    return mergeMaps(under, above, choiceAt, steps);
  }
  // An empty `common:` or `server:` adds nothing and takes nothing away.
  if (over.kind === "scalar" && over.value === undefined) return base;
  return base.kind === "map" && over.kind === "map" ? mergeMaps(base, over, choiceAt, steps) : over;
}

function mergeMaps(base: MapNode, over: MapNode, choiceAt: ChoiceAt, steps: Steps): MapNode {
  const entries = new Map(base.entries);
  for (const [name, { key, value }] of over.entries) {
    entries.set(name, { key, value: mergeNodes(entries.get(name)?.value, value, choiceAt, [...steps, name]) });
  }
  return { kind: "map", place: over.place, entries };
}

/** `epoch` is short for `{ epoch: {} }`. */
function implementationMap(node: Node): MapNode | undefined {
  if (node.kind === "map") return node;
  if (node.kind === "scalar" && typeof node.value === "string") {
    return { ...emptyMap(node.place), entries: new Map<string, Entry>([[node.value, { key: node.place, value: emptyMap(node.place) }]]) };
  }
  return undefined;
}

/** Whether both name the same implementation, or one names none. */
function agree(under: MapNode, above: MapNode, beside: readonly string[]): boolean {
  const named = (map: MapNode): readonly string[] => [...map.entries.keys()].filter((key) => !beside.includes(key));
  const [a, b] = [named(under), named(above)];
  return a.length === 0 || b.length === 0 || b.every((name) => a.includes(name));
}

/**
 * `root` with `value` in the place of what stands at `steps`; maps on the way are made where missing.
 * Undefined when a list on the way has no such position. A position may be written as a key too: `workload.0.name`.
 */
export function replaceAt(root: Node, steps: Steps, value: Node, choiceAt: ChoiceAt, made: Steps = []): Node | undefined {
  const [given, ...rest] = steps;
  if (given === undefined) return value;
  const step = root.kind === "list" && /^\d+$/u.test(String(given)) ? Number(given) : given;
  const inside = (node: Node): Node | undefined => replaceAt(node, rest, value, choiceAt, [...made, step]);
  if (typeof step === "number") {
    const item = root.kind === "list" ? root.items[step] : undefined;
    if (root.kind !== "list" || item === undefined) return undefined;
    const changed = inside(item);
    return changed && { ...root, items: root.items.map((old, index) => (index === step ? changed : old)) };
  }
  // A key says nothing of a list: laying a map in its place would throw its items away.
  if (root.kind === "list") return undefined;
  const beside = choiceAt(made)?.beside;
  const map = (beside === undefined ? (root.kind === "map" ? root : undefined) : implementationMap(root)) ?? emptyMap(value.place);
  const changed = inside(map.entries.get(step)?.value ?? emptyMap(value.place));
  if (changed === undefined) return undefined;
  const others = [...map.entries].filter(([key]) => beside === undefined || key === step || beside.includes(key) || beside.includes(step));
  const key = map.entries.get(step)?.key ?? value.place;
  return { ...map, entries: new Map([...others, [step, { key, value: changed }]]) };
}
