/* The driver, its devices and their contexts. */
#include "state.h"

static _Thread_local CUcontext stack[MOST_DEPTH];
static _Thread_local int depth;

CUcontext current_context(void) { return depth > 0 ? stack[depth - 1] : NULL; }

CUresult cuInit(unsigned flags) {
  CALL;
  if (flags != 0) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuInit: flags %u", flags);
  }
  if (has_fault("no-device") || standin.devices == 0) {
    return CUDA_ERROR_NO_DEVICE;
  }
  standin.initialised = true;
  return CUDA_SUCCESS;
}

static CUresult initialised(const char *call) {
  return standin.initialised ? CUDA_SUCCESS : misuse(CUDA_ERROR_NOT_INITIALIZED, "%s before cuInit", call);
}

static CUresult check_device(const char *call, CUdevice device) {
  CUresult result = initialised(call);
  if (result == CUDA_SUCCESS && (device < 0 || device >= standin.devices)) {
    return misuse(CUDA_ERROR_INVALID_DEVICE, "%s: device %d of %d", call, device, standin.devices);
  }
  return result;
}

CUresult ready(const char *call, CUcontext *context) {
  CUcontext current = current_context();
  *context = NULL;
  CUresult result = initialised(call);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (current == NULL || !is_live(current, H_CONTEXT)) {
    return misuse(CUDA_ERROR_INVALID_CONTEXT, "%s: %s context is current", call, current == NULL ? "no" : "a destroyed");
  }
  *context = current;
  return current->error;
}

CUresult not_capturing(const char *call) {
  return standin.capturing == 0 ? CUDA_SUCCESS : misuse(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "%s while a stream is recorded", call);
}

CUresult cuDriverGetVersion(int *version) {
  *version = 12040;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int *count) {
  CALL;
  *count = standin.devices;
  return initialised("cuDeviceGetCount");
}

CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  CALL;
  if (!standin.initialised) {
    return initialised("cuDeviceGet");
  }
  *device = ordinal;
  return ordinal >= 0 && ordinal < standin.devices ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

CUresult cuDeviceGetName(char *name, int length, CUdevice device) {
  CALL;
  CUresult result = check_device("cuDeviceGetName", device);
  if (result == CUDA_SUCCESS) {
    snprintf(name, (size_t)length, "Stand-in device %d", device);
  }
  return result;
}

CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
  CALL;
  *bytes = (size_t)1 << 34;
  return check_device("cuDeviceTotalMem", device);
}

CUresult cuDeviceGetAttribute(int *value, int attribute, CUdevice device) {
  CALL;
  CUresult result = check_device("cuDeviceGetAttribute", device);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
      *value = 1024;
      return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
      *value = 4;
      return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
      *value = 8;
      return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
      *value = 0;
      return CUDA_SUCCESS;
    default:
      return misuse(CUDA_ERROR_INVALID_VALUE, "cuDeviceGetAttribute: attribute %d is not known here", attribute);
  }
}

static CUcontext make_context(CUdevice device) {
  CUcontext made = open_handle(H_CONTEXT, sizeof *made, NULL);
  made->head.context = made;
  made->device = device;
  made->legacy = open_handle(H_STREAM, sizeof *made->legacy, made);
  made->per_thread = open_handle(H_STREAM, sizeof *made->per_thread, made);
  return made;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  CALL;
  CUresult result = check_device("cuDevicePrimaryCtxRetain", device);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (standin.retained[device]++ == 0) {
    standin.primary[device] = make_context(device);
  }
  *context = standin.primary[device];
  return CUDA_SUCCESS;
}

static void destroy_context(CUcontext context) {
  for (handle *each = standin.handles; each != NULL; each = each->next) {
    if (each->context == context && each->live) {
      if (each->kind == H_MODULE) {
        unload_module((CUmodule)each);
      } else if (each->kind == H_STREAM) {
        clear_queue(&((CUstream)each)->work);
      }
      close_handle(each);
    }
  }
  free_blocks_of(context);
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  CALL;
  CUresult result = check_device("cuDevicePrimaryCtxRelease", device);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (standin.retained[device] == 0) {
    return misuse(CUDA_ERROR_INVALID_CONTEXT, "cuDevicePrimaryCtxRelease: device %d is not retained", device);
  }
  if (--standin.retained[device] == 0) {
    destroy_context(standin.primary[device]);
    standin.primary[device] = NULL;
  }
  return CUDA_SUCCESS;
}

static CUresult check_context(const char *call, CUcontext context) {
  CUresult result = initialised(call);
  if (result == CUDA_SUCCESS && context != NULL && !is_live(context, H_CONTEXT)) {
    return misuse(CUDA_ERROR_INVALID_CONTEXT, "%s: not a context", call);
  }
  return result;
}

CUresult cuCtxGetCurrent(CUcontext *context) {
  CALL;
  *context = current_context();
  return initialised("cuCtxGetCurrent");
}

CUresult cuCtxSetCurrent(CUcontext context) {
  CALL;
  CUresult result = check_context("cuCtxSetCurrent", context);
  if (result == CUDA_SUCCESS) {
    depth = depth > 0 ? depth : context != NULL;
    if (depth > 0) {
      stack[depth - 1] = context;
    }
  }
  return result;
}

CUresult cuCtxPushCurrent_v2(CUcontext context) {
  CALL;
  CUresult result = check_context("cuCtxPushCurrent", context);
  if (result == CUDA_SUCCESS && (context == NULL || depth == MOST_DEPTH)) {
    return misuse(CUDA_ERROR_INVALID_CONTEXT, "cuCtxPushCurrent: %s", context == NULL ? "no context" : "contexts pile up");
  }
  if (result == CUDA_SUCCESS) {
    stack[depth++] = context;
  }
  return result;
}

CUresult cuCtxPopCurrent_v2(CUcontext *context) {
  CALL;
  CUresult result = initialised("cuCtxPopCurrent");
  if (result == CUDA_SUCCESS && depth == 0) {
    return misuse(CUDA_ERROR_INVALID_CONTEXT, "cuCtxPopCurrent: none is current");
  }
  if (result == CUDA_SUCCESS) {
    --depth;
    if (context != NULL) {
      *context = stack[depth];
    }
  }
  return result;
}

CUresult cuCtxGetDevice(CUdevice *device) {
  CALL;
  CUcontext context;
  CUresult result = ready("cuCtxGetDevice", &context);
  if (result == CUDA_SUCCESS) {
    *device = context->device;
  }
  return result;
}

CUresult cuCtxSynchronize(void) {
  CALL;
  CUcontext context;
  CUresult result = ready("cuCtxSynchronize", &context);
  if (result == CUDA_SUCCESS) {
    result = not_capturing("cuCtxSynchronize");
  }
  if (result != CUDA_SUCCESS) {
    return result;
  }
  standin.counts.synchronisations++;
  return drain_context(context);
}
