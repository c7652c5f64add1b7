// Streams, and graphs of what they recorded.
#include "device.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>

using namespace emulated;

namespace {

// What streams are recording, on any thread.
std::mutex mutex;
std::set<Graph *> recordings;

} // namespace

extern "C" {

// To wait for all streams, as a context does also when another thread makes one of its own, breaks what
// any of them is recording.
Result cuCtxSynchronize() {
    std::lock_guard<std::mutex> lock(mutex);
    for (Graph *graph : recordings) graph->broken = true;
    return recordings.empty() ? SUCCESS : STREAM_CAPTURE_UNSUPPORTED;
}

Result cuStreamCreate(void **stream, unsigned) { return *stream = new Stream, SUCCESS; }
Result cuStreamCreateWithPriority(void **stream, unsigned flags, int) { return cuStreamCreate(stream, flags); }
Result cuStreamDestroy_v2(void *stream) { return delete static_cast<Stream *>(stream), SUCCESS; }
Result cuStreamWaitEvent(void *, void *, unsigned) { return SUCCESS; }

Result cuStreamSynchronize(void *stream) {
    if (reinterpret_cast<uintptr_t>(stream) < 16) return SUCCESS;
    return submit_and_wait(static_cast<Stream *>(stream), [] { return SUCCESS; });
}

Result cuStreamBeginCapture_v2(void *stream, int) {
    constexpr Result ILLEGAL_STATE = Result(401);
    auto *known = static_cast<Stream *>(stream);
    if (!known || known->capturing) return ILLEGAL_STATE;
    known->capturing = new Graph;
    std::lock_guard<std::mutex> lock(mutex);
    recordings.insert(known->capturing);
    return SUCCESS;
}

Result cuStreamIsCapturing(void *stream, int *status) {
    enum { NONE, ACTIVE, INVALIDATED };
    auto *known = static_cast<Stream *>(stream);
    const Graph *graph = reinterpret_cast<uintptr_t>(stream) < 16 ? nullptr : known->capturing;
    *status = !graph ? NONE : graph->broken ? INVALIDATED : ACTIVE;
    return SUCCESS;
}

Result cuStreamEndCapture(void *stream, void **graph) {
    auto *known = static_cast<Stream *>(stream);
    std::unique_ptr<Graph> recorded(known->capturing);
    known->capturing = nullptr;
    *graph = nullptr;
    if (!recorded) return INVALID_VALUE;
    {
        std::lock_guard<std::mutex> lock(mutex);
        recordings.erase(recorded.get());
    }
    if (recorded->broken) return STREAM_CAPTURE_INVALIDATED;
    *graph = recorded.release();
    return SUCCESS;
}

// A graph, ready to be launched. It is the caller who destroys the graph, after this.
struct Executable {
    const Graph *graph;
};

Result cuGraphInstantiateWithFlags(void **executable, void *graph, unsigned long long) {
    *executable = new Executable{static_cast<Graph *>(graph)};
    return SUCCESS;
}
Result cuGraphUpload(void *, void *) { return SUCCESS; }
Result cuGraphLaunch(void *executable, void *stream) {
    const Graph *graph = static_cast<Executable *>(executable)->graph;
    return submit(static_cast<Stream *>(stream), [graph] {
        for (const Work &work : graph->nodes)
            if (const Result result = work(); result != SUCCESS) return result;
        return SUCCESS;
    });
}
Result cuGraphExecDestroy(void *executable) { return delete static_cast<Executable *>(executable), SUCCESS; }
Result cuGraphDestroy(void *graph) { return delete static_cast<Graph *>(graph), SUCCESS; }

} // extern "C"
