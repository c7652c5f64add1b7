// Sums over the positions of images, for every channel, always in the same order: first those of every
// block, out [blocks, channels]; then over the rows of such a matrix.

#include "norm_parameter.cuh"
#include "norm_rows.cuh"

template <int N, typename T> __device__ void block_sums(const T *x, float *out, const Rows &of) {
    const Part<N> part(of);
    Pack<float, N> sums = {};
    if (part.channel < of.channels) {
        x += size_t(part.image) * of.positions * of.channels + part.channel;
#pragma unroll 4
        for (unsigned p = part.begin + part.line; p < part.end; p += part.lines) {
            const Pack<float, N> values = floats<N>(x + size_t(p) * of.channels);
#pragma unroll
            for (int j = 0; j < N; ++j) sums.values[j] += values.values[j];
        }
    }
    write_sums<N>(sums, out + size_t(blockIdx.x) * of.channels, of);
}

#define DEFINE(T)                                                                                  \
    extern "C" __global__ void __launch_bounds__(MOST_THREADS)                                     \
        convolution_block_sums_##T(const T *x, float *out, unsigned positions, unsigned channels,  \
                                   unsigned rows, unsigned lanes, unsigned wide) {                 \
        const Rows of{positions, channels, rows, lanes};                                           \
        if (wide) block_sums<WIDEST<T>>(x, out, of);                                               \
        else block_sums<1>(x, out, of);                                                            \
    }
EVERY_TYPE(DEFINE)

constexpr unsigned COLUMNS = 32, LINES = 8;

// The sums over the rows of x [images, rows, columns], block x doing image x; of `type`.
extern "C" __global__ void __launch_bounds__(COLUMNS * LINES)
    convolution_row_sums_f32(const float *x, void *out, unsigned type, unsigned rows,
                             unsigned columns) {
    __shared__ float shared[LINES][COLUMNS];
    const unsigned lane = threadIdx.x % COLUMNS, line = threadIdx.x / COLUMNS;
    const unsigned column = blockIdx.y * COLUMNS + lane, image = blockIdx.x;
    float sum = 0.0f;
    if (column < columns)
        for (unsigned row = line; row < rows; row += LINES)
            sum += x[(size_t(image) * rows + row) * columns + column];
    shared[line][lane] = sum;
    __syncthreads();
    if (line > 0 || column >= columns) return;
    for (unsigned other = 1; other < LINES; ++other) sum += shared[other][lane];
    const Parameter sums{out, type};
    sums.store(image * columns + column, sum);
}
