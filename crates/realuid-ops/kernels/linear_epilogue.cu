// out [rows, columns] += bias [columns] + residual [rows, columns], either of which may be null.

#include "number.cuh"
#include "pack.cuh"

template <typename T, typename B> struct Terms {
    const B *bias;
    const T *residual;

    // Of N columns of one row: N divides `columns`, and `index` counts packs.
    template <int N>
    __device__ Pack<T, N> sum(Pack<T, N> of, unsigned index, unsigned column) const {
        float sums[N];
#pragma unroll
        for (int j = 0; j < N; ++j) sums[j] = to_float(of.values[j]);
        if (bias != nullptr) {
#pragma unroll
            for (int j = 0; j < N; ++j) sums[j] += to_float(bias[column + j]);
        }
        if (residual != nullptr) {
            const Pack<T, N> more = load_pack<N>(residual, index);
#pragma unroll
            for (int j = 0; j < N; ++j) sums[j] += to_float(more.values[j]);
        }
        Pack<T, N> out;
#pragma unroll
        for (int j = 0; j < N; ++j) out.values[j] = from_float<T>(sums[j]);
        return out;
    }
};

template <int N, typename T, typename B>
__device__ void add_terms(T *out, const Terms<T, B> &terms, unsigned count, unsigned columns) {
    for (unsigned i = first_element(); i < count / N; i += element_stride()) {
        const unsigned column = i * N % columns;
        store_pack(out, i, terms.template sum<N>(load_pack<N>(out, i), i, column));
    }
}

template <typename T, typename B>
__device__ void linear_epilogue(T *out, const Terms<T, B> &terms, unsigned count,
                                unsigned columns) {
    constexpr int N = WIDEST<T>;
    if (columns % N == 0 && is_aligned<N>(out) && is_aligned<N>(terms.residual))
        add_terms<N>(out, terms, count, columns);
    else
        add_terms<1>(out, terms, count, columns);
}

// NAME_T with a bias of type B.
#define DEFINE_FOR(NAME, T, B)                                                                     \
    extern "C" __global__ void NAME##_##T(T *out, const B *bias, const T *residual,                \
                                          unsigned count, unsigned columns) {                      \
        linear_epilogue(out, Terms<T, B>{bias, residual}, count, columns);                         \
    }
#define DEFINE(T)                                                                                  \
    DEFINE_FOR(linear_epilogue, T, T)                                                              \
    DEFINE_FOR(linear_epilogue_f32_bias, T, f32)
EVERY_TYPE(DEFINE)
