/** Where a check reports: relative to the tree it checks, in the words of the strategy whose tree it is. */
import type { Problems } from "../problem.ts";
import { inside } from "../text/issues.ts";
import { descend, joinPath } from "../text/node.ts";
import type { Node, Steps } from "../text/node.ts";

export interface Report {
  /** A problem with what stands at `steps`; with the nearest above it when nothing does. `key`: with the key, not the value. */
  readonly at: (steps: Steps, fault: string, mend: string, part?: "key" | "value", offset?: number) => void;
  /** Whether the file says anything at `steps`. */
  readonly has: (steps: Steps) => boolean;
}

/** Reports on `root`. `of` names the strategy where others may fare better, and is added to each fault. */
export function reportOn(root: Node, problems: Problems, of?: string): Report {
  return {
    at: (steps, fault, mend, part = "value", offset) => {
      const { node, key, made } = descend(root, steps);
      if (node.kind === "scalar" && node.spoilt) return;
      const path = steps.slice(made).reduce<string>(joinPath, node.place.path);
      const found = made === steps.length;
      const place = part === "key" && found ? (key ?? node.place) : found ? inside(node, offset) : node.place;
      problems.add(place, of === undefined ? fault : `${fault} (strategy ${of})`, mend, path);
    },
    has: (steps) => descend(root, steps).made === steps.length,
  };
}
