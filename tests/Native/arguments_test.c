/* Every bad argument: a status, a text that names it, and not one byte written. */
#include "check.h"

enum { ROWS = 3, COLUMNS = 40 };

static float theta_data[ROWS * COLUMNS], target_data[ROWS * COLUMNS], q_data[ROWS * COLUMNS];
static double alpha[ROWS];
static double row_number[ROWS] = {1, 1, 1};
static eqp_matrix theta, target, q;
static eqp_solve_options options;
static eqp_solution solution;

static void reset(void) {
  theta = matrix_f32(theta_data, ROWS, COLUMNS);
  target = matrix_f32(target_data, ROWS, COLUMNS);
  q = matrix_f32(q_data, ROWS, COLUMNS);
  eqp_solve_options_init(&options, sizeof options);
  memset(&solution, 0, sizeof solution);
  solution.struct_size = sizeof solution;
  solution.alpha = alpha;
  solution.q = &q;
  memset(q_data, 0x5a, sizeof q_data);
  memset(alpha, 0x5a, sizeof alpha);
}

static void check_untouched(const char *what) {
  for (size_t i = 0; i < sizeof q_data; ++i) {
    if (((unsigned char *)q_data)[i] != 0x5a) {
      CHECK(0, "%s: q was written at byte %zu", what, i);
      return;
    }
  }
  CHECK(((unsigned char *)alpha)[0] == 0x5a, "%s: alpha was written", what);
}

static void check_refused(eqp_status answer, eqp_status expected, const char *name, const char *what) {
  CHECK(answer == expected, "%s: %s, not %s (%s)", what, eqp_status_string(answer), eqp_status_string(expected), eqp_last_error());
  CHECK(strstr(eqp_last_error(), name), "%s: the text does not name %s: \"%s\"", what, name, eqp_last_error());
  check_untouched(what);
}

/* One assignment spoils a sound call. */
#define REFUSES(expected, name, spoil)                                                      \
  do {                                                                                      \
    reset();                                                                                \
    spoil;                                                                                  \
    check_refused(eqp_solve(&theta, &target, &options, &solution), expected, name, #spoil); \
  } while (0)

#define INVALID(name, spoil) REFUSES(EQP_INVALID_ARGUMENT, name, spoil)

static void check_null_arguments(void) {
  reset();
  check_refused(eqp_solve(NULL, &target, &options, &solution), EQP_INVALID_ARGUMENT, "theta", "theta = null");
  check_refused(eqp_solve(&theta, NULL, &options, &solution), EQP_INVALID_ARGUMENT, "target", "target = null");
  check_refused(eqp_solve(&theta, &target, &options, NULL), EQP_INVALID_ARGUMENT, "solution", "solution = null");
  check_refused(eqp_solve_options_init(NULL, sizeof options), EQP_INVALID_ARGUMENT, "options", "init of null");
}

static void check_matrices(void) {
  INVALID("theta", theta.data = NULL);
  INVALID("target", target.data = NULL);
  INVALID("q", q.data = NULL);
  INVALID("theta", theta.dtype = (eqp_dtype)4);
  INVALID("theta", theta.dtype = (eqp_dtype)-1);
  INVALID("target", target.dtype = (eqp_dtype)99);
  INVALID("q", q.dtype = (eqp_dtype)4);
  INVALID("theta", theta.rows = -1);
  INVALID("target", target.rows = ROWS - 1);
  INVALID("q", q.rows = ROWS - 1);
  INVALID("theta", theta.columns = -1);
  INVALID("theta", theta.columns = target.columns = q.columns = 0);
  INVALID("target", target.columns = COLUMNS - 1);
  INVALID("q", q.columns = COLUMNS - 1);
  INVALID("theta", theta.row_stride = INT64_MAX / 2);
  INVALID("q", q.row_stride = COLUMNS - 1);
  INVALID("q", q.data = theta_data);
  INVALID("log_q", solution.log_q = &q);
  INVALID("theta", theta.group_rows = -1);
  INVALID("log_q", (q.columns = COLUMNS - 1, solution.log_q = &q, solution.q = NULL));
  INVALID("theta", theta.data = (char *)theta_data + 1);
}

static void check_options(void) {
  INVALID("scores", options.scores = (eqp_scores)3);
  INVALID("criterion", options.criterion = (eqp_criterion)6);
  INVALID("method", options.method = (eqp_method)2);
  INVALID("max_iterations", options.max_iterations = 0);
  INVALID("tolerance", options.tolerance = 0);
  INVALID("tolerance", options.tolerance = -1);
  INVALID("tolerance", options.tolerance = NAN);
  INVALID("alpha", (options.criterion = EQP_FIXED_ALPHA, options.alpha = 1.5));
  INVALID("alpha", (options.criterion = EQP_FIXED_ALPHA, options.alpha = NAN));
  INVALID("temperature_theta", options.temperature_theta = 0);
  INVALID("temperature_theta", options.temperature_theta = INFINITY);
  INVALID("temperature_target", options.temperature_target = -1);
  INVALID("temperature_target", options.temperature_target = NAN);
  INVALID("row_temperature_theta", (row_number[1] = 0, options.row_temperature_theta = row_number));
  INVALID("row_temperature_target", (row_number[1] = NAN, options.row_temperature_target = row_number));
  INVALID("valid_columns", options.valid_columns = -1);
  INVALID("valid_columns", options.valid_columns = COLUMNS + 1);
  INVALID("threads", options.threads = -1);
  INVALID("reserved", options.reserved = 1);
  INVALID("probability_epsilon", (options.scores = EQP_PROBS, options.method = EQP_BISECTION, options.probability_epsilon = -1));
  INVALID("weight_theta", (options.criterion = EQP_WEIGHTED_KL, options.weight_theta = -1));
  INVALID("weight_target", (options.criterion = EQP_WEIGHTED_KL, options.weight_target = INFINITY));
  INVALID("weight_theta", (options.criterion = EQP_WEIGHTED_KL, options.weight_theta = options.weight_target = 0));
  INVALID("budget", (options.criterion = EQP_KL_BUDGET, options.budget = -0.1));
  INVALID("budget", (options.criterion = EQP_KL_BUDGET, options.budget = NAN));
  INVALID("floor", (options.criterion = EQP_ESS_FLOOR, options.floor = 0));
  INVALID("floor", (options.criterion = EQP_ESS_FLOOR, options.floor = 1.5));
  INVALID("row_weight_theta[1]", (options.criterion = EQP_WEIGHTED_KL, row_number[1] = -1, options.row_weight_theta = row_number));
  INVALID("row 1",
          (options.criterion = EQP_WEIGHTED_KL, options.weight_theta = 0, row_number[1] = 0, options.row_weight_target = row_number));
  INVALID("row_budget[1]", (options.criterion = EQP_KL_BUDGET, row_number[1] = NAN, options.row_budget = row_number));
  INVALID("row_floor[1]", (options.criterion = EQP_ESS_FLOOR, row_number[1] = 0, options.row_floor = row_number));
  INVALID("row_alpha[1]", (options.criterion = EQP_FIXED_ALPHA, row_number[1] = 1.5, options.row_alpha = row_number));
  INVALID("probability_epsilon", (options.scores = EQP_PROBS, options.method = EQP_BISECTION, options.probability_epsilon = 1e-10,
                                  options.criterion = EQP_KL_BUDGET));
}

static void check_divergence(void) {
  eqp_divergence_options wanted;
  double values[ROWS] = {7, 7, 7};
  reset();
  eqp_divergence_options_init(&wanted, sizeof wanted);
  check_refused(eqp_divergence(NULL, &target, &wanted, values, NULL), EQP_INVALID_ARGUMENT, "p", "p = null");
  check_refused(eqp_divergence(&theta, NULL, &wanted, values, NULL), EQP_INVALID_ARGUMENT, "q", "q = null");
  check_refused(eqp_divergence(&theta, &target, &wanted, NULL, NULL), EQP_INVALID_ARGUMENT, "values", "values = null");
  check_refused(eqp_divergence_options_init(NULL, sizeof wanted), EQP_INVALID_ARGUMENT, "options", "init of null");
  wanted.kind = (eqp_divergence_kind)10;
  check_refused(eqp_divergence(&theta, &target, &wanted, values, NULL), EQP_INVALID_ARGUMENT, "kind", "kind = 10");
  eqp_divergence_options_init(&wanted, sizeof wanted);
  wanted.unit = (eqp_unit)2;
  check_refused(eqp_divergence(&theta, &target, &wanted, values, NULL), EQP_INVALID_ARGUMENT, "unit", "unit = 2");
  eqp_divergence_options_init(&wanted, sizeof wanted);
  wanted.kind = EQP_DIVERGENCE_RENYI;
  wanted.order = -1;
  check_refused(eqp_divergence(&theta, &target, &wanted, values, NULL), EQP_INVALID_ARGUMENT, "order", "order = -1");
  double orders[ROWS] = {1, 2, NAN};
  wanted.row_order = orders;
  check_refused(eqp_divergence(&theta, &target, &wanted, values, NULL), EQP_INVALID_ARGUMENT, "row_order[2]", "row_order[2] = NaN");
  eqp_divergence_options_init(&wanted, sizeof wanted);
  target.rows = ROWS - 1;
  check_refused(eqp_divergence(&theta, &target, &wanted, values, NULL), EQP_INVALID_ARGUMENT, "rows", "q.rows");
  CHECK(values[0] == 7 && values[ROWS - 1] == 7, "values were written");
}

/* A text stays this thread's latest until the next error: a success does not wipe it. */
static void check_text_outlives_success(void) {
  reset();
  eqp_solve(NULL, &target, &options, &solution);
  const char *text = eqp_last_error();
  CHECK(eqp_solve(&theta, &target, &options, &solution) == EQP_OK, "%s", eqp_last_error());
  CHECK(eqp_last_error() == text && strstr(text, "theta"), "%s", eqp_last_error());
}

static void check_sound_edges(void) {
  reset();
  CHECK(eqp_solve(&theta, &target, NULL, &solution) == EQP_OK, "null options: %s", eqp_last_error());
  reset();
  theta.rows = target.rows = q.rows = 0;
  theta.data = target.data = q.data = NULL;
  CHECK(eqp_solve(&theta, &target, &options, &solution) == EQP_OK, "no rows: %s", eqp_last_error());
  check_untouched("no rows");
  reset();
  theta.row_stride = COLUMNS - 1; /* rows that are only read may share elements */
  CHECK(eqp_solve(&theta, &target, &options, &solution) == EQP_OK, "overlapping input rows: %s", eqp_last_error());
}

int main(void) {
  fill_logits(theta_data, ROWS * COLUMNS, 3);
  fill_logits(target_data, ROWS * COLUMNS, 4);
  check_null_arguments();
  check_matrices();
  check_options();
  check_divergence();
  check_text_outlives_success();
  check_sound_edges();
  return finish();
}
