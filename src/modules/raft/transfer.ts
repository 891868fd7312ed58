/** Handing over the leadership (dissertation section 3.10): bring the target up to date, then tell it to campaign at once. */
import { NOBODY } from "./entry.ts";
import type { PeerId } from "./entry.ts";
import { progressOf, refuse, send } from "./core.ts";
import type { Core } from "./core.ts";
import type { Progress } from "./flow.ts";
import type { Token } from "./input.ts";
import { lastIndex } from "./log.ts";
import { sendAppends } from "./sending.ts";
import { dueAfter } from "./timing.ts";

/** Takes a request to hand over. Until it is over or an election time-out has passed, proposals are refused. */
export function askTransfer(core: Core, token: Token, to: PeerId): void {
  const target = progressOf(core, to);
  if (core.role !== "leader") return refuse(core, token, "notLeader");
  if (target?.isVoter !== true || to === core.id) return refuse(core, token, "notVoter");
  if (core.transferTo !== NOBODY) return refuse(core, token, "transferring");
  core.transferTo = to;
  core.transferAt = dueAfter(core.options.timing, core.now, core.options.timing.electionMin);
  sendAppends(core, target);
  handOverIfReady(core, target);
}

/** `progress` has confirmed more: if it is the target and has everything, its time has come. */
export function handOverIfReady(core: Core, progress: Progress): void {
  if (core.transferTo !== progress.id || progress.match !== lastIndex(core.log)) return;
  core.isTransferSent = true;
  send(core, { kind: "timeoutNow", from: core.id, to: progress.id, term: core.term });
}

/** An election time-out has passed, or the target is no member any more: lead on. */
export function abortTransfer(core: Core): void {
  core.write.push({ kind: "transferAborted", to: core.transferTo });
  core.transferTo = NOBODY;
  core.transferAt = Infinity;
}
