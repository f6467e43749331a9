/* The stand-in's insides: what it has handed out, and what is queued. */
#ifndef EQUIPOISE_TESTS_CUDA_STATE_H
#define EQUIPOISE_TESTS_CUDA_STATE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ptx/ptx.h"
#include "driver.h"
#include "standin.h"

enum { MOST_DEVICES = 4, MOST_DEPTH = 8 };

typedef enum handle_kind { H_CONTEXT, H_MODULE, H_FUNCTION, H_STREAM, H_EVENT, H_GRAPH, H_EXECUTABLE, HANDLE_KINDS } handle_kind;

/* Every handle begins with this. Closed ones stay to the end, to be known for what they were. */
typedef struct handle {
  handle_kind kind;
  bool live;
  CUcontext context;
  struct handle *next;
} handle;

typedef enum operation_kind { O_LAUNCH, O_COPY_IN, O_COPY_OUT, O_FILL, O_RECORD, O_WAIT } operation_kind;

typedef struct operation {
  operation_kind kind;
  uint64_t sequence;
  CUfunction function;
  unsigned grid[3], block[3];
  void *parameters;
  CUdeviceptr device;
  void *host;
  size_t bytes;
  unsigned char value;
  CUevent event;
  uint64_t version;
  struct operation *next;
} operation;

typedef struct queue {
  operation *first, *last;
} queue;

struct CUctx_st {
  handle head;
  CUdevice device;
  CUresult error; /* sticky, as a device's is */
  CUstream legacy, per_thread;
};

struct CUfunc_st {
  handle head;
  CUmodule module;
  ptx_kernel *kernel;
};

struct CUmod_st {
  handle head;
  ptx_module *text;
};

struct CUstream_st {
  handle head;
  bool non_blocking;
  queue work;
  CUgraph capture; /* what it records instead of queueing */
};

struct CUevent_st {
  handle head;
  CUstream stream;
  uint64_t recorded, reached;
};

struct CUgraph_st {
  handle head;
  queue work;
};

struct CUgraphExec_st {
  handle head;
  queue work;
};

typedef struct owned_block {
  uint64_t base;
  CUcontext context;
  bool live;
} owned_block;

typedef struct host_block {
  uint8_t *base;
  size_t size;
} host_block;

typedef struct standin_state {
  bool initialised, noop, contract;
  int devices;
  char fault[32];
  long allocations_left;
  ptx_order order;
  uint64_t seed;
  handle *handles;
  int capturing;
  uint64_t sequence;
  CUcontext primary[MOST_DEVICES];
  int retained[MOST_DEVICES];
  ptx_memory *memory;
  owned_block *blocks;
  size_t block_count, block_capacity;
  host_block *host_blocks;
  size_t host_count, host_capacity;
  standin_counts counts;
  CUstream last_stream;
  int misuses;
  char first_misuse[PTX_MESSAGE];
} standin_state;

extern standin_state standin;

/* Held for the length of every call. */
typedef struct entered {
  char unused;
} entered;
entered enter(void);
void leave(const entered *call);
#define CALL entered call __attribute__((cleanup(leave), unused)) = enter()

/* Records what no caller should do, and gives the code that goes with it. */
CUresult misuse(CUresult result, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool has_fault(const char *name);

/* Every call that needs a context: initialised, one current, no sticky error. */
CUresult ready(const char *call, CUcontext *context);
CUcontext current_context(void);
/* Refuses what must not happen while a stream is recorded. */
CUresult not_capturing(const char *call);

void *open_handle(handle_kind kind, size_t size, CUcontext context);
void close_handle(handle *closed);
bool is_live(const void *candidate, handle_kind kind);
uint64_t count_live(handle_kind kind);

/* The stream behind what the caller gave, which must belong to the context. */
CUresult find_stream(const char *call, CUcontext context, CUstream given, CUstream *found);

/* A call may go ahead, on the stream that is meant. */
CUresult ready_on(const char *call, CUstream given, CUstream *stream);
/* Adds to the stream's queue, or to the graph it records. Takes the operation's memory over. */
CUresult submit(CUstream stream, const operation *made);
/* Runs what the stream holds up to an operation; gives the context's error. */
CUresult drain(CUstream stream, uint64_t until);
CUresult drain_context(CUcontext context);
void clear_queue(queue *work);

CUresult run_operation(CUcontext context, const operation *now);

/* The bytes behind a device address; NULL after recording the misuse. */
uint8_t *device_bytes(const char *call, CUdeviceptr address, size_t bytes);
bool is_pinned(const void *host, size_t bytes);
void free_blocks_of(CUcontext context);
void unload_module(CUmodule module);

#endif /* EQUIPOISE_TESTS_CUDA_STATE_H */
