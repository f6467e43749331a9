/* An interpreter of PTX: the subset that ILGPU emits for the kernels of this library, and nothing else. Text that holds an instruction it
 * does not know is refused as a whole.
 *
 * A grid runs block after block, a block's threads one after the other from barrier to barrier, in the order that the launch asks for. What
 * a real device would leave to chance is an error here: a barrier that not every thread of the block reaches, shared memory that is read
 * before it is written or without a barrier between the two, global memory that two blocks share within a launch, any access outside live
 * memory or off its alignment. */
#ifndef EQUIPOISE_TESTS_PTX_H
#define EQUIPOISE_TESTS_PTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ptx_module ptx_module;
typedef struct ptx_kernel ptx_kernel;
typedef struct ptx_memory ptx_memory;

enum { PTX_MESSAGE = 512 };

/* Reads a module's text; NULL and a message naming the line where something is not understood. */
ptx_module *ptx_load(const char *text, char message[PTX_MESSAGE]);
void ptx_unload(ptx_module *module);

/* NULL where there is no such entry. */
ptx_kernel *ptx_find(ptx_module *module, const char *name);
ptx_kernel *ptx_kernel_at(ptx_module *module, int index);
const char *ptx_name(const ptx_kernel *kernel);
size_t ptx_parameter_bytes(const ptx_kernel *kernel);
size_t ptx_shared_bytes(const ptx_kernel *kernel);
unsigned ptx_most_threads(const ptx_kernel *kernel);

/* Fuses products into the sums that use them, as the assembler may do where no rounding is spelt out. Gives the number of sums it changed.
 */
int ptx_contract(ptx_kernel *kernel);

/* Device memory: addresses that no host code can follow, with gaps between the blocks. Fresh memory is filled with a pattern,
 * but for blocks of a GiB and more: they are zeros, and cost what is touched of them. */
typedef struct ptx_block {
  uint64_t base;
  size_t size;
  uint8_t *bytes;
  uint64_t moved;    /* bytes that kernels loaded and stored */
  uint64_t *writers; /* who wrote each two bytes last; made at the first store */
  bool freed;
} ptx_block;

ptx_memory *ptx_memory_new(void);
void ptx_memory_delete(ptx_memory *memory);
uint64_t ptx_allocate(ptx_memory *memory, size_t size);
/* False where the address does not begin a live block. */
bool ptx_free(ptx_memory *memory, uint64_t address);
size_t ptx_live_blocks(const ptx_memory *memory);
/* The block that holds all of [address, address + size); NULL and the reason otherwise. */
ptx_block *ptx_resolve(ptx_memory *memory, uint64_t address, size_t size, const char **reason);

typedef enum ptx_order { PTX_FORWARD, PTX_REVERSE, PTX_RANDOM } ptx_order;

typedef struct ptx_launch {
  unsigned grid[3], block[3];
  const void *parameters; /* ptx_parameter_bytes of them */
  ptx_order order;        /* of blocks, and of threads between barriers */
  uint64_t seed;
} ptx_launch;

typedef struct ptx_counts {
  uint64_t loaded_bytes, stored_bytes; /* of global memory */
  uint64_t loads, stores;
  uint64_t instructions, barriers;
} ptx_counts;

/* Runs a grid; false and a message at the first error. Counts are added to. */
bool ptx_run(const ptx_kernel *kernel, const ptx_launch *launch, ptx_memory *memory, ptx_counts *counts, char message[PTX_MESSAGE]);

#endif /* EQUIPOISE_TESTS_PTX_H */
