// The memory of the device, and work given to its streams.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

// Numbers of CUresult.
enum Result {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    INVALID_IMAGE = 200,
    NOT_FOUND = 500,
    NOT_READY = 600,
    ILLEGAL_ADDRESS = 700,
    LAUNCH_FAILED = 719,
    STREAM_CAPTURE_UNSUPPORTED = 900,
    STREAM_CAPTURE_INVALIDATED = 901,
};

namespace emulated {

// Work, which says how it went.
using Work = std::function<Result()>;

// What a stream recorded. Memory allocated meanwhile belongs to it: it has its address from then on.
struct Graph {
    std::vector<Work> nodes;
    std::vector<void *> memory;
    bool broken = false;
    ~Graph();
};

struct Stream {
    Graph *capturing = nullptr;
};

// Memory of `bytes` bytes, filled with NaN so that reading it before it is written shows; null where
// `bytes` is zero.
void *allocate(size_t bytes);
// Whether `pointer` was allocated and not freed.
bool release(void *pointer);
// Whether `bytes` bytes from `pointer` on are inside of one allocation.
bool is_valid(const void *pointer, size_t bytes);

size_t bytes_in_use();
size_t most_bytes_in_use();
void forget_most_bytes_in_use();

// Does `work` now, or leaves it to the graph that the stream is recording.
Result submit(Stream *stream, Work work);
// As `submit` for what waits for the device, which a recording stream refuses.
Result submit_and_wait(Stream *stream, Work work);
// Allocations and releases in the order of the stream.
Result allocate_on(Stream *stream, void **pointer, size_t bytes);
Result release_on(Stream *stream, void *pointer);

} // namespace emulated

// For the libraries beside this one: the same for streams as their callers know them.
extern "C" int emulated_submit(void *stream, std::function<bool()> work);
