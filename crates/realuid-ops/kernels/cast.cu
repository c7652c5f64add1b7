// out = x in another type, rounded to the nearest number.

#include "number.cuh"
#include "pack.cuh"

// N elements at once, of `count`, a multiple of N.
template <int N, typename From, typename To>
__device__ void cast_packs(const From *x, To *out, unsigned count) {
    for (unsigned i = first_element(); i < count / N; i += element_stride()) {
        const Pack<From, N> from = load_pack<N>(x, i);
        Pack<To, N> to;
#pragma unroll
        for (int j = 0; j < N; ++j) to.values[j] = from_float<To>(to_float(from.values[j]));
        store_pack(out, i, to);
    }
}

template <typename From, typename To>
__device__ void cast(const From *x, To *out, unsigned count) {
    const bool aligned = is_aligned<4>(x) && is_aligned<4>(out);
    if (count % 4 == 0 && aligned)
        cast_packs<4>(x, out, count);
    else
        cast_packs<1>(x, out, count);
}

#define DEFINE(From, To)                                                                           \
    extern "C" __global__ void cast_from_##From##_##To(const From *x, To *out, unsigned count) {   \
        cast(x, out, count);                                                                       \
    }
DEFINE(f32, bf16)
DEFINE(f32, f16)
DEFINE(bf16, f32)
DEFINE(bf16, f16)
DEFINE(f16, f32)
DEFINE(f16, bf16)
