// The threads of one block of a kernel, run one after the other on one thread of the CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#pragma GCC visibility push(default)
namespace emulated {

struct Dimensions {
    unsigned x = 1, y = 1, z = 1;
};

// Where the running thread is: what kernels know as gridDim, blockDim, blockIdx and threadIdx.
extern Dimensions grid, block, block_index, thread_index;

// Dynamic shared memory of the running block.
extern void *dynamic_shared;

// Lane of the running thread in its warp.
inline unsigned lane() {
    return (thread_index.x + block.x * (thread_index.y + block.y * thread_index.z)) % 32;
}

// What a lane gives to the others of its warp.
struct alignas(16) Slot {
    unsigned char bytes[32];
};

// Waits for all threads of the block.
void barrier();

// Waits for the lanes of `mask`, and returns what each of the 32 gave; valid until the next wait.
const Slot *exchange(unsigned mask, const Slot &own);

// A launch of a kernel: `body(argument)` is what one thread does.
struct Launch {
    std::string name;
    Dimensions grid, block;
    size_t shared_bytes;
    void (*body)(void *);
    void *argument;
};

// Runs all blocks; an empty string, or what is wrong with the kernel.
std::string run(const Launch &launch);

} // namespace emulated
#pragma GCC visibility pop
