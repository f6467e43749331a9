/* Kernel images and launches. */
#include "state.h"

static CUresult load_text(CUmodule *module, const char *text, CUcontext context) {
  char message[PTX_MESSAGE];
  ptx_module *read = ptx_load(text, message);
  if (read == NULL) {
    return misuse(CUDA_ERROR_INVALID_PTX, "cuModuleLoadDataEx: %s", message);
  }
  ptx_kernel *kernel;
  for (int i = 0; standin.contract && (kernel = ptx_kernel_at(read, i)) != NULL; ++i) {
    ptx_contract(kernel);
  }
  *module = open_handle(H_MODULE, sizeof **module, context);
  (*module)->text = read;
  return CUDA_SUCCESS;
}

CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned count, int *options, void **values) {
  CALL;
  CUcontext context;
  CUresult result = ready("cuModuleLoadDataEx", &context);
  if (result == CUDA_SUCCESS) {
    result = not_capturing("cuModuleLoadDataEx");
  }
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (image == NULL || (count > 0 && (options == NULL || values == NULL))) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuModuleLoadDataEx: an argument is null");
  }
  return has_fault("module") ? CUDA_ERROR_INVALID_PTX : load_text(module, image, context);
}

void unload_module(CUmodule module) {
  for (handle *each = standin.handles; each != NULL; each = each->next) {
    if (each->kind == H_FUNCTION && ((CUfunction)each)->module == module) {
      close_handle(each);
    }
  }
  ptx_unload(module->text);
  module->text = NULL;
  close_handle(&module->head);
}

CUresult cuModuleUnload(CUmodule module) {
  CALL;
  CUcontext context;
  CUresult result = ready("cuModuleUnload", &context);
  if (context == NULL) {
    return result;
  }
  if (!is_live(module, H_MODULE) || module->head.context != context) {
    return misuse(CUDA_ERROR_INVALID_HANDLE, "cuModuleUnload: not a module of the current context");
  }
  CUresult drained = drain_context(context);
  unload_module(module);
  return result != CUDA_SUCCESS ? result : drained;
}

static CUfunction known_function(CUmodule module, const ptx_kernel *kernel) {
  for (handle *each = standin.handles; each != NULL; each = each->next) {
    if (each->kind == H_FUNCTION && each->live && ((CUfunction)each)->module == module && ((CUfunction)each)->kernel == kernel) {
      return (CUfunction)each;
    }
  }
  return NULL;
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
  CALL;
  CUcontext context;
  CUresult result = ready("cuModuleGetFunction", &context);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (!is_live(module, H_MODULE) || module->head.context != context) {
    return misuse(CUDA_ERROR_INVALID_HANDLE, "cuModuleGetFunction: not a module of the current context");
  }
  ptx_kernel *kernel = ptx_find(module->text, name);
  if (kernel == NULL) {
    return misuse(CUDA_ERROR_NOT_FOUND, "cuModuleGetFunction: there is no %s", name);
  }
  *function = known_function(module, kernel);
  if (*function == NULL) {
    *function = open_handle(H_FUNCTION, sizeof **function, context);
    (*function)->module = module;
    (*function)->kernel = kernel;
  }
  return CUDA_SUCCESS;
}

/* The packed parameters of `extra`: the one form that says how many bytes there are. */
static CUresult packed_parameters(const ptx_kernel *kernel, void **parameters, void **extra, const void **buffer) {
  size_t size = 0;
  *buffer = NULL;
  if (parameters != NULL || extra == NULL) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuLaunchKernel: parameters that cannot be checked: give them packed");
  }
  for (; *extra != CU_LAUNCH_PARAM_END; extra += 2) {
    if (*extra == CU_LAUNCH_PARAM_BUFFER_POINTER) {
      *buffer = extra[1];
    } else if (*extra == CU_LAUNCH_PARAM_BUFFER_SIZE) {
      size = *(const size_t *)extra[1];
    } else {
      return misuse(CUDA_ERROR_INVALID_VALUE, "cuLaunchKernel: an unknown entry of extra");
    }
  }
  if (*buffer == NULL || size != ptx_parameter_bytes(kernel)) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuLaunchKernel: %zu bytes of parameters, %s takes %zu", size, ptx_name(kernel),
                  ptx_parameter_bytes(kernel));
  }
  return CUDA_SUCCESS;
}

static CUresult check_shape(const ptx_kernel *kernel, const operation *made, unsigned shared_bytes) {
  unsigned most = ptx_most_threads(kernel) ? ptx_most_threads(kernel) : 1024;
  uint64_t threads = (uint64_t)made->block[0] * made->block[1] * made->block[2];
  bool fits = made->grid[0] >= 1 && made->grid[1] >= 1 && made->grid[2] >= 1 && made->grid[0] <= 0x7fffffff && made->grid[1] <= 65535 &&
              made->grid[2] <= 65535 && threads >= 1 && threads <= most && made->block[2] <= 64;
  if (!fits || shared_bytes != 0 || ptx_shared_bytes(kernel) > 49152) {
    return misuse(CUDA_ERROR_INVALID_VALUE,
                  "cuLaunchKernel: %s, grid %u x %u x %u, block %u x %u x %u of at most %u, %u bytes on top of %zu", ptx_name(kernel),
                  made->grid[0], made->grid[1], made->grid[2], made->block[0], made->block[1], made->block[2], most, shared_bytes,
                  ptx_shared_bytes(kernel));
  }
  return CUDA_SUCCESS;
}

CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
                        unsigned block_z, unsigned shared_bytes, CUstream given, void **parameters, void **extra) {
  CALL;
  CUcontext context;
  CUstream stream;
  CUresult result = ready("cuLaunchKernel", &context);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (!is_live(function, H_FUNCTION) || function->head.context != context) {
    return misuse(CUDA_ERROR_INVALID_HANDLE, "cuLaunchKernel: not a function of the current context");
  }
  result = find_stream("cuLaunchKernel", context, given, &stream);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  operation made = {.kind = O_LAUNCH, .function = function, .grid = {grid_x, grid_y, grid_z}, .block = {block_x, block_y, block_z}};
  const void *buffer;
  result = check_shape(function->kernel, &made, shared_bytes);
  if (result == CUDA_SUCCESS) {
    result = packed_parameters(function->kernel, parameters, extra, &buffer);
  }
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (has_fault("launch")) {
    return CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;
  }
  standin.counts.launches++;
  standin.last_stream = given;
  if (standin.noop) {
    return CUDA_SUCCESS;
  }
  made.bytes = ptx_parameter_bytes(function->kernel);
  made.parameters = malloc(made.bytes + 1);
  if (made.parameters == NULL) {
    abort();
  }
  memcpy(made.parameters, buffer, made.bytes);
  return submit(stream, &made);
}

static CUresult run_launch(CUcontext context, const operation *now) {
  if (!is_live(now->function, H_FUNCTION)) {
    return misuse(CUDA_ERROR_LAUNCH_FAILED, "a kernel ran after its module was unloaded");
  }
  if (has_fault("execution")) {
    return context->error = CUDA_ERROR_LAUNCH_FAILED;
  }
  ptx_counts counts = {0};
  char message[PTX_MESSAGE];
  ptx_launch launch = {.parameters = now->parameters, .order = standin.order, .seed = standin.seed + now->sequence};
  memcpy(launch.grid, now->grid, sizeof launch.grid);
  memcpy(launch.block, now->block, sizeof launch.block);
  if (!ptx_run(now->function->kernel, &launch, standin.memory, &counts, message)) {
    return context->error = misuse(CUDA_ERROR_ILLEGAL_ADDRESS, "%s", message);
  }
  standin.counts.loaded_bytes += counts.loaded_bytes;
  standin.counts.loads += counts.loads;
  standin.counts.stores += counts.stores;
  standin.counts.stored_bytes += counts.stored_bytes;
  standin.counts.instructions += counts.instructions;
  standin.counts.barriers += counts.barriers;
  return CUDA_SUCCESS;
}

CUresult run_operation(CUcontext context, const operation *now) {
  uint8_t *device = NULL;
  if (now->kind == O_COPY_IN || now->kind == O_COPY_OUT || now->kind == O_FILL) {
    device = device_bytes("a queued copy", now->device, now->bytes);
    if (device == NULL) {
      return context->error = CUDA_ERROR_ILLEGAL_ADDRESS;
    }
  }
  switch (now->kind) {
    case O_LAUNCH:
      return run_launch(context, now);
    case O_COPY_IN:
    case O_COPY_OUT:
      if (!is_pinned(now->host, now->bytes)) {
        return context->error = misuse(CUDA_ERROR_ILLEGAL_ADDRESS, "a queued copy finds its host memory gone");
      }
      memcpy(now->kind == O_COPY_IN ? (void *)device : now->host, now->kind == O_COPY_IN ? now->host : (void *)device, now->bytes);
      return CUDA_SUCCESS;
    case O_FILL:
      memset(device, now->value, now->bytes);
      return CUDA_SUCCESS;
    case O_RECORD:
      now->event->reached = now->version;
      return CUDA_SUCCESS;
    case O_WAIT:
      return now->event->reached >= now->version ? CUDA_SUCCESS : drain(now->event->stream, UINT64_MAX);
  }
  return CUDA_ERROR_INVALID_VALUE;
}
