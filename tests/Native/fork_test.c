/* A child of a process that had used all its threads: the same bits, no hang. Its own child as well. */
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { ROWS = 64, COLUMNS = 8192, SECONDS = 60 };

static int solve_same(batch *b, const float *expected) {
  memset(b->q_data, 0, ROWS * COLUMNS * sizeof(float));
  return eqp_solve(&b->theta, &b->target, &b->options, &b->solution) == EQP_OK &&
         memcmp(b->q_data, expected, ROWS * COLUMNS * sizeof(float)) == 0;
}

static int still_says_errors(batch *b) {
  return eqp_solve(NULL, &b->target, &b->options, &b->solution) == EQP_INVALID_ARGUMENT && strstr(eqp_last_error(), "theta") != NULL;
}

/* What a child found, as its exit status; a hanging child is ended by its alarm. */
static int child_answer(batch *b, const float *expected, int generations) {
  pid_t child = fork();
  int status = -1;
  if (child == 0) {
    alarm(SECONDS);
    int good = solve_same(b, expected) && still_says_errors(b) && solve_same(b, expected);
    if (good && generations > 1) {
      good = child_answer(b, expected, generations - 1) == 0;
    }
    _exit(good ? 0 : 1);
  }
  waitpid(child, &status, 0);
  return status;
}

int main(void) {
  batch b;
  float *expected = allocated(ROWS * COLUMNS * sizeof(float));
  batch_fill(&b, ROWS, COLUMNS);

  batch_ask(&b, eqp_solve_options_init);
  CHECK(eqp_solve(&b.theta, &b.target, &b.options, &b.solution) == EQP_OK, "%s", eqp_last_error());
  memcpy(expected, b.q_data, ROWS * COLUMNS * sizeof(float));
  for (int i = 0; i < 5; ++i) {
    CHECK(child_answer(&b, expected, 1) == 0, "child %d", i);
    CHECK(solve_same(&b, expected), "the parent after child %d", i);
  }
  CHECK(child_answer(&b, expected, 3) == 0, "a child's child");

  batch_free(&b);
  free(expected);
  return finish();
}
