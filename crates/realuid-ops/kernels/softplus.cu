#include "number.cuh"

// out = ln(1 + e^x), without overflow for large x, accurate for very negative x.
template <typename T> __device__ void softplus_forward(const T *x, T *out, unsigned count) {
    for (unsigned i = first_element(); i < count; i += element_stride()) {
        const float v = to_float(x[i]);
        // NaN stays NaN: fmaxf would lose it.
        const float positive = v < 0 ? 0 : v;
        out[i] = from_float<T>(positive + log1pf(expf(-fabsf(v))));
    }
}

// out = gradient sigmoid(x).
template <typename T>
__device__ void softplus_backward(const T *x, const T *gradient, T *out, unsigned count) {
    for (unsigned i = first_element(); i < count; i += element_stride())
        out[i] = from_float<T>(to_float(gradient[i]) / (1.0f + expf(-to_float(x[i]))));
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void softplus_forward_##T(const T *x, T *out, unsigned count) {          \
        softplus_forward(x, out, count);                                                           \
    }                                                                                              \
    extern "C" __global__ void softplus_backward_##T(const T *x, const T *gradient, T *out,        \
                                                     unsigned count) {                             \
        softplus_backward(x, gradient, out, count);                                                \
    }
EVERY_TYPE(DEFINE)
