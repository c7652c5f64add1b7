// out = y + bias + value per image + residual, as far as they are not null. y has `stored` channels,
// no fewer than out; out may be y where it has as many.

#include "norm_parameter.cuh"
#include "norm_rows.cuh"

template <typename T> struct Terms {
    Parameter bias;
    const T *per_image, *residual;
    unsigned stored;
};

template <int N, typename T>
__device__ void epilogue(const T *y, T *out, const Terms<T> &terms, const Rows &of) {
    const Part<N> part(of);
    if (part.channel >= of.channels) return;
    Pack<float, N> offset = {};
    if (terms.per_image)
        offset = floats<N>(terms.per_image + size_t(part.image) * of.channels + part.channel);
    if (terms.bias.values)
#pragma unroll
        for (int j = 0; j < N; ++j) offset.values[j] += terms.bias.load(part.channel + j);
    const size_t image = size_t(part.image) * of.positions;
#pragma unroll 2
    for (unsigned p = part.begin + part.line; p < part.end; p += part.lines) {
        const size_t at = (image + p) * of.channels + part.channel;
        Pack<float, N> values = floats<N>(y + (image + p) * terms.stored + part.channel);
#pragma unroll
        for (int j = 0; j < N; ++j) values.values[j] += offset.values[j];
        if (terms.residual) {
            const Pack<float, N> residual = floats<N>(terms.residual + at);
#pragma unroll
            for (int j = 0; j < N; ++j) values.values[j] += residual.values[j];
        }
        store_floats<N>(out + at, values);
    }
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void __launch_bounds__(MOST_THREADS)                                     \
        convolution_epilogue_##T(const T *y, T *out, void *bias, unsigned type,                    \
                                 const T *per_image, const T *residual, unsigned stored,           \
                                 unsigned positions, unsigned channels, unsigned rows,             \
                                 unsigned lanes, unsigned wide) {                                  \
        const Rows of{positions, channels, rows, lanes};                                           \
        const Terms<T> terms{{bias, type}, per_image, residual, stored};                           \
        if (wide) epilogue<WIDEST<T>>(y, out, terms, of);                                          \
        else epilogue<1>(y, out, terms, of);                                                       \
    }
EVERY_TYPE(DEFINE)
