// Weights between the order of parameters, [O, C, K, K], and that of channels-last convolutions,
// [P, K, K, Q] with P >= O filters and Q >= C channels, those beyond zero.

#include "norm_parameter.cuh"

struct Filters {
    unsigned filters, channels, taps, stored_channels;

    // Where the element of filter o, tap t and channel c is among the parameters.
    __device__ unsigned parameter(unsigned o, unsigned t, unsigned c) const {
        return (o * channels + c) * taps + t;
    }
};

// `count` elements of out.
template <typename T>
__device__ void pack(Parameter weight, T *out, unsigned count, Filters of) {
    for (unsigned i = first_element(); i < count; i += element_stride()) {
        const unsigned c = i % of.stored_channels, t = i / of.stored_channels % of.taps;
        const unsigned o = i / of.stored_channels / of.taps;
        const bool exists = o < of.filters && c < of.channels;
        out[i] = from_float<T>(exists ? weight.load(of.parameter(o, t, c)) : 0.0f);
    }
}

// `count` elements of the parameter.
template <typename T>
__device__ void unpack(const T *stored, Parameter out, unsigned count, Filters of) {
    for (unsigned i = first_element(); i < count; i += element_stride()) {
        const unsigned t = i % of.taps, c = i / of.taps % of.channels;
        const unsigned o = i / of.taps / of.channels;
        out.store(i, to_float(stored[(o * of.taps + t) * of.stored_channels + c]));
    }
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void convolution_pack_##T(                                               \
        void *weight, unsigned type, T *out, unsigned count, unsigned filters, unsigned channels,  \
        unsigned taps, unsigned stored_channels) {                                                 \
        pack({weight, type}, out, count, {filters, channels, taps, stored_channels});              \
    }                                                                                              \
    extern "C" __global__ void convolution_unpack_##T(                                             \
        const T *stored, void *weight, unsigned type, unsigned count, unsigned filters,            \
        unsigned channels, unsigned taps, unsigned stored_channels) {                              \
        unpack(stored, {weight, type}, count, {filters, channels, taps, stored_channels});         \
    }
EVERY_TYPE(DEFINE)
