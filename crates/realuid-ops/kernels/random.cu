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

// Two standard normal values (Box and Muller 1958), in f64 as on the CPU. Its logarithm and trigonometry
// may differ in the last bits of f64, so a value differs from the CPU's by one rounding at the most.
// Where f64 is slow this costs some ten times as much as f32 would: little beside a training step.
struct Normals {
    float first, second;
};

__device__ __forceinline__ Normals normals(const Words &words) {
    const double radius = sqrt(-2.0 * log(1.0 - unit(words.first)));
    double sine, cosine;
    sincos(6.283185307179586 * unit(words.second), &sine, &cosine);
    return {float(radius * cosine), float(radius * sine)};
}

template <typename T>
__device__ void random_normal(T *out, unsigned count, u64 key, u64 lane) {
    for (unsigned j = first_element(); j < (count + 1) / 2; j += element_stride()) {
        const Normals pair = normals(random_words(key, lane, j));
        store_pair(out, j, count, pair.first, pair.second);
    }
}

// Row i of `out` [rows, row] is `row` values of the stream with key addresses[2i], lane addresses[2i + 1].
template <typename T>
__device__ void random_normal_rows(T *out, unsigned rows, unsigned row, const u64 *addresses) {
    const unsigned pairs = (row + 1) / 2;
    for (unsigned i = first_element(); i < rows * pairs; i += element_stride()) {
        const unsigned stream = i / pairs, j = i % pairs;
        const Normals pair =
            normals(random_words(addresses[2 * stream], addresses[2 * stream + 1], j));
        // Rows of odd lengths begin between pairs.
        T *const place = out + stream * row + 2 * j;
        place[0] = from_float<T>(pair.first);
        if (2 * j + 1 < row) place[1] = from_float<T>(pair.second);
    }
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void random_uniform_##T(T *out, unsigned count, u64 key, u64 lane) {     \
        random_uniform(out, count, key, lane);                                                     \
    }                                                                                              \
    extern "C" __global__ void random_normal_##T(T *out, unsigned count, u64 key, u64 lane) {      \
        random_normal(out, count, key, lane);                                                      \
    }                                                                                              \
    extern "C" __global__ void random_normal_rows_##T(T *out, unsigned rows, unsigned row,         \
                                                      const u64 *addresses) {                      \
        random_normal_rows(out, rows, row, addresses);                                             \
    }
EVERY_TYPE(DEFINE)
