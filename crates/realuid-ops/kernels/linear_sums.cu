// Sums over the rows of x [rows, columns], always in the same order: block y adds up
// `rows_per_block` rows from `y rows_per_block` on, to row y of out.

#include "number.cuh"
#include "pack.cuh"

constexpr unsigned THREADS = 256;

// The least power of two that is no less than `count`, at most 32: neighbouring threads read
// neighbouring columns, as far as there are such, and the others the rows below.
__device__ __forceinline__ unsigned lanes_for(unsigned count) {
    unsigned lanes = 1;
    while (lanes < 32 && lanes < count) lanes *= 2;
    return lanes;
}

// N columns to a thread; N divides `columns`.
template <int N, typename T>
__device__ void sum_rows(const T *x, float *out, uint2 rows, unsigned columns, float *shared) {
    const unsigned packs = columns / N, lanes = lanes_for(packs), step = THREADS / lanes;
    const unsigned lane = threadIdx.x % lanes, line = threadIdx.x / lanes;
    for (unsigned first = blockIdx.x * lanes; first < packs; first += gridDim.x * lanes) {
        float sums[N] = {};
        if (first + lane < packs)
            for (unsigned row = rows.x + line; row < rows.y; row += step) {
                const Pack<T, N> pack = load_pack<N>(x + size_t(row) * columns, first + lane);
#pragma unroll
                for (int j = 0; j < N; ++j) sums[j] += to_float(pack.values[j]);
            }
        __syncthreads();
#pragma unroll
        for (int j = 0; j < N; ++j) shared[threadIdx.x * N + j] = sums[j];
        __syncthreads();
        const unsigned width = lanes * N, column = first * N + threadIdx.x;
        if (threadIdx.x < width && column < columns) {
            float sum = 0.0f;
            for (unsigned i = 0; i < step; ++i) sum += shared[i * width + threadIdx.x];
            out[size_t(blockIdx.y) * columns + column] = sum;
        }
    }
}

template <typename T>
__device__ void linear_sums(const T *x, float *out, unsigned rows, unsigned columns,
                            unsigned rows_per_block) {
    constexpr int N = WIDEST<T>;
    __shared__ float shared[THREADS * N];
    const unsigned first = blockIdx.y * rows_per_block;
    const uint2 range = make_uint2(first, min(first + rows_per_block, rows));
    if (columns % N == 0 && is_aligned<N>(x))
        sum_rows<N>(x, out, range, columns, shared);
    else
        sum_rows<1>(x, out, range, columns, shared);
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void __launch_bounds__(THREADS)                                          \
        linear_sums_##T(const T *x, float *out, unsigned rows, unsigned columns,                   \
                        unsigned rows_per_block) {                                                 \
        linear_sums(x, out, rows, columns, rows_per_block);                                        \
    }
EVERY_TYPE(DEFINE)
