// The gradient of x: d scale + (x - centre) linear + constant, where d is the gradient before the
// activation, and the last two factors are the terms [images, groups, 2] of each group. `out` may be
// `gradient`.

#include "norm_rows.cuh"
#include "norm_activation.cuh"

struct Terms {
    const float *table, *of_groups;
    unsigned groups;
};

template <typename A, int N, typename T>
__device__ void input_gradient(const T *x, const T *gradient, T *out, const Terms &terms,
                               const Rows &of) {
    const Part<N> part(of);
    if (part.channel >= of.channels) return;
    const Affine<N> map(terms.table, part.image, part.channel, of.channels);
    Pack<float, N> linear, constant;
#pragma unroll
    for (int j = 0; j < N; ++j) {
        const unsigned group = (part.channel + j) / (of.channels / terms.groups);
        const float *both = terms.of_groups + 2 * (size_t(part.image) * terms.groups + group);
        linear.values[j] = both[0];
        constant.values[j] = both[1];
    }
    const size_t image = size_t(part.image) * of.positions * of.channels + part.channel;
#pragma unroll 2
    for (unsigned p = part.begin + part.line; p < part.end; p += part.lines) {
        const size_t at = image + size_t(p) * of.channels;
        const Pack<float, N> values = floats<N>(x + at);
        Pack<float, N> d = floats<N>(gradient + at);
#pragma unroll
        for (int j = 0; j < N; ++j) {
            const float centred = values.values[j] - map.centre.values[j];
            const float scale = map.scale.values[j];
            const float before = d.values[j] * A::slope(centred * scale + map.shift.values[j]);
            d.values[j] = before * scale + centred * linear.values[j] + constant.values[j];
        }
        store_floats<N>(out + at, d);
    }
}

#define DEFINE_FOR(A, NAME, T)                                                                     \
    extern "C" __global__ void __launch_bounds__(MOST_THREADS)                                     \
        NAME##_##T(const T *x, const T *gradient, T *out, const float *table,                      \
                   const float *of_groups, unsigned groups, unsigned positions, unsigned channels, \
                   unsigned rows, unsigned lanes, unsigned wide) {                                 \
        const Rows of{positions, channels, rows, lanes};                                           \
        const Terms terms{table, of_groups, groups};                                               \
        if (wide) input_gradient<A, WIDEST<T>>(x, gradient, out, terms, of);                       \
        else input_gradient<A, 1>(x, gradient, out, terms, of);                                    \
    }
#define DEFINE(T) DEFINE_FOR(Identity, norm_gradient, T) DEFINE_FOR(Silu, norm_gradient_silu, T)
EVERY_TYPE(DEFINE)
