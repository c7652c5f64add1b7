// Arithmetic of many tensors together, in place.

#include "average.cuh"
#include "tensors.cuh"

// x <- factor x.
extern "C" __global__ void scale_tensors_f32(const u64 *table, unsigned tensors, float factor) {
    const Chunk chunk = chunk_of(table, tensors);
    float *x = chunk.elements(0);
    for (unsigned i = threadIdx.x; i < chunk.length; i += blockDim.x)
        x[i] *= factor;
}

// x <- x + y.
extern "C" __global__ void add_tensors_f32(const u64 *table, unsigned tensors) {
    const Chunk chunk = chunk_of(table, tensors);
    float *x = chunk.elements(0);
    const float *y = chunk.elements(1);
    for (unsigned i = threadIdx.x; i < chunk.length; i += blockDim.x)
        x[i] += y[i];
}

// Averages x move towards y.
extern "C" __global__ void average_tensors_f32(const u64 *table, unsigned tensors, float decay,
                                               float rest) {
    const Chunk chunk = chunk_of(table, tensors);
    const Decay average = {decay, rest};
    float *x = chunk.elements(0);
    const float *y = chunk.elements(1);
    for (unsigned i = threadIdx.x; i < chunk.length; i += blockDim.x)
        x[i] = average.moved(x[i], y[i]);
}
