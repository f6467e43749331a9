/* What a test asks of the stand-in besides the driver's own interface.
 *
 * The stand-in is strict. Whatever a real driver might let pass or crash on is a misuse: an error code, a line on standard error, and exit
 * status 97 at the end of the process, unless the test takes the misuses first. Work runs only where the host waits for it (or asks), so
 * that a missing wait shows. From the environment: STANDIN_DEVICES, STANDIN_ORDER (forward, reverse, random or random:SEED),
 * STANDIN_CONTRACT, STANDIN_NOOP (launches are taken and not run) and STANDIN_FAULT (see standin_fault). */
#ifndef EQUIPOISE_TESTS_CUDA_STANDIN_H
#define EQUIPOISE_TESTS_CUDA_STANDIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STANDIN __attribute__((visibility("default")))

enum { STANDIN_EXIT_STATUS = 97 };

typedef struct standin_counts {
  uint64_t launches, graph_launches;
  uint64_t loaded_bytes, stored_bytes; /* of global memory, by kernels that ran */
  uint64_t loads, stores;              /* accesses of any width, that moved them */
  uint64_t instructions, barriers;
  uint64_t allocations, synchronisations, copies;
} standin_counts;

typedef struct standin_live {
  uint64_t contexts, modules, streams, events, graphs, device_blocks, host_blocks;
} standin_live;

STANDIN void standin_get_counts(standin_counts *counts);
STANDIN void standin_reset_counts(void);
STANDIN void standin_get_live(standin_live *live);

/* Bytes that kernels loaded from and stored to a block of device memory in its life. */
STANDIN uint64_t standin_bytes_moved(uint64_t address);

/* How many misuses there were, the first one's text, and a clean slate. */
STANDIN int standin_take_misuses(char *first, size_t capacity);

/* "no-device", "no-memory" (every allocation; "no-memory:N" the Nth from now), "launch", "execution" (reported where the host waits),
 * "module", or "" for none. */
STANDIN void standin_fault(const char *name);

/* "forward", "reverse", "random:SEED": of blocks and threads, for the launches that run from now on. */
STANDIN void standin_order(const char *name);

/* Launches are taken and checked, and do nothing. */
STANDIN void standin_noop(bool on);

/* The stream of the latest launch, as it was given. */
STANDIN void *standin_last_stream(void);

#endif /* EQUIPOISE_TESTS_CUDA_STANDIN_H */
