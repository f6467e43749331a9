/* Rows at the end of 8192 x 262144: bytes and elements that 32 bits cannot count. Memory that nobody touches costs nothing, so that only
 * the rows in question have to be there. */
#ifndef EQUIPOISE_TESTS_FAR_ROWS_H
#define EQUIPOISE_TESTS_FAR_ROWS_H

#include "../Native/check.h"

enum { FAR_ROWS = 8192, FAR_COLUMNS = 262144 };

/* Device memory as the backend at hand gives it: allocated zeros, and what lies at an offset into it. */
typedef struct far_memory {
  void *(*allocate)(size_t bytes);
  void (*put)(void *memory, size_t offset, const void *from, size_t bytes);
  void (*get)(void *to, void *memory, size_t offset, size_t bytes);
  void (*release)(void *memory);
} far_memory;

#define FAR_DONE(call)                                              \
  do {                                                              \
    eqp_status made = (call);                                       \
    CHECK(made == EQP_OK, "status %d: %s", made, eqp_last_error()); \
  } while (0)

/* One row of logits as elements of 2 (bf16) or 4 bytes (f32). */
static void *far_row(size_t element, uint64_t seed) {
  float *values = allocated(FAR_COLUMNS * sizeof(float));
  fill_logits(values, FAR_COLUMNS, seed);
  if (element == 2) {
    uint16_t *upper = allocated(FAR_COLUMNS * sizeof(uint16_t));
    for (size_t i = 0; i < FAR_COLUMNS; ++i) {
      uint32_t bits;
      memcpy(&bits, &values[i], sizeof bits);
      upper[i] = (uint16_t)(bits >> 16);
    }
    free(values);
    return upper;
  }
  return values;
}

static eqp_matrix far_matrix(void *data, size_t element, int64_t rows) {
  eqp_matrix matrix = {0};
  matrix.data = data;
  matrix.dtype = element == 2 ? EQP_BF16 : EQP_F32;
  matrix.rows = rows;
  matrix.columns = FAR_COLUMNS;
  return matrix;
}

/* The device's answers to a row by itself, without q and with it: what they must be wherever the row lies. */
typedef struct far_answer {
  void *theta, *target, *q;
  double alpha, log_z, alpha_with_q;
} far_answer;

static far_answer far_alone(eqp_device *device, size_t element) {
  far_answer alone = {far_row(element, 21), far_row(element, 22), allocated(FAR_COLUMNS * element), 0, 0, 0};
  eqp_matrix theta = far_matrix(alone.theta, element, 1), target = far_matrix(alone.target, element, 1),
             q = far_matrix(alone.q, element, 1);
  eqp_solution scalars = {.struct_size = sizeof scalars, .alpha = &alone.alpha, .log_z = &alone.log_z};
  eqp_solution solution = {.struct_size = sizeof solution, .alpha = &alone.alpha_with_q, .q = &q};
  FAR_DONE(eqp_device_solve_host(device, &theta, &target, NULL, &scalars));
  FAR_DONE(eqp_device_solve_host(device, &theta, &target, NULL, &solution));
  CHECK(alone.alpha > 0.3 && alone.alpha < 0.7, "alpha %.17g", alone.alpha);
  return alone;
}

static void far_solve(eqp_device *device, void *stream, const far_memory *memory, const eqp_matrix *theta, const eqp_matrix *target,
                      const eqp_solve_options *options, eqp_solution *solution) {
  size_t bytes = 0;
  FAR_DONE(eqp_device_workspace_size(device, theta, target, options, solution, &bytes));
  void *workspace = memory->allocate(bytes);
  FAR_DONE(eqp_device_solve(device, theta, target, options, solution, workspace, bytes, stream));
  FAR_DONE(eqp_device_synchronize(device, stream));
  memory->release(workspace);
}

/* The last row of the whole batch, every other one being skipped. */
static void far_last_row(eqp_device *device, void *stream, const far_memory *memory, size_t element, const far_answer *alone) {
  const size_t row = FAR_COLUMNS * element, last = (size_t)(FAR_ROWS - 1) * row;
  const uint8_t one = 1;
  void *a = memory->allocate(FAR_ROWS * row), *b = memory->allocate(FAR_ROWS * row), *mask = memory->allocate(FAR_ROWS);
  memory->put(a, last, alone->theta, row);
  memory->put(b, last, alone->target, row);
  memory->put(mask, FAR_ROWS - 1, &one, 1);
  eqp_matrix theta = far_matrix(a, element, FAR_ROWS), target = far_matrix(b, element, FAR_ROWS);
  eqp_solve_options options;
  eqp_solve_options_init(&options, sizeof options);
  options.row_mask = mask;
  void *alpha = memory->allocate(FAR_ROWS * sizeof(double)), *log_z = memory->allocate(FAR_ROWS * sizeof(double));
  void *status = memory->allocate(FAR_ROWS * sizeof(int32_t));
  eqp_solution solution = {.struct_size = sizeof solution, .alpha = alpha, .log_z = log_z, .row_status = status};
  far_solve(device, stream, memory, &theta, &target, &options, &solution);

  int32_t *statuses = allocated(FAR_ROWS * sizeof(int32_t));
  double found[2];
  memory->get(statuses, status, 0, FAR_ROWS * sizeof(int32_t));
  memory->get(&found[0], alpha, (FAR_ROWS - 1) * sizeof(double), sizeof(double));
  memory->get(&found[1], log_z, (FAR_ROWS - 1) * sizeof(double), sizeof(double));
  int skipped = 0;
  for (int i = 0; i < FAR_ROWS - 1; ++i) {
    skipped += statuses[i] == EQP_ROW_SKIPPED;
  }
  CHECK(skipped == FAR_ROWS - 1 && statuses[FAR_ROWS - 1] == EQP_ROW_OK, "%d skipped, then status %d", skipped, statuses[FAR_ROWS - 1]);
  CHECK(found[0] == alone->alpha && found[1] == alone->log_z, "alpha %.17g and log Z %.17g, alone %.17g and %.17g", found[0], found[1],
        alone->alpha, alone->log_z);
  void *made[] = {a, b, mask, alpha, log_z, status};
  for (size_t i = 0; i < sizeof made / sizeof *made; ++i) {
    memory->release(made[i]);
  }
  free(statuses);
}

/* Two rows, the second where that batch has its last: q is written there, too. */
static void far_stride(eqp_device *device, void *stream, const far_memory *memory, size_t element, const far_answer *alone) {
  const size_t row = FAR_COLUMNS * element, last = (size_t)(FAR_ROWS - 1) * row;
  void *data[] = {memory->allocate(last + row), memory->allocate(last + row), memory->allocate(last + row)};
  memory->put(data[0], last, alone->theta, row);
  memory->put(data[1], last, alone->target, row);
  eqp_matrix theta = far_matrix(data[0], element, 2), target = far_matrix(data[1], element, 2), q = far_matrix(data[2], element, 2);
  theta.row_stride = target.row_stride = q.row_stride = (int64_t)(FAR_ROWS - 1) * FAR_COLUMNS;
  void *alpha = memory->allocate(2 * sizeof(double));
  eqp_solution solution = {.struct_size = sizeof solution, .alpha = alpha, .q = &q};
  far_solve(device, stream, memory, &theta, &target, NULL, &solution);

  double found[2];
  uint8_t *written = allocated(row), nothing[64], zeros[64] = {0};
  memory->get(found, alpha, 0, sizeof found);
  memory->get(written, data[2], last, row);
  memory->get(nothing, data[2], last - sizeof nothing, sizeof nothing);
  CHECK(found[1] == alone->alpha_with_q, "alpha %.17g, alone %.17g", found[1], alone->alpha_with_q);
  CHECK(memcmp(written, alone->q, row) == 0, "q is another than the row's alone");
  CHECK(memcmp(nothing, zeros, sizeof zeros) == 0, "something was written before the row");
  for (size_t i = 0; i < sizeof data / sizeof *data; ++i) {
    memory->release(data[i]);
  }
  memory->release(alpha);
  free(written);
}

static inline void far_rows(eqp_device *device, void *stream, const far_memory *memory, size_t element) {
  far_answer alone = far_alone(device, element);
  far_last_row(device, stream, memory, element, &alone);
  far_stride(device, stream, memory, element, &alone);
  free(alone.theta);
  free(alone.target);
  free(alone.q);
}

#endif /* EQUIPOISE_TESTS_FAR_ROWS_H */
