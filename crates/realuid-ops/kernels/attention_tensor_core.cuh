// The tiles of attention on tensor cores.
#pragma once

#include "async_copy.cuh"
#include "attention_heads.cuh"
#include "tensor_core.cuh"

// How a block of 4 warps computes with tiles of OWN rows, 16 to a warp, that it keeps, against
// tiles of OTHER rows that pass by, all of them of at most WIDTH elements (a multiple of 16;
// narrower rows are filled up with zeros) and in shared memory: of the others there are two arrays,
// each twice, so that the next rows arrive while the block computes with the current ones. A result
// has COLUMNS columns.
//
// A thread has ROWS rows of a tile of scores, SCORES columns of each, OUTPUTS columns of results.
template <typename T, unsigned WIDTH, unsigned OTHER_ROWS, unsigned RESULT_COLUMNS, unsigned KEPT>
struct TensorCores {
    typedef T Number;
    static constexpr unsigned THREADS = 128, OWN = 64, OTHER = OTHER_ROWS;
    static constexpr unsigned COLUMNS = RESULT_COLUMNS;
    static constexpr unsigned ROWS = 2, SCORES = OTHER / 4, OUTPUTS = COLUMNS / 4;
    // Lanes that share a row.
    static constexpr unsigned LANES = 4;
    // Neighbouring columns that a thread writes at once.
    static constexpr int PACK = 2;
    // 16 bytes more than a row, so that eight rows begin in different banks.
    static constexpr unsigned STRIDE = WIDTH + 8;

    T *shared;
    // Which of the two copies of other rows is current.
    unsigned current = 1;

    __device__ explicit TensorCores(void *memory) : shared(static_cast<T *>(memory)) {}

    // The row of a tile that is this thread's row `index`.
    __device__ static unsigned row(unsigned index) {
        return threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4 + 8 * index;
    }

    // The column of scores or results that is this thread's column `index`.
    __device__ static unsigned column(unsigned index) {
        return index / 2 * 8 + threadIdx.x % 4 * 2 + index % 2;
    }

    // Array `slot`, of fewer than KEPT, of rows that the block keeps; before rows are fetched.
    __device__ void keep(unsigned slot, Rows<const T> rows, unsigned first) {
        start_copies<OWN>(own(slot), rows, first);
    }

    // Asks for rows of both arrays that pass by, to follow the current ones.
    __device__ void fetch(Rows<const T> zeroth, Rows<const T> first, unsigned first_row) {
        start_copies<OTHER>(other(0, 1 - current), zeroth, first_row);
        start_copies<OTHER>(other(1, 1 - current), first, first_row);
    }

    // Makes the rows fetched last the current ones. No thread still reads those before them.
    __device__ void arrive() {
        finish_copies();
        __syncthreads();
        current = 1 - current;
    }

    // scores = own rows times other rows.
    __device__ void product(float (&scores)[ROWS][SCORES], unsigned slot) {
        const T *left = own(slot) + threadIdx.x / 32 * 16 * STRIDE, *right = other(slot, current);
        fill_with_zeros(scores);
#pragma unroll
        for (unsigned k = 0; k < WIDTH; k += 16) {
            uint32_t factor[4], factors[4];
            load_left(factor, left + k, STRIDE);
#pragma unroll
            for (unsigned n = 0; n < OTHER; n += 16) {
                load_right_by_columns(factors, right + n * STRIDE + k, STRIDE);
                add_product(scores, n / 4, factor, factors);
            }
        }
    }

    // sums += weights (own rows by other rows) times `COLUMNS` columns of the other rows.
    __device__ void accumulate(float (&sums)[ROWS][OUTPUTS], const float (&weights)[ROWS][SCORES],
                               unsigned slot, unsigned first_column) {
        const T *right = other(slot, current) + first_column;
#pragma unroll
        for (unsigned k = 0; k < OTHER; k += 16) {
            const unsigned i = k / 4;
            // A lane's sums of two tiles side by side are what a left fragment wants of it.
            const uint32_t factor[4] = {pair_of(weights[0][i], weights[0][i + 1], T()),
                                        pair_of(weights[1][i], weights[1][i + 1], T()),
                                        pair_of(weights[0][i + 2], weights[0][i + 3], T()),
                                        pair_of(weights[1][i + 2], weights[1][i + 3], T())};
#pragma unroll
            for (unsigned n = 0; n < COLUMNS; n += 16) {
                uint32_t factors[4];
                load_right_by_rows(factors, right + k * STRIDE + n, STRIDE);
                add_product(sums, n / 4, factor, factors);
            }
        }
    }

  private:
    __device__ T *own(unsigned slot) { return shared + slot * OWN * STRIDE; }
    __device__ T *other(unsigned slot, unsigned copy) {
        return shared + (KEPT * OWN + (2 * copy + slot) * OTHER) * STRIDE;
    }

    template <unsigned COUNT>
    __device__ static void start_copies(T *to, Rows<const T> rows, unsigned first) {
        constexpr unsigned PACKS = WIDTH / 8;
        for (unsigned i = threadIdx.x; i < COUNT * PACKS; i += THREADS) {
            const unsigned row = i / PACKS, column = i % PACKS * 8;
            const bool exists = first + row < rows.count && column < rows.width;
            const T *from = exists ? rows.row(first + row) + column : rows.data;
            start_copy(to + row * STRIDE + column, from, exists);
        }
    }

    // Columns `first` to `first` + 3 of the thread, 16 of the tile.
    template <unsigned N>
    __device__ static void add_product(float (&sums)[ROWS][N], unsigned first,
                                       const uint32_t (&left)[4], const uint32_t (&right)[4]) {
#pragma unroll
        for (unsigned half = 0; half < 2; ++half) {
            const unsigned i = first + 2 * half;
            const uint32_t factor[2] = {right[2 * half], right[2 * half + 1]};
            float sum[4] = {sums[0][i], sums[0][i + 1], sums[1][i], sums[1][i + 1]};
            multiply_add(sum, left, factor, T());
            sums[0][i] = sum[0];
            sums[0][i + 1] = sum[1];
            sums[1][i] = sum[2];
            sums[1][i + 1] = sum[3];
        }
    }
};
