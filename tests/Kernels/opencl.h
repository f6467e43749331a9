/* The part of OpenCL that a caller with buffers of his own needs, found in the ICD loader: its headers are no prerequisite. */
#ifndef EQUIPOISE_TESTS_OPENCL_H
#define EQUIPOISE_TESTS_OPENCL_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#include "../Native/check.h"

typedef struct _cl_platform_id *cl_platform_id;
typedef struct _cl_device_id *cl_device_id;
typedef struct _cl_context *cl_context;
typedef struct _cl_command_queue *cl_command_queue;
typedef struct _cl_mem *cl_mem;
typedef struct _cl_event *cl_event;

#define CL_DEVICE_TYPE_ALL UINT64_C(0xFFFFFFFF)
#define CL_DEVICE_MAX_MEM_ALLOC_SIZE 0x1010u
#define CL_MEM_READ_WRITE UINT64_C(1)
#define CL_MEM_USE_HOST_PTR (UINT64_C(1) << 3)
#define CL_MEM_COPY_HOST_PTR (UINT64_C(1) << 5)

typedef struct opencl {
  int32_t (*get_platforms)(uint32_t, cl_platform_id *, uint32_t *);
  int32_t (*get_devices)(cl_platform_id, uint64_t, uint32_t, cl_device_id *, uint32_t *);
  int32_t (*get_device_info)(cl_device_id, uint32_t, size_t, void *, size_t *);
  cl_context (*create_context)(const intptr_t *, uint32_t, const cl_device_id *, void *, void *, int32_t *);
  int32_t (*release_context)(cl_context);
  cl_command_queue (*create_queue)(cl_context, cl_device_id, uint64_t, int32_t *);
  int32_t (*release_queue)(cl_command_queue);
  cl_mem (*create_buffer)(cl_context, uint64_t, size_t, void *, int32_t *);
  int32_t (*release_buffer)(cl_mem);
  int32_t (*read_buffer)(cl_command_queue, cl_mem, uint32_t, size_t, size_t, void *, uint32_t, const cl_event *, cl_event *);
  int32_t (*write_buffer)(cl_command_queue, cl_mem, uint32_t, size_t, size_t, const void *, uint32_t, const cl_event *, cl_event *);
  int32_t (*finish)(cl_command_queue);
} opencl;

/* ISO C knows no way from an object's address to a function's. */
static void found(void *library, const char *name, void *member) {
  void *symbol = dlsym(library, name);
  CHECK(symbol != NULL, "%s is missing", name);
  memcpy(member, &symbol, sizeof symbol);
}

/* False where this machine has no OpenCL. */
static bool opencl_load(opencl *cl) {
  void *library = dlopen("libOpenCL.so.1", RTLD_NOW);
  if (library == NULL) {
    return false;
  }
  found(library, "clGetPlatformIDs", &cl->get_platforms);
  found(library, "clGetDeviceIDs", &cl->get_devices);
  found(library, "clGetDeviceInfo", &cl->get_device_info);
  found(library, "clCreateContext", &cl->create_context);
  found(library, "clReleaseContext", &cl->release_context);
  found(library, "clCreateCommandQueue", &cl->create_queue);
  found(library, "clReleaseCommandQueue", &cl->release_queue);
  found(library, "clCreateBuffer", &cl->create_buffer);
  found(library, "clReleaseMemObject", &cl->release_buffer);
  found(library, "clEnqueueReadBuffer", &cl->read_buffer);
  found(library, "clEnqueueWriteBuffer", &cl->write_buffer);
  found(library, "clFinish", &cl->finish);
  return true;
}

/* The device that is number 0 to the library, too: the first of the first platform that has one. */
static cl_device_id opencl_first_device(const opencl *cl) {
  cl_platform_id platforms[8];
  uint32_t count = 0, devices = 0;
  cl_device_id device = NULL;
  cl->get_platforms(8, platforms, &count);
  for (uint32_t i = 0; i < count && i < 8 && device == NULL; ++i) {
    cl->get_devices(platforms[i], CL_DEVICE_TYPE_ALL, 1, &device, &devices);
  }
  return device;
}

#endif /* EQUIPOISE_TESTS_OPENCL_H */
