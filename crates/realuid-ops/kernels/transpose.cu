#include "number.cuh"

// Every matrix [rows, columns] of x as [columns, rows]. Reads are gathered, without tiles in shared
// memory: images at the two ends of a network have few channels, and what several threads read in
// turn comes from the cache.
template <typename T>
__device__ void transpose(const T *x, T *out, unsigned count, unsigned rows, unsigned columns) {
    const unsigned size = rows * columns;
    for (unsigned i = first_element(); i < count; i += element_stride()) {
        const unsigned place = i % size;
        out[i] = x[i - place + place % rows * columns + place / rows];
    }
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void transpose_##T(const T *x, T *out, unsigned count, unsigned rows,    \
                                             unsigned columns) {                                   \
        transpose(x, out, count, rows, columns);                                                   \
    }
EVERY_TYPE(DEFINE)
