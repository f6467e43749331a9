/* Device and pinned host memory, copies and fills. */
#include "state.h"

static CUresult ready_to_wait(const char *call, CUcontext *context) {
  CUresult result = ready(call, context);
  return result == CUDA_SUCCESS ? not_capturing(call) : result;
}

static bool allocation_fails(void) {
  if (standin.allocations_left > 0 && --standin.allocations_left == 0) {
    standin.allocations_left = strchr(standin.fault, ':') ? -1 : 1;
    return true;
  }
  return false;
}

static void keep_block(uint64_t base, CUcontext context) {
  if (standin.block_count == standin.block_capacity) {
    standin.block_capacity = standin.block_capacity ? 2 * standin.block_capacity : 64;
    standin.blocks = realloc(standin.blocks, standin.block_capacity * sizeof *standin.blocks);
    if (standin.blocks == NULL) {
      abort();
    }
  }
  standin.blocks[standin.block_count++] = (owned_block){base, context, true};
}

static owned_block *find_block(uint64_t base) {
  for (size_t i = standin.block_count; i-- > 0;) {
    if (standin.blocks[i].live && standin.blocks[i].base == base) {
      return &standin.blocks[i];
    }
  }
  return NULL;
}

CUresult cuMemAlloc_v2(CUdeviceptr *memory, size_t bytes) {
  CALL;
  CUcontext context;
  CUresult result = ready_to_wait("cuMemAlloc", &context);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (bytes == 0) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuMemAlloc: nothing");
  }
  *memory = allocation_fails() ? 0 : ptx_allocate(standin.memory, bytes);
  if (*memory == 0) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  keep_block(*memory, context);
  standin.counts.allocations++;
  return CUDA_SUCCESS;
}

CUresult cuMemFree_v2(CUdeviceptr memory) {
  CALL;
  CUcontext context;
  CUresult result = ready_to_wait("cuMemFree", &context);
  if (context == NULL || result == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED) {
    return result;
  }
  owned_block *block = find_block(memory);
  if (block == NULL) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuMemFree: 0x%llx is not allocated", (unsigned long long)memory);
  }
  if (block->context != context) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuMemFree: memory of device %d, device %d is current", block->context->device,
                  context->device);
  }
  CUresult drained = drain_context(context); /* as the driver waits for what may still use it */
  block->live = false;
  ptx_free(standin.memory, memory);
  return result != CUDA_SUCCESS ? result : drained;
}

void free_blocks_of(CUcontext context) {
  for (size_t i = 0; i < standin.block_count; ++i) {
    if (standin.blocks[i].live && standin.blocks[i].context == context) {
      standin.blocks[i].live = false;
      ptx_free(standin.memory, standin.blocks[i].base);
    }
  }
}

CUresult cuMemGetInfo_v2(size_t *unused, size_t *total) {
  CALL;
  CUcontext context;
  *total = (size_t)1 << 34;
  *unused = (size_t)1 << 33;
  return ready("cuMemGetInfo", &context);
}

CUresult cuMemAllocHost_v2(void **memory, size_t bytes) {
  CALL;
  CUcontext context;
  CUresult result = ready_to_wait("cuMemAllocHost", &context);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  *memory = allocation_fails() ? NULL : malloc(bytes);
  if (*memory == NULL) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  if (standin.host_count == standin.host_capacity) {
    standin.host_capacity = standin.host_capacity ? 2 * standin.host_capacity : 16;
    standin.host_blocks = realloc(standin.host_blocks, standin.host_capacity * sizeof *standin.host_blocks);
    if (standin.host_blocks == NULL) {
      abort();
    }
  }
  standin.host_blocks[standin.host_count++] = (host_block){*memory, bytes};
  standin.counts.allocations++;
  return CUDA_SUCCESS;
}

CUresult cuMemFreeHost(void *memory) {
  CALL;
  CUcontext context;
  CUresult result = ready_to_wait("cuMemFreeHost", &context);
  if (context == NULL || result == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED) {
    return result;
  }
  for (size_t i = 0; i < standin.host_count; ++i) {
    if (standin.host_blocks[i].base == memory) {
      CUresult drained = drain_context(context);
      free(memory);
      standin.host_blocks[i] = standin.host_blocks[--standin.host_count];
      return result != CUDA_SUCCESS ? result : drained;
    }
  }
  return misuse(CUDA_ERROR_INVALID_VALUE, "cuMemFreeHost: %p is not allocated", memory);
}

bool is_pinned(const void *host, size_t bytes) {
  const uint8_t *from = host;
  for (size_t i = 0; i < standin.host_count; ++i) {
    const host_block *block = &standin.host_blocks[i];
    if (from >= block->base && from < block->base + block->size) {
      return bytes <= block->size - (size_t)(from - block->base);
    }
  }
  return false;
}

uint8_t *device_bytes(const char *call, CUdeviceptr address, size_t bytes) {
  const char *reason = NULL;
  ptx_block *block = ptx_resolve(standin.memory, address, bytes, &reason);
  if (block == NULL) {
    misuse(CUDA_ERROR_INVALID_VALUE, "%s: %zu bytes at 0x%llx, %s", call, bytes, (unsigned long long)address, reason);
    return NULL;
  }
  return block->bytes + (address - block->base);
}

static CUresult copy_now(const char *call, void *host, CUdeviceptr device, size_t bytes, bool in) {
  CUcontext context;
  CUresult result = ready_to_wait(call, &context);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  standin.counts.synchronisations++;
  standin.counts.copies++;
  result = drain(context->legacy, UINT64_MAX);
  if (result == CUDA_SUCCESS) {
    result = drain_context(context);
  }
  uint8_t *memory = device_bytes(call, device, bytes);
  if (result != CUDA_SUCCESS || memory == NULL) {
    return result != CUDA_SUCCESS ? result : CUDA_ERROR_INVALID_VALUE;
  }
  memcpy(in ? (void *)memory : host, in ? host : (void *)memory, bytes);
  return CUDA_SUCCESS;
}

CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
  CALL;
  return copy_now("cuMemcpyHtoD", (void *)from, to, bytes, true);
}

CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
  CALL;
  return copy_now("cuMemcpyDtoH", to, from, bytes, false);
}

static CUresult copy_later(const char *call, operation_kind kind, void *host, CUdeviceptr device, size_t bytes, CUstream given) {
  CUstream stream;
  CUresult result = ready_on(call, given, &stream);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (!is_pinned(host, bytes)) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "%s: %zu bytes at %p, which are not pinned: the copy would wait", call, bytes, host);
  }
  if (device_bytes(call, device, bytes) == NULL) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  standin.counts.copies++;
  operation made = {.kind = kind, .host = host, .device = device, .bytes = bytes};
  return submit(stream, &made);
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) {
  CALL;
  return copy_later("cuMemcpyHtoDAsync", O_COPY_IN, (void *)from, to, bytes, stream);
}

CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream) {
  CALL;
  return copy_later("cuMemcpyDtoHAsync", O_COPY_OUT, to, from, bytes, stream);
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream given) {
  CALL;
  CUstream stream;
  CUresult result = ready_on("cuMemsetD8Async", given, &stream);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (device_bytes("cuMemsetD8Async", to, bytes) == NULL) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  operation made = {.kind = O_FILL, .device = to, .bytes = bytes, .value = value};
  return submit(stream, &made);
}

CUresult cuPointerGetAttribute(void *value, int attribute, CUdeviceptr pointer) {
  CALL;
  if (!standin.initialised) {
    return misuse(CUDA_ERROR_NOT_INITIALIZED, "cuPointerGetAttribute before cuInit");
  }
  const char *reason = NULL;
  ptx_block *block = ptx_resolve(standin.memory, pointer, 1, &reason);
  owned_block *owner = block != NULL ? find_block(block->base) : NULL;
  if (owner == NULL) {
    return CUDA_ERROR_INVALID_VALUE; /* as the driver answers for host memory: no misuse */
  }
  if (attribute == CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL) {
    *(int *)value = owner->context->device;
  } else if (attribute == CU_POINTER_ATTRIBUTE_MEMORY_TYPE) {
    *(unsigned *)value = 2;
  } else {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuPointerGetAttribute: attribute %d is not known here", attribute);
  }
  return CUDA_SUCCESS;
}
