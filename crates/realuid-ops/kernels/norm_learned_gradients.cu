// Gradients of weight, bias and modulation from the sums [images, 2, channels] of d and of d xhat over
// the positions of every image.

#include "norm_parameter.cuh"

constexpr unsigned COLUMNS = 32, LINES = 8;

// The gradients of weight and bias, null where not wanted. A modulation multiplies both by
// 1 + scale. Columns of channels, the images dealt out to the lines, always in the same order.
template <typename T>
__device__ void learned_gradients(const float *sums, const T *modulation, Parameter weight,
                                  Parameter bias, unsigned images, unsigned channels) {
    __shared__ float shared[2][LINES][COLUMNS];
    const unsigned column = threadIdx.x % COLUMNS, line = threadIdx.x / COLUMNS;
    const unsigned c = blockIdx.x * COLUMNS + column;
    float plain = 0.0f, product = 0.0f;
    if (c < channels)
        for (unsigned image = line; image < images; image += LINES) {
            const size_t row = size_t(image) * 2 * channels + c;
            const float factor = modulation ? 1.0f + to_float(modulation[row]) : 1.0f;
            plain += sums[row] * factor;
            product += sums[row + channels] * factor;
        }
    shared[0][line][column] = plain;
    shared[1][line][column] = product;
    __syncthreads();
    if (line > 0 || c >= channels) return;
    for (unsigned other = 1; other < LINES; ++other) {
        plain += shared[0][other][column];
        product += shared[1][other][column];
    }
    if (weight.values) weight.store(c, product);
    if (bias.values) bias.store(c, plain);
}

// out [images, 2 channels]: weight sum(d xhat) + bias sum(d), beside sum(d).
template <typename T>
__device__ void modulation_gradient(const float *sums, Parameter weight, Parameter bias, T *out,
                                    unsigned images, unsigned channels) {
    for (unsigned i = first_element(); i < images * channels; i += element_stride()) {
        const unsigned c = i % channels;
        const size_t row = size_t(i / channels) * 2 * channels + c;
        const float plain = sums[row], product = sums[row + channels];
        out[row] = from_float<T>(weight.load(c) * product + bias.load(c) * plain);
        out[row + channels] = from_float<T>(plain);
    }
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void __launch_bounds__(COLUMNS * LINES)                                  \
        norm_learned_gradients_##T(const float *sums, const T *modulation, void *weight,           \
                                   unsigned weight_type, void *bias, unsigned bias_type,           \
                                   unsigned images, unsigned channels) {                           \
        const Parameter both[2]{{weight, weight_type}, {bias, bias_type}};                         \
        learned_gradients(sums, modulation, both[0], both[1], images, channels);                   \
    }                                                                                              \
    extern "C" __global__ void norm_modulation_gradient_##T(                                       \
        const float *sums, void *weight, unsigned weight_type, void *bias, unsigned bias_type,     \
        T *out, unsigned images, unsigned channels) {                                              \
        const Parameter both[2]{{weight, weight_type}, {bias, bias_type}};                         \
        modulation_gradient(sums, both[0], both[1], out, images, channels);                        \
    }
EVERY_TYPE(DEFINE)
