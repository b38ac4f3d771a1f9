/** How long a run takes, and what is the same for all that it compares. */
export type Plan = {
  rounds: number;
  /** Before the first round, until the code of all is compiled, and not for longer; not counted. */
  warmUp: { operations: number; withinMs: number };
  /** At the start of each load, not counted. */
  settleMs: number;
  saturatedMs: number;
  pacedMs: number;
  /** Large ones, at the same time. */
  uploads: number;
  /** 0: none. */
  profileMs: number;
};

export const fullPlan: Plan = {
  rounds: 5,
  // A process that has just begun compiles for a fifth of its time, the larger the longer; one in production never does.
  warmUp: { operations: 40_000, withinMs: 20_000 },
  settleMs: 300,
  saturatedMs: 1_500,
  pacedMs: 1_500,
  uploads: 200,
  profileMs: 5_000,
};

export const quickPlan: Plan = {
  rounds: 1,
  warmUp: { operations: 500, withinMs: 500 },
  settleMs: 200,
  saturatedMs: 500,
  pacedMs: 400,
  uploads: 20,
  profileMs: 0,
};

/** Connections, couples or conversations at work at the same time. */
export const concurrency = 64;
/** Operations a second at which latencies are compared: none of those compared is busy with it. */
export const pacedRate = 500;
/** Connections to Postgres of one process, as a service has them by default. */
export const poolSize = 10;
