// The norm of many tensors together, in two stages whose order is fixed: the same bits on every
// run. Sums are in f64, in which the square of no f32 overflows.

#include "pack.cuh"
#include "step_numbers.cuh"
#include "tensors.cuh"

const unsigned THREADS = 256; // of every block here

// The sum of `value` over the threads of a block; every thread gets it.
__device__ double block_sum(double value) {
    __shared__ double sums[THREADS];
    sums[threadIdx.x] = value;
    for (unsigned half = THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half)
            sums[threadIdx.x] += sums[threadIdx.x + half];
    }
    __syncthreads();
    return sums[0];
}

// This thread's share of the squares of packs [first, end) of N elements.
template <int N> __device__ double share_of_squares(const float *x, unsigned first, unsigned end) {
    double sum = 0;
#pragma unroll 4
    for (unsigned i = first + threadIdx.x; i < end; i += THREADS) {
        const auto pack = load_pack<N>(x, i);
#pragma unroll
        for (int k = 0; k < N; k++)
            sum += double(pack.values[k]) * double(pack.values[k]);
    }
    return sum;
}

// out[block] = the sum of squares of its chunk in the role 0.
extern "C" __global__ void squares_of_tensors_f32(const u64 *table, unsigned tensors,
                                                  double *out) {
    const Chunk chunk = chunk_of(table, tensors);
    const float *x = chunk.elements(0);
    const unsigned packs = is_aligned<4>(x) ? chunk.length / 4 : 0;
    const double sum = block_sum(share_of_squares<4>(x, 0, packs) +
                                 share_of_squares<1>(x, packs * 4, chunk.length));
    if (threadIdx.x == 0)
        out[blockIdx.x] = sum;
}

__device__ double norm(const double *squares, unsigned count) {
    double sum = 0;
    for (unsigned i = threadIdx.x; i < count; i += THREADS)
        sum += squares[i];
    return sqrt(block_sum(sum));
}

// *out = the norm of which `squares` are the parts. One block.
extern "C" __global__ void norm_of_tensors_f32(const double *squares, unsigned count, double *out) {
    const double result = norm(squares, count);
    if (threadIdx.x == 0)
        *out = result;
}

// numbers->factor = what makes the norm `most` at the most (infinite: any norm passes), or REFUSED
// where the norm is not finite; report = [norm, how many were not finite so far]. One block.
extern "C" __global__ void clip_tensors_f32(const double *squares, unsigned count, double most,
                                            StepNumbers *numbers, double *report) {
    const double result = norm(squares, count);
    if (threadIdx.x > 0)
        return;
    report[0] = result;
    if (!isfinite(result)) {
        numbers->factor = REFUSED;
        report[1] += 1;
    } else {
        const double scale = most / (result + 1e-6);
        numbers->factor = scale < 1 ? float(scale) : 1.0f;
    }
}
