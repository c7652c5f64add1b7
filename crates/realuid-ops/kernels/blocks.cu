// Square blocks of pixels: `small` is [rows, width, channels], `large` has factor x factor pixels
// for each of its pixels. Lengths, also `channels`, count packs of N elements.

#include "number.cuh"
#include "pack.cuh"

struct Blocks {
    unsigned width, channels, factor;

    // The large pack at (row, column) within the block of the small one with index `i`.
    __device__ __forceinline__ unsigned large(unsigned i, unsigned row, unsigned column) const {
        const unsigned channel = i % channels, pixel = i / channels;
        const unsigned y = pixel / width * factor + row, x = pixel % width * factor + column;
        return (y * width * factor + x) * channels + channel;
    }

    // The small pack of the block to which the large one with index `i` belongs.
    __device__ __forceinline__ unsigned small(unsigned i) const {
        const unsigned channel = i % channels, pixel = i / channels;
        const unsigned y = pixel / (width * factor) / factor, x = pixel % (width * factor) / factor;
        return (y * width + x) * channels + channel;
    }
};

// large = scale small, every pixel filling its block; `count` packs of large.
template <int N, typename T>
__device__ void repeat_blocks(const T *small, T *large, unsigned count, Blocks blocks,
                              float scale) {
    for (unsigned i = first_element(); i < count; i += element_stride()) {
        Pack<T, N> pack = load_pack<N>(small, blocks.small(i));
#pragma unroll
        for (int k = 0; k < N; k++)
            pack.values[k] = from_float<T>(to_float(pack.values[k]) * scale);
        store_pack(large, i, pack);
    }
}

// small = scale times the sum of each block; `count` packs of small.
template <int N, typename T>
__device__ void sum_blocks(const T *large, T *small, unsigned count, Blocks blocks, float scale) {
    for (unsigned i = first_element(); i < count; i += element_stride()) {
        float sums[N] = {};
        for (unsigned row = 0; row < blocks.factor; row++) {
            const unsigned first = blocks.large(i, row, 0);
            for (unsigned column = 0; column < blocks.factor; column++) {
                const auto pack = load_pack<N>(large, first + column * blocks.channels);
#pragma unroll
                for (int k = 0; k < N; k++)
                    sums[k] += to_float(pack.values[k]);
            }
        }
        Pack<T, N> result;
#pragma unroll
        for (int k = 0; k < N; k++)
            result.values[k] = from_float<T>(sums[k] * scale);
        store_pack(small, i, result);
    }
}

#define DEFINE_FOR(KERNEL, NAME, T, N)                                                             \
    extern "C" __global__ void NAME##_##T(const T *x, T *out, unsigned count, unsigned width,      \
                                          unsigned channels, unsigned factor, float scale) {       \
        KERNEL<N>(x, out, count, Blocks{width, channels, factor}, scale);                          \
    }
#define DEFINE(T)                                                                                  \
    DEFINE_FOR(repeat_blocks, repeat_blocks, T, 1)                                                 \
    DEFINE_FOR(repeat_blocks, repeat_blocks_wide, T, WIDEST<T>)                                    \
    DEFINE_FOR(sum_blocks, sum_blocks, T, 1)                                                       \
    DEFINE_FOR(sum_blocks, sum_blocks_wide, T, WIDEST<T>)
EVERY_TYPE(DEFINE)
