/** From the text of a scenario to one tree: its bases (`extends:`) underneath, the command line's overrides on top. */
import type { Problems } from "../problem.ts";
import { mergeNodes, replaceAt } from "./merge.ts";
import type { ChoiceAt } from "./merge.ts";
import { makeSource } from "./node.ts";
import type { MapNode, Node, Place, Steps } from "./node.ts";
import { parseYaml } from "./parse-yaml.ts";
import { folderOf, resolvePath } from "./paths.ts";

export interface Loading {
  /** The path of the scenario, as given. Bases are looked for beside it and below. */
  readonly file: string;
  /** The text of a file, or undefined when it cannot be read. */
  readonly readText: (path: string) => string | undefined;
  /** `path=value`, each. */
  readonly set: readonly string[];
  readonly choiceAt: ChoiceAt;
}

/** The merged tree, without `extends`; undefined when problems leave none. */
export function loadTree(text: string, loading: Loading, problems: Problems): MapNode | undefined {
  const own = readFile(loading.file, text, [], loading, problems);
  if (own === undefined) return undefined;
  let tree: Node | undefined = own;
  for (const [index, setting] of loading.set.entries()) {
    tree = override(tree, setting, index + 1, loading.choiceAt, problems);
  }
  return tree.kind === "map" ? tree : undefined;
}

function readFile(file: string, text: string, from: readonly string[], loading: Loading, problems: Problems): MapNode | undefined {
  const root = parseYaml(makeSource(file, text, from.length), problems);
  if (root === undefined) return undefined;
  if (root.kind !== "map") {
    problems.add(
      root.place,
      `a scenario is a map of keys, not ${root.kind === "list" ? "a list" : "a single value"}`,
      "begin with name: and strategies:",
    );
    return undefined;
  }
  const link = root.entries.get("extends");
  if (link === undefined) return root;
  const entries = new Map(root.entries);
  entries.delete("extends");
  const own: MapNode = { ...root, entries };
  const base = baseFile(link.value, file, [...from, file], loading, problems);
  if (base === undefined) return undefined;
  const under = readFile(base.path, base.text, [...from, file], loading, problems);
  if (under === undefined) return undefined;
  const merged = mergeNodes(under, own, loading.choiceAt);
  return merged.kind === "map" ? merged : undefined;
}

interface BaseFile {
  readonly path: string;
  readonly text: string;
}

/** The file that `link` names, seen from `file`; `chain` are the files that led here, the scenario first. */
function baseFile(link: Node, file: string, chain: readonly string[], loading: Loading, problems: Problems): BaseFile | undefined {
  const found = findBase(link, file, chain, loading);
  if ("path" in found) return found;
  problems.add(link.place, found.fault, found.mend);
  return undefined;
}

function findBase(
  link: Node,
  file: string,
  chain: readonly string[],
  loading: Loading,
): BaseFile | { readonly fault: string; readonly mend: string } {
  if (link.kind !== "scalar" || typeof link.value !== "string")
    return { fault: "takes the path of one file", mend: "write it as ./base.yaml; a base can extend another" };
  const path = resolvePath(folderOf(file), link.value, folderOf(chain[0] ?? file));
  if (path === undefined) {
    return {
      fault: `"${link.value}" is outside the folder of the scenario`,
      mend: "keep bases beside the scenario or in folders below it, and write the path relative to this file",
    };
  }
  if (chain.some((earlier) => resolvePath("", earlier, undefined) === resolvePath("", path, undefined))) {
    return { fault: `"${link.value}" extends itself: ${[...chain, path].join(" -> ")}`, mend: "break the circle" };
  }
  const text = loading.readText(path);
  return text === undefined
    ? { fault: `there is no file "${path}"`, mend: "paths are relative to the file that names them" }
    : { path, text };
}

/** Overrides are listed after any chain of bases. */
const OVERRIDE_RANK = 1_000_000;

function override(tree: Node, setting: string, ordinal: number, choiceAt: ChoiceAt, problems: Problems): Node {
  const source = makeSource(`--set ${ordinal}`, setting, OVERRIDE_RANK + ordinal);
  const equals = setting.indexOf("=");
  const path = equals < 0 ? setting : setting.slice(0, equals);
  const start: Place = { source, offset: 0, path };
  const steps = stepsOf(path);
  if (equals < 0 || steps === undefined) {
    problems.add(
      { ...start, path: "" },
      equals < 0 ? "no = in it" : `"${path}" is not a path`,
      "write path=value, such as workload[0].arrivals.poisson=5000/s",
    );
    return tree;
  }
  if (steps[0] === "extends") {
    problems.add(start, "extends cannot be set from outside", "write it in the file");
    return tree;
  }
  if (setting.slice(equals + 1).trim() === "") {
    problems.add({ ...start, offset: equals }, "no value after the =", "write path=value");
    return tree;
  }
  const value = parseYaml(source, problems, { path, from: equals + 1 });
  if (value === undefined) return tree;
  const changed = replaceAt(tree, steps, value, choiceAt);
  if (changed !== undefined) return changed;
  problems.add(start, "there is no such position in the list", "positions count from 0; [0] is the first");
  return tree;
}

/** Under `objectives` keys are names of metrics, which have dots of their own; so has the statistic p99.9. */
const OBJECTIVE = /^objectives\.(?<metric>[\w.]+?)(?:\.(?<statistic>p\d+(?:\.\d+)?|mean|max|min))?$/u;

/** `a.b[0].c` to its steps; undefined when it is not such a path. */
function stepsOf(path: string): Steps | undefined {
  const { metric, statistic } = OBJECTIVE.exec(path)?.groups ?? {};
  if (metric !== undefined) return ["objectives", metric, ...(statistic === undefined ? [] : [statistic])];
  const steps: (string | number)[] = [];
  for (const piece of path.split(".")) {
    const [, key, positions] = /^([^[\]]+)((?:\[\d+\])*)$/u.exec(piece) ?? [];
    if (key === undefined || positions === undefined) return undefined;
    steps.push(key, ...[...positions.matchAll(/\d+/gu)].map(([position]) => Number(position)));
  }
  return steps;
}
