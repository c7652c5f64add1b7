// out = activation((x - centre) scale + shift), each pixel repeated `factor` times in both
// directions, with zeros in channels that x does not have. Without a table, x itself in the same way.
// `Rows` are those of x, with the channels of out.

#include "norm_rows.cuh"
#include "norm_activation.cuh"

// Where results go: images of `width` pixels in a row before repetition.
struct Result {
    unsigned width, factor, channels;
};

template <int N, typename T>
__device__ void repeat(T *out, const Pack<float, N> &values, unsigned p, const Rows &of,
                       Result result) {
    const unsigned f = result.factor, row = p / result.width, column = p % result.width;
    for (unsigned i = 0; i < f; ++i)
        for (unsigned j = 0; j < f; ++j) {
            const size_t at = size_t(row * f + i) * f * result.width + column * f + j;
            store_floats<N>(out + at * of.channels, values);
        }
}

template <typename A, int N, typename T>
__device__ void apply(const T *x, const float *table, T *out, const Rows &of, Result result) {
    const Part<N> part(of);
    if (part.channel >= of.channels) return;
    const unsigned channels = result.channels;
    const size_t image = size_t(part.image) * of.positions;
    out += image * result.factor * result.factor * of.channels + part.channel;
    if (part.channel >= channels) {
        for (unsigned p = part.begin + part.line; p < part.end; p += part.lines)
            repeat<N>(out, Pack<float, N>{}, p, of, result);
        return;
    }
    x += image * channels + part.channel;
    if (!table) {
        for (unsigned p = part.begin + part.line; p < part.end; p += part.lines)
            repeat<N>(out, floats<N>(x + size_t(p) * channels), p, of, result);
        return;
    }
    const Affine<N> map(table, part.image, part.channel, channels);
#pragma unroll 2
    for (unsigned p = part.begin + part.line; p < part.end; p += part.lines) {
        Pack<float, N> z = floats<N>(x + size_t(p) * channels);
#pragma unroll
        for (int j = 0; j < N; ++j)
            z.values[j] = A::value((z.values[j] - map.centre.values[j]) * map.scale.values[j] +
                                   map.shift.values[j]);
        repeat<N>(out, z, p, of, result);
    }
}

#define DEFINE_FOR(A, NAME, T)                                                                     \
    extern "C" __global__ void __launch_bounds__(MOST_THREADS)                                     \
        NAME##_##T(const T *x, const float *table, T *out, unsigned width, unsigned factor,        \
                   unsigned channels_of_x, unsigned positions, unsigned channels, unsigned rows,   \
                   unsigned lanes, unsigned wide) {                                                \
        const Rows of{positions, channels, rows, lanes};                                           \
        const Result result{width, factor, channels_of_x};                                         \
        if (wide) apply<A, WIDEST<T>>(x, table, out, of, result);                                  \
        else apply<A, 1>(x, table, out, of, result);                                               \
    }
#define DEFINE(T) DEFINE_FOR(Identity, norm_apply, T) DEFINE_FOR(Silu, norm_apply_silu, T)
EVERY_TYPE(DEFINE)
