/* Many threads in the library at once, on the same inputs: the bits of a lone call, and each thread its own last error. */
#include <pthread.h>

#include "check.h"

enum { THREADS = 8, ROWS = 6, COLUMNS = 3000, ROUNDS = 20 };

static batch shared;
static double expected_alpha[ROWS];
static float expected_q[ROWS * COLUMNS];

typedef struct answer {
  int different;
  int wrong_text;
  int status;
} answer;

/* Even threads fail on theta, odd ones on target, all the while. */
static void fail_and_read(answer *a, int odd, const eqp_solution *wanted) {
  eqp_solution solution = *wanted;
  eqp_solve(odd ? &shared.theta : NULL, odd ? NULL : &shared.target, &shared.options, &solution);
  a->wrong_text |= strstr(eqp_last_error(), odd ? "target" : "theta") == NULL;
}

static void *work(void *argument) {
  static const answer none;
  answer *a = argument;
  int odd = a->status;
  double alpha[ROWS];
  float *q_data = allocated(sizeof expected_q);
  eqp_matrix q = matrix_f32(q_data, ROWS, COLUMNS);
  eqp_solution solution = {.struct_size = sizeof solution, .alpha = alpha, .q = &q};
  *a = none;
  a->wrong_text = strcmp(eqp_last_error(), "") != 0;
  for (int round = 0; round < ROUNDS && a->status == EQP_OK; ++round) {
    a->status = eqp_solve(&shared.theta, &shared.target, &shared.options, &solution);
    a->different |= memcmp(alpha, expected_alpha, sizeof alpha) != 0 || memcmp(q_data, expected_q, sizeof expected_q) != 0;
    fail_and_read(a, odd, &solution);
  }
  free(q_data);
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  answer answers[THREADS];
  batch_fill(&shared, ROWS, COLUMNS);
  batch_ask(&shared, eqp_solve_options_init);
  CHECK(eqp_solve(&shared.theta, &shared.target, &shared.options, &shared.solution) == EQP_OK, "%s", eqp_last_error());
  memcpy(expected_alpha, shared.alpha, sizeof expected_alpha);
  memcpy(expected_q, shared.q_data, sizeof expected_q);
  for (int i = 0; i < THREADS; ++i) {
    answers[i].status = i % 2;
    pthread_create(&threads[i], NULL, work, &answers[i]);
  }
  for (int i = 0; i < THREADS; ++i) {
    pthread_join(threads[i], NULL);
    CHECK(answers[i].status == EQP_OK, "thread %d: %s", i, eqp_status_string((eqp_status)answers[i].status));
    CHECK(!answers[i].different, "thread %d got different bits", i);
    CHECK(!answers[i].wrong_text, "thread %d read another thread's error", i);
  }
  batch_free(&shared);
  return finish();
}
