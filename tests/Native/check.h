/* Checks that count themselves, and the rows that the tests solve. A test program ends with `return finish();`. */
#ifndef EQUIPOISE_TESTS_CHECK_H
#define EQUIPOISE_TESTS_CHECK_H

#include <equipoise.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int checks_made;
static int checks_failed;

#define CHECK(condition, ...)                                             \
  do {                                                                    \
    ++checks_made;                                                        \
    if (!(condition)) {                                                   \
      ++checks_failed;                                                    \
      fprintf(stderr, "%s:%d: %s\n    ", __FILE__, __LINE__, #condition); \
      fprintf(stderr, __VA_ARGS__);                                       \
      fputc('\n', stderr);                                                \
    }                                                                     \
  } while (0)

static inline int finish(void) {
  printf("%d checks, %d failed\n", checks_made, checks_failed);
  return checks_made == 0 || checks_failed != 0;
}

/* Normal-looking logits from a small generator: the same on every machine. */
static inline void fill_logits(float *values, size_t count, uint64_t seed) {
  uint64_t state = seed * 2654435769u + 88172645463325252u;
  for (size_t i = 0; i < count; ++i) {
    double sum = 0;
    for (int k = 0; k < 4; ++k) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      sum += (double)(state >> 11) / 9007199254740992.0;
    }
    values[i] = (float)((sum - 2.0) * 1.7);
  }
}

static inline eqp_matrix matrix_f32(float *data, int64_t rows, int64_t columns) {
  eqp_matrix matrix = {0};
  matrix.data = data;
  matrix.dtype = EQP_F32;
  matrix.rows = rows;
  matrix.columns = columns;
  return matrix;
}

/* A batch of f32 rows and everything about it that a call of eqp_solve wants. */
typedef struct batch {
  int64_t rows, columns;
  float *theta_data, *target_data, *q_data;
  double *alpha;
  int32_t *row_status;
  eqp_matrix theta, target, q;
  eqp_solve_options options;
  eqp_solution solution;
} batch;

static inline void *allocated(size_t bytes) {
  void *memory = malloc(bytes ? bytes : 1);
  if (memory == NULL) {
    fprintf(stderr, "no memory for the test itself\n");
    exit(2);
  }
  return memory;
}

static inline void batch_fill(batch *b, int64_t rows, int64_t columns) {
  size_t count = (size_t)(rows * columns);
  memset(b, 0, sizeof *b);
  b->rows = rows;
  b->columns = columns;
  b->theta_data = allocated(count * sizeof(float));
  b->target_data = allocated(count * sizeof(float));
  b->q_data = allocated(count * sizeof(float));
  b->alpha = allocated((size_t)rows * sizeof(double));
  b->row_status = allocated((size_t)rows * sizeof(int32_t));
  fill_logits(b->theta_data, count, 1);
  fill_logits(b->target_data, count, 2);
  b->theta = matrix_f32(b->theta_data, rows, columns);
  b->target = matrix_f32(b->target_data, rows, columns);
  b->q = matrix_f32(b->q_data, rows, columns);
}

/* After this, eqp_solve(&b->theta, &b->target, &b->options, &b->solution) is a sound call that wants alpha, q and the row status. */
static inline void batch_ask(batch *b, eqp_status (*options_init)(eqp_solve_options *, size_t)) {
  options_init(&b->options, sizeof b->options);
  memset(&b->solution, 0, sizeof b->solution);
  b->solution.struct_size = sizeof b->solution;
  b->solution.alpha = b->alpha;
  b->solution.q = &b->q;
  b->solution.row_status = b->row_status;
}

static inline void batch_free(batch *b) {
  free(b->theta_data);
  free(b->target_data);
  free(b->q_data);
  free(b->alpha);
  free(b->row_status);
}

/* Every row of a normal batch: solved, alpha near a half, q summing to one. */
static inline void check_solved(const batch *b) {
  for (int64_t row = 0; row < b->rows; ++row) {
    double sum = 0;
    for (int64_t i = 0; i < b->columns; ++i) {
      sum += b->q_data[row * b->columns + i];
    }
    CHECK(b->row_status[row] == EQP_ROW_OK, "row %lld: status %d", (long long)row, b->row_status[row]);
    CHECK(b->alpha[row] > 0.3 && b->alpha[row] < 0.7, "row %lld: alpha %.17g", (long long)row, b->alpha[row]);
    CHECK(fabs(sum - 1) < 1e-5, "row %lld: q sums to %.17g", (long long)row, sum);
  }
}

#endif /* EQUIPOISE_TESTS_CHECK_H */
