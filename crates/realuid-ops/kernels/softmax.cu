// Softmax of the rows of x [rows, columns], and its gradient. A row of which all elements are -inf
// gives NaN.

#include "number.cuh"
#include "reduction.cuh"

// A row to every warp of a grid of any size.
struct RowToWarp {
    __device__ static unsigned first_row() { return (blockIdx.x * blockDim.x + threadIdx.x) / 32; }
    __device__ static unsigned row_stride() { return gridDim.x * blockDim.x / 32; }
    __device__ static unsigned lane() { return threadIdx.x % 32; }
    __device__ static unsigned lanes() { return 32; }
    __device__ static float sum(float x) { return warp_sum(x); }
    __device__ static float max(float x) { return warp_max(x); }
};

// A row to every block.
struct RowToBlock {
    __device__ static unsigned first_row() { return blockIdx.x; }
    __device__ static unsigned row_stride() { return gridDim.x; }
    __device__ static unsigned lane() { return threadIdx.x; }
    __device__ static unsigned lanes() { return blockDim.x; }
    __device__ static float sum(float x) { return block_sum(x); }
    __device__ static float max(float x) { return block_max(x); }
};

// out = exp(x) / sum(exp(x)) of every row.
template <typename Team, typename T>
__device__ void softmax_forward(const T *x, T *out, unsigned rows, unsigned columns) {
    for (unsigned row = Team::first_row(); row < rows; row += Team::row_stride()) {
        const T *from = x + size_t(row) * columns;
        float largest = -INFINITY, sum = 0.0f;
        for (unsigned i = Team::lane(); i < columns; i += Team::lanes())
            largest = fmaxf(largest, to_float(from[i]));
        largest = Team::max(largest);
        for (unsigned i = Team::lane(); i < columns; i += Team::lanes())
            sum += expf(to_float(from[i]) - largest);
        const float factor = 1.0f / Team::sum(sum);
        for (unsigned i = Team::lane(); i < columns; i += Team::lanes())
            out[size_t(row) * columns + i] =
                from_float<T>(expf(to_float(from[i]) - largest) * factor);
    }
}

// out = p (g - <p, g>) of every row, with the probabilities p and their gradient g.
template <typename Team, typename T>
__device__ void softmax_backward(const T *p, const T *g, T *out, unsigned rows, unsigned columns) {
    for (unsigned row = Team::first_row(); row < rows; row += Team::row_stride()) {
        const size_t first = size_t(row) * columns;
        float mean = 0.0f;
        for (unsigned i = Team::lane(); i < columns; i += Team::lanes())
            mean += to_float(p[first + i]) * to_float(g[first + i]);
        mean = Team::sum(mean);
        for (unsigned i = Team::lane(); i < columns; i += Team::lanes())
            out[first + i] =
                from_float<T>(to_float(p[first + i]) * (to_float(g[first + i]) - mean));
    }
}

#define DEFINE_FOR(TEAM, SUFFIX, T)                                                                \
    extern "C" __global__ void softmax_forward_##SUFFIX##_##T(const T *x, T *out, unsigned rows,   \
                                                              unsigned columns) {                  \
        softmax_forward<TEAM>(x, out, rows, columns);                                              \
    }                                                                                              \
    extern "C" __global__ void softmax_backward_##SUFFIX##_##T(                                    \
        const T *p, const T *g, T *out, unsigned rows, unsigned columns) {                         \
        softmax_backward<TEAM>(p, g, out, rows, columns);                                          \
    }
#define DEFINE(T)                                                                                  \
    DEFINE_FOR(RowToWarp, by_warps, T)                                                             \
    DEFINE_FOR(RowToBlock, by_blocks, T)
EVERY_TYPE(DEFINE)
