/* Loaded for the first time by two threads at once, loaded twice, closed and loaded again. */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

#include "loaded.h"

static pthread_barrier_t start;

static void *open_and_solve(void *argument) {
  batch *b = argument;
  pthread_barrier_wait(&start);
  library l = library_open();
  batch_ask(b, l.solve_options_init);
  intptr_t status = l.solve(&b->theta, &b->target, &b->options, &b->solution);
  dlclose(l.handle);
  return (void *)status;
}

static void check_two_threads_at_once(batch *batches) {
  pthread_t threads[2];
  void *status;
  pthread_barrier_init(&start, NULL, 2);
  for (int i = 0; i < 2; ++i) {
    pthread_create(&threads[i], NULL, open_and_solve, &batches[i]);
  }
  for (int i = 0; i < 2; ++i) {
    pthread_join(threads[i], &status);
    CHECK((intptr_t)status == EQP_OK, "thread %d: status %d", i, (int)(intptr_t)status);
    check_solved(&batches[i]);
  }
  CHECK(memcmp(batches[0].q_data, batches[1].q_data, (size_t)(batches[0].rows * batches[0].columns) * sizeof(float)) == 0,
        "the two threads got different bits");
}

static void check_again(batch *b) {
  library first = library_open(), second = library_open();
  CHECK(first.handle == second.handle, "two copies of one library");
  library_exercise(&first, b);
  dlclose(second.handle);
  library_exercise(&first, b);
  dlclose(first.handle);
  usleep(50000); /* the library's own threads are still there: without its code they would fault by now */
  library third = library_open();
  library_exercise(&third, b);
}

int main(void) {
  batch batches[2];
  batch_fill(&batches[0], 16, 2000);
  batch_fill(&batches[1], 16, 2000);
  check_two_threads_at_once(batches);
  check_again(&batches[0]);
  batch_free(&batches[0]);
  batch_free(&batches[1]);
  return finish();
}
