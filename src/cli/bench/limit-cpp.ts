/**
 * The limit: the kernel's algorithm in C++ (queue.ts, tuning.ts, and for the full step Tyche-i, the exponential ziggurat
 * and the histogram), and beside it the same models on std::priority_queue. Compiled with g++ -O2 where there is one.
 * `limit MODEL QUEUE PENDING EVENTS` prints events, CPU nanoseconds an event, check. Left out is only what the models do
 * not use and C++ does not need (handles, moving, cancelling: a test for a dead entry remains).
 */
export const LIMIT_SOURCE = String.raw`
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <queue>
#include <string>
#include <vector>
#include <sys/resource.h>

static double cpuNanoseconds() {
  rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e9 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e3;
}

// ---- The plain queue ----

struct Event {
  double time, sequence;
  int32_t kind, target, argument;
  bool operator<(const Event& other) const { return time > other.time || (time == other.time && sequence > other.sequence); }
};

struct PlainQueue {
  std::priority_queue<Event> heap;
  double now = 0, sequence = 0, dispatched = 0;
  void schedule(double at, int32_t kind, int32_t target, int32_t argument) { heap.push({at, sequence++, kind, target, argument}); }
  template <class Handler> void run(double until, Handler handle) {
    while (!heap.empty() && heap.top().time <= until) {
      Event event = heap.top();
      heap.pop();
      now = event.time;
      dispatched++;
      handle(event.kind, event.target, event.argument);
    }
    now = until;
  }
};

// ---- The kernel's queue ----

struct Record {
  double time, sequence;
  int32_t next, kind, target, argument;
};
struct Key {
  double time, sequence;
  int32_t slot;
  bool operator<(const Key& other) const { return time > other.time || (time == other.time && sequence > other.sequence); }
};

struct RingQueue {
  std::vector<Record> pool;
  std::vector<int32_t> heads = std::vector<int32_t>(256, -1), run_;
  std::vector<Key> far;
  int32_t free = -1;
  int64_t ringSize = 256, mask = 255;
  double now = 0, sequence = 0, current = 0, scale = 0.001, dispatched = 0, limit = 0, shifts = 0, visits = 0, windowFrom = 0, windowTo = 256;
  double farTime = INFINITY, farSequence = INFINITY;

  double bucketOf(double time) const { return std::floor(time * scale); }
  double pending() const { return sequence - dispatched; }

  void schedule(double at, int32_t kind, int32_t target, int32_t argument) {
    int32_t slot = free;
    if (slot < 0) {
      slot = (int32_t)pool.size();
      pool.push_back({});
    } else free = pool[slot].next;
    Record& record = pool[slot];
    record.time = at;
    record.sequence = sequence++;
    record.kind = kind;
    record.target = target;
    record.argument = argument;
    double bucket = bucketOf(at), ahead = bucket - current;
    if (ahead > 0 && ahead < ringSize) {
      int64_t place = (int64_t)bucket & mask;
      record.next = heads[place];
      heads[place] = slot;
    } else file(slot);
  }
  bool isLater(int32_t a, double time, double sequence_) const {
    return pool[a].time > time || (pool[a].time == time && pool[a].sequence > sequence_);
  }
  void file(int32_t slot) {
    Record& record = pool[slot];
    double bucket = bucketOf(record.time), ahead = bucket - current;
    if (ahead > 0) {
      if (ahead < ringSize) {
        int64_t place = (int64_t)bucket & mask;
        record.next = heads[place];
        heads[place] = slot;
        return;
      }
    } else {
      size_t count = run_.size(), stop = count > 64 ? count - 64 : 0, place = count;
      while (place > stop && !isLater(run_[place - 1], record.time, record.sequence)) place--;
      if (place > stop || stop == 0) {
        run_.insert(run_.begin() + place, slot);
        shifts += count - place;
        return;
      }
    }
    far.push_back({record.time, record.sequence, slot});
    std::push_heap(far.begin(), far.end());
    farTime = far[0].time;
    farSequence = far[0].sequence;
  }
  void takeFar() {
    int32_t slot = far[0].slot;
    std::pop_heap(far.begin(), far.end());
    far.pop_back();
    farTime = far.empty() ? INFINITY : far[0].time;
    farSequence = far.empty() ? INFINITY : far[0].sequence;
    run_.push_back(slot);
  }
  bool prepare() {
    for (;;) {
      if (dispatched >= windowTo) tune();
      if (!run_.empty()) {
        Record& top = pool[run_.back()];
        if (farTime > top.time || (farTime == top.time && farSequence > top.sequence)) return true;
        takeFar();
        continue;
      }
      double last = std::min(bucketOf(farTime), bucketOf(limit));
      if (pending() > far.size()) {
        int64_t most = last - current < ringSize ? (int64_t)(last - current) : ringSize, place = (int64_t)current & mask, steps = 0;
        int32_t slot = -1;
        while (steps < most && slot < 0) {
          steps++;
          place = (place + 1) & mask;
          slot = heads[place];
        }
        current += steps;
        visits += steps;
        if (steps > 64) windowTo -= steps / 64.0;
        if (slot >= 0) {
          heads[place] = -1;
          gather(slot);
          continue;
        }
      } else if (last > current && last < INFINITY) current = last;
      if (far.empty() || farTime > limit) return false;
      takeFar();
    }
  }
  void gather(int32_t first) {
    size_t count = 0;
    for (int32_t slot = first; slot >= 0; count++) {
      Record& record = pool[slot];
      int32_t next = record.next;
      size_t place = count;
      run_.push_back(slot);
      while (place > 0 && count < 48 && !isLater(run_[place - 1], record.time, record.sequence)) {
        run_[place] = run_[place - 1];
        place--;
      }
      run_[place] = slot;
      shifts += count - place;
      slot = next;
    }
    if (count > 48) {
      std::sort(run_.begin(), run_.end(), [&](int32_t a, int32_t b) { return isLater(a, pool[b].time, pool[b].sequence); });
      shifts += count * 2;
    }
  }
  void tune() {
    double pend = pending(), events = dispatched - windowFrom, s = shifts + 1, v = visits + 1, ratio = 3 * v / s;
    shifts = visits = 0;
    windowFrom = dispatched;
    windowTo = dispatched + std::max(1024.0, 2 * pend);
    bool worth = (ratio > 1.7 && v > events / 4) || (ratio < 1 / 1.7 && s > events / 4);
    double factor = worth ? std::min(64.0, std::max(1 / 64.0, std::sqrt(ratio))) : 1;
    double better = std::min(1.0, std::max(1 / 120000000.0, scale / factor));
    int64_t size = ringSize;
    while (size < 2 * pend && size < (1 << 20)) size *= 2;
    while (size > 256 && size > 8 * pend) size /= 2;
    if (better == scale && size == ringSize) return;
    std::vector<int32_t> slots;
    for (int32_t head : heads) for (int32_t slot = head; slot >= 0; slot = pool[slot].next) slots.push_back(slot);
    slots.insert(slots.end(), run_.begin(), run_.end());
    for (Key& key : far) slots.push_back(key.slot);
    run_.clear();
    far.clear();
    farTime = farSequence = INFINITY;
    scale = better;
    current = bucketOf(now);
    ringSize = size;
    mask = size - 1;
    heads.assign(size, -1);
    for (int32_t slot : slots) file(slot);
  }
  template <class Handler> void run(double until, Handler handle) {
    limit = until;
    for (;;) {
      if (run_.empty() || pool[run_.back()].time >= farTime) {
        if (!prepare()) break;
      }
      int32_t slot = run_.back();
      Record& record = pool[slot];
      if (record.time > until) break;
      run_.pop_back();
      if (record.sequence < 0) continue;
      now = record.time;
      dispatched++;
      record.sequence = -1;
      record.next = free;
      free = slot;
      handle(record.kind, record.target, record.argument);
    }
    now = until;
  }
};

// ---- Draws and counts ----

struct Tyche {
  uint32_t a = 0x9e3779b9, b = 0x243f6a88, c = 0xb7e15162, d = 0x13198a2e;
  uint32_t next() {
    b = ((b << 25) | (b >> 7)) ^ c;
    c -= d;
    d = ((d << 24) | (d >> 8)) ^ a;
    a -= b;
    b = ((b << 20) | (b >> 12)) ^ c;
    c -= d;
    d = ((d << 16) | (d >> 16)) ^ a;
    a -= b;
    return a;
  }
  double uniform() { return next() / 4294967296.0; }
};

struct Exponential {
  double edge[257], height[257];
  const double tail = 7.697117470131487, area = 0.003949659822581572;
  Exponential() {
    edge[0] = area / std::exp(-tail);
    edge[1] = tail;
    height[1] = std::exp(-tail);
    for (int i = 2; i < 256; i++) {
      edge[i] = -std::log(area / edge[i - 1] + height[i - 1]);
      height[i] = std::exp(-edge[i]);
    }
    edge[256] = 0;
    height[256] = 1;
  }
  double draw(Tyche& random) const {
    double base = 0;
    for (;;) {
      double u = random.uniform() * 256;
      int layer = (int)u;
      double x = (u - layer) * edge[layer];
      if (x < edge[layer + 1]) return base + x;
      if (layer == 0) base += tail;
      else if (height[layer] + random.uniform() * (height[layer + 1] - height[layer]) < std::exp(-x)) return base + x;
    }
  }
};

struct Histogram {
  std::vector<double> counts = std::vector<double>(54 * 128);
  double count = 0, sum = 0, least = INFINITY, most = 0;
  void record(double value) {
    double whole = std::floor(value), key = whole + 1;
    uint64_t bits;
    std::memcpy(&bits, &key, 8);
    counts[(size_t)((bits >> 45) - (0x3ffULL << 7))]++;
    count++;
    sum += whole;
    if (whole < least) least = whole;
    if (whole > most) most = whole;
  }
};

// ---- The models of models.ts ----

static double gaps[65536];
static Exponential exponential;

template <class Queue> void hold(int pending, double events) {
  uint32_t state = 12345;
  for (double& gap : gaps) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    gap = std::floor(-std::log(1 - state / 4294967296.0) * 1e6 + 0.5);
  }
  Queue queue;
  for (int i = 0; i < pending; i++) queue.schedule(gaps[i % 65536], 0, i, (int)((uint32_t)i * 7919u & 65535u));
  double until = std::floor(events / pending * 1e6 + 0.5), start = cpuNanoseconds();
  queue.run(until, [&](int32_t kind, int32_t target, int32_t argument) {
    queue.schedule(queue.now + gaps[argument], kind, target, (argument + 1) & 65535);
  });
  std::printf("%.0f %f %.0f\n", queue.dispatched, (cpuNanoseconds() - start) / queue.dispatched, queue.dispatched);
}

template <class Queue> void step(int pending, double events) {
  Queue queue;
  Tyche random;
  Histogram histogram;
  for (int i = 0; i < pending; i++) queue.schedule(std::floor(exponential.draw(random) * 1e6 + 0.5), 0, i, 0);
  double until = std::floor(events / pending * 1e6 + 0.5), start = cpuNanoseconds();
  queue.run(until, [&](int32_t kind, int32_t target, int32_t argument) {
    double gap = std::floor(exponential.draw(random) * 1e6 + 0.5);
    histogram.record(gap);
    queue.schedule(queue.now + gap, kind, target, argument);
  });
  double nanoseconds = (cpuNanoseconds() - start) / queue.dispatched;
  std::printf("%.0f %f %f\n", queue.dispatched, nanoseconds, histogram.sum / histogram.count / 1e6);
}

int main(int count, char** given) {
  if (count != 5) return 2;
  bool isHold = std::string(given[1]) == "hold", isPlain = std::string(given[2]) == "plain";
  int pending = std::atoi(given[3]);
  double events = std::atof(given[4]);
  if (isHold && isPlain) hold<PlainQueue>(pending, events);
  else if (isHold) hold<RingQueue>(pending, events);
  else if (isPlain) step<PlainQueue>(pending, events);
  else step<RingQueue>(pending, events);
}
`;
