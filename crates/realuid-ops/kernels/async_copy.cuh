// Copies from global to shared memory that go on while the thread computes.
#pragma once

#include "number.cuh"

#ifndef REALUID_EMULATED_GPU

// Starts to copy 16 aligned bytes, or zeros instead where the source does not exist.
__device__ __forceinline__ void start_copy(void *to, const void *from, bool exists) {
    const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(to));
    const unsigned bytes = exists ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                 :
                 : "r"(address), "l"(__cvta_generic_to_global(from)), "r"(bytes)
                 : "memory");
}

// Waits for all copies that this thread has started; other threads see them after a barrier.
__device__ __forceinline__ void finish_copies() { asm volatile("cp.async.wait_all;" ::: "memory"); }

#else

#include "host_tensor_cores.h"

#endif
