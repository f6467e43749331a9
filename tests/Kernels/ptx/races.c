/* Who may touch what between two barriers. */
#include <stdlib.h>

#include "internal.h"

size_t writers_bytes(const ptx_block *block) { return (block->size / 2 + 1) * sizeof *block->writers; }

enum { THREAD_BITS = 16, SEVERAL = 0xffff };

static uint64_t stamp_of(const moment *now) { return now->interval << THREAD_BITS | (now->thread + 1); }

static uint64_t interval_of(uint64_t stamp) { return stamp >> THREAD_BITS; }

const char *shared_load(shared_memory *shared, uint64_t address, size_t size, const moment *now) {
  uint64_t mine = stamp_of(now);
  for (size_t i = address; i < address + size; ++i) {
    uint64_t writer = shared->writer[i], reader = shared->reader[i];
    if (interval_of(writer) < now->first_of_block) {
      return "reads shared memory that no thread of the block has written";
    }
    if (interval_of(writer) == now->interval && writer != mine) {
      return "reads shared memory that another thread wrote since the last barrier";
    }
    bool others = interval_of(reader) == now->interval && reader != mine;
    shared->reader[i] = others ? now->interval << THREAD_BITS | SEVERAL : mine;
  }
  return NULL;
}

const char *shared_store(shared_memory *shared, uint64_t address, size_t size, const moment *now) {
  uint64_t mine = stamp_of(now);
  for (size_t i = address; i < address + size; ++i) {
    uint64_t writer = shared->writer[i], reader = shared->reader[i];
    if (interval_of(writer) == now->interval && writer != mine) {
      return "writes shared memory that another thread wrote since the last barrier";
    }
    if (interval_of(reader) == now->interval && reader != mine) {
      return "writes shared memory that another thread read since the last barrier";
    }
    shared->writer[i] = mine;
  }
  return NULL;
}

static const char *global_conflict(uint64_t writer, const moment *now, const char *within, const char *between) {
  uint64_t interval = interval_of(writer);
  if (interval == now->interval) {
    return writer == stamp_of(now) ? NULL : within;
  }
  return interval >= now->first_of_launch && interval < now->first_of_block ? between : NULL;
}

const char *global_load(const ptx_block *block, uint64_t address, size_t size, const moment *now) {
  size_t first = (address - block->base) / 2, last = (address - block->base + size - 1) / 2;
  for (size_t i = first; block->writers != NULL && i <= last; ++i) {
    const char *conflict = global_conflict(block->writers[i], now, "reads what another thread wrote since the last barrier",
                                           "reads what another block of the same launch wrote");
    if (conflict != NULL) {
      return conflict;
    }
  }
  return NULL;
}

const char *global_store(ptx_block *block, uint64_t address, size_t size, const moment *now) {
  if (block->writers == NULL) {
    block->writers = sparse_zeros(writers_bytes(block));
  }
  if (block->writers == NULL) {
    return "finds the interpreter out of memory";
  }
  size_t first = (address - block->base) / 2, last = (address - block->base + size - 1) / 2;
  for (size_t i = first; i <= last; ++i) {
    const char *conflict = global_conflict(block->writers[i], now, "writes what another thread wrote since the last barrier",
                                           "writes what another block of the same launch wrote");
    if (conflict != NULL) {
      return conflict;
    }
    block->writers[i] = stamp_of(now);
  }
  return NULL;
}
