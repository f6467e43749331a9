/* Times eqp_solve from C, one thread: prints the medians of a batch of 64 rows and of one row alone, in microseconds. */
#include <equipoise.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 64, COLUMNS = 51200, ROUNDS = 201 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values) {
  qsort(values, ROUNDS, sizeof *values, compare);
  return values[ROUNDS / 2];
}

int main(void) {
  size_t size = (size_t)ROWS * COLUMNS;
  float *theta = malloc(size * sizeof *theta), *target = malloc(size * sizeof *target), *q = malloc(size * sizeof *q);
  double alpha[ROWS], batch[ROUNDS], alone[ROUNDS];
  if (!theta || !target || !q) return 1;
  for (size_t i = 0; i < size; i++) { /* about normal: the sum of four uniforms */
    float x = 0, y = 0;
    for (int k = 0; k < 4; k++) x += (float)rand() / (float)RAND_MAX, y += (float)rand() / (float)RAND_MAX;
    theta[i] = 1.7f * (x - 2), target[i] = 1.7f * (y - 2), q[i] = 0;
  }
  eqp_matrix a = {theta, EQP_F32, ROWS, COLUMNS, 0, 0, 0}, b = a, w = a;
  b.data = target, w.data = q;
  eqp_solve_options options;
  eqp_solve_options_init(&options, sizeof options);
  options.threads = 1;
  eqp_solution solution = {.struct_size = sizeof solution, .alpha = alpha, .q = &w};
  for (int i = 0; i < ROUNDS; i++) {
    a.rows = b.rows = w.rows = ROWS, a.data = theta, b.data = target, w.data = q;
    double start = now();
    if (eqp_solve(&a, &b, &options, &solution)) return 1;
    batch[i] = now() - start;
    a.rows = b.rows = w.rows = 1; /* the next row of the batch, so that it is as cold as a batch's rows are */
    size_t row = (size_t)(i % ROWS) * COLUMNS;
    a.data = theta + row, b.data = target + row, w.data = q + row;
    start = now();
    if (eqp_solve(&a, &b, &options, &solution)) return 1;
    alone[i] = now() - start;
  }
  printf("%.3f %.3f\n", median(batch), median(alone));
  free(theta), free(target), free(q);
  return 0;
}
