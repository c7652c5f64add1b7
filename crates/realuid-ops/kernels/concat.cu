// Rows side by side. Lengths count packs of N elements.

#include "number.cuh"
#include "pack.cuh"

// out [rows, first + second] = x [rows, first] beside y [rows, second]; `count` packs of out.
template <int N, typename T>
__device__ void join_columns(const T *x, const T *y, T *out, unsigned count, unsigned first,
                             unsigned second) {
    for (unsigned i = first_element(); i < count; i += element_stride()) {
        const unsigned row = i / (first + second), column = i % (first + second);
        const auto pack = column < first ? load_pack<N>(x, row * first + column)
                                         : load_pack<N>(y, row * second + column - first);
        store_pack(out, i, pack);
    }
}

// out [rows, columns] = x [rows, width] from column `start` on; `count` packs of out.
template <int N, typename T>
__device__ void take_columns(const T *x, T *out, unsigned count, unsigned columns, unsigned start,
                             unsigned width) {
    for (unsigned i = first_element(); i < count; i += element_stride())
        store_pack(out, i, load_pack<N>(x, i / columns * width + start + i % columns));
}

#define DEFINE_FOR(SUFFIX, T, N)                                                                   \
    extern "C" __global__ void join_columns##SUFFIX##_##T(                                         \
        const T *x, const T *y, T *out, unsigned count, unsigned first, unsigned second) {         \
        join_columns<N>(x, y, out, count, first, second);                                          \
    }                                                                                              \
    extern "C" __global__ void take_columns##SUFFIX##_##T(                                         \
        const T *x, T *out, unsigned count, unsigned columns, unsigned start, unsigned width) {    \
        take_columns<N>(x, out, count, columns, start, width);                                     \
    }
#define DEFINE(T) DEFINE_FOR(, T, 1) DEFINE_FOR(_wide, T, WIDEST<T>)
EVERY_TYPE(DEFINE)
