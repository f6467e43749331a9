/* No allocation on the way of a successful call: the C heap is not asked (as a collection would do, too), no page is touched for the first
 * time, and resident memory is flat over 100,000 calls. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "allocations.h"
#include "check.h"

enum { CALLS = 100000, WARM_UP = 2000 };

static long resident_kib(void) {
  long pages = 0, total = 0;
  FILE *statm = fopen("/proc/self/statm", "r");
  if (statm == NULL || fscanf(statm, "%ld %ld", &total, &pages) != 2) {
    exit(2);
  }
  fclose(statm);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static long first_touches(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

static void repeat(batch *b, int calls) {
  for (int i = 0; i < calls; ++i) {
    if (eqp_solve(&b->theta, &b->target, &b->options, &b->solution) != EQP_OK) {
      CHECK(0, "call %d: %s", i, eqp_last_error());
      return;
    }
  }
}

static void check_flat(const char *what, batch *b, int calls) {
  repeat(b, WARM_UP);
  long kib = resident_kib(), heap = atomic_load(&allocations), touches = first_touches();
  repeat(b, calls);
  touches = first_touches() - touches;
  heap = atomic_load(&allocations) - heap;
  kib = resident_kib() - kib;
  printf("%s: %d calls, %ld allocations, %ld page faults, %+ld KiB\n", what, calls, heap, touches, kib);
  CHECK(heap < 16, "%s: %ld allocations", what, heap);       /* the runtime's own thread may make a few, once; a collection makes four */
  CHECK(touches < 64, "%s: %ld page faults", what, touches); /* one small object a call would touch hundreds of pages */
  CHECK(kib < 256, "%s: resident memory grew by %ld KiB", what, kib);
}

/* Errors may allocate, but nothing of them may stay. */
static void check_errors_leave_nothing(batch *b) {
  for (int i = 0; i < CALLS; ++i) {
    eqp_solve(NULL, &b->target, &b->options, &b->solution);
  }
  long kib = resident_kib();
  for (int i = 0; i < CALLS; ++i) {
    eqp_solve(NULL, &b->target, &b->options, &b->solution);
  }
  kib = resident_kib() - kib;
  CHECK(kib < 8192, "resident memory grew by %ld KiB over failing calls", kib);
}

static void *solve_once(void *argument) {
  batch *b = argument;
  return (void *)(intptr_t)eqp_solve(&b->theta, &b->target, &b->options, &b->solution);
}

/* What a thread left in the library goes when the thread does. */
static void check_threads_come_and_go(batch *b) {
  long kib = 0;
  void *status;
  for (int i = 0; i < 4000; ++i) {
    pthread_t thread;
    if (i == 2000) {
      kib = resident_kib();
    }
    pthread_create(&thread, NULL, solve_once, b);
    pthread_join(thread, &status);
    CHECK((intptr_t)status == EQP_OK, "thread %d: status %d", i, (int)(intptr_t)status);
  }
  kib = resident_kib() - kib;
  CHECK(kib < 2048, "resident memory grew by %ld KiB over 2000 threads", kib);
}

int main(void) {
  batch b;
  batch_fill(&b, 2, 64);
  batch_ask(&b, eqp_solve_options_init);
  check_flat("q and alpha", &b, CALLS);
  b.solution.q = NULL;
  check_flat("alpha alone", &b, CALLS);
  b.options.method = EQP_BISECTION;
  check_flat("bisection", &b, CALLS / 10);
  check_errors_leave_nothing(&b);
  batch_ask(&b, eqp_solve_options_init);
  check_threads_come_and_go(&b);
  batch_free(&b);

  batch_fill(&b, 64, 4096);
  batch_ask(&b, eqp_solve_options_init);
  check_flat("all threads", &b, 300);
  batch_free(&b);
  return finish();
}
