// Sums of x - k and of (x - k)^2 over the positions of every block, for every channel, where k is the
// channel's first value in the image, so that no large squares are subtracted from each other;
// out [blocks, 2, channels].

#include "norm_rows.cuh"

template <int N, typename T> __device__ void shifted_sums(const T *x, float *out, const Rows &of) {
    const Part<N> part(of);
    Pack<float, N> sums = {}, squares = {};
    if (part.channel < of.channels) {
        const T *image = x + size_t(part.image) * of.positions * of.channels + part.channel;
        const Pack<float, N> origin = floats<N>(image);
#pragma unroll 4
        for (unsigned p = part.begin + part.line; p < part.end; p += part.lines) {
            const Pack<float, N> values = floats<N>(image + size_t(p) * of.channels);
#pragma unroll
            for (int j = 0; j < N; ++j) {
                const float d = values.values[j] - origin.values[j];
                sums.values[j] += d;
                squares.values[j] += d * d;
            }
        }
    }
    float *row = out + size_t(blockIdx.x) * 2 * of.channels;
    write_sums<N>(sums, row, of);
    write_sums<N>(squares, row + of.channels, of);
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void __launch_bounds__(MOST_THREADS)                                     \
        norm_shifted_sums_##T(const T *x, float *out, unsigned positions, unsigned channels,       \
                              unsigned rows, unsigned lanes, unsigned wide) {                      \
        const Rows of{positions, channels, rows, lanes};                                           \
        if (wide) shifted_sums<WIDEST<T>>(x, out, of);                                             \
        else shifted_sums<1>(x, out, of);                                                          \
    }
EVERY_TYPE(DEFINE)
