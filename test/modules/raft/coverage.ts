/** What a schedule met, by name. */
export interface Coverage {
  steps: number;
  leaderChanges: number;
  splitVotes: number;
  truncations: number;
  snapshotInstalls: number;
  crashesInJoint: number;
  unsyncedLosses: number;
  membershipChanges: number;
  catchUpsFailed: number;
  transfers: number;
  reads: number;
  leaseReads: number;
  commits: number;
  histories: number;
  historiesOpen: number;
}

export const NO_COVERAGE: Coverage = {
  steps: 0,
  leaderChanges: 0,
  splitVotes: 0,
  truncations: 0,
  snapshotInstalls: 0,
  crashesInJoint: 0,
  unsyncedLosses: 0,
  membershipChanges: 0,
  catchUpsFailed: 0,
  transfers: 0,
  reads: 0,
  leaseReads: 0,
  commits: 0,
  histories: 0,
  historiesOpen: 0,
};
