/* eqp_device_* on CUDA, from the door to the PTX: the very text that a GPU would get, run by the stand-in driver. */
#include "../Native/check.h"
#include "cuda/driver.h"
#include "cuda/standin.h"
#include "far_rows.h"

enum { ROWS = 5, COLUMNS = 1003 };

#define DONE(call)                                                                \
  do {                                                                            \
    eqp_status made_status = (call);                                              \
    CHECK(made_status == EQP_OK, "status %d: %s", made_status, eqp_last_error()); \
  } while (0)

#define DRIVER(call)                                       \
  do {                                                     \
    CUresult made_result = (call);                         \
    CHECK(made_result == CUDA_SUCCESS, "%d", made_result); \
  } while (0)

static void check_failed(eqp_status status, eqp_status wanted, const char *says) {
  CHECK(status == wanted && strstr(eqp_last_error(), says), "status %d: '%s' instead of '%s'", status, eqp_last_error(), says);
}

static void check_nothing_left(const char *when) {
  standin_live live;
  standin_get_live(&live);
  CHECK(live.contexts + live.modules + live.streams + live.events + live.graphs + live.device_blocks + live.host_blocks == 0,
        "%s: %llu contexts, %llu modules, %llu streams, %llu events, %llu device and %llu host blocks", when,
        (unsigned long long)live.contexts, (unsigned long long)live.modules, (unsigned long long)live.streams,
        (unsigned long long)live.events, (unsigned long long)live.device_blocks, (unsigned long long)live.host_blocks);
}

static void check_no_misuse(const char *when) {
  char text[256];
  CHECK(standin_take_misuses(text, sizeof text) == 0, "%s: %s", when, text);
}

/* Beside what the CPU found. */
static void check_near(const char *when, const batch *found, const batch *expected) {
  double alpha = 0, q = 0;
  for (int64_t row = 0; row < found->rows; ++row) {
    CHECK(found->row_status[row] == expected->row_status[row], "%s, row %lld: %d", when, (long long)row, found->row_status[row]);
    alpha = fmax(alpha, fabs(found->alpha[row] - expected->alpha[row]));
    for (int64_t i = 0; i < found->columns; ++i) {
      q = fmax(q, fabs((double)found->q_data[row * found->columns + i] - expected->q_data[row * found->columns + i]));
    }
  }
  CHECK(alpha <= 1e-6 && q <= 2e-6, "%s: alpha off by %g, q by %g", when, alpha, q);
}

static void fill_both(batch *found, batch *expected) {
  batch_fill(found, ROWS, COLUMNS);
  batch_fill(expected, ROWS, COLUMNS);
  batch_ask(found, eqp_solve_options_init);
  batch_ask(expected, eqp_solve_options_init);
  DONE(eqp_solve(&expected->theta, &expected->target, &expected->options, &expected->solution));
}

static void absent_device(void) {
  int32_t count = -1;
  eqp_device *device = NULL;
  standin_fault("no-device");
  DONE(eqp_device_count(EQP_CUDA, &count));
  CHECK(count == 0, "%d", count);
  check_failed(eqp_device_open(EQP_CUDA, 0, NULL, &device), EQP_DEVICE_ERROR, "no CUDA-capable device is detected");
  CHECK(device == NULL, "a device all the same");
  standin_fault("");
  DONE(eqp_device_count(EQP_CUDA, &count));
  CHECK(count == 1, "%d", count);
  check_failed(eqp_device_open(EQP_CUDA, 1, NULL, &device), EQP_INVALID_ARGUMENT, "index");
  check_failed(eqp_device_open((eqp_backend)7, 0, NULL, &device), EQP_INVALID_ARGUMENT, "backend");
  check_failed(eqp_device_open(EQP_CUDA, 0, NULL, NULL), EQP_INVALID_ARGUMENT, "device is null");
  eqp_device_close(NULL);
  eqp_device_properties properties = {.struct_size = sizeof properties};
  DONE(eqp_device_info(EQP_CUDA, 0, &properties));
  CHECK(strcmp(properties.name, "Stand-in device 0") == 0 && strcmp(properties.driver, "CUDA 12.4") == 0, "%s, %s", properties.name,
        properties.driver);
  CHECK(properties.backend == EQP_CUDA && properties.units == 4 && properties.has_f64 && properties.memory > 0, "%d", properties.units);
}

static void host_batches(void) {
  static const char *const orders[] = {"forward", "reverse", "random:7"};
  batch found, expected;
  eqp_device *device;
  fill_both(&found, &expected);
  for (size_t i = 0; i < sizeof orders / sizeof *orders; ++i) {
    standin_order(orders[i]);
    DONE(eqp_device_open(EQP_CUDA, 0, NULL, &device));
    memset(found.alpha, 0, ROWS * sizeof(double));
    DONE(eqp_device_solve_host(device, &found.theta, &found.target, &found.options, &found.solution));
    eqp_device_close(device);
    check_near(orders[i], &found, &expected);
    check_no_misuse(orders[i]);
    check_nothing_left(orders[i]);
  }
  standin_order("forward");
  batch_free(&found);
  batch_free(&expected);
}

/* A batch whose every pointer is the device's. */
typedef struct there {
  eqp_device *device;
  CUcontext context;
  CUstream stream;
  eqp_matrix theta, target, q;
  eqp_solution solution;
  void *workspace;
  size_t workspace_bytes;
} there;

static void *brought(eqp_device *device, const void *from, size_t bytes) {
  void *memory = NULL;
  DONE(eqp_device_allocate(device, bytes, &memory));
  DRIVER(cuMemcpyHtoD_v2((CUdeviceptr)(uintptr_t)memory, from, bytes));
  return memory;
}

static void bring(there *made, const batch *b) {
  memset(made, 0, sizeof *made);
  DONE(eqp_device_open(EQP_CUDA, 0, NULL, &made->device));
  DRIVER(cuInit(0));
  DRIVER(cuDevicePrimaryCtxRetain(&made->context, 0));
  DRIVER(cuCtxPushCurrent_v2(made->context));
  DRIVER(cuStreamCreate(&made->stream, CU_STREAM_NON_BLOCKING));
  size_t bytes = (size_t)(b->rows * b->columns) * sizeof(float);
  made->theta = b->theta;
  made->target = b->target;
  made->q = b->q;
  made->theta.data = brought(made->device, b->theta_data, bytes);
  made->target.data = brought(made->device, b->target_data, bytes);
  made->q.data = brought(made->device, b->q_data, bytes);
  made->solution.struct_size = sizeof made->solution;
  made->solution.alpha = brought(made->device, b->alpha, (size_t)b->rows * sizeof(double));
  made->solution.row_status = brought(made->device, b->row_status, (size_t)b->rows * sizeof(int32_t));
  made->solution.q = &made->q;
  DONE(eqp_device_workspace_size(made->device, &made->theta, &made->target, &b->options, &made->solution, &made->workspace_bytes));
  DONE(eqp_device_allocate(made->device, made->workspace_bytes, &made->workspace));
}

static eqp_status solve_there(const there *t, const batch *b) {
  eqp_solution solution = t->solution;
  return eqp_device_solve(t->device, &t->theta, &t->target, &b->options, &solution, t->workspace, t->workspace_bytes, t->stream);
}

static void fetch(const there *t, batch *b) {
  DRIVER(cuMemcpyDtoH_v2(b->alpha, (CUdeviceptr)(uintptr_t)t->solution.alpha, (size_t)b->rows * sizeof(double)));
  DRIVER(cuMemcpyDtoH_v2(b->row_status, (CUdeviceptr)(uintptr_t)t->solution.row_status, (size_t)b->rows * sizeof(int32_t)));
  DRIVER(cuMemcpyDtoH_v2(b->q_data, (CUdeviceptr)(uintptr_t)t->q.data, (size_t)(b->rows * b->columns) * sizeof(float)));
}

static void leave(there *t) {
  eqp_device_free(t->device, t->theta.data);
  eqp_device_free(t->device, t->target.data);
  eqp_device_free(t->device, t->q.data);
  eqp_device_free(t->device, t->solution.alpha);
  eqp_device_free(t->device, t->solution.row_status);
  eqp_device_free(t->device, t->workspace);
  eqp_device_free(t->device, NULL);
  DRIVER(cuStreamDestroy_v2(t->stream));
  DRIVER(cuCtxPopCurrent_v2(NULL));
  DRIVER(cuDevicePrimaryCtxRelease_v2(0));
  eqp_device_close(t->device);
}

static void in_place_and_asynchronous(void) {
  batch found, expected;
  fill_both(&found, &expected);
  there t;
  bring(&t, &found);
  standin_reset_counts();
  DONE(solve_there(&t, &found));
  standin_counts counts;
  standin_get_counts(&counts);
  CHECK(counts.launches >= 1 && counts.instructions == 0, "%llu launches, %llu instructions before anybody waited",
        (unsigned long long)counts.launches, (unsigned long long)counts.instructions);
  CHECK(counts.allocations + counts.synchronisations + counts.copies == 0, "something besides launches");
  CHECK(standin_last_stream() == (void *)t.stream, "not the caller's stream");
  DONE(eqp_device_synchronize(t.device, t.stream));
  fetch(&t, &found);
  check_near("in place", &found, &expected);
  leave(&t);
  check_no_misuse("in place");
  check_nothing_left("in place");
  batch_free(&found);
  batch_free(&expected);
}

static void recorded_and_replayed(void) {
  batch found, expected;
  fill_both(&found, &expected);
  there t;
  bring(&t, &found);
  CUgraph graph;
  CUgraphExec executable;
  DRIVER(cuStreamBeginCapture_v2(t.stream, 0));
  DONE(solve_there(&t, &found));
  DRIVER(cuStreamEndCapture(t.stream, &graph));
  check_no_misuse("while recording");
  DRIVER(cuGraphInstantiateWithFlags(&executable, graph, 0));
  size_t bytes = ROWS * COLUMNS * sizeof(float);
  DRIVER(cuMemcpyHtoD_v2((CUdeviceptr)(uintptr_t)t.theta.data, found.target_data, bytes)); /* the policies change places */
  DRIVER(cuMemcpyHtoD_v2((CUdeviceptr)(uintptr_t)t.target.data, found.theta_data, bytes));
  DRIVER(cuGraphLaunch(executable, t.stream));
  DRIVER(cuStreamSynchronize(t.stream));
  fetch(&t, &found);
  DONE(eqp_solve(&expected.target, &expected.theta, &expected.options, &expected.solution));
  check_near("replayed", &found, &expected);
  DRIVER(cuGraphExecDestroy(executable));
  DRIVER(cuGraphDestroy(graph));
  leave(&t);
  check_no_misuse("replayed");
  check_nothing_left("replayed");
  batch_free(&found);
  batch_free(&expected);
}

static void wrong_arguments(void) {
  batch b, expected;
  fill_both(&b, &expected);
  there t;
  bring(&t, &b);
  eqp_solution solution = t.solution;
  void *const w = t.workspace;
  const size_t n = t.workspace_bytes;
  standin_reset_counts();
  check_failed(eqp_device_solve(NULL, &t.theta, &t.target, &b.options, &solution, w, n, t.stream), EQP_INVALID_ARGUMENT, "device is null");
  check_failed(eqp_device_solve(t.device, NULL, &t.target, &b.options, &solution, w, n, t.stream), EQP_INVALID_ARGUMENT, "theta is null");
  check_failed(eqp_device_solve(t.device, &t.theta, &t.target, &b.options, NULL, w, n, t.stream), EQP_INVALID_ARGUMENT, "solution");
  check_failed(eqp_device_solve(t.device, &t.theta, &t.target, &b.options, &solution, NULL, n, t.stream), EQP_INVALID_ARGUMENT,
               "workspace");
  check_failed(eqp_device_solve(t.device, &t.theta, &t.target, &b.options, &solution, (char *)w + 8, n, t.stream), EQP_INVALID_ARGUMENT,
               "workspace");
  check_failed(eqp_device_solve(t.device, &t.theta, &t.target, &b.options, &solution, w, n - 1, t.stream), EQP_INVALID_ARGUMENT,
               "workspace_bytes");
  b.options.criterion = (eqp_criterion)77;
  check_failed(eqp_device_solve(t.device, &t.theta, &t.target, &b.options, &solution, w, n, t.stream), EQP_INVALID_ARGUMENT, "criterion");
  b.options.criterion = EQP_KL_SYMMETRY;
  t.target.columns -= 1;
  check_failed(eqp_device_solve(t.device, &t.theta, &t.target, &b.options, &solution, w, n, t.stream), EQP_INVALID_ARGUMENT, "columns");
  t.target.columns += 1;
  t.q.data = t.theta.data;
  check_failed(eqp_device_solve(t.device, &t.theta, &t.target, &b.options, &solution, w, n, t.stream), EQP_INVALID_ARGUMENT, "q overlaps");
  void *memory = NULL;
  check_failed(eqp_device_allocate(t.device, 0, &memory), EQP_INVALID_ARGUMENT, "bytes");
  standin_counts counts;
  standin_get_counts(&counts);
  CHECK(counts.launches == 0, "%llu launches", (unsigned long long)counts.launches);
  DONE(eqp_device_allocate(t.device, 16, &t.q.data));
  leave(&t);
  eqp_device_close(NULL);
  check_no_misuse("wrong arguments");
  batch_free(&b);
  batch_free(&expected);
}

static void faults_on_the_way(void) {
  static const struct {
    const char *fault;
    eqp_status status;
    const char *says;
  } cases[] = {
      {"no-memory:1", EQP_OUT_OF_MEMORY, "out of memory"}, {"no-memory:2", EQP_OUT_OF_MEMORY, "out of memory"},
      {"no-memory:4", EQP_OUT_OF_MEMORY, "out of memory"}, {"no-memory:5", EQP_OUT_OF_MEMORY, "out of memory"},
      {"launch", EQP_DEVICE_ERROR, "too many resources"},  {"execution", EQP_DEVICE_ERROR, "unspecified launch failure"},
  };
  batch b, expected;
  fill_both(&b, &expected);
  eqp_device *device = NULL;
  standin_fault("module");
  check_failed(eqp_device_open(EQP_CUDA, 0, NULL, &device), EQP_DEVICE_ERROR, "a PTX JIT compilation failed");
  check_nothing_left("module");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    standin_fault("");
    DONE(eqp_device_open(EQP_CUDA, 0, NULL, &device));
    standin_fault(cases[i].fault);
    check_failed(eqp_device_solve_host(device, &b.theta, &b.target, &b.options, &b.solution), cases[i].status, cases[i].says);
    eqp_device_close(device);
    check_no_misuse(cases[i].fault);
    check_nothing_left(cases[i].fault);
  }
  standin_fault("");
  DONE(eqp_device_open(EQP_CUDA, 0, NULL, &device));
  DONE(eqp_device_solve_host(device, &b.theta, &b.target, &b.options, &b.solution));
  eqp_device_close(device);
  check_near("after the faults", &b, &expected);
  batch_free(&b);
  batch_free(&expected);
}

static eqp_device *far_device;

static void *far_allocate(size_t bytes) {
  void *memory = NULL;
  DONE(eqp_device_allocate(far_device, bytes, &memory));
  if (bytes < (size_t)1 << 30) {
    DRIVER(cuMemsetD8Async((CUdeviceptr)(uintptr_t)memory, 0, bytes, NULL));
  }
  return memory;
}

static void far_put(void *memory, size_t offset, const void *from, size_t bytes) {
  DRIVER(cuMemcpyHtoD_v2((CUdeviceptr)(uintptr_t)memory + offset, from, bytes));
}

static void far_get(void *to, void *memory, size_t offset, size_t bytes) {
  DRIVER(cuMemcpyDtoH_v2(to, (CUdeviceptr)(uintptr_t)memory + offset, bytes));
}

static void far_release(void *memory) { eqp_device_free(far_device, memory); }

static void beyond_32_bits(void) {
  const far_memory memory = {far_allocate, far_put, far_get, far_release};
  CUcontext context;
  DRIVER(cuInit(0));
  DRIVER(cuDevicePrimaryCtxRetain(&context, 0));
  DRIVER(cuCtxPushCurrent_v2(context));
  DONE(eqp_device_open(EQP_CUDA, 0, NULL, &far_device));
  far_rows(far_device, NULL, &memory, sizeof(float));
  eqp_device_close(far_device);
  DRIVER(cuCtxPopCurrent_v2(NULL));
  DRIVER(cuDevicePrimaryCtxRelease_v2(0));
  check_no_misuse("beyond 32 bits");
  check_nothing_left("beyond 32 bits");
}

int main(void) {
  absent_device();
  host_batches();
  in_place_and_asynchronous();
  recorded_and_replayed();
  wrong_arguments();
  faults_on_the_way();
  beyond_32_bits();
  return finish();
}
