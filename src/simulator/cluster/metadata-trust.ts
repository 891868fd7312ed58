/**
 * Which member of the metadata service a machine asks: the nearest at first, and the next in turn once one does not answer or
 * breaks the connection. A library within the machine's process would do this (etcd's client balancer); so it is the machine's
 * own knowledge, kept beside it, and starts anew with it. Requesters ask again by themselves: that is when it moves on.
 */
import type { MachineId } from "../../base/ids.ts";
import { ConnectionChange, Is, type Io, type Machine } from "../../base/machine.ts";
import type { MemberPlace } from "./metadata-member.ts";

export interface MetadataPlace extends MemberPlace {
  readonly zone: string;
  readonly region: string;
}

export interface Trust {
  /** The member to ask now. Called when something is asked. */
  readonly ask: () => MachineId;
  /** The machine, watched for what it hears of members. */
  readonly around: (machine: Machine) => Machine;
}

/** A member that has not said a word for so long since it was first asked, microseconds, is given up. Requesters ask again after more. */
const PATIENCE = 400_000;

/** `near`: where the machine stands, and a number that spreads machines over members equally near. */
export function createTrust(
  members: readonly MetadataPlace[],
  near: { readonly zone: string; readonly region: string; readonly id: number },
): Trust {
  let current = nearest(members, near);
  /** When the first request since the last word of a member was made; -1: none is unanswered. */
  let askedAt = -1;
  let now = 0;
  let acting: Io | undefined;

  function moveOn(): void {
    const given = members[current]!;
    current = (current + 1) % members.length;
    askedAt = -1;
    // What is still on its way there must not arrive after what is asked elsewhere.
    acting?.close(given.process);
  }

  function notice(message: MachineId): void {
    if (members.some(({ machine }) => machine === message)) askedAt = -1;
  }

  return {
    ask: () => {
      if (askedAt >= 0 && now - askedAt >= PATIENCE) moveOn();
      if (askedAt < 0) askedAt = now;
      return members[current]!.machine;
    },
    around: (machine) => ({
      ...machine,
      step: (input, io) => {
        acting = io;
        now = io.now();
        if (input.kind === Is.Message) notice(input.from);
        else if (input.kind === Is.Connection && input.change !== ConnectionChange.Opened && input.peer === members[current]!.process) {
          current = (current + 1) % members.length;
          askedAt = -1;
        }
        machine.step(input, io);
      },
    }),
  };
}

function nearest(
  members: readonly MetadataPlace[],
  { zone, region, id }: { readonly zone: string; readonly region: string; readonly id: number },
): number {
  const inZone = members.flatMap((member, place) => (member.zone === zone ? [place] : []));
  const inRegion = members.flatMap((member, place) => (member.region === region ? [place] : []));
  const candidates = inZone.length > 0 ? inZone : inRegion.length > 0 ? inRegion : members.map((_, place) => place);
  return candidates[id % candidates.length]!;
}
