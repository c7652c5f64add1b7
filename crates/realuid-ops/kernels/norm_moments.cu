// Moments of the groups from shifted sums, in f64, for there are few; and what normalisation, learned
// map and modulation make of every channel: moments [images, groups, 2], mean and 1/deviation, and
// table [images, 3, channels], centre, scale and shift of z = (x - centre) scale + shift.

#include "norm_parameter.cuh"
#include "norm_rows.cuh"
#include "norm_warps.cuh"

// Mean and 1/sqrt(variance + eps) of a group; `image` is its image, `sums` that of `of.chunks()`
// blocks.
template <typename T>
__device__ double2 group_moments(const T *image, const float *sums, const Rows &of, Group group,
                                 double eps) {
    const unsigned count = of.chunks() * group.size;
    const double elements = double(group.size) * of.positions;
    double total = 0.0;
    for (unsigned i = group.lane; i < count; i += 32) {
        const unsigned channel = group.first + i % group.size, chunk = i / group.size;
        const unsigned rows = min(of.rows, of.positions - chunk * of.rows);
        total += sums[size_t(chunk) * 2 * of.channels + channel] +
                 double(rows) * to_float(image[channel]);
    }
    const double mean = sum_of_lanes(total) / elements;
    double squares = 0.0;
    for (unsigned i = group.lane; i < count; i += 32) {
        const unsigned channel = group.first + i % group.size, chunk = i / group.size;
        const unsigned rows = min(of.rows, of.positions - chunk * of.rows);
        const float *row = sums + size_t(chunk) * 2 * of.channels + channel;
        const double offset = to_float(image[channel]) - mean;
        squares += row[of.channels] + offset * (2.0 * row[0] + rows * offset);
    }
    const double variance = sum_of_lanes(squares) / elements;
    return make_double2(mean, 1.0 / sqrt((variance > 0.0 ? variance : 0.0) + eps));
}

template <typename T> struct Learned {
    Parameter weight, bias;
    // [images, 2 channels], scale beside shift; may be null.
    const T *modulation;
};

template <typename T>
__device__ void write_table(float *table, const Learned<T> &learned, double2 moments, Group group,
                            unsigned channels) {
    float *row = table + size_t(group.image) * 3 * channels;
    for (unsigned c = group.first + group.lane; c < group.first + group.size; c += 32) {
        float scale = learned.weight.load(c), shift = learned.bias.load(c);
        if (learned.modulation) {
            const T *modulation = learned.modulation + size_t(group.image) * 2 * channels + c;
            const float factor = 1.0f + to_float(modulation[0]);
            scale *= factor;
            shift = shift * factor + to_float(modulation[channels]);
        }
        row[c] = float(moments.x);
        row[channels + c] = float(scale * moments.y);
        row[2 * channels + c] = shift;
    }
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void __launch_bounds__(WARPS * 32)                                       \
        norm_moments_##T(const T *x, const float *sums, void *weight, unsigned weight_type,        \
                         void *bias, unsigned bias_type, const T *modulation, float *moments,      \
                         float *table, unsigned images, unsigned groups, double eps,               \
                         unsigned positions, unsigned channels, unsigned rows) {                   \
        const Rows of{positions, channels, rows, 1};                                               \
        const Group group(images, channels, groups);                                               \
        if (!group.exists) return;                                                                 \
        const T *image = x + size_t(group.image) * positions * channels;                           \
        const float *from = sums + size_t(group.image) * of.chunks() * 2 * channels;               \
        const double2 found = group_moments(image, from, of, group, eps);                          \
        if (group.lane == 0) {                                                                     \
            moments[2 * group.index] = float(found.x);                                             \
            moments[2 * group.index + 1] = float(found.y);                                         \
        }                                                                                          \
        const Learned<T> learned{{weight, weight_type}, {bias, bias_type}, modulation};            \
        write_table(table, learned, found, group, channels);                                       \
    }
EVERY_TYPE(DEFINE)
