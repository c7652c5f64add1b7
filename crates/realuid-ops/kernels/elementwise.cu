// Functions of single elements. Arrays have `count` elements, fewer than 2^31.

#include "number.cuh"

// out = x + y; out may be x or y.
template <typename T>
__device__ void add(const T *x, const T *y, T *out, unsigned count) {
    for (unsigned i = first_element(); i < count; i += element_stride())
        out[i] = from_float<T>(to_float(x[i]) + to_float(y[i]));
}

// out = x sigmoid(x).
template <typename T> __device__ void silu_forward(const T *x, T *out, unsigned count) {
    for (unsigned i = first_element(); i < count; i += element_stride()) {
        const float v = to_float(x[i]);
        out[i] = from_float<T>(v / (1.0f + __expf(-v)));
    }
}

// out = gradient s (1 + x (1 - s)), s = sigmoid(x).
template <typename T>
__device__ void silu_backward(const T *x, const T *gradient, T *out, unsigned count) {
    for (unsigned i = first_element(); i < count; i += element_stride()) {
        const float v = to_float(x[i]);
        const float s = 1.0f / (1.0f + __expf(-v));
        out[i] = from_float<T>(to_float(gradient[i]) * s * (1.0f + v * (1.0f - s)));
    }
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void add_##T(const T *x, const T *y, T *out, unsigned count) {           \
        add(x, y, out, count);                                                                     \
    }                                                                                              \
    extern "C" __global__ void silu_forward_##T(const T *x, T *out, unsigned count) {              \
        silu_forward(x, out, count);                                                               \
    }                                                                                              \
    extern "C" __global__ void silu_backward_##T(const T *x, const T *gradient, T *out,            \
                                                 unsigned count) {                                 \
        silu_backward(x, gradient, out, count);                                                    \
    }
EVERY_TYPE(DEFINE)
