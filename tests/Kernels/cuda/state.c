#define _GNU_SOURCE
#include "state.h"

#include <pthread.h>
#include <stdarg.h>
#include <unistd.h>

standin_state standin = {.devices = 1, .allocations_left = -1};
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

entered enter(void) {
  pthread_mutex_lock(&lock);
  return (entered){0};
}

void leave(const entered *call) {
  (void)call;
  pthread_mutex_unlock(&lock);
}

CUresult misuse(CUresult result, const char *format, ...) {
  char text[PTX_MESSAGE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  fprintf(stderr, "stand-in driver: %s\n", text);
  if (standin.misuses++ == 0) {
    memcpy(standin.first_misuse, text, sizeof text);
  }
  return result;
}

bool has_fault(const char *name) { return strcmp(standin.fault, name) == 0; }

static void set_fault(const char *name) {
  snprintf(standin.fault, sizeof standin.fault, "%.*s", (int)strcspn(name, ":"), name);
  const char *number = strchr(name, ':');
  standin.allocations_left = number != NULL ? strtol(number + 1, NULL, 10) : has_fault("no-memory") ? 1 : -1;
  for (handle *each = standin.handles; each != NULL; each = each->next) {
    if (each->kind == H_CONTEXT) {
      ((CUcontext)each)->error = CUDA_SUCCESS;
    }
  }
}

static void set_order(const char *name) {
  const char *number = strchr(name, ':');
  standin.order = strncmp(name, "reverse", 7) == 0 ? PTX_REVERSE : strncmp(name, "random", 6) == 0 ? PTX_RANDOM : PTX_FORWARD;
  standin.seed = number != NULL ? strtoull(number + 1, NULL, 10) : 1;
}

__attribute__((constructor)) static void read_environment(void) {
  const char *value;
  standin.memory = ptx_memory_new();
  standin.noop = getenv("STANDIN_NOOP") != NULL;
  standin.contract = getenv("STANDIN_CONTRACT") != NULL;
  if ((value = getenv("STANDIN_DEVICES")) != NULL) {
    standin.devices = (int)strtol(value, NULL, 10);
    standin.devices = standin.devices < MOST_DEVICES ? standin.devices : MOST_DEVICES;
  }
  if ((value = getenv("STANDIN_ORDER")) != NULL) {
    set_order(value);
  }
  if ((value = getenv("STANDIN_FAULT")) != NULL) {
    set_fault(value);
  }
}

/* The program's own exit status is as good as lost: a misuse is a failed test whatever else it found. */
__attribute__((destructor)) static void report(void) {
  if (standin.misuses != 0) {
    fprintf(stderr, "stand-in driver: %d misuses, the first: %s\n", standin.misuses, standin.first_misuse);
    fflush(NULL);
    _exit(STANDIN_EXIT_STATUS);
  }
}

void standin_get_counts(standin_counts *counts) {
  CALL;
  *counts = standin.counts;
}

void standin_reset_counts(void) {
  CALL;
  memset(&standin.counts, 0, sizeof standin.counts);
}

void standin_get_live(standin_live *live) {
  CALL;
  uint64_t own_streams = 2 * count_live(H_CONTEXT);
  *live = (standin_live){.contexts = count_live(H_CONTEXT),
                         .modules = count_live(H_MODULE),
                         .streams = count_live(H_STREAM) - own_streams,
                         .events = count_live(H_EVENT),
                         .graphs = count_live(H_GRAPH) + count_live(H_EXECUTABLE),
                         .device_blocks = ptx_live_blocks(standin.memory),
                         .host_blocks = standin.host_count};
}

uint64_t standin_bytes_moved(uint64_t address) {
  CALL;
  const ptx_block *block;
  const char *reason = NULL;
  block = ptx_resolve(standin.memory, address, 1, &reason);
  return block != NULL ? block->moved : 0;
}

int standin_take_misuses(char *first, size_t capacity) {
  CALL;
  int count = standin.misuses;
  if (first != NULL && capacity > 0) {
    snprintf(first, capacity, "%s", standin.first_misuse);
  }
  standin.misuses = 0;
  standin.first_misuse[0] = '\0';
  return count;
}

void standin_fault(const char *name) {
  CALL;
  set_fault(name);
}

void standin_order(const char *name) {
  CALL;
  set_order(name);
}

void standin_noop(bool on) {
  CALL;
  standin.noop = on;
}

void *standin_last_stream(void) {
  CALL;
  return standin.last_stream;
}
