// Sums of d and of d (x - centre) over the positions of every block, for every channel, where d is the
// gradient before the activation; out [blocks, 2, channels].

#include "norm_rows.cuh"
#include "norm_activation.cuh"

template <typename A, int N, typename T>
__device__ void gradient_sums(const T *x, const T *gradient, const float *table, float *out,
                              const Rows &of) {
    const Part<N> part(of);
    Pack<float, N> plain = {}, products = {};
    if (part.channel < of.channels) {
        const Affine<N> map(table, part.image, part.channel, of.channels);
        const size_t image = size_t(part.image) * of.positions * of.channels + part.channel;
#pragma unroll 2
        for (unsigned p = part.begin + part.line; p < part.end; p += part.lines) {
            const size_t at = image + size_t(p) * of.channels;
            const Pack<float, N> values = floats<N>(x + at), after = floats<N>(gradient + at);
#pragma unroll
            for (int j = 0; j < N; ++j) {
                const float centred = values.values[j] - map.centre.values[j];
                const float z = centred * map.scale.values[j] + map.shift.values[j];
                const float d = after.values[j] * A::slope(z);
                plain.values[j] += d;
                products.values[j] += d * centred;
            }
        }
    }
    float *row = out + size_t(blockIdx.x) * 2 * of.channels;
    write_sums<N>(plain, row, of);
    write_sums<N>(products, row + of.channels, of);
}

#define DEFINE_FOR(A, NAME, T)                                                                     \
    extern "C" __global__ void __launch_bounds__(MOST_THREADS)                                     \
        NAME##_##T(const T *x, const T *gradient, const float *table, float *out,                  \
                   unsigned positions, unsigned channels, unsigned rows, unsigned lanes,           \
                   unsigned wide) {                                                                \
        const Rows of{positions, channels, rows, lanes};                                           \
        if (wide) gradient_sums<A, WIDEST<T>>(x, gradient, table, out, of);                        \
        else gradient_sums<A, 1>(x, gradient, table, out, of);                                     \
    }
#define DEFINE(T)                                                                                  \
    DEFINE_FOR(Identity, norm_gradient_sums, T) DEFINE_FOR(Silu, norm_gradient_sums_silu, T)
EVERY_TYPE(DEFINE)
