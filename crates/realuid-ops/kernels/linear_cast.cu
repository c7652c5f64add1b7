// out = x, of f32, in a 16-bit type.

#include "number.cuh"
#include "pack.cuh"

// N elements at once, of `count`, a multiple of N.
template <int N, typename T> __device__ void cast(const f32 *x, T *out, unsigned count) {
    for (unsigned i = first_element(); i < count / N; i += element_stride()) {
        const Pack<f32, N> from = load_pack<N>(x, i);
        Pack<T, N> to;
#pragma unroll
        for (int j = 0; j < N; ++j) to.values[j] = from_float<T>(from.values[j]);
        store_pack(out, i, to);
    }
}

template <typename T> __device__ void linear_cast(const f32 *x, T *out, unsigned count) {
    const bool aligned = is_aligned<4>(x) && is_aligned<4>(out);
    if (count % 4 == 0 && aligned)
        cast<4>(x, out, count);
    else
        cast<1>(x, out, count);
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void linear_cast_##T(const f32 *x, T *out, unsigned count) {             \
        linear_cast(x, out, count);                                                                \
    }
DEFINE(bf16)
DEFINE(f16)
