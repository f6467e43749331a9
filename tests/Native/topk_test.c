/* A teacher known by its top K: agreement with the whole row, the sizes of K, and every bad argument by its name, with nothing written. */
#include "check.h"

enum { ROWS = 2, COLUMNS = 5000, MOST = 4096 };

static float theta_data[ROWS * COLUMNS], teacher_data[ROWS * COLUMNS];
static double log_probs[ROWS * COLUMNS];
static int64_t ids[ROWS * COLUMNS];

/* The K first tokens of a stride through the vocabulary, and their true log-probabilities. */
static eqp_matrix list(int64_t columns, int64_t k) {
  for (int64_t row = 0; row < ROWS; ++row) {
    double mass = 0;
    for (int64_t y = 0; y < columns; ++y) mass += exp((double)teacher_data[row * COLUMNS + y]);
    for (int64_t i = 0; i < k; ++i) {
      int64_t token = (row + i * 7) % columns;
      ids[row * k + i] = token;
      log_probs[row * k + i] = (double)teacher_data[row * COLUMNS + token] - log(mass);
    }
  }
  return (eqp_matrix){.data = log_probs, .dtype = EQP_F64, .rows = ROWS, .columns = k};
}

static eqp_matrix policy(int64_t columns) {
  eqp_matrix theta = matrix_f32(theta_data, ROWS, columns);
  theta.row_stride = COLUMNS;
  return theta;
}

static void check_everything_listed_is_the_whole_row(void) {
  enum { WIDTH = 300 };
  eqp_matrix theta = policy(WIDTH), listed = list(WIDTH, WIDTH), teacher = matrix_f32(teacher_data, ROWS, WIDTH);
  teacher.row_stride = COLUMNS;
  for (int tail = EQP_TOPK_BUCKET; tail <= EQP_TOPK_RENORMALIZE; ++tail) {
    double alpha[ROWS], whole[ROWS], rest[ROWS];
    eqp_topk_options options;
    eqp_topk_options_init(&options, sizeof options);
    options.tail = (eqp_topk_tail)tail;
    eqp_topk_solution solution = {.struct_size = sizeof solution, .alpha = alpha, .q_tail = rest};
    eqp_solution dense = {.struct_size = sizeof dense, .alpha = whole};
    CHECK(eqp_solve_topk(&theta, ids, &listed, &options, &solution) == EQP_OK, "%s", eqp_last_error());
    CHECK(eqp_solve(&theta, &teacher, NULL, &dense) == EQP_OK, "%s", eqp_last_error());
    for (int row = 0; row < ROWS; ++row) {
      CHECK(fabs(alpha[row] - whole[row]) < 1e-6, "tail %d, row %d: %.9f, whole %.9f", tail, row, alpha[row], whole[row]);
      CHECK(rest[row] == 0, "tail %d, row %d: %g left over", tail, row, rest[row]);
    }
  }
}

static void check_sizes_of_k(void) {
  const int64_t sizes[] = {1, 2, 64, MOST};
  eqp_matrix theta = policy(COLUMNS);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
    static float q_data[ROWS * MOST];
    double alpha[ROWS], rest[ROWS], kl_theta[ROWS], kl_target[ROWS];
    int32_t status[ROWS];
    int64_t k = sizes[i];
    eqp_matrix listed = list(COLUMNS, k), q = matrix_f32(q_data, ROWS, k);
    eqp_topk_solution solution = {.struct_size = sizeof solution,
                                  .alpha = alpha,
                                  .q = &q,
                                  .q_tail = rest,
                                  .kl_theta = kl_theta,
                                  .kl_target = kl_target,
                                  .row_status = status};
    CHECK(eqp_solve_topk(&theta, ids, &listed, NULL, &solution) == EQP_OK, "%s", eqp_last_error());
    for (int row = 0; row < ROWS; ++row) {
      double sum = rest[row];
      for (int64_t y = 0; y < k; ++y) sum += (double)q_data[row * k + y];
      CHECK(status[row] == EQP_ROW_OK && alpha[row] > 0 && alpha[row] < 1, "K = %d: status %d, alpha %g", (int)k, status[row], alpha[row]);
      CHECK(fabs(sum - 1) < 1e-5, "K = %d: q sums to %g", (int)k, sum);
      CHECK(kl_theta[row] >= 0 && kl_target[row] >= 0, "K = %d: KLs %g and %g", (int)k, kl_theta[row], kl_target[row]);
      CHECK(fabs(kl_theta[row] - kl_target[row]) < 1e-5, "K = %d: KLs %g and %g", (int)k, kl_theta[row], kl_target[row]);
    }
  }
}

static void check_bad_arguments(void) {
  double alpha[ROWS] = {-7, -7};
  eqp_matrix theta = policy(100), listed = list(100, 4), changed;
  eqp_topk_options options;
  eqp_topk_solution solution = {.struct_size = sizeof solution, .alpha = alpha};
#define REFUSES(name, call)                                                                                        \
  do {                                                                                                             \
    CHECK((call) == EQP_INVALID_ARGUMENT, "%s", #call);                                                            \
    CHECK(strstr(eqp_last_error(), name), "%s: the text does not name %s: \"%s\"", #call, name, eqp_last_error()); \
  } while (0)
  REFUSES("theta", eqp_solve_topk(NULL, ids, &listed, NULL, &solution));
  REFUSES("ids", eqp_solve_topk(&theta, NULL, &listed, NULL, &solution));
  REFUSES("log_probs", eqp_solve_topk(&theta, ids, NULL, NULL, &solution));
  REFUSES("solution", eqp_solve_topk(&theta, ids, &listed, NULL, NULL));

  int64_t kept = ids[5];
  const int64_t wrong[] = {ids[4], 100, INT64_MAX, -2, INT64_MIN};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
    ids[5] = wrong[i];
    REFUSES("ids", eqp_solve_topk(&theta, ids, &listed, NULL, &solution));
  }
  ids[5] = kept;

  changed = listed;
  changed.columns = 0;
  REFUSES("log_probs", eqp_solve_topk(&theta, ids, &changed, NULL, &solution));
  changed.columns = MOST + 1;
  REFUSES("log_probs", eqp_solve_topk(&theta, ids, &changed, NULL, &solution));
  changed = listed;
  changed.rows = 1;
  REFUSES("log_probs", eqp_solve_topk(&theta, ids, &changed, NULL, &solution));

  eqp_topk_options_init(&options, sizeof options);
  options.tail = (eqp_topk_tail)2;
  REFUSES("tail", eqp_solve_topk(&theta, ids, &listed, &options, &solution));
  eqp_topk_options_init(&options, sizeof options);
  options.temperature_theta = NAN;
  REFUSES("temperature_theta", eqp_solve_topk(&theta, ids, &listed, &options, &solution));
  eqp_topk_options_init(&options, sizeof options);
  options.valid_columns = 101;
  REFUSES("valid_columns", eqp_solve_topk(&theta, ids, &listed, &options, &solution));
  CHECK(alpha[0] == -7 && alpha[1] == -7, "a refused call wrote alpha");
}

int main(void) {
  fill_logits(theta_data, ROWS * COLUMNS, 1);
  fill_logits(teacher_data, ROWS * COLUMNS, 2);
  check_everything_listed_is_the_whole_row();
  check_sizes_of_k();
  check_bad_arguments();
  return finish();
}
