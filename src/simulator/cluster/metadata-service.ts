/** The metadata service of a run: one member, or a group of them on Raft; and how other machines find a member to ask. */
import type { MachineId, ServerId } from "../../base/ids.ts";
import type { Machine } from "../../base/machine.ts";
import type { Random } from "../../base/random.ts";
import { milliseconds, seconds, type Duration } from "../../base/time.ts";
import { members as voters } from "../../modules/raft/entry.ts";
import { DEFAULT_OPTIONS, type Options } from "../../modules/raft/options.ts";
import { compileDistribution } from "../kernel/distributions.ts";
import type { MapSnapshot } from "../strategies/contracts.ts";
import { createMetadata, createSingleDisk, type MetadataDisk } from "./metadata.ts";
import { createMemberDisk } from "./metadata-disk.ts";
import { createMetadataMember, type GroupDisk, type MemberView } from "./metadata-member.ts";
import { initialState } from "./metadata-state.ts";
import { createTrust, type Trust } from "./metadata-trust.ts";
import type { MetadataSpec } from "./spec.ts";
import type { HostPlace } from "./topology.ts";

export interface MetadataService {
  /** What it has promised for good: the authoritative map. */
  readonly disk: MetadataDisk;
  /** How often a watch is asked for again: members come and go. Undefined for a single one, which pushes as long as it lives. */
  readonly watchAgain: Duration | undefined;
  /** The machine of a member; called anew for each incarnation. */
  readonly create: (host: HostPlace) => Machine;
  /** For a machine on a host: whom it asks. Undefined for a single member. */
  readonly trust: (host: HostPlace) => Trust | undefined;
}

export interface MetadataServiceInput {
  readonly spec: MetadataSpec;
  /** In the order of their ordinals. */
  readonly hosts: readonly HostPlace[];
  /** Their machines, once addresses are given. */
  readonly machines: () => readonly MachineId[];
  readonly initial: MapSnapshot;
  readonly added: (shard: number, known: readonly ServerId[]) => void;
  readonly payloadOf: (slot: number) => unknown;
  readonly random: (name: string) => Random;
}

/** How often watches are renewed, and after how long without that a member forgets one. */
const WATCH_AGAIN = seconds(2);
const FORGET_AFTER = seconds(30);
/** etcd's defaults: heartbeat 100 ms, election after 1 s and up to twice that (server/embed/config.go). */
const HEARTBEAT = milliseconds(100);
const ELECTION = { from: seconds(1), to: seconds(2) };

export function createMetadataService(input: MetadataServiceInput): MetadataService {
  const { spec, hosts, initial, added } = input;
  const [read, claim, commit] = [compileDistribution(spec.read), compileDistribution(spec.claim), compileDistribution(spec.commit)];
  const demandsOf = (name: string) => {
    const random = input.random(name);
    return { read: () => read(random), claim: () => claim(random), commit: () => commit(random) };
  };
  if (hosts.length <= 1) {
    const disk: MetadataDisk = { map: initial, added };
    const single = createSingleDisk(disk);
    const demands = demandsOf("metadata/demands");
    return { disk, watchAgain: undefined, create: () => createMetadata(single, demands), trust: () => undefined };
  }
  const group: GroupDisk = { map: initial, added, applied: 0 };
  const membership = voters(hosts.map((_, place) => place + 1));
  const disks = hosts.map(() => createMemberDisk(membership, initialState(initial)));
  const demands = hosts.map(({ name }) => demandsOf(`metadata/demands/${name}`));
  const places = () => input.machines().map((machine, place) => ({ machine, ...placeOf(hosts[place]!) }));
  return {
    disk: group,
    watchAgain: WATCH_AGAIN,
    create: ({ ordinal }) =>
      createMetadataMember({
        self: ordinal,
        members: places(),
        disk: disks[ordinal - 1]!,
        group,
        demands: demands[ordinal - 1]!,
        options: optionsOf(spec),
        payloadOf: input.payloadOf,
        forgetAfter: FORGET_AFTER,
      }),
    trust: (host) => createTrust(places(), host),
  };
}

const placeOf = ({ process, zone, region }: HostPlace) => ({ process, zone, region });

/** Reads by ReadIndex, PreVote and CheckQuorum as etcd 3.5 has them; followers hear of commitments at once, as in etcd. */
function optionsOf({ election = ELECTION, heartbeat = HEARTBEAT }: MetadataSpec): Options {
  return {
    ...DEFAULT_OPTIONS,
    timing: { kind: "exact", electionMin: election.from, electionMax: election.to, heartbeat },
    eagerCommit: true,
  };
}

/** The place of the member that leads, among machines of members that run; -1 if none does. Of two, who leads the newer term. */
export function leadingAmong(views: readonly (MemberView | undefined)[]): number {
  let found = -1;
  views.forEach((view, place) => {
    if (view?.isLeader() !== true) return;
    if (found < 0 || view.term() > views[found]!.term()) found = place;
  });
  return found;
}
