// Devices, contexts, events, and what else is asked of a driver.
#include "device.h"

#include <chrono>
#include <cstring>

extern "C" {

Result cuInit(unsigned) { return SUCCESS; }
Result cuDriverGetVersion(int *version) { return *version = 13000, SUCCESS; }
Result cuDeviceGetCount(int *count) { return *count = 1, SUCCESS; }

Result cuDeviceGet(int *device, int ordinal) {
    constexpr Result INVALID_DEVICE = Result(101);
    *device = 0;
    return ordinal == 0 ? SUCCESS : INVALID_DEVICE;
}

Result cuDeviceGetName(char *name, int length, int) {
    std::strncpy(name, "emulated GPU (runs on the CPU)", length);
    name[length - 1] = 0;
    return SUCCESS;
}
Result cuDeviceGetUuid_v2(char *uuid, int) { return std::memset(uuid, 0, 16), SUCCESS; }
Result cuDeviceGetUuid(char *uuid, int) { return std::memset(uuid, 0, 16), SUCCESS; }
Result cuDeviceTotalMem_v2(size_t *bytes, int) { return *bytes = size_t(16) << 30, SUCCESS; }

Result cuDeviceGetAttribute(int *value, int attribute, int) {
    switch (attribute) {
    case 1: *value = 1024; break;        // threads per block
    case 5: *value = 0x7fffffff; break;  // blocks in x
    case 8: *value = 48 << 10; break;    // shared memory per block
    case 10: *value = 32; break;         // lanes per warp
    case 16: *value = 132; break;        // multiprocessors
    case 38: *value = 50 << 20; break;   // second-level cache
    case 75: *value = 9; break;          // compute capability, major
    case 97: *value = 227 << 10; break;  // shared memory per block, by opting in
    case 115: *value = 1; break;         // memory pools
    default: *value = 0;
    }
    return SUCCESS;
}

static int the_context;
Result cuDevicePrimaryCtxRetain(void **context, int) { return *context = &the_context, SUCCESS; }
Result cuDevicePrimaryCtxRelease_v2(int) { return SUCCESS; }
Result cuCtxSetCurrent(void *) { return SUCCESS; }
Result cuCtxGetCurrent(void **context) { return *context = &the_context, SUCCESS; }
Result cuCtxSetFlags(unsigned) { return SUCCESS; }
Result cuCtxGetStreamPriorityRange(int *least, int *greatest) { return *least = *greatest = 0, SUCCESS; }
Result cuDeviceCanAccessPeer(int *can, int, int) { return *can = 0, SUCCESS; }

Result cuGetErrorName(int error, const char **name) {
    *name = error == SUCCESS                      ? "CUDA_SUCCESS"
            : error == INVALID_VALUE              ? "CUDA_ERROR_INVALID_VALUE"
            : error == OUT_OF_MEMORY              ? "CUDA_ERROR_OUT_OF_MEMORY"
            : error == INVALID_IMAGE              ? "CUDA_ERROR_INVALID_IMAGE"
            : error == NOT_FOUND                  ? "CUDA_ERROR_NOT_FOUND"
            : error == ILLEGAL_ADDRESS            ? "CUDA_ERROR_ILLEGAL_ADDRESS"
            : error == LAUNCH_FAILED              ? "CUDA_ERROR_LAUNCH_FAILED"
            : error == STREAM_CAPTURE_UNSUPPORTED ? "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"
            : error == STREAM_CAPTURE_INVALIDATED ? "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"
                                                  : "another CUDA error";
    return SUCCESS;
}
Result cuGetErrorString(int error, const char **text) { return cuGetErrorName(error, text); }

using Clock = std::chrono::steady_clock;
Result cuEventCreate(void **event, unsigned) { return *event = new Clock::time_point, SUCCESS; }
Result cuEventDestroy_v2(void *event) { return delete static_cast<Clock::time_point *>(event), SUCCESS; }
Result cuEventRecord(void *event, void *stream) {
    return emulated::submit(static_cast<emulated::Stream *>(stream), [event] {
        *static_cast<Clock::time_point *>(event) = Clock::now();
        return SUCCESS;
    });
}
Result cuEventSynchronize(void *) { return SUCCESS; }
Result cuEventQuery(void *) { return SUCCESS; }
Result cuEventElapsedTime_v2(float *milliseconds, void *start, void *end) {
    const auto time = *static_cast<Clock::time_point *>(end) - *static_cast<Clock::time_point *>(start);
    *milliseconds = std::chrono::duration<float, std::milli>(time).count();
    return SUCCESS;
}
Result cuEventElapsedTime(float *milliseconds, void *start, void *end) {
    return cuEventElapsedTime_v2(milliseconds, start, end);
}

} // extern "C"
