/* The stand-in driver itself: every misuse is caught, work waits to be waited for, and faults are what they were asked to be. */
#include "cuda/standin.h"

#include "../Native/check.h"
#include "cuda/driver.h"

/* out[i] = 2 * in[i] for a block of 32. */
static const char TEXT[] =
    ".version 6.3\n.target sm_70\n.address_size 64\n"
    ".visible .entry Twice(.param .b64 from, .param .b64 to)\n{\n"
    ".reg .b32 %r<4>;\n.reg .b64 %rd<8>;\n.reg .f32 %f<4>;\n"
    "ld.param.b64 %rd0, [from];\nld.param.b64 %rd1, [to];\n"
    "mov.b32 %r0, %tid.x;\nmul.wide.u32 %rd2, %r0, 4;\nadd.u64 %rd3, %rd0, %rd2;\nadd.u64 %rd4, %rd1, %rd2;\n"
    "ld.global.f32 %f0, [%rd3];\nadd.rn.f32 %f0, %f0, %f0;\nst.global.f32 [%rd4], %f0;\nret;\n}\n";

enum { COUNT = 32, BYTES = COUNT * sizeof(float) };

#define DONE(call)                                         \
  do {                                                     \
    CUresult made_result = (call);                         \
    CHECK(made_result == CUDA_SUCCESS, "%d", made_result); \
  } while (0)

typedef struct scene {
  CUcontext context;
  CUmodule module;
  CUfunction twice;
  CUstream stream;
  CUdeviceptr from, to;
  float *host;
} scene;

static scene set_up(void) {
  scene s = {0};
  DONE(cuInit(0));
  DONE(cuDevicePrimaryCtxRetain(&s.context, 0));
  DONE(cuCtxPushCurrent_v2(s.context));
  DONE(cuModuleLoadDataEx(&s.module, TEXT, 0, NULL, NULL));
  DONE(cuModuleGetFunction(&s.twice, s.module, "Twice"));
  DONE(cuStreamCreate(&s.stream, CU_STREAM_NON_BLOCKING));
  DONE(cuMemAlloc_v2(&s.from, BYTES));
  DONE(cuMemAlloc_v2(&s.to, BYTES));
  DONE(cuMemAllocHost_v2((void **)&s.host, BYTES));
  for (int i = 0; i < COUNT; ++i) {
    s.host[i] = (float)i;
  }
  DONE(cuMemcpyHtoD_v2(s.from, s.host, BYTES));
  return s;
}

static void tear_down(scene *s) {
  DONE(cuMemFreeHost(s->host));
  DONE(cuMemFree_v2(s->to));
  DONE(cuMemFree_v2(s->from));
  DONE(cuStreamDestroy_v2(s->stream));
  DONE(cuModuleUnload(s->module));
  DONE(cuCtxPopCurrent_v2(NULL));
  DONE(cuDevicePrimaryCtxRelease_v2(0));
  standin_live live;
  standin_get_live(&live);
  CHECK(live.contexts + live.modules + live.streams + live.events + live.graphs + live.device_blocks + live.host_blocks == 0,
        "something is left");
}

static CUresult launch(const scene *s, CUstream stream, size_t bytes) {
  CUdeviceptr parameters[3] = {s->from, s->to, 0};
  void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, parameters, CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes, CU_LAUNCH_PARAM_END};
  return cuLaunchKernel(s->twice, 1, 1, 1, COUNT, 1, 1, 0, stream, NULL, extra);
}

static void check_misused(const char *says) {
  char first[256];
  int count = standin_take_misuses(first, sizeof first);
  CHECK(count == 1 && strstr(first, says), "%d misuses, the first '%s' instead of '%s'", count, first, says);
}

static void work_waits_for_the_host(void) {
  scene s = set_up();
  DONE(launch(&s, s.stream, 16));
  DONE(cuMemcpyDtoHAsync_v2(s.host, s.to, BYTES, s.stream));
  CHECK(s.host[3] == 3, "ran before anybody waited");
  DONE(cuStreamSynchronize(s.stream));
  CHECK(s.host[3] == 6, "%g", s.host[3]);
  tear_down(&s);
}

static void events_order_streams(void) {
  scene s = set_up();
  CUstream other;
  CUevent event;
  DONE(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING));
  DONE(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
  DONE(launch(&s, s.stream, 16));
  DONE(cuMemcpyDtoHAsync_v2(s.host, s.to, BYTES, other)); /* nothing makes it wait for the kernel */
  DONE(cuStreamSynchronize(other));
  CHECK(s.host[3] != 6, "an unordered copy saw the kernel's result");
  DONE(cuEventRecord(event, s.stream));
  CHECK(cuEventQuery(event) == CUDA_ERROR_NOT_READY, "done too early");
  DONE(cuStreamWaitEvent(other, event, 0));
  DONE(cuMemcpyDtoHAsync_v2(s.host, s.to, BYTES, other));
  DONE(cuStreamSynchronize(other));
  CHECK(s.host[3] == 6, "%g", s.host[3]);
  DONE(cuEventSynchronize(event));
  DONE(cuEventDestroy_v2(event));
  DONE(cuStreamDestroy_v2(other));
  tear_down(&s);
}

static void recorded_work(void) {
  scene s = set_up();
  CUgraph graph;
  CUgraphExec executable;
  int capturing = -1;
  DONE(cuStreamBeginCapture_v2(s.stream, 0));
  DONE(cuStreamIsCapturing(s.stream, &capturing));
  CHECK(capturing == 1, "%d", capturing);
  DONE(launch(&s, s.stream, 16));
  CUdeviceptr more;
  CHECK(cuMemAlloc_v2(&more, 16) == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "an allocation was let pass");
  check_misused("cuMemAlloc while a stream is recorded");
  CHECK(cuStreamSynchronize(s.stream) == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "a wait was let pass");
  check_misused("cuStreamSynchronize while a stream is recorded");
  DONE(cuStreamEndCapture(s.stream, &graph));
  DONE(cuGraphInstantiateWithFlags(&executable, graph, 0));
  DONE(cuGraphDestroy(graph));
  DONE(cuMemcpyDtoH_v2(s.host, s.to, BYTES));
  CHECK(s.host[3] != 6, "recorded work ran");
  DONE(cuGraphLaunch(executable, s.stream));
  DONE(cuStreamSynchronize(s.stream));
  DONE(cuMemcpyDtoH_v2(s.host, s.to, BYTES));
  CHECK(s.host[3] == 6, "%g", s.host[3]);
  DONE(cuGraphExecDestroy(executable));
  tear_down(&s);
}

static void misused_handles(void) {
  scene s = set_up();
  int place;
  CHECK(launch(&s, (CUstream)&place, 16) == CUDA_ERROR_INVALID_HANDLE, "an unknown stream was let pass");
  check_misused("not a stream");
  CHECK(launch(&s, s.stream, 24) == CUDA_ERROR_INVALID_VALUE, "a wrong parameter size was let pass");
  check_misused("24 bytes of parameters, Twice takes 16");
  CHECK(cuLaunchKernel((CUfunction)&place, 1, 1, 1, 1, 1, 1, 0, s.stream, NULL, NULL) == CUDA_ERROR_INVALID_HANDLE, "let pass");
  check_misused("not a function");
  CUfunction none;
  CHECK(cuModuleGetFunction(&none, s.module, "Thrice") == CUDA_ERROR_NOT_FOUND, "let pass");
  check_misused("there is no Thrice");
  CHECK(cuMemFree_v2(s.from + 4) == CUDA_ERROR_INVALID_VALUE, "let pass");
  check_misused("is not allocated");
  float pageable[COUNT] = {0};
  CHECK(cuMemcpyHtoDAsync_v2(s.from, pageable, BYTES, s.stream) == CUDA_ERROR_INVALID_VALUE, "let pass");
  check_misused("not pinned");
  CHECK(cuMemcpyDtoH_v2(s.host, s.from + 4, BYTES) == CUDA_ERROR_INVALID_VALUE, "let pass");
  check_misused("past the end");
  CUcontext popped;
  DONE(cuCtxPopCurrent_v2(&popped));
  CHECK(launch(&s, s.stream, 16) == CUDA_ERROR_INVALID_CONTEXT, "a launch without a context was let pass");
  check_misused("cuLaunchKernel: no context is current");
  DONE(cuCtxPushCurrent_v2(popped));
  tear_down(&s);
}

static void wrong_device(void) {
  scene s = set_up();
  CUcontext second;
  DONE(cuDevicePrimaryCtxRetain(&second, 1));
  DONE(cuCtxPushCurrent_v2(second));
  CHECK(launch(&s, s.stream, 16) == CUDA_ERROR_INVALID_HANDLE, "let pass");
  check_misused("not a function of the current context");
  CHECK(cuStreamSynchronize(s.stream) == CUDA_ERROR_INVALID_CONTEXT, "let pass");
  check_misused("a stream of another context");
  CHECK(cuMemFree_v2(s.from) == CUDA_ERROR_INVALID_VALUE, "let pass");
  check_misused("memory of device 0, device 1 is current");
  int device = -1;
  DONE(cuPointerGetAttribute(&device, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, s.from + 8));
  CHECK(device == 0, "%d", device);
  DONE(cuCtxPopCurrent_v2(NULL));
  DONE(cuDevicePrimaryCtxRelease_v2(1));
  tear_down(&s);
}

static void freed_memory(void) {
  scene s = set_up();
  CUdeviceptr kept = s.from;
  DONE(cuMemFree_v2(s.from));
  DONE(launch(&s, s.stream, 16));
  CHECK(cuStreamSynchronize(s.stream) == CUDA_ERROR_ILLEGAL_ADDRESS, "freed memory was read");
  check_misused("in memory that was freed");
  CHECK(cuMemAlloc_v2(&s.from, BYTES) == CUDA_ERROR_ILLEGAL_ADDRESS, "the error did not stick");
  standin_fault("");
  DONE(cuMemAlloc_v2(&s.from, BYTES));
  CHECK(s.from != kept, "an address came back");
  tear_down(&s);
}

static void faults(void) {
  scene s = set_up();
  CUdeviceptr more;
  CUmodule module;
  standin_fault("no-memory");
  CHECK(cuMemAlloc_v2(&more, 16) == CUDA_ERROR_OUT_OF_MEMORY && cuMemAlloc_v2(&more, 16) == CUDA_ERROR_OUT_OF_MEMORY, "there was memory");
  standin_fault("no-memory:2");
  DONE(cuMemAlloc_v2(&more, 16));
  DONE(cuMemFree_v2(more));
  CHECK(cuMemAlloc_v2(&more, 16) == CUDA_ERROR_OUT_OF_MEMORY, "there was memory");
  standin_fault("module");
  CHECK(cuModuleLoadDataEx(&module, TEXT, 0, NULL, NULL) == CUDA_ERROR_INVALID_PTX, "the module was taken");
  standin_fault("launch");
  CHECK(launch(&s, s.stream, 16) == CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "the launch was taken");
  standin_fault("execution");
  DONE(launch(&s, s.stream, 16));
  CHECK(cuStreamSynchronize(s.stream) == CUDA_ERROR_LAUNCH_FAILED, "the kernel ran");
  standin_fault("no-device");
  CHECK(cuInit(0) == CUDA_ERROR_NO_DEVICE, "there is a device");
  standin_fault("");
  CHECK(standin_take_misuses(NULL, 0) == 0, "a fault is no misuse");
  tear_down(&s);
}

static void bad_image(void) {
  scene s = set_up();
  CUmodule module;
  CHECK(cuModuleLoadDataEx(&module, "no kernel at all", 0, NULL, NULL) == CUDA_ERROR_INVALID_PTX, "taken");
  check_misused("cuModuleLoadDataEx: line 1");
  tear_down(&s);
}

int main(void) {
  CHECK(cuCtxSynchronize() == CUDA_ERROR_NOT_INITIALIZED, "before cuInit");
  check_misused("before cuInit");
  work_waits_for_the_host();
  events_order_streams();
  recorded_work();
  misused_handles();
  wrong_device();
  freed_memory();
  faults();
  bad_image();
  return finish();
}
