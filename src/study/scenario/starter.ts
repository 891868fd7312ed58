/** The first scenario of somebody's own: what `shardlab init` writes. */

/** A commented scenario called `name` (letters, digits, dots, dashes and underscores), ready to run. */
export function starterScenario(name: string): string {
  return `# yaml-language-server: $schema=./scenario.schema.json
# Run it:            shardlab run ${name}.yaml
# All keys:          shardlab schema, or let your editor complete them
name: ${name}
question: A server dies under load. How long are its shards without a primary, and are writes lost?

repeats: 30                      # runs of each strategy, alike but for the seed; 30 bound p90 at 95 %
warmup: 5s                       # left out of all figures
duration: 60s                    # measured time; times of faults count from its start

cluster:
  regions: { eu: { zones: { a: 2, b: 2, c: 2 } } }        # servers of each zone
  shards: 12
  replicas: 3
  server:
    cores: 4
    service: { read: exp(0.4ms), write: exp(0.8ms) }      # demand on one core; distributions contain no comma
    fsync: lognormal(median 1ms p99 6ms)
  network: { sameZone: 0.25ms, crossZone: 1ms }           # one way
  clients: [ { name: web, zones: [a, b, c], hosts: 3 } ]

data: { tables: { users: { rows: 1M, row: 1KB, key: user_id } } }

workload:
  - name: app
    from: clients web
    arrivals: { poisson: 2000/s }                         # or { closed: { clients: 50, think: exp(20ms) } }
    mix: { read: 70%, update: 30% }
    keys: { zipf: 0.99 }                                  # or uniform, or { hotSet: { keys: 20%, operations: 80% } }

faults:
  - { at: uniform(20s..21s), hostDeath: primary of shard 0, for: ever }   # drawn anew in each repeat, alike for all strategies

# What all strategies share. Each may replace any of it.
common:
  sharding: slots
  placement: { spread: zone }
  fencing: epoch
  client: { deadline: 2s, timeout: 500ms }

strategies:
  async-monitor: { replication: asynchronous, failover: { monitor: { heartbeat: 1s, misses: 3 } } }
  sync-monitor:  { replication: synchronous, failover: { monitor: { heartbeat: 1s, misses: 3 } } }
  sync-operator: { replication: synchronous, failover: { manual: { operatorDelay: 20s } } }

# What you believe; \`shardlab check\` fails when it turns out otherwise.
expect:
  - { metric: loss.writes, of: sync-monitor, statistic: max, atMost: 0 }
  - { metric: recovery.time, of: sync-monitor, lessThan: sync-operator }  # paired by seed
  - { invariant: one-primary-per-epoch, of: all }
`;
}
