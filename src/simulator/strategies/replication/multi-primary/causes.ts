/**
 * Causes of the versions that one primary makes. Under version vectors a write has seen what its client had read, or, if that
 * read nothing, what is held here: it replaces that, and stands beside all else. A mergeable write has seen only the
 * former writes of the same primary, which it carries on like the entry of a counter's vector; a delete has seen all that is
 * here (observed-remove: what was added at the same time stays). Shapiro, Preguiça, Baquero, Zawirski, "A comprehensive study of
 * Convergent and Commutative Replicated Data Types", INRIA RR-7506, 2011, sections 3.1 and 3.3.
 */
import { contextOf, type Cause } from "../../../../base/causes.ts";
import type { KeyId } from "../../../../base/ids.ts";
import type { Io } from "../../../../base/machine.ts";

/** The register that holds this replica's name. */
const ACTOR = 0;
const NAMES = 2_147_483_647;

export interface Causes {
  /** A replica whose disk was erased gets a new name: under the old one its counts would begin again. */
  readonly start: (io: Io) => void;
  /** Of the next version of a key; `context` is what the client had read, if anything. */
  readonly next: (key: KeyId, context: unknown, isDelete: boolean, io: Io) => Cause;
}

export function createCauses(conflict: "versionVectors" | "mergeable"): Causes {
  let actor = 0;
  return {
    start: (io) => {
      if (io.register(ACTOR) === 0) {
        io.put(ACTOR, 1 + io.random("name").below(NAMES));
        io.sync(0);
      }
      actor = io.register(ACTOR);
    },
    next: (key, context, isDelete, io) => {
      const held = io.held.causes(key);
      const all = contextOf(held);
      const count = (all.get(actor) ?? 0) + 1;
      if (conflict === "versionVectors") return { actor, count, seen: context instanceof Map ? (context as Map<number, number>) : all };
      if (isDelete) return { actor, count, seen: all };
      const own = contextOf(held.filter((cause) => cause.actor === actor));
      own.set(actor, count - 1);
      return { actor, count, seen: own };
    },
  };
}
