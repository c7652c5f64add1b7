// How blocks walk over the rows of images x [images, positions, channels]: each takes `rows`
// positions of one image; neighbouring threads take neighbouring packs of channels, `lanes` of them,
// and those after them the next positions. A thread keeps its channels, so that what depends on the
// channel alone is read once.
#pragma once

#include "number.cuh"
#include "pack.cuh"

constexpr unsigned MOST_THREADS = 256;

struct Rows {
    unsigned positions, channels, rows, lanes;

    __device__ unsigned chunks() const { return (positions + rows - 1) / rows; }
};

// The part of this thread, of N channels.
template <int N> struct Part {
    unsigned image, begin, end, line, lines, channel;

    __device__ explicit Part(const Rows &of) {
        const unsigned chunk = blockIdx.x % of.chunks();
        image = blockIdx.x / of.chunks();
        begin = chunk * of.rows;
        end = min(begin + of.rows, of.positions);
        lines = blockDim.x / of.lanes;
        line = threadIdx.x / of.lanes;
        channel = (blockIdx.y * of.lanes + threadIdx.x % of.lanes) * N;
    }
};

// N neighbouring elements as floats.
template <int N, typename T> __device__ __forceinline__ Pack<float, N> floats(const T *from) {
    const Pack<T, N> pack = load_pack<N>(from, 0);
    Pack<float, N> out;
#pragma unroll
    for (int j = 0; j < N; ++j) out.values[j] = to_float(pack.values[j]);
    return out;
}

// The same of a table of floats, whose rows may begin anywhere.
template <int N> __device__ __forceinline__ Pack<float, N> table_row(const float *from) {
    Pack<float, N> out;
#pragma unroll
    for (int j = 0; j < N; ++j) out.values[j] = from[j];
    return out;
}

template <int N, typename T>
__device__ __forceinline__ void store_floats(T *to, const Pack<float, N> &values) {
    Pack<T, N> pack;
#pragma unroll
    for (int j = 0; j < N; ++j) pack.values[j] = from_float<T>(values.values[j]);
    store_pack<N>(to, 0, pack);
}

// Adds up the sums of all lines of the block, always in the same order, to the row `out`.
template <int N>
__device__ void write_sums(const Pack<float, N> &sums, float *out, const Rows &of) {
    __shared__ Pack<float, N> shared[MOST_THREADS];
    const Part<N> part(of);
    // The sums before may still be read.
    __syncthreads();
    shared[threadIdx.x] = sums;
    __syncthreads();
    if (part.line > 0 || part.channel >= of.channels) return;
    Pack<float, N> total = shared[threadIdx.x];
    for (unsigned line = 1; line < part.lines; ++line)
#pragma unroll
        for (int j = 0; j < N; ++j)
            total.values[j] += shared[line * of.lanes + threadIdx.x].values[j];
#pragma unroll
    for (int j = 0; j < N; ++j) out[part.channel + j] = total.values[j];
}
