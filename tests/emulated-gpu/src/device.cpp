#include "device.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

namespace emulated {

namespace {

std::recursive_mutex mutex;
std::map<const char *, size_t> allocations;
std::set<void *> of_graphs;
size_t in_use, most_in_use;

using Lock = std::lock_guard<std::recursive_mutex>;

} // namespace

void *allocate(size_t bytes) {
    if (bytes == 0) return nullptr;
    void *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    if (!memory) return nullptr;
    std::memset(memory, 0xff, bytes);
    Lock lock(mutex);
    allocations[static_cast<const char *>(memory)] = bytes;
    in_use += bytes;
    most_in_use = std::max(most_in_use, in_use);
    return memory;
}

bool release(void *pointer) {
    Lock lock(mutex);
    auto found = allocations.find(static_cast<const char *>(pointer));
    if (found == allocations.end()) return false;
    in_use -= found->second;
    allocations.erase(found);
    std::free(pointer);
    return true;
}

bool is_valid(const void *pointer, size_t bytes) {
    Lock lock(mutex);
    const char *first = static_cast<const char *>(pointer);
    auto after = allocations.upper_bound(first);
    if (after == allocations.begin()) return false;
    const auto &[start, size] = *std::prev(after);
    return first + bytes <= start + size;
}

size_t bytes_in_use() { return in_use; }
size_t most_bytes_in_use() { return most_in_use; }
void forget_most_bytes_in_use() { most_in_use = in_use; }

Graph::~Graph() {
    Lock lock(mutex);
    for (void *pointer : memory) {
        of_graphs.erase(pointer);
        release(pointer);
    }
}

Result submit(Stream *stream, Work work) {
    Lock lock(mutex);
    if (!stream || !stream->capturing) return work();
    stream->capturing->nodes.push_back(std::move(work));
    return SUCCESS;
}

Result submit_and_wait(Stream *stream, Work work) {
    Lock lock(mutex);
    if (!stream || !stream->capturing) return work();
    stream->capturing->broken = true;
    return STREAM_CAPTURE_UNSUPPORTED;
}

Result allocate_on(Stream *stream, void **pointer, size_t bytes) {
    Lock lock(mutex);
    if (bytes == 0) return INVALID_VALUE;
    *pointer = allocate(bytes);
    if (!*pointer) return OUT_OF_MEMORY;
    if (stream && stream->capturing) {
        stream->capturing->memory.push_back(*pointer);
        of_graphs.insert(*pointer);
    }
    return SUCCESS;
}

Result release_on(Stream *stream, void *pointer) {
    Lock lock(mutex);
    if (stream && stream->capturing && stream->capturing->broken) return STREAM_CAPTURE_INVALIDATED;
    // A graph needs its memory again when it is launched again.
    if (of_graphs.count(pointer)) return SUCCESS;
    // Nor can it free what was there before it, which it would free again then.
    if (stream && stream->capturing) return stream->capturing->broken = true, INVALID_VALUE;
    return release(pointer) ? SUCCESS : INVALID_VALUE;
}

} // namespace emulated

extern "C" int emulated_submit(void *stream, std::function<bool()> work) {
    auto *known = static_cast<emulated::Stream *>(stream);
    return emulated::submit(known, [work] { return work() ? SUCCESS : LAUNCH_FAILED; });
}
