// Values of a random stream. A thread makes the pair 2j, 2j+1 of one block of Philox.

#include "number.cuh"
#include "pack.cuh"
#include "philox.cuh"

// Two values at once where there are two: `out` begins a tensor, so pairs are aligned.
template <typename T>
__device__ __forceinline__ void store_pair(T *out, unsigned j, unsigned count, float a, float b) {
    const Pack<T, 2> pair = {from_float<T>(a), from_float<T>(b)};
    if (2 * j + 1 < count)
        store_pack(out, j, pair);
    else
        out[2 * j] = pair.values[0];
}

// Uniform in [0, 1) as f32, then rounded.
template <typename T>
__device__ void random_uniform(T *out, unsigned count, u64 key, u64 lane) {
    for (unsigned j = first_element(); j < (count + 1) / 2; j += element_stride()) {
        const Words words = random_words(key, lane, j);
        const float a = float(words.first >> 40) * 0x1p-24f;
        const float b = float(words.second >> 40) * 0x1p-24f;
        store_pair(out, j, count, a, b);
    }
}

// Standard normal (Box and Muller 1958), in f64 as on the CPU. Its logarithm and trigonometry may
// differ in the last bits of f64, so a value differs from the CPU's by one rounding at the most.
// Where f64 is slow this costs some ten times as much as f32 would: little beside a training step.
template <typename T>
__device__ void random_normal(T *out, unsigned count, u64 key, u64 lane) {
    for (unsigned j = first_element(); j < (count + 1) / 2; j += element_stride()) {
        const Words words = random_words(key, lane, j);
        const double radius = sqrt(-2.0 * log(1.0 - unit(words.first)));
        double sine, cosine;
        sincos(6.283185307179586 * unit(words.second), &sine, &cosine);
        store_pair(out, j, count, float(radius * cosine), float(radius * sine));
    }
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void random_uniform_##T(T *out, unsigned count, u64 key, u64 lane) {     \
        random_uniform(out, count, key, lane);                                                     \
    }                                                                                              \
    extern "C" __global__ void random_normal_##T(T *out, unsigned count, u64 key, u64 lane) {      \
        random_normal(out, count, key, lane);                                                      \
    }
EVERY_TYPE(DEFINE)
