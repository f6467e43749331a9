/* A grid: its blocks one after the other, the threads of a block from barrier to barrier. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

typedef struct team {
  unsigned threads;
  uint64_t *registers;
  size_t *at;
  thread_state *states;
  uint32_t *order;
} team;

/* One number for all launches of the process: no two intervals are alike. */
static uint64_t intervals = 1;

static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static void arrange(uint32_t *order, uint32_t count, ptx_order how, uint64_t *seed) {
  for (uint32_t i = 0; i < count; ++i) {
    order[i] = how == PTX_REVERSE ? count - 1 - i : i;
  }
  for (uint32_t i = count; how == PTX_RANDOM && i > 1; --i) {
    uint32_t other = (uint32_t)(next_random(seed) % i), kept = order[i - 1];
    order[i - 1] = order[other];
    order[other] = kept;
  }
}

static void place(uint64_t *special, uint32_t index, const unsigned extent[3]) {
  special[0] = index % extent[0];
  special[1] = index / extent[0] % extent[1];
  special[2] = index / extent[0] / extent[1];
}

static void begin_block(const run *r, team *t, const ptx_launch *launch, uint32_t block) {
  const uint64_t unset = UINT64_C(0x7ff4dead7fa4dea0); /* a NaN in either width, and no sensible integer */
  size_t count = (size_t)r->kernel->registers;
  for (uint32_t thread = 0; thread < t->threads; ++thread) {
    uint64_t *registers = t->registers + thread * count;
    for (size_t i = SPECIALS; i < count; ++i) {
      registers[i] = unset;
    }
    place(registers + SPECIAL_TID, thread, launch->block);
    place(registers + SPECIAL_CTAID, block, launch->grid);
    for (int i = 0; i < 3; ++i) {
      registers[SPECIAL_NTID + i] = launch->block[i];
      registers[SPECIAL_NCTAID + i] = launch->grid[i];
    }
    registers[SPECIAL_LANE] = thread % 32;
    t->at[thread] = 0;
    t->states[thread] = THREAD_READY;
  }
}

/* All threads wait at one barrier, or all have ended: anything else hangs a device, or worse. */
static bool agree(const run *r, const team *t) {
  const instruction *code = r->kernel->code;
  for (uint32_t i = 1; i < t->threads; ++i) {
    if (t->states[i] != t->states[0]) {
      uint32_t waits = t->states[i] == THREAD_WAITS ? i : 0;
      snprintf(r->message, PTX_MESSAGE, "%s: thread %u waits at the barrier of line %d, thread %u has ended", r->kernel->name, waits,
               code[t->at[waits] - 1].line, waits == i ? 0 : i);
      return false;
    }
    if (t->states[0] == THREAD_WAITS && t->at[i] != t->at[0]) {
      snprintf(r->message, PTX_MESSAGE, "%s: thread 0 waits at the barrier of line %d, thread %u at that of line %d", r->kernel->name,
               code[t->at[0] - 1].line, i, code[t->at[i] - 1].line);
      return false;
    }
  }
  return true;
}

static bool run_block(run *r, team *t, const ptx_launch *launch, uint32_t block, uint64_t *seed) {
  begin_block(r, t, launch, block);
  r->now.first_of_block = ++intervals;
  do {
    r->now.interval = ++intervals;
    arrange(t->order, t->threads, launch->order, seed);
    for (uint32_t i = 0; i < t->threads; ++i) {
      uint32_t thread = t->order[i];
      r->now.thread = thread;
      t->states[thread] = run_thread(r, t->registers + thread * (size_t)r->kernel->registers, &t->at[thread]);
      if (t->states[thread] == THREAD_FAILED) {
        return false;
      }
    }
    if (!agree(r, t)) {
      return false;
    }
    r->counts->barriers += t->states[0] == THREAD_WAITS;
  } while (t->states[0] != THREAD_ENDED);
  return true;
}

static bool run_blocks(run *r, team *t, const ptx_launch *launch, uint32_t blocks) {
  uint64_t seed = launch->seed;
  uint32_t *order = malloc(blocks * sizeof *order);
  if (order == NULL) {
    snprintf(r->message, PTX_MESSAGE, "the interpreter is out of memory");
    return false;
  }
  arrange(order, blocks, launch->order, &seed);
  bool sound = true;
  for (uint32_t i = 0; i < blocks && sound; ++i) {
    sound = run_block(r, t, launch, order[i], &seed);
  }
  free(order);
  return sound;
}

bool ptx_run(const ptx_kernel *kernel, const ptx_launch *launch, ptx_memory *memory, ptx_counts *counts, char message[PTX_MESSAGE]) {
  unsigned threads = launch->block[0] * launch->block[1] * launch->block[2];
  unsigned blocks = launch->grid[0] * launch->grid[1] * launch->grid[2];
  if (threads == 0 || threads > 1024 || blocks == 0 || (kernel->most_threads != 0 && threads > kernel->most_threads)) {
    snprintf(message, PTX_MESSAGE, "%s: %u blocks of %u threads", kernel->name, blocks, threads);
    return false;
  }
  size_t shared = kernel->shared_bytes;
  run r = {.kernel = kernel,
           .memory = memory,
           .last_block = calloc(kernel->length, sizeof(ptx_block *)),
           .parameters = launch->parameters,
           .shared = {malloc(shared + 1), calloc(shared + 1, sizeof(uint64_t)), calloc(shared + 1, sizeof(uint64_t)), shared},
           .now = {.first_of_launch = ++intervals},
           .counts = counts,
           .message = message};
  team t = {.threads = threads,
            .registers = malloc(threads * (size_t)kernel->registers * sizeof(uint64_t)),
            .at = malloc(threads * sizeof(size_t)),
            .states = malloc(threads * sizeof(thread_state)),
            .order = malloc(threads * sizeof(uint32_t))};
  bool sound = r.last_block && r.shared.bytes && r.shared.writer && r.shared.reader && t.registers && t.at && t.states && t.order;
  if (sound) {
    sound = run_blocks(&r, &t, launch, blocks);
  } else {
    snprintf(message, PTX_MESSAGE, "the interpreter is out of memory");
  }
  free(r.last_block);
  free(r.shared.bytes);
  free(r.shared.writer);
  free(r.shared.reader);
  free(t.registers);
  free(t.at);
  free(t.states);
  free(t.order);
  return sound;
}
