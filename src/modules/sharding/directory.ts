/**
 * Lookup directory: every placed key has its member written down, so that any key can live anywhere and move alone (the
 * "lookup" or "directory-based" scheme; Curino et al., "Schism", VLDB 2010, section 4.3, keeps such tables). Exact, and
 * the dearest in memory: one entry a key. Keys that are not in it go by another sharding, whose members must be the same.
 */
import { keyTable } from "./key-table.ts";
import { placesOf, roster } from "./members.ts";
import { modulo } from "./modulo.ts";
import { refuse } from "./sharding.ts";
import type { Made, Member, Sharding } from "./sharding.ts";

export interface DirectoryOptions {
  /** Where keys without an entry belong. Default: `modulo` over the same members. */
  readonly otherwise?: Sharding;
}

/** The one scheme that changes in place: entries come and go, members do not. */
export interface DirectorySharding extends Sharding {
  /** Writes down that a key belongs to a member (by index). */
  readonly assign: (key: Uint8Array, owner: number) => void;
  /** Deletes a key's entry, so that it goes by `otherwise` again. Whether there was one. */
  readonly forget: (key: Uint8Array) => boolean;
  /** Number of entries. */
  readonly entries: () => number;
  /** Entries per member. Not to be written to. */
  readonly loads: Int32Array;
}

/** Makes an empty directory. Unequal weights are refused: give a weighted sharding as `otherwise`, and equal ones here. */
export function directory(members: readonly Member[], options: DirectoryOptions = {}): Made<DirectorySharding> {
  const checked = roster("directory", members, "equal");
  if (!checked.ok) return checked;
  const fallback: Made<Sharding> = options.otherwise === undefined ? modulo(members) : { ok: true, value: options.otherwise };
  if (!fallback.ok) return fallback;
  const otherwise = fallback.value;
  const places = placesOf(checked.given);
  const translate = Int32Array.from(otherwise.members, (name) => places.get(name) ?? -1);
  if (translate.includes(-1) || translate.length !== members.length) {
    return refuse("otherwise has other members than the directory", "make both from the same members");
  }
  const table = keyTable();
  let owners = new Int32Array(8);
  const loads = new Int32Array(members.length);
  return {
    ok: true,
    value: {
      scheme: "directory",
      members: checked.given,
      loads,
      ownerOf: (key, length = key.length) => {
        const slot = table.find(key, length);
        return slot >= 0 ? (owners[slot] as number) : (translate[otherwise.ownerOf(key, length)] as number);
      },
      assign: (key, owner) => {
        const isNew = table.find(key, key.length) < 0;
        const slot = table.insert(key, key.length);
        if (slot >= owners.length) {
          const wider = new Int32Array(2 * owners.length);
          wider.set(owners);
          owners = wider;
        }
        if (!isNew) loads[owners[slot] as number] = (loads[owners[slot] as number] as number) - 1;
        owners[slot] = owner;
        loads[owner] = (loads[owner] as number) + 1;
      },
      forget: (key) => {
        const slot = table.find(key, key.length);
        if (slot < 0) return false;
        loads[owners[slot] as number] = (loads[owners[slot] as number] as number) - 1;
        table.remove(slot);
        return true;
      },
      entries: table.count,
      memory: () => table.memory() + owners.byteLength + otherwise.memory(),
    },
  };
}
