#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"

/* Above what any process can map, so that host code which follows a device address is stopped by the processor. */
static const uint64_t FIRST_ADDRESS = UINT64_C(0x00d0000000000000);
static const uint64_t ALIGNMENT = 512;
static const uint64_t GAP = 1 << 16;
static const int FRESH = 0xa5;
static const size_t SPARSE = (size_t)1 << 30;

struct ptx_memory {
  ptx_block *blocks; /* by rising address; freed ones stay, to be told from wild addresses */
  size_t count, capacity;
  uint64_t next;
};

ptx_memory *ptx_memory_new(void) {
  ptx_memory *memory = calloc(1, sizeof *memory);
  if (memory != NULL) {
    memory->next = FIRST_ADDRESS;
  }
  return memory;
}

void *sparse_zeros(size_t size) {
  if (size < SPARSE) {
    return calloc(1, size);
  }
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

static void free_zeros(void *memory, size_t size) {
  if (size < SPARSE) {
    free(memory);
  } else if (memory != NULL) {
    munmap(memory, size);
  }
}

static void release(ptx_block *block) {
  free_zeros(block->bytes, block->size);
  free_zeros(block->writers, writers_bytes(block));
  block->bytes = NULL;
  block->writers = NULL;
  block->freed = true;
}

void ptx_memory_delete(ptx_memory *memory) {
  for (size_t i = 0; memory != NULL && i < memory->count; ++i) {
    release(&memory->blocks[i]);
  }
  if (memory != NULL) {
    free(memory->blocks);
  }
  free(memory);
}

static bool reserve(ptx_memory *memory) {
  if (memory->count < memory->capacity) {
    return true;
  }
  size_t capacity = memory->capacity ? 2 * memory->capacity : 64;
  ptx_block *blocks = realloc(memory->blocks, capacity * sizeof *blocks);
  if (blocks == NULL) {
    return false;
  }
  memory->blocks = blocks;
  memory->capacity = capacity;
  return true;
}

uint64_t ptx_allocate(ptx_memory *memory, size_t size) {
  if (size == 0 || size > (size_t)1 << 46 || !reserve(memory)) {
    return 0;
  }
  uint8_t *bytes = sparse_zeros(size);
  if (bytes == NULL) {
    return 0;
  }
  if (size < SPARSE) {
    memset(bytes, FRESH, size);
  }
  uint64_t base = memory->next;
  memory->blocks[memory->count++] = (ptx_block){.base = base, .size = size, .bytes = bytes};
  memory->next = base + (size + GAP + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  return base;
}

/* The last block that begins at or before the address. */
static ptx_block *block_before(ptx_memory *memory, uint64_t address) {
  size_t low = 0, high = memory->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (memory->blocks[middle].base <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low ? &memory->blocks[low - 1] : NULL;
}

bool ptx_free(ptx_memory *memory, uint64_t address) {
  ptx_block *block = block_before(memory, address);
  if (block == NULL || block->base != address || block->freed) {
    return false;
  }
  release(block);
  return true;
}

size_t ptx_live_blocks(const ptx_memory *memory) {
  size_t live = 0;
  for (size_t i = 0; i < memory->count; ++i) {
    live += !memory->blocks[i].freed;
  }
  return live;
}

ptx_block *ptx_resolve(ptx_memory *memory, uint64_t address, size_t size, const char **reason) {
  ptx_block *block = block_before(memory, address);
  if (block == NULL || address - block->base >= block->size + GAP) {
    *reason = "which is no device memory";
  } else if (block->freed) {
    *reason = "which is in memory that was freed";
  } else if (address - block->base > block->size || block->size - (address - block->base) < size) {
    *reason = "which is past the end of its memory";
  } else {
    return block;
  }
  return NULL;
}
