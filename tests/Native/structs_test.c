/* Callers compiled against an older header (shorter structs) and a newer one (longer structs). */
#include "check.h"

typedef struct newer_options {
  eqp_solve_options known;
  double added[2];
} newer_options;

typedef struct newer_solution {
  eqp_solution known;
  double *added;
} newer_solution;

static eqp_status solve(batch *b) { return eqp_solve(&b->theta, &b->target, &b->options, &b->solution); }

static void check_init_writes_no_byte_beyond_the_size(void) {
  const size_t sizes[] = {offsetof(eqp_solve_options, tolerance), offsetof(eqp_solve_options, threads), sizeof(eqp_solve_options)};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
    newer_options options;
    memset(&options, 0xa5, sizeof options);
    eqp_status status = eqp_solve_options_init(&options.known, sizes[i]);
    CHECK(status == EQP_OK, "size %zu: %s", sizes[i], eqp_last_error());
    CHECK(options.known.struct_size == sizes[i], "struct_size %zu", options.known.struct_size);
    CHECK(options.known.max_iterations == 50, "max_iterations %d", options.known.max_iterations);
    for (size_t k = sizes[i]; k < sizeof options; ++k) {
      CHECK(((unsigned char *)&options)[k] == 0xa5, "size %zu: byte %zu was written", sizes[i], k);
    }
  }
}

static void check_init_zeroes_what_it_does_not_know(void) {
  newer_options options;
  memset(&options, 0xa5, sizeof options);
  CHECK(eqp_solve_options_init(&options.known, sizeof options) == EQP_OK, "%s", eqp_last_error());
  CHECK(options.known.struct_size == sizeof options, "struct_size %zu", options.known.struct_size);
  CHECK(options.known.tolerance == 1e-6, "tolerance %g", options.known.tolerance);
  CHECK(options.added[0] == 0 && options.added[1] == 0, "unknown members %g %g", options.added[0], options.added[1]);
}

static void check_defaults(void) {
  eqp_solve_options o;
  CHECK(eqp_solve_options_init(&o, sizeof o) == EQP_OK, "%s", eqp_last_error());
  CHECK(o.scores == EQP_LOGITS && o.criterion == EQP_KL_SYMMETRY && o.method == EQP_NEWTON, "%d %d %d", o.scores, o.criterion, o.method);
  CHECK(o.alpha == 0.5 && o.floor == 0.5 && o.budget == 0, "%g %g %g", o.alpha, o.floor, o.budget);
  CHECK(o.weight_theta == 1 && o.weight_target == 1, "%g %g", o.weight_theta, o.weight_target);
  CHECK(o.temperature_theta == 1 && o.temperature_target == 1, "%g %g", o.temperature_theta, o.temperature_target);
  CHECK(o.row_temperature_theta == NULL && o.row_temperature_target == NULL && o.row_mask == NULL, "a pointer is set");
  CHECK(o.row_weight_theta == NULL && o.row_weight_target == NULL && o.row_budget == NULL && o.row_floor == NULL && o.row_alpha == NULL,
        "a criterion's pointer is set");
  CHECK(o.valid_columns == 0 && o.threads == 0 && o.reserved == 0 && o.probability_epsilon == 0, "a number is set");

  eqp_divergence_options d;
  CHECK(eqp_divergence_options_init(&d, sizeof d) == EQP_OK, "%s", eqp_last_error());
  CHECK(d.kind == EQP_DIVERGENCE_KL && d.scores == EQP_LOGITS && d.valid_columns == 0, "%d %d", d.kind, d.scores);
  CHECK(d.row_mask == NULL && d.row_order == NULL && d.threads == 0, "a member is set");
  CHECK(d.unit == EQP_NATS && d.order == 2, "a default differs");
}

/* What a short struct does not have is the default; here the bytes behind it would be errors if they were read. */
static void check_truncated_options(batch *b) {
  batch_ask(b, eqp_solve_options_init);
  CHECK(solve(b) == EQP_OK, "%s", eqp_last_error());
  double whole = b->alpha[0];
  const size_t sizes[] = {offsetof(eqp_solve_options, criterion), offsetof(eqp_solve_options, tolerance),
                          offsetof(eqp_solve_options, temperature_theta), offsetof(eqp_solve_options, probability_epsilon),
                          offsetof(eqp_solve_options, row_weight_theta)};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
    batch_ask(b, eqp_solve_options_init);
    b->options.struct_size = sizes[i];
    memset((char *)&b->options + sizes[i], 0xff, sizeof b->options - sizes[i]);
    b->alpha[0] = -1;
    CHECK(solve(b) == EQP_OK, "size %zu: %s", sizes[i], eqp_last_error());
    CHECK(b->alpha[0] == whole, "size %zu: alpha %.17g, not %.17g", sizes[i], b->alpha[0], whole);
  }
}

/* The answer of a whole struct whose members from `size` on are null: which outputs are wanted decides how a row is computed. */
static double alpha_of_the_same_outputs(batch *b, size_t size) {
  batch_ask(b, eqp_solve_options_init);
  memset((char *)&b->solution + size, 0, sizeof b->solution - size);
  CHECK(solve(b) == EQP_OK, "%s", eqp_last_error());
  return b->alpha[0];
}

static void check_truncated_solution(batch *b) {
  const size_t sizes[] = {offsetof(eqp_solution, q), offsetof(eqp_solution, log_z), offsetof(eqp_solution, row_status)};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
    double expected = alpha_of_the_same_outputs(b, sizes[i]);
    batch_ask(b, eqp_solve_options_init);
    b->solution.struct_size = sizes[i];
    memset((char *)&b->solution + sizes[i], 0xff, sizeof b->solution - sizes[i]);
    b->alpha[0] = -1;
    CHECK(solve(b) == EQP_OK, "size %zu: %s", sizes[i], eqp_last_error());
    CHECK(b->alpha[0] == expected, "size %zu: alpha %.17g, not %.17g", sizes[i], b->alpha[0], expected);
  }
}

static void check_longer_options(batch *b) {
  newer_options options;
  batch_ask(b, eqp_solve_options_init);
  eqp_solve_options_init(&options.known, sizeof options);
  CHECK(eqp_solve(&b->theta, &b->target, &options.known, &b->solution) == EQP_OK, "%s", eqp_last_error());
  options.added[1] = 1;
  CHECK(eqp_solve(&b->theta, &b->target, &options.known, &b->solution) == EQP_UNSUPPORTED, "%s", eqp_last_error());
  CHECK(strstr(eqp_last_error(), "options"), "%s", eqp_last_error());
}

static void check_longer_solution(batch *b) {
  newer_solution solution = {0};
  double added;
  batch_ask(b, eqp_solve_options_init);
  solution.known = b->solution;
  solution.known.struct_size = sizeof solution;
  CHECK(eqp_solve(&b->theta, &b->target, &b->options, &solution.known) == EQP_OK, "%s", eqp_last_error());
  solution.added = &added;
  CHECK(eqp_solve(&b->theta, &b->target, &b->options, &solution.known) == EQP_UNSUPPORTED, "%s", eqp_last_error());
  CHECK(strstr(eqp_last_error(), "solution"), "%s", eqp_last_error());
}

static void check_truncated_divergence_options(batch *b) {
  eqp_divergence_options options;
  double whole, value;
  eqp_matrix p = b->theta, q = b->target;
  p.rows = q.rows = 1;
  CHECK(eqp_divergence(&p, &q, NULL, &whole, NULL) == EQP_OK, "%s", eqp_last_error());
  memset(&options, 0xff, sizeof options);
  CHECK(eqp_divergence_options_init(&options, offsetof(eqp_divergence_options, valid_columns)) == EQP_OK, "%s", eqp_last_error());
  CHECK(eqp_divergence(&p, &q, &options, &value, NULL) == EQP_OK, "%s", eqp_last_error());
  CHECK(value == whole, "%.17g, not %.17g", value, whole);
}

static void check_senseless_sizes(batch *b) {
  const size_t sizes[] = {0, 1, sizeof(size_t), (size_t)1 << 20, (size_t)-1};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
    eqp_solve_options options;
    batch_ask(b, eqp_solve_options_init);
    CHECK(eqp_solve_options_init(&options, sizes[i]) == EQP_INVALID_ARGUMENT, "size %zu", sizes[i]);
    CHECK(strstr(eqp_last_error(), "struct_size"), "%s", eqp_last_error());
    b->options.struct_size = sizes[i];
    CHECK(solve(b) == EQP_INVALID_ARGUMENT, "options, size %zu", sizes[i]);
    CHECK(strstr(eqp_last_error(), "options.struct_size"), "%s", eqp_last_error());
    batch_ask(b, eqp_solve_options_init);
    b->solution.struct_size = sizes[i];
    CHECK(solve(b) == EQP_INVALID_ARGUMENT, "solution, size %zu", sizes[i]);
    CHECK(strstr(eqp_last_error(), "solution.struct_size"), "%s", eqp_last_error());
  }
}

int main(void) {
  batch b;
  batch_fill(&b, 2, 300);
  check_defaults();
  check_init_writes_no_byte_beyond_the_size();
  check_init_zeroes_what_it_does_not_know();
  check_truncated_options(&b);
  check_truncated_solution(&b);
  check_longer_options(&b);
  check_longer_solution(&b);
  check_truncated_divergence_options(&b);
  check_senseless_sizes(&b);
  batch_free(&b);
  return finish();
}
