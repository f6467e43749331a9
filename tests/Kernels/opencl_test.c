/* eqp_device_solve on OpenCL as its contract has it: a context, a queue and buffers of the caller's own, solved in place. */
#define _GNU_SOURCE
#include "opencl.h"

#include <sys/mman.h>

#include "far_rows.h"

enum { SKIPPED = 77, ROWS = 7, COLUMNS = 1003, STRIDE = 1011 };

static opencl cl;
static cl_device_id device_id;
static cl_context context;
static cl_command_queue queue;

#define CL_DONE(call)                            \
  do {                                           \
    int32_t made_code = (call);                  \
    CHECK(made_code == 0, "code %d", made_code); \
  } while (0)

#define DONE(call)                                                                \
  do {                                                                            \
    eqp_status made_status = (call);                                              \
    CHECK(made_status == EQP_OK, "status %d: %s", made_status, eqp_last_error()); \
  } while (0)

static cl_mem buffer_of(const void *from, size_t bytes) {
  int32_t code = 0;
  cl_mem buffer = cl.create_buffer(context, CL_MEM_READ_WRITE | (from ? CL_MEM_COPY_HOST_PTR : 0), bytes, (void *)from, &code);
  CHECK(code == 0, "clCreateBuffer of %zu bytes: %d", bytes, code);
  return buffer;
}

static void fetch(void *to, void *buffer, size_t bytes) { CL_DONE(cl.read_buffer(queue, buffer, 1, 0, bytes, to, 0, NULL, NULL)); }

/* Rows further apart than they are wide, and numbers that every row has of its own. */
typedef struct problem {
  float theta[ROWS * STRIDE], target[ROWS * STRIDE], q[ROWS * STRIDE];
  double alpha[ROWS], kl_theta[ROWS], budget[ROWS], temperature[ROWS];
  int32_t row_status[ROWS];
  uint8_t mask[ROWS];
} problem;

static eqp_matrix matrix_of(void *data) {
  eqp_matrix matrix = matrix_f32(data, ROWS, COLUMNS);
  matrix.row_stride = STRIDE;
  return matrix;
}

static void pose(problem *p, eqp_solve_options *options, eqp_criterion criterion) {
  fill_logits(p->theta, ROWS * STRIDE, 5);
  fill_logits(p->target, ROWS * STRIDE, 6);
  p->theta[3 * STRIDE + 17] = NAN;
  for (int i = 0; i < ROWS; ++i) {
    p->budget[i] = 0.02 * (i + 1);
    p->temperature[i] = 0.5 + 0.25 * i;
    p->mask[i] = i != 4;
  }
  eqp_solve_options_init(options, sizeof *options);
  options->criterion = criterion;
  options->temperature_target = 1.5;
}

static void check_same(const problem *there, const problem *here) {
  double alpha = 0, kl = 0, q = 0;
  for (int row = 0; row < ROWS; ++row) {
    CHECK(there->row_status[row] == here->row_status[row], "row %d: status %d", row, there->row_status[row]);
    CHECK(isnan(there->alpha[row]) == isnan(here->alpha[row]), "row %d: alpha %g", row, there->alpha[row]);
    alpha = fmax(alpha, fabs(there->alpha[row] - here->alpha[row]));
    kl = fmax(kl, fabs(there->kl_theta[row] - here->kl_theta[row]));
    for (int i = 0; i < STRIDE; ++i) {
      double difference = fabs((double)there->q[row * STRIDE + i] - here->q[row * STRIDE + i]);
      CHECK(i < COLUMNS || difference == 0, "row %d: written beyond its end", row);
      q = fmax(q, difference);
    }
  }
  CHECK(alpha <= 1e-6 && q <= 2e-6 && kl <= 2e-6, "alpha off by %g, q by %g, the KL by %g", alpha, q, kl);
}

static void in_place(eqp_device *device, eqp_criterion criterion) {
  static problem here, there;
  eqp_solve_options options;
  pose(&here, &options, criterion);
  there = here;
  eqp_matrix theta = matrix_of(here.theta), target = matrix_of(here.target), q = matrix_of(here.q);
  eqp_solve_options host = options;
  host.row_budget = here.budget;
  host.row_temperature_theta = here.temperature;
  host.row_mask = here.mask;
  eqp_solution solution = {
      .struct_size = sizeof solution, .alpha = here.alpha, .kl_theta = here.kl_theta, .q = &q, .row_status = here.row_status};
  DONE(eqp_solve(&theta, &target, &host, &solution));

  cl_mem inputs[] = {buffer_of(there.theta, sizeof there.theta), buffer_of(there.target, sizeof there.target)};
  cl_mem numbers[] = {buffer_of(there.budget, sizeof there.budget), buffer_of(there.temperature, sizeof there.temperature),
                      buffer_of(there.mask, sizeof there.mask)};
  cl_mem outputs[] = {buffer_of(there.q, sizeof there.q), buffer_of(NULL, sizeof there.alpha), buffer_of(NULL, sizeof there.kl_theta),
                      buffer_of(NULL, sizeof there.row_status)};
  eqp_matrix far_theta = matrix_of(inputs[0]), far_target = matrix_of(inputs[1]), far_q = matrix_of(outputs[0]);
  options.row_budget = (const double *)numbers[0];
  options.row_temperature_theta = (const double *)numbers[1];
  options.row_mask = (const uint8_t *)numbers[2];
  eqp_solution far_solution = {.struct_size = sizeof far_solution,
                               .alpha = (double *)outputs[1],
                               .kl_theta = (double *)outputs[2],
                               .q = &far_q,
                               .row_status = (int32_t *)outputs[3]};
  size_t bytes = 0;
  DONE(eqp_device_workspace_size(device, &far_theta, &far_target, &options, &far_solution, &bytes));
  cl_mem workspace = buffer_of(NULL, bytes);
  DONE(eqp_device_solve(device, &far_theta, &far_target, &options, &far_solution, workspace, bytes, queue));
  CL_DONE(cl.finish(queue));
  fetch(there.q, outputs[0], sizeof there.q);
  fetch(there.alpha, outputs[1], sizeof there.alpha);
  fetch(there.kl_theta, outputs[2], sizeof there.kl_theta);
  fetch(there.row_status, outputs[3], sizeof there.row_status);
  check_same(&there, &here);

  far_q.data = inputs[0];
  eqp_status status = eqp_device_solve(device, &far_theta, &far_target, &options, &far_solution, workspace, bytes, queue);
  CHECK(status == EQP_INVALID_ARGUMENT && strstr(eqp_last_error(), "q overlaps"), "status %d: %s", status, eqp_last_error());
  for (size_t i = 0; i < sizeof inputs / sizeof *inputs; ++i) {
    CL_DONE(cl.release_buffer(inputs[i]));
  }
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i) {
    CL_DONE(cl.release_buffer(numbers[i]));
  }
  for (size_t i = 0; i < sizeof outputs / sizeof *outputs; ++i) {
    CL_DONE(cl.release_buffer(outputs[i]));
  }
  CL_DONE(cl.release_buffer(workspace));
}

/* Buffers in host memory that nothing stands behind until it is touched. */
static struct {
  cl_mem buffer;
  void *memory;
  size_t bytes;
} sparse[16];

static void *far_allocate(size_t bytes) {
  int32_t code = 0;
  for (size_t i = 0; i < sizeof sparse / sizeof *sparse; ++i) {
    if (sparse[i].buffer == NULL) {
      sparse[i].memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      CHECK(sparse[i].memory != MAP_FAILED, "no address space for %zu bytes", bytes);
      sparse[i].bytes = bytes;
      sparse[i].buffer = cl.create_buffer(context, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, bytes, sparse[i].memory, &code);
      CHECK(code == 0, "clCreateBuffer of %zu bytes: %d", bytes, code);
      return sparse[i].buffer;
    }
  }
  return NULL;
}

static void far_put(void *buffer, size_t offset, const void *from, size_t bytes) {
  CL_DONE(cl.write_buffer(queue, buffer, 1, offset, bytes, from, 0, NULL, NULL));
}

static void far_get(void *to, void *buffer, size_t offset, size_t bytes) {
  CL_DONE(cl.read_buffer(queue, buffer, 1, offset, bytes, to, 0, NULL, NULL));
}

static void far_release(void *buffer) {
  for (size_t i = 0; i < sizeof sparse / sizeof *sparse; ++i) {
    if (buffer != NULL && sparse[i].buffer == buffer) {
      CL_DONE(cl.release_buffer(buffer));
      munmap(sparse[i].memory, sparse[i].bytes);
      sparse[i].buffer = NULL;
    }
  }
}

int main(void) {
  int32_t code = 0;
  device_id = opencl_load(&cl) ? opencl_first_device(&cl) : NULL;
  if (device_id == NULL) {
    printf("no OpenCL device\n");
    return SKIPPED;
  }
  context = cl.create_context(NULL, 1, &device_id, NULL, NULL, &code);
  CHECK(code == 0, "clCreateContext: %d", code);
  queue = cl.create_queue(context, device_id, 0, &code);
  CHECK(code == 0, "clCreateCommandQueue: %d", code);
  eqp_device *device = NULL;
  DONE(eqp_device_open(EQP_OPENCL, 0, context, &device));
  in_place(device, EQP_KL_SYMMETRY);
  in_place(device, EQP_KL_BUDGET);

  uint64_t most = 0, wanted = (uint64_t)FAR_ROWS * FAR_COLUMNS * sizeof(uint16_t);
  CL_DONE(cl.get_device_info(device_id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof most, &most, NULL));
  if (most >= wanted) {
    const far_memory memory = {far_allocate, far_put, far_get, far_release};
    far_rows(device, queue, &memory, sizeof(uint16_t));
  } else {
    printf("buffers of %.1f GiB at the most: not the one of %.1f\n", (double)most / 0x1p30, (double)wanted / 0x1p30);
  }
  eqp_device_close(device);
  CL_DONE(cl.release_queue(queue));
  CL_DONE(cl.release_context(context));
  return finish();
}
