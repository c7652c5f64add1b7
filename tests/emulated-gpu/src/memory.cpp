// Memory: allocations, pools, copies.
#include "device.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>

using namespace emulated;

namespace {

void *on_device(uint64_t pointer) { return reinterpret_cast<void *>(pointer); }
Stream *known(void *stream) { return reinterpret_cast<uintptr_t>(stream) < 16 ? nullptr : static_cast<Stream *>(stream); }

// The sides of a copy that are on the device must be inside of allocations when it is done.
Result copy(void *to, const void *from, size_t bytes, bool to_device, bool from_device) {
    if (bytes == 0) return SUCCESS;
    if ((to_device && !is_valid(to, bytes)) || (from_device && !is_valid(from, bytes))) return ILLEGAL_ADDRESS;
    std::memmove(to, from, bytes);
    return SUCCESS;
}

} // namespace

extern "C" {

Result cuMemAlloc_v2(uint64_t *pointer, size_t bytes) {
    return allocate_on(nullptr, reinterpret_cast<void **>(pointer), bytes);
}
Result cuMemFree_v2(uint64_t pointer) { return release_on(nullptr, on_device(pointer)); }
Result cuMemAllocAsync(uint64_t *pointer, size_t bytes, void *stream) {
    return allocate_on(known(stream), reinterpret_cast<void **>(pointer), bytes);
}
Result cuMemAllocFromPoolAsync(uint64_t *pointer, size_t bytes, void *, void *stream) {
    return cuMemAllocAsync(pointer, bytes, stream);
}
Result cuMemFreeAsync(uint64_t pointer, void *stream) { return release_on(known(stream), on_device(pointer)); }
Result cuMemHostAlloc(void **pointer, size_t bytes, unsigned) {
    *pointer = std::malloc(bytes ? bytes : 1);
    return *pointer ? SUCCESS : OUT_OF_MEMORY;
}
Result cuMemFreeHost(void *pointer) { return std::free(pointer), SUCCESS; }

Result cuMemGetInfo_v2(size_t *free_bytes, size_t *total) {
    *total = size_t(16) << 30;
    *free_bytes = *total - bytes_in_use();
    return SUCCESS;
}

static int the_pool;
Result cuDeviceGetDefaultMemPool(void **pool, int) { return *pool = &the_pool, SUCCESS; }
Result cuDeviceGetMemPool(void **pool, int) { return *pool = &the_pool, SUCCESS; }
Result cuMemPoolTrimTo(void *, size_t) { return SUCCESS; }

// Numbers of CUmemPool_attribute.
enum { RESERVED_CURRENT = 5, RESERVED_HIGH = 6, USED_CURRENT = 7, USED_HIGH = 8 };

Result cuMemPoolGetAttribute(void *, int attribute, void *value) {
    uint64_t &bytes = *static_cast<uint64_t *>(value);
    if (attribute == RESERVED_CURRENT || attribute == USED_CURRENT) bytes = bytes_in_use();
    else if (attribute == RESERVED_HIGH || attribute == USED_HIGH) bytes = most_bytes_in_use();
    else bytes = 0;
    return SUCCESS;
}
Result cuMemPoolSetAttribute(void *, int attribute, void *) {
    if (attribute == RESERVED_HIGH || attribute == USED_HIGH) forget_most_bytes_in_use();
    return SUCCESS;
}

// Memory of graphs is counted with the pool's.
Result cuDeviceGetGraphMemAttribute(int, int, void *value) { return *static_cast<uint64_t *>(value) = 0, SUCCESS; }
Result cuDeviceSetGraphMemAttribute(int, int, void *) { return SUCCESS; }

Result cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, void *stream) {
    return submit_and_wait(known(stream), [=] { return copy(on_device(to), from, bytes, true, false); });
}
Result cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, void *stream) {
    return submit_and_wait(known(stream), [=] { return copy(to, on_device(from), bytes, false, true); });
}
Result cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *stream) {
    return submit(known(stream), [=] { return copy(on_device(to), on_device(from), bytes, true, true); });
}
Result cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t bytes) { return cuMemcpyHtoDAsync_v2(to, from, bytes, nullptr); }
Result cuMemcpyDtoH_v2(void *to, uint64_t from, size_t bytes) { return cuMemcpyDtoHAsync_v2(to, from, bytes, nullptr); }
Result cuMemcpyDtoD_v2(uint64_t to, uint64_t from, size_t bytes) { return cuMemcpyDtoDAsync_v2(to, from, bytes, nullptr); }

Result cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes, void *stream) {
    return submit(known(stream), [=] {
        if (bytes && !is_valid(on_device(to), bytes)) return ILLEGAL_ADDRESS;
        std::memset(on_device(to), value, bytes);
        return SUCCESS;
    });
}
Result cuMemsetD8_v2(uint64_t to, unsigned char value, size_t bytes) { return cuMemsetD8Async(to, value, bytes, nullptr); }

} // extern "C"
