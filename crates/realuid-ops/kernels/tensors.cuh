// Many tensors of f32 as one list of chunks, one for each block of threads: what every kernel of
// the optimiser works on.
//
// A table has rows of `tensors` words: the number of the first chunk of each tensor, their lengths,
// and then addresses, one row for each role that tensors have in a kernel.
#pragma once

typedef unsigned long long u64;

// As in src/cuda/tensor_table.rs.
const unsigned CHUNK = 4096;

struct Chunk {
    const u64 *table;
    unsigned tensors;
    unsigned tensor;
    // The first element of the tensor that belongs to the chunk, and how many do.
    unsigned start;
    unsigned length;

    // Its elements in the role `role`, from 0.
    __device__ __forceinline__ float *elements(unsigned role) const {
        const u64 address = table[u64(2 + role) * tensors + tensor];
        return reinterpret_cast<float *>(address) + start;
    }
};

// The chunk of this block: that of the last tensor that does not begin after it.
__device__ __forceinline__ Chunk chunk_of(const u64 *table, unsigned tensors) {
    unsigned low = 0, high = tensors;
    while (high - low > 1) {
        const unsigned middle = (low + high) / 2;
        if (table[middle] <= blockIdx.x)
            low = middle;
        else
            high = middle;
    }
    const unsigned start = (blockIdx.x - unsigned(table[low])) * CHUNK;
    const unsigned rest = unsigned(table[tensors + low]) - start;
    return {table, tensors, low, start, rest < CHUNK ? rest : CHUNK};
}
