#include "number.cuh"
#include "philox.cuh"

// out[k] = scale x[k] where word k of the stream, its 53 upper bits as a number, is at least
// `threshold`, and 0 elsewhere. A thread takes the two elements that share a block of Philox.
template <typename T>
__device__ void dropout(const T *x, T *out, unsigned count, u64 key, u64 lane, u64 threshold,
                        float scale) {
    for (unsigned j = first_element(); j < (count + 1) / 2; j += element_stride()) {
        const Words words = random_words(key, lane, j);
        const unsigned k = 2 * j;
        const float first = words.first >> 11 >= threshold ? to_float(x[k]) * scale : 0.0f;
        out[k] = from_float<T>(first);
        if (k + 1 == count)
            break;
        const float second = words.second >> 11 >= threshold ? to_float(x[k + 1]) * scale : 0.0f;
        out[k + 1] = from_float<T>(second);
    }
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void dropout_##T(const T *x, T *out, unsigned count, u64 key, u64 lane,  \
                                           u64 threshold, float scale) {                           \
        dropout(x, out, count, key, lane, threshold, scale);                                       \
    }
EVERY_TYPE(DEFINE)
