/** What the rooms of the world (world.ts, io.ts, lifecycle.ts, orders.ts) are to one another. Types only, so that none needs another's file. */
import type { HostId, MachineId } from "../../base/ids.ts";
import type { FactInput, Finish, Input, Machine } from "../../base/machine.ts";
import type { Random } from "../../base/random.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Costs } from "../strategies/messages.ts";
import type { HostRecord, MachineRecord, ProcessRecord } from "./actors.ts";
import type { Ledger } from "./ledger.ts";
import type { Messages } from "./messages.ts";
import type { Network } from "./network.ts";
import type { Transfers } from "./transfers.ts";

/** What the environment (clients' instruments, faults, the record) wants to hear from the world. */
export interface Observer {
  readonly fact: (machine: MachineRecord, fact: FactInput) => void;
  readonly finish: (operation: number, ending: Finish) => void;
  /** A machine answers a client: the reply's slot. */
  readonly answering: (machine: MachineRecord, slot: number) => void;
  /** A request left for a server. */
  readonly attempt: (operation: number) => void;
  readonly served: (machine: MachineRecord, kind: number, slot: number, demand: number, start: number) => void;
  readonly changed: (process: ProcessRecord, change: "started" | "crashed" | "stopped" | "paused" | "resumed") => void;
  /** A process has ended: its machines hold nothing themselves any more. */
  readonly gone: (process: ProcessRecord) => void;
  /** `Io.create` was asked for this machine: its address is known from now on. */
  readonly created: (machine: MachineRecord, part: string, about: number) => void;
}

export interface WorldParts {
  readonly kernel: Kernel;
  readonly ledger: Ledger;
  readonly messages: Messages;
  readonly network: Network;
  readonly transfers: Transfers;
  readonly costs: Costs;
  readonly machines: MachineRecord[];
  readonly processes: ProcessRecord[];
  readonly hosts: readonly HostRecord[];
  readonly stream: (name: string) => Random;
  readonly observer: Observer;
  readonly factory: MachineFactory | undefined;
}

/** The machine whose step it is, and the input it is given: both reused. */
export interface Stage {
  current: MachineRecord;
  readonly input: Input;
  /** Microseconds after which the message being handled comes again; -1: it is done with. */
  deferred: number;
}

export interface Lifecycle {
  /** Starts what stands in a process. */
  readonly start: (process: ProcessRecord) => void;
  readonly startMachine: (record: MachineRecord) => void;
  /** A fault (or order) takes a process down, `silently` if its host goes too; one more holds it down if it is already. */
  readonly down: (process: ProcessRecord, change: "crashed" | "stopped", silently: boolean) => void;
  /** One less holds it down: it starts if nothing does any more. */
  readonly up: (process: ProcessRecord) => void;
  readonly pause: (process: ProcessRecord) => void;
  readonly resume: (process: ProcessRecord) => void;
  /** A host is back from the dead: whoever spoke to it before meets a reset. */
  readonly booted: (host: HostRecord) => void;
  /** Ends a process's connections with a peer, which is told if the way is open. */
  readonly hangUp: (process: ProcessRecord, peer: ProcessRecord) => void;
  /** Something that was sent in an era of a process reached it in another, or reached nobody. */
  readonly missed: (sender: ProcessRecord, process: ProcessRecord, era: number) => void;
  readonly retire: (record: MachineRecord) => void;
  readonly tellChild: (to: MachineRecord, process: ProcessRecord, change: number, isManaged?: boolean) => void;
  /** A timer that came due during a pause is set anew or cancelled. */
  readonly forgetTimer: (record: MachineRecord, id: number) => void;
  readonly isOf: (process: ProcessRecord) => (machine: number) => boolean;
}

export type Command =
  | { readonly kind: "start" | "stop" | "kill"; readonly process: ProcessRecord }
  | { readonly kind: "make"; readonly machine: MachineRecord; /** Its process waits for it. */ readonly isFirst: boolean }
  | { readonly kind: "retire"; readonly machine: MachineRecord };

/** What a factory says of a machine that is asked for: its name (unlike all others of the run), where it lives, what it is. */
export interface MadeMachine {
  readonly name: string;
  /** The process of the host that it lives in; made if there is none of that name. */
  readonly process: string;
  readonly shard?: number;
  readonly create: () => Machine;
}

/** Makes what `Io.create` asks for; undefined for a part that it does not know. */
export type MachineFactory = (part: string, host: HostId, about: number) => MadeMachine | undefined;

export interface Orders {
  /** `isManaged`: by the management network, which no cut touches. */
  readonly give: (command: Command, host: HostRecord, from: MachineRecord, isManaged?: boolean) => void;
  readonly create: (from: MachineRecord, part: string, host: HostId, about: number) => MachineId;
  /** The kernel's event: the order at this place arrives, or is tried again. */
  readonly arrive: (place: number) => void;
}
