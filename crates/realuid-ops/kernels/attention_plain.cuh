// The tiles of attention with ordinary arithmetic: f32, and rows of any width.
#pragma once

#include "attention_heads.cuh"

// How a block of 256 threads computes with a tile of 64 rows that it keeps, against tiles of 64
// rows that pass by. Rows stay in global memory; STEP columns or rows at a time visit shared
// memory. A thread has 4 x 4 scores and 4 x 4 results. The members are those of `TensorCores`.
template <typename T> struct Plain {
    typedef T Number;
    static constexpr unsigned THREADS = 256, OWN = 64, OTHER = 64, COLUMNS = 64;
    static constexpr unsigned ROWS = 4, SCORES = 4, OUTPUTS = 4, LANES = 16;
    static constexpr int PACK = 1;
    static constexpr unsigned STEP = 16, TILE = 64;
    // Four floats more than a row, so that rows begin in different banks and vectors stay aligned.
    static constexpr unsigned STRIDE = TILE + 4;

    struct Shared {
        float left[STEP][STRIDE], right[STEP][STRIDE];
        // Transposed: [other row][own row].
        float weights[TILE][STRIDE];
    };

    Shared &shared;
    Rows<const T> own[2], other[2];
    unsigned first_own, first_other, first_fetched;

    __device__ explicit Plain(void *memory) : shared(*static_cast<Shared *>(memory)) {}

    __device__ static unsigned row(unsigned index) { return threadIdx.x / 16 * 4 + index; }
    __device__ static unsigned column(unsigned index) { return threadIdx.x % 16 * 4 + index; }

    __device__ void keep(unsigned slot, Rows<const T> rows, unsigned first) {
        own[slot] = rows;
        first_own = first;
    }

    __device__ void fetch(Rows<const T> zeroth, Rows<const T> first, unsigned first_row) {
        other[0] = zeroth;
        other[1] = first;
        first_fetched = first_row;
    }

    __device__ void arrive() { first_other = first_fetched; }

    __device__ void product(float (&scores)[ROWS][SCORES], unsigned slot) {
        fill_with_zeros(scores);
        for (unsigned k = 0; k < own[slot].width; k += STEP) {
            __syncthreads();
            copy_columns(shared.left, own[slot], first_own, k);
            copy_columns(shared.right, other[slot], first_other, k);
            __syncthreads();
            add_products(scores, shared.left);
        }
    }

    __device__ void accumulate(float (&sums)[ROWS][OUTPUTS], const float (&weights)[ROWS][SCORES],
                               unsigned slot, unsigned first_column) {
        __syncthreads();
        for (unsigned r = 0; r < ROWS; ++r)
            for (unsigned c = 0; c < SCORES; ++c)
                shared.weights[column(c)][row(r)] = weights[r][c];
        for (unsigned k = 0; k < OTHER; k += STEP) {
            __syncthreads();
            copy_rows(shared.right, other[slot], first_other + k, first_column);
            __syncthreads();
            add_products(sums, shared.weights + k);
        }
    }

  private:
    // sums += left^T right, over STEP rows of both.
    __device__ void add_products(float (&sums)[4][4], const float (*left)[STRIDE]) {
#pragma unroll
        for (unsigned k = 0; k < STEP; ++k) {
            const float4 x = *reinterpret_cast<const float4 *>(&left[k][row(0)]);
            const float4 y = *reinterpret_cast<const float4 *>(&shared.right[k][column(0)]);
            const float xs[4] = {x.x, x.y, x.z, x.w}, ys[4] = {y.x, y.y, y.z, y.w};
#pragma unroll
            for (unsigned r = 0; r < 4; ++r)
#pragma unroll
                for (unsigned c = 0; c < 4; ++c) sums[r][c] += xs[r] * ys[c];
        }
    }

    // Columns of 64 rows, transposed; zeros beyond the last row or column.
    __device__ static void copy_columns(float (&to)[STEP][STRIDE], const Rows<const T> &rows,
                                        unsigned first_row, unsigned first_column) {
        for (unsigned i = threadIdx.x; i < STEP * TILE; i += THREADS) {
            const unsigned row = i / STEP, column = i % STEP;
            to[column][row] = element(rows, first_row + row, first_column + column);
        }
    }

    // 64 columns of rows; zeros beyond the last row or column.
    __device__ static void copy_rows(float (&to)[STEP][STRIDE], const Rows<const T> &rows,
                                     unsigned first_row, unsigned first_column) {
        for (unsigned i = threadIdx.x; i < STEP * TILE; i += THREADS) {
            const unsigned row = i / TILE, column = i % TILE;
            to[row][column] = element(rows, first_row + row, first_column + column);
        }
    }

    __device__ static float element(const Rows<const T> &rows, unsigned row, unsigned column) {
        const bool inside = row < rows.count && column < rows.width;
        return inside ? to_float(rows.row(row)[column]) : 0.0f;
    }
};
