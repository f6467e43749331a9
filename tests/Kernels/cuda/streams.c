/* Streams, events, and the queues between them and the device. */
#include "state.h"

CUresult find_stream(const char *call, CUcontext context, CUstream given, CUstream *found) {
  *found = given == NULL || given == CU_STREAM_LEGACY ? context->legacy : given == CU_STREAM_PER_THREAD ? context->per_thread : given;
  if (!is_live(*found, H_STREAM)) {
    return misuse(CUDA_ERROR_INVALID_HANDLE, "%s: not a stream", call);
  }
  if ((*found)->head.context != context) {
    return misuse(CUDA_ERROR_INVALID_CONTEXT, "%s: a stream of another context", call);
  }
  return CUDA_SUCCESS;
}

CUresult ready_on(const char *call, CUstream given, CUstream *stream) {
  CUcontext context;
  CUresult result = ready(call, &context);
  return result == CUDA_SUCCESS ? find_stream(call, context, given, stream) : result;
}

static void append(queue *work, const operation *made) {
  operation *added = malloc(sizeof *added);
  if (added == NULL) {
    abort();
  }
  *added = *made;
  added->next = NULL;
  if (work->last != NULL) {
    work->last->next = added;
  } else {
    work->first = added;
  }
  work->last = added;
}

static operation take_first(queue *work) {
  operation *first = work->first, taken = *first;
  work->first = first->next;
  if (work->first == NULL) {
    work->last = NULL;
  }
  free(first);
  return taken;
}

void clear_queue(queue *work) {
  while (work->first != NULL) {
    operation dropped = take_first(work);
    free(dropped.parameters);
  }
}

CUresult submit(CUstream stream, const operation *made) {
  operation numbered = *made;
  numbered.sequence = ++standin.sequence;
  if (stream->capture == NULL && standin.capturing > 0 && stream == stream->head.context->legacy) {
    return not_capturing("work on the default stream");
  }
  append(stream->capture != NULL ? &stream->capture->work : &stream->work, &numbered);
  return CUDA_SUCCESS;
}

/* The default stream and the others that do not decline it keep their common order. */
static CUresult drain_before(CUstream stream, uint64_t sequence) {
  CUcontext context = stream->head.context;
  CUresult result = CUDA_SUCCESS;
  if (stream->non_blocking) {
    return result;
  }
  if (stream != context->legacy) {
    return drain(context->legacy, sequence - 1);
  }
  for (handle *each = standin.handles; each != NULL && result == CUDA_SUCCESS; each = each->next) {
    CUstream other = (CUstream)each;
    if (each->kind == H_STREAM && each->live && each->context == context && other != stream && !other->non_blocking) {
      result = drain(other, sequence - 1);
    }
  }
  return result;
}

CUresult drain(CUstream stream, uint64_t until) {
  CUcontext context = stream->head.context;
  while (stream->work.first != NULL && stream->work.first->sequence <= until) {
    drain_before(stream, stream->work.first->sequence);
    operation now = take_first(&stream->work);
    if (context->error == CUDA_SUCCESS) {
      run_operation(context, &now);
    }
    free(now.parameters);
  }
  return context->error;
}

CUresult drain_context(CUcontext context) {
  for (handle *each = standin.handles; each != NULL; each = each->next) {
    if (each->kind == H_STREAM && each->live && each->context == context) {
      drain((CUstream)each, UINT64_MAX);
    }
  }
  return context->error;
}

CUresult cuStreamCreate(CUstream *stream, unsigned flags) {
  CALL;
  CUcontext context;
  CUresult result = ready("cuStreamCreate", &context);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (flags > CU_STREAM_NON_BLOCKING) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuStreamCreate: flags %u", flags);
  }
  *stream = open_handle(H_STREAM, sizeof **stream, context);
  (*stream)->non_blocking = flags == CU_STREAM_NON_BLOCKING;
  return CUDA_SUCCESS;
}

CUresult cuStreamDestroy_v2(CUstream stream) {
  CALL;
  CUcontext context;
  CUresult result = ready("cuStreamDestroy", &context);
  if (context == NULL) {
    return result;
  }
  if (!is_live(stream, H_STREAM) || stream == context->legacy || stream == context->per_thread) {
    return misuse(CUDA_ERROR_INVALID_HANDLE, "cuStreamDestroy: not a stream that was made");
  }
  drain(stream, UINT64_MAX);
  close_handle(&stream->head);
  return result;
}

static CUresult waiting(const char *call, CUstream given, CUstream *stream) {
  CUresult result = ready_on(call, given, stream);
  return result == CUDA_SUCCESS ? not_capturing(call) : result;
}

CUresult cuStreamSynchronize(CUstream given) {
  CALL;
  CUstream stream;
  CUresult result = waiting("cuStreamSynchronize", given, &stream);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  standin.counts.synchronisations++;
  return drain(stream, UINT64_MAX);
}

CUresult cuStreamQuery(CUstream given) {
  CALL;
  CUstream stream;
  CUresult result = waiting("cuStreamQuery", given, &stream);
  if (result != CUDA_SUCCESS || stream->work.first == NULL) {
    return result;
  }
  result = drain(stream, stream->work.first->sequence);
  return result == CUDA_SUCCESS && stream->work.first != NULL ? CUDA_ERROR_NOT_READY : result;
}

static CUresult with_event(const char *call, CUstream given, CUevent event, CUstream *stream) {
  CUresult result = ready_on(call, given, stream);
  if (result == CUDA_SUCCESS && !is_live(event, H_EVENT)) {
    return misuse(CUDA_ERROR_INVALID_HANDLE, "%s: not an event", call);
  }
  return result;
}

CUresult cuStreamWaitEvent(CUstream given, CUevent event, unsigned flags) {
  CALL;
  CUstream stream;
  CUresult result = with_event("cuStreamWaitEvent", given, event, &stream);
  if (result != CUDA_SUCCESS || event->recorded == 0) {
    return result;
  }
  if (flags != 0) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuStreamWaitEvent: flags %u", flags);
  }
  operation made = {.kind = O_WAIT, .event = event, .version = event->recorded};
  return submit(stream, &made);
}

CUresult cuEventCreate(CUevent *event, unsigned flags) {
  CALL;
  CUcontext context;
  CUresult result = ready("cuEventCreate", &context);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (flags > 3) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuEventCreate: flags %u", flags);
  }
  *event = open_handle(H_EVENT, sizeof **event, context);
  return CUDA_SUCCESS;
}

CUresult cuEventDestroy_v2(CUevent event) {
  CALL;
  CUcontext context;
  CUresult result = ready("cuEventDestroy", &context);
  if (context == NULL) {
    return result;
  }
  if (!is_live(event, H_EVENT)) {
    return misuse(CUDA_ERROR_INVALID_HANDLE, "cuEventDestroy: not an event");
  }
  close_handle(&event->head);
  return result;
}

CUresult cuEventRecord(CUevent event, CUstream given) {
  CALL;
  CUstream stream;
  CUresult result = with_event("cuEventRecord", given, event, &stream);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (event->head.context != stream->head.context) {
    return misuse(CUDA_ERROR_INVALID_HANDLE, "cuEventRecord: an event and a stream of two contexts");
  }
  event->stream = stream;
  operation made = {.kind = O_RECORD, .event = event, .version = ++event->recorded};
  return submit(stream, &made);
}

static CUresult event_call(const char *call, CUevent event) {
  CUcontext context;
  CUresult result = ready(call, &context);
  if (result == CUDA_SUCCESS && !is_live(event, H_EVENT)) {
    return misuse(CUDA_ERROR_INVALID_HANDLE, "%s: not an event", call);
  }
  return result == CUDA_SUCCESS ? not_capturing(call) : result;
}

CUresult cuEventQuery(CUevent event) {
  CALL;
  CUresult result = event_call("cuEventQuery", event);
  if (result != CUDA_SUCCESS || event->reached == event->recorded) {
    return result;
  }
  if (event->stream->work.first != NULL) {
    result = drain(event->stream, event->stream->work.first->sequence);
  }
  return result == CUDA_SUCCESS && event->reached != event->recorded ? CUDA_ERROR_NOT_READY : result;
}

CUresult cuEventSynchronize(CUevent event) {
  CALL;
  CUresult result = event_call("cuEventSynchronize", event);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  standin.counts.synchronisations++;
  while (event->reached != event->recorded && event->stream->work.first != NULL) {
    result = drain(event->stream, event->stream->work.first->sequence);
  }
  return result;
}

/* ---- recording ---- */

CUresult cuStreamIsCapturing(CUstream given, int *status) {
  CALL;
  CUstream stream;
  CUresult result = ready_on("cuStreamIsCapturing", given, &stream);
  if (result == CUDA_SUCCESS) {
    *status = stream->capture != NULL;
  }
  return result;
}

CUresult cuStreamBeginCapture_v2(CUstream given, int mode) {
  CALL;
  CUstream stream;
  CUresult result = waiting("cuStreamBeginCapture", given, &stream);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (mode != 0 || stream == stream->head.context->legacy) {
    return misuse(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "cuStreamBeginCapture: mode %d, or the default stream", mode);
  }
  stream->capture = open_handle(H_GRAPH, sizeof *stream->capture, stream->head.context);
  standin.capturing++;
  return CUDA_SUCCESS;
}

CUresult cuStreamEndCapture(CUstream given, CUgraph *graph) {
  CALL;
  CUstream stream;
  CUresult result = ready_on("cuStreamEndCapture", given, &stream);
  if (result == CUDA_SUCCESS && stream->capture == NULL) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuStreamEndCapture: the stream is not recorded");
  }
  if (result == CUDA_SUCCESS) {
    *graph = stream->capture;
    stream->capture = NULL;
    standin.capturing--;
  }
  return result;
}

static void copy_queue(queue *to, const queue *from) {
  for (const operation *each = from->first; each != NULL; each = each->next) {
    operation copied = *each;
    copied.sequence = ++standin.sequence;
    if (each->parameters != NULL) {
      copied.parameters = malloc(each->bytes + 1);
      if (copied.parameters == NULL) {
        abort();
      }
      memcpy(copied.parameters, each->parameters, each->bytes);
    }
    append(to, &copied);
  }
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec *executable, CUgraph graph, uint64_t flags) {
  CALL;
  CUcontext context;
  CUresult result = ready("cuGraphInstantiate", &context);
  if (result != CUDA_SUCCESS) {
    return result;
  }
  if (!is_live(graph, H_GRAPH) || flags != 0) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuGraphInstantiate: not a graph, or flags");
  }
  *executable = open_handle(H_EXECUTABLE, sizeof **executable, context);
  copy_queue(&(*executable)->work, &graph->work);
  return CUDA_SUCCESS;
}

CUresult cuGraphLaunch(CUgraphExec executable, CUstream given) {
  CALL;
  CUstream stream;
  CUresult result = ready_on("cuGraphLaunch", given, &stream);
  if (result == CUDA_SUCCESS && !is_live(executable, H_EXECUTABLE)) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuGraphLaunch: not an executable graph");
  }
  if (result == CUDA_SUCCESS) {
    copy_queue(stream->capture != NULL ? &stream->capture->work : &stream->work, &executable->work);
    standin.counts.graph_launches++;
  }
  return result;
}

CUresult cuGraphDestroy(CUgraph graph) {
  CALL;
  if (!is_live(graph, H_GRAPH)) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuGraphDestroy: not a graph");
  }
  clear_queue(&graph->work);
  close_handle(&graph->head);
  return CUDA_SUCCESS;
}

CUresult cuGraphExecDestroy(CUgraphExec executable) {
  CALL;
  if (!is_live(executable, H_EXECUTABLE)) {
    return misuse(CUDA_ERROR_INVALID_VALUE, "cuGraphExecDestroy: not an executable graph");
  }
  clear_queue(&executable->work);
  close_handle(&executable->head);
  return CUDA_SUCCESS;
}
