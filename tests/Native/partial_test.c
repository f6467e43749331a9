/* Records of rows in tiles: what adds, what is refused, and that a refused call changes nothing. */
#include "check.h"

enum { ROWS = 3, COLUMNS = 700 };

static float theta_data[ROWS * COLUMNS], target_data[ROWS * COLUMNS];
typedef double records[ROWS][EQP_PARTIAL_SIZE];

static eqp_matrix tile_of(float *data, int64_t first, int64_t columns) {
  eqp_matrix tile = matrix_f32(data + first, ROWS, columns);
  tile.row_stride = COLUMNS;
  return tile;
}

static void feed(records into, int64_t first, int64_t end) {
  eqp_matrix a = tile_of(theta_data, first, end - first), b = tile_of(target_data, first, end - first);
  CHECK(eqp_partial_statistics(&a, &b, NULL, *into) == EQP_OK, "%s", eqp_last_error());
}

static void solve(records from, double *alpha, int32_t *status) {
  eqp_partial_solution found = {.struct_size = sizeof found, .alpha = alpha, .row_status = status};
  CHECK(eqp_partial_solve(*from, ROWS, NULL, &found) == EQP_OK, "%s", eqp_last_error());
}

static void whole_rows(double *alpha) {
  eqp_matrix a = matrix_f32(theta_data, ROWS, COLUMNS), b = matrix_f32(target_data, ROWS, COLUMNS);
  eqp_solution solution = {.struct_size = sizeof solution, .alpha = alpha};
  CHECK(eqp_solve(&a, &b, NULL, &solution) == EQP_OK, "%s", eqp_last_error());
}

static void check_tiles_and_shards(void) {
  const int64_t cuts[] = {0, 1, 64, 64, 321, COLUMNS}; /* one shard is empty: a record of zeros */
  records fed = {0}, merged = {0}, again = {0};
  double expected[ROWS], alpha[ROWS], other[ROWS];
  int32_t status[ROWS];
  for (size_t i = 0; i + 1 < sizeof cuts / sizeof *cuts; ++i) {
    records shard = {0};
    if (cuts[i] < cuts[i + 1]) feed(fed, cuts[i], cuts[i + 1]);
    if (cuts[i] < cuts[i + 1]) feed(shard, cuts[i], cuts[i + 1]);
    CHECK(eqp_partial_merge(*shard, ROWS, *merged) == EQP_OK, "%s", eqp_last_error());
    CHECK(eqp_partial_merge(*shard, ROWS, *again) == EQP_OK, "%s", eqp_last_error());
  }
  CHECK(memcmp(merged, again, sizeof merged) == 0, "the same merges in the same order give other bits");
  whole_rows(expected);
  solve(fed, alpha, status);
  solve(merged, other, status);
  for (int row = 0; row < ROWS; ++row) {
    CHECK(fabs(alpha[row] - expected[row]) < 1e-6, "row %d: %.9f, whole %.9f", row, alpha[row], expected[row]);
    CHECK(fabs(alpha[row] - other[row]) < 1e-12, "row %d: fed %.17g, merged %.17g", row, alpha[row], other[row]);
    CHECK(status[row] == EQP_ROW_OK, "row %d: status %d", row, status[row]);
  }
}

static void check_a_nan_tile_spoils_its_row_alone(void) {
  records clean = {0}, spoilt = {0};
  double expected[ROWS], alpha[ROWS];
  int32_t status[ROWS];
  feed(clean, 0, 500);
  feed(clean, 500, COLUMNS);
  solve(clean, expected, status);
  float kept = theta_data[COLUMNS + 600];
  theta_data[COLUMNS + 600] = NAN;
  feed(spoilt, 0, 500);
  feed(spoilt, 500, COLUMNS);
  theta_data[COLUMNS + 600] = kept;
  solve(spoilt, alpha, status);
  CHECK(status[1] == EQP_ROW_INVALID && isnan(alpha[1]), "status %d, alpha %g", status[1], alpha[1]);
  CHECK(memcmp(&alpha[0], &expected[0], sizeof *alpha) == 0 && memcmp(&alpha[2], &expected[2], sizeof *alpha) == 0, "other rows changed");
}

static void refused(eqp_status answer, const char *name, const char *what) {
  CHECK(answer == EQP_INVALID_ARGUMENT, "%s: %s", what, eqp_status_string(answer));
  CHECK(strstr(eqp_last_error(), name), "%s: the text does not name %s: \"%s\"", what, name, eqp_last_error());
}

static void check_bad_arguments(void) {
  records partials = {0}, before, other = {0}, solved = {0};
  eqp_matrix a = tile_of(theta_data, 0, 100), b = tile_of(target_data, 0, 100), narrow = tile_of(target_data, 0, 99), fewer = b;
  eqp_partial_options options;
  double alpha[ROWS], moments[ROWS][EQP_PARTIAL_MOMENTS] = {{0}};
  int32_t status[ROWS];
  fewer.rows = ROWS - 1;
  feed(partials, 0, 100);
  memcpy(before, partials, sizeof before);
  feed(solved, 0, 100);
  solve(solved, alpha, status);

  refused(eqp_partial_statistics(NULL, &b, NULL, *partials), "theta", "theta = null");
  refused(eqp_partial_statistics(&a, NULL, NULL, *partials), "target", "target = null");
  refused(eqp_partial_statistics(&a, &b, NULL, NULL), "partials", "partials = null");
  refused(eqp_partial_statistics(&a, &narrow, NULL, *partials), "target", "a narrow target");
  refused(eqp_partial_statistics(&a, &fewer, NULL, *partials), "target", "a target of fewer rows");
  refused(eqp_partial_statistics(&a, &b, NULL, *solved), "partials", "an update after solve");
  refused(eqp_partial_merge(*other, -1, *partials), "rows", "rows = -1");
  refused(eqp_partial_merge(NULL, ROWS, *partials), "other", "other = null");
  refused(eqp_partial_merge(*partials, ROWS, *partials), "partials", "a merge with itself");
  refused(eqp_partial_merge(*solved, ROWS, *partials), "other", "a merge of what is solved");
  refused(eqp_partial_merge(*partials, ROWS, *solved), "partials", "a merge into what is solved");
  refused(eqp_partial_solve(NULL, ROWS, NULL, &(eqp_partial_solution){.struct_size = sizeof(eqp_partial_solution)}), "partials",
          "no records");
  refused(eqp_partial_solve(*partials, ROWS, NULL, NULL), "solution", "solution = null");
  refused(eqp_partial_sweep(&a, &b, NULL, *partials, NULL, NULL, *moments), "partials", "a sweep before solve");
  refused(eqp_partial_refine(*solved, ROWS, NULL, NULL), "moments", "moments = null");
  moments[0][3] = 99;
  refused(eqp_partial_refine(*solved, ROWS, NULL, *moments), "moments", "a sweep that missed a column");

  eqp_partial_options_init(&options, sizeof options);
  options.temperature_theta = 0;
  refused(eqp_partial_statistics(&a, &b, &options, *partials), "temperature_theta", "temperature_theta = 0");
  options.temperature_theta = 2;
  refused(eqp_partial_statistics(&a, &b, &options, *partials), "temperature", "another temperature than before");
  eqp_partial_options_init(&options, sizeof options);
  options.valid_columns = 101;
  refused(eqp_partial_statistics(&a, &b, &options, *partials), "valid_columns", "valid_columns = 101");
  options.valid_columns = 0;
  options.tolerance = -1;
  refused(eqp_partial_solve(*partials, ROWS, &options, &(eqp_partial_solution){.struct_size = sizeof(eqp_partial_solution)}), "tolerance",
          "tolerance = -1");
  CHECK(memcmp(partials, before, sizeof before) == 0, "a refused call changed the records");
}

int main(void) {
  fill_logits(theta_data, ROWS * COLUMNS, 1);
  fill_logits(target_data, ROWS * COLUMNS, 2);
  check_tiles_and_shards();
  check_a_nan_tile_spoils_its_row_alone();
  check_bad_arguments();
  return finish();
}
