/**
 * What follows from the paper though it has no sentence for it: claims that mutation testing found nothing to defend. Each is checked
 * on the real module by claims.test.ts, and on every mutant.
 */
import { ELECTION_CLAIMS } from "./claims-election.ts";
import { LOG_CLAIMS } from "./claims-log.ts";
import { MEMBERSHIP_CLAIMS } from "./claims-membership.ts";
import type { Check } from "./sentences.ts";

export const CLAIMS: Readonly<Record<string, Check>> = { ...ELECTION_CLAIMS, ...LOG_CLAIMS, ...MEMBERSHIP_CLAIMS };
