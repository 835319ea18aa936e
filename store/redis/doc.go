// Package redis counts attempts on a Redis server, so that the throttles of many processes are one and the database
// does not see them. It keeps nothing else: accounts, sessions and credits stay in the main store.
//
//	client := goredis.NewClient(&goredis.Options{Addr: "redis:6379", ContextTimeoutEnabled: true})
//	attempts := redis.New(client, redis.Options{})
//	if err := attempts.Check(ctx); err != nil {
//		return err
//	}
//	auth, err := tollkeeper.New(store, tollkeeper.Config{Limits: tollkeeper.Limits{Attempts: attempts}})
//
// # What a verb is
//
// Take and [Store.Release] are one Lua script each: one round trip (EVALSHA; EVAL once after the server has lost the
// script). A script runs alone on its server, so a Take counts in all buckets or in none, also under a race. It repeats
// [store.Limit] in whole milliseconds, for which the numbers of Lua are exact, and storetest compares the two on random
// histories.
//
// The caller's now decides, never the server's clock. A key expires five minutes after its counter is dead, counted
// from now at its last write: the difference covers processes whose clocks differ and a server whose clock jumps. So
// the clocks of all processes and of the server may be five minutes apart before a penalty could end early.
//
// # Losing the server
//
// ContextTimeoutEnabled lets the driver itself give up in time; without it a verb pays for a goroutine of its own.
//
// A verb waits [Options.Timeout] for its answer, then returns an error, and the library refuses with ErrUnavailable:
// nobody guesses uncounted. [Options.RatesFailOpen] makes one exception, for a Take of nothing but rates; sign-in
// always has a lock among its buckets and stays shut. Sign-ups, mailed codes and links are then not limited while the
// server is away, which whoever can overload it may bring about. Out of memory, missing rights and the like never fail
// open.
//
// An attempt whose answer was lost may have been counted. The driver repeats what failed with the connection
// (MaxRetries), so such an attempt may count twice: the strict side. What a restart without persistence, a flush, or a
// failover to a replica that lags behind loses is forgotten: locks end, and networks are strangers again. No session,
// code or credit depends on any of it.
//
// # Setting the server up
//
//   - maxmemory-policy noeviction, which is the default of Redis but not of every hosting service. Every other policy
//     lets an attacker push counters out by filling the memory. Check tells.
//   - appendonly yes. With appendfsync everysec a crash loses about a second of attempts; without any persistence it
//     ends every lock.
//   - A server, or at least a memory limit, that nothing else can fill: full, it refuses every sign-in.
//   - Rights for an own user: EVAL, EVALSHA, MGET, GET, SET and DEL on the keys below [Options.Prefix]; INFO for
//     [Store.Check].
//
// # Keys
//
// Counters are <Prefix>{tk}c:<digest>, marks of recognised networks <Prefix>{tk}m:<digest>, and pardons
// <Prefix>{tk}p:<digest>; digests are keyed, so nobody can read an address from them. A counter is six little-endian
// doubles, the fields of [store.State], the times in milliseconds since 1970. With the default [Options.Prefix] it
// takes 200 bytes of Redis 7.0's memory.
//
// A script may only use keys of one slot of a Redis Cluster. The buckets of one [Store.Take] have nothing in common
// (networks, addresses, accounts), so {tk} puts all keys into one slot: the cluster gives failover, not spread, and one
// shard counts for everybody. A Prefix with braces of its own, such as "{eu}", chooses another slot. Installations that
// must spread use a Prefix, or a server, each. A Ring works alike, but counts anew where it moves the slot to when a
// shard is down.
//
// # Tests
//
// They want a server in TOLLKEEPER_TEST_REDIS, a redis:// URL, and the program redis-server for those that stop, pause,
// flush or fill it. Tried with Redis 7.0, alone and as a cluster of one; not with Sentinel, a failover or the counters
// of a Ring.
package redis
