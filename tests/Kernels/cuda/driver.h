/* The part of CUDA's driver interface that the library and its tests call, as the stand-in implements it. */
#ifndef EQUIPOISE_TESTS_CUDA_DRIVER_H
#define EQUIPOISE_TESTS_CUDA_DRIVER_H

#include <stddef.h>
#include <stdint.h>

typedef enum CUresult {
  CUDA_SUCCESS = 0,
  CUDA_ERROR_INVALID_VALUE = 1,
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  CUDA_ERROR_NOT_INITIALIZED = 3,
  CUDA_ERROR_NO_DEVICE = 100,
  CUDA_ERROR_INVALID_DEVICE = 101,
  CUDA_ERROR_INVALID_IMAGE = 200,
  CUDA_ERROR_INVALID_CONTEXT = 201,
  CUDA_ERROR_INVALID_PTX = 218,
  CUDA_ERROR_INVALID_HANDLE = 400,
  CUDA_ERROR_NOT_FOUND = 500,
  CUDA_ERROR_NOT_READY = 600,
  CUDA_ERROR_ILLEGAL_ADDRESS = 700,
  CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES = 701,
  CUDA_ERROR_LAUNCH_FAILED = 719,
  CUDA_ERROR_NOT_SUPPORTED = 801,
  CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
  CUDA_ERROR_STREAM_CAPTURE_INVALIDATED = 901,
} CUresult;

typedef int CUdevice;
typedef uint64_t CUdeviceptr;
typedef struct CUctx_st *CUcontext;
typedef struct CUmod_st *CUmodule;
typedef struct CUfunc_st *CUfunction;
typedef struct CUstream_st *CUstream;
typedef struct CUevent_st *CUevent;
typedef struct CUgraph_st *CUgraph;
typedef struct CUgraphExec_st *CUgraphExec;

enum {
  CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK = 1,
  CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
  CU_POINTER_ATTRIBUTE_MEMORY_TYPE = 2,
  CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL = 9,
  CU_STREAM_NON_BLOCKING = 1,
  CU_EVENT_DISABLE_TIMING = 2,
};

#define CU_LAUNCH_PARAM_END ((void *)0)
#define CU_LAUNCH_PARAM_BUFFER_POINTER ((void *)1)
#define CU_LAUNCH_PARAM_BUFFER_SIZE ((void *)2)
#define CU_STREAM_LEGACY ((CUstream)1)
#define CU_STREAM_PER_THREAD ((CUstream)2)

#define CUDA_CALL __attribute__((visibility("default"))) CUresult

CUDA_CALL cuInit(unsigned flags);
CUDA_CALL cuDriverGetVersion(int *version);
CUDA_CALL cuGetErrorString(CUresult result, const char **text);
CUDA_CALL cuGetErrorName(CUresult result, const char **name);
CUDA_CALL cuDeviceGetCount(int *count);
CUDA_CALL cuDeviceGet(CUdevice *device, int ordinal);
CUDA_CALL cuDeviceGetName(char *name, int length, CUdevice device);
CUDA_CALL cuDeviceTotalMem_v2(size_t *bytes, CUdevice device);
CUDA_CALL cuDeviceGetAttribute(int *value, int attribute, CUdevice device);
CUDA_CALL cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device);
CUDA_CALL cuDevicePrimaryCtxRelease_v2(CUdevice device);
CUDA_CALL cuCtxGetCurrent(CUcontext *context);
CUDA_CALL cuCtxSetCurrent(CUcontext context);
CUDA_CALL cuCtxPushCurrent_v2(CUcontext context);
CUDA_CALL cuCtxPopCurrent_v2(CUcontext *context);
CUDA_CALL cuCtxGetDevice(CUdevice *device);
CUDA_CALL cuCtxSynchronize(void);
CUDA_CALL cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned count, int *options, void **values);
CUDA_CALL cuModuleUnload(CUmodule module);
CUDA_CALL cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name);
CUDA_CALL cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
                         unsigned block_z, unsigned shared_bytes, CUstream stream, void **parameters, void **extra);
CUDA_CALL cuMemAlloc_v2(CUdeviceptr *memory, size_t bytes);
CUDA_CALL cuMemFree_v2(CUdeviceptr memory);
CUDA_CALL cuMemGetInfo_v2(size_t *unused, size_t *total);
CUDA_CALL cuMemAllocHost_v2(void **memory, size_t bytes);
CUDA_CALL cuMemFreeHost(void *memory);
CUDA_CALL cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes);
CUDA_CALL cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes);
CUDA_CALL cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream);
CUDA_CALL cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream);
CUDA_CALL cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream stream);
CUDA_CALL cuPointerGetAttribute(void *value, int attribute, CUdeviceptr pointer);
CUDA_CALL cuStreamCreate(CUstream *stream, unsigned flags);
CUDA_CALL cuStreamDestroy_v2(CUstream stream);
CUDA_CALL cuStreamSynchronize(CUstream stream);
CUDA_CALL cuStreamQuery(CUstream stream);
CUDA_CALL cuStreamWaitEvent(CUstream stream, CUevent event, unsigned flags);
CUDA_CALL cuStreamIsCapturing(CUstream stream, int *status);
CUDA_CALL cuStreamBeginCapture_v2(CUstream stream, int mode);
CUDA_CALL cuStreamEndCapture(CUstream stream, CUgraph *graph);
CUDA_CALL cuEventCreate(CUevent *event, unsigned flags);
CUDA_CALL cuEventDestroy_v2(CUevent event);
CUDA_CALL cuEventRecord(CUevent event, CUstream stream);
CUDA_CALL cuEventQuery(CUevent event);
CUDA_CALL cuEventSynchronize(CUevent event);
CUDA_CALL cuGraphInstantiateWithFlags(CUgraphExec *executable, CUgraph graph, uint64_t flags);
CUDA_CALL cuGraphLaunch(CUgraphExec executable, CUstream stream);
CUDA_CALL cuGraphDestroy(CUgraph graph);
CUDA_CALL cuGraphExecDestroy(CUgraphExec executable);

#endif /* EQUIPOISE_TESTS_CUDA_DRIVER_H */
