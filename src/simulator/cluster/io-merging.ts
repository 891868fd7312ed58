/** What machines do with versions beside their logs: `Io.shelf` and `Io.held`. */
import { fail } from "../../base/assert.ts";
import type { Cause } from "../../base/causes.ts";
import type { KeyId } from "../../base/ids.ts";
import type { Held, Shelf } from "../../base/merging.ts";
import type { Instant } from "../../base/time.ts";
import type { MachineRecord } from "./actors.ts";
import type { Ledger } from "./ledger.ts";
import type { Messages } from "./messages.ts";
import type { Merging, ReplicaStore } from "./replica-store.ts";
import type { Stage } from "./rooms.ts";
import { createShelfStore, type ShelfStore } from "./shelves.ts";

export function createMergingIo(
  ledger: Ledger,
  messages: Messages,
  stage: Stage,
  now: () => Instant,
): { readonly held: Held; readonly shelf: Shelf } {
  const { operations } = ledger;
  const { of, versions } = operations;
  const f = messages.fields;

  function shelfOf(record: MachineRecord): ShelfStore {
    record.shelf ??= createShelfStore(operations);
    return record.shelf;
  }
  const current = (): ShelfStore => shelfOf(stage.current);
  const versionAt = (place: number): number => current().versionAt(place);

  function storeOf(): ReplicaStore & { readonly merging: Merging } {
    const { store, name } = stage.current;
    if (store?.merging === undefined) return fail(`${name} has no replica that merges`);
    return store as ReplicaStore & { readonly merging: Merging };
  }

  function attach(slot: number, version: number): void {
    messages.attach(slot, version);
    f.bytes[slot] = f.bytes[slot]! + of.bytes[versions.operation[version]!]!;
  }

  /** What other replicas would get from here for a key: nothing for a purged tombstone. */
  function offered(store: ReplicaStore & { readonly merging: Merging }, local: number): readonly number[] {
    return store.merging.isPurged(local) ? NONE : store.merging.heldAt(local);
  }

  const shelf: Shelf = {
    make: (operation, stamp, epoch, cause) => {
      const version = operations.version(operation, epoch, now(), stamp);
      if (cause !== undefined) versions.about[version] = cause;
      return current().put(version);
    },
    append: (place) => ledger.appendVersion(storeOf(), versionAt(place)),
    take: (slot, position) => {
      const version = messages.versionOf(slot, position);
      operations.holdVersion(version);
      return current().put(version);
    },
    again: (place) => {
      const version = versionAt(place);
      operations.holdVersion(version);
      return current().put(version);
    },
    attach: (slot, place) => attach(slot, versionAt(place)),
    drop: (place) => current().drop(place),
    stampOf: (place) => versions.note[versionAt(place)]!,
    keyOf: (place) => of.key[versions.operation[versionAt(place)]!]! as KeyId,
    bytesOf: (place) => of.bytes[versions.operation[versionAt(place)]!]!,
    versionOf: versionAt,
    beats: (place, other) => ledger.merging?.beats(versionAt(place), versionAt(other)) ?? false,
    store: (place, about, entry = 0) => current().store(place, about, entry),
    stored: () => stage.current.shelf?.stored() ?? [],
  };

  const held: Held = {
    attach: (slot, key) => {
      const store = storeOf();
      const version = store.read(key);
      if (version === 0) return 0;
      attach(slot, version);
      return store.merging.isPurged(ledger.shards[store.shard]!.keys.known(key)) ? 2 : 1;
    },
    summary: (parts) => {
      const store = storeOf();
      const { keys } = ledger.shards[store.shard]!;
      const hashes = new Int32Array(parts);
      for (let local = 0; local < keys.count(); local += 1) {
        for (const version of offered(store, local)) {
          const operation = versions.operation[version]!;
          const part = partOf(of.key[operation]!, parts);
          // A sum does not mind the order in which keys were first met; equal versions, equal words.
          hashes[part] = (hashes[part]! + mixed(of.key[operation]!, of.serial[operation]!, versions.note[version]!)) | 0;
        }
      }
      return hashes;
    },
    attachPart: (slot, part, parts) => {
      const store = storeOf();
      const { keys } = ledger.shards[store.shard]!;
      let count = 0;
      for (let local = 0; local < keys.count(); local += 1) {
        for (const version of offered(store, local)) {
          if (partOf(of.key[versions.operation[version]!]!, parts) !== part) break;
          attach(slot, version);
          count += 1;
        }
      }
      return count;
    },
    causes: (key) => {
      const store = storeOf();
      const local = ledger.shards[store.shard]!.keys.known(key);
      return local < 0 ? [] : offered(store, local).map((version) => versions.about[version] as Cause);
    },
    purge: (before) => storeOf().merging.purge(before),
  };

  return { held, shelf };
}

const NONE: readonly number[] = [];

/** Keys are dealt over the parts by a hash: a tree over ranges of tokens, as in Cassandra. */
const partOf = (key: number, parts: number): number => (Math.imul(key + 1, 0x9e37_79b1) >>> 0) % parts;

/** Three numbers into 32 bits (MurmurHash3's finish, A. Appleby, public domain). */
function mixed(a: number, b: number, c: number): number {
  let h = Math.imul(a + 1, 0x9e37_79b1) ^ Math.imul((b % 0x1_0000_0000) | 0, 0x85eb_ca6b) ^ Math.imul((c % 0x1_0000_0000) | 0, 0xc2b2_ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return h ^ (h >>> 16);
}
