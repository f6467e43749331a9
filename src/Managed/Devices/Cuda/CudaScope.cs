namespace Equipoise.Devices.Cuda;

/// <summary>
/// Makes a context current for the length of a call and leaves the thread as it was: most callers have the primary context current already.
/// </summary>
internal readonly unsafe ref struct CudaScope
{
    private readonly CudaApi? pushed;

    internal CudaScope(CudaApi api, nint context)
    {
        nint current;
        CudaStatus.Check(api, api.CtxGetCurrent(&current), "cuCtxGetCurrent");
        if (current != context)
        {
            CudaStatus.Check(api, api.CtxPushCurrent(context), "cuCtxPushCurrent");
            pushed = api;
        }
    }

    public void Dispose()
    {
        if (pushed != null)
        {
            nint popped;
            pushed.CtxPopCurrent(&popped);
        }
    }
}
