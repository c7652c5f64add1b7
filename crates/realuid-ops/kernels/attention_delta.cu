// deltas = the dot product of every head's row of the result with its gradient,
// [batch, heads, tokens]: what the softmax's gradient subtracts (Dao et al. 2022, algorithm 4).

#include "attention_heads.cuh"
#include "reduction.cuh"

// One warp to a row; a grid of any size.
template <typename T>
__device__ void attention_delta(const T *out, const T *gradient, float *deltas, unsigned rows,
                                const Heads &heads) {
    const unsigned warps = blockDim.x / 32;
    // Rows [batch, tokens, heads] are contiguous in memory.
    for (unsigned i = blockIdx.x * warps + threadIdx.x / 32; i < rows; i += gridDim.x * warps) {
        const size_t first = size_t(i) * heads.width;
        float sum = 0.0f;
        for (unsigned column = threadIdx.x % 32; column < heads.width; column += 32)
            sum += to_float(out[first + column]) * to_float(gradient[first + column]);
        sum = warp_sum(sum);
        const unsigned head = i % heads.heads, token = i / heads.heads % heads.tokens;
        const unsigned item = i / heads.heads / heads.tokens;
        if (threadIdx.x % 32 == 0)
            deltas[(item * heads.heads + head) * heads.tokens + token] = sum;
    }
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void attention_delta_##T(const T *out, const T *gradient, float *deltas, \
                                                   unsigned rows, unsigned tokens, unsigned heads, \
                                                   unsigned width) {                               \
        attention_delta(out, gradient, deltas, rows, Heads{tokens, heads, width, 0, 0});           \
    }
EVERY_TYPE(DEFINE)
