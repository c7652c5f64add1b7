// What the passes of attention share (Dao et al. 2022, "FlashAttention"): scores exist only as
// tiles in registers, of rows that a block keeps against rows that pass by.
#pragma once

#include "attention_plain.cuh"
#include "attention_tensor_core.cuh"
#include "pack.cuh"

// Scores are turned to exponents of 2, whose powers are an instruction; sums of a row's
// exponentials are kept as their logarithm to base 2 accordingly.
constexpr float LOG2_OF_E = 1.44269504f;

// to = factor results, as far as the rows and columns of this block exist.
template <typename Tiles>
__device__ __forceinline__ void store(const float (&results)[Tiles::ROWS][Tiles::OUTPUTS],
                                      const float (&factors)[Tiles::ROWS], const Share &share,
                                      Rows<typename Tiles::Number> to) {
    typedef typename Tiles::Number T;
    constexpr int PACK = Tiles::PACK;
#pragma unroll
    for (unsigned r = 0; r < Tiles::ROWS; ++r) {
        const unsigned row = share.first_row + Tiles::row(r);
        if (row >= to.count) continue;
#pragma unroll
        for (unsigned c = 0; c < Tiles::OUTPUTS; c += PACK) {
            const unsigned column = share.first_column + Tiles::column(c);
            if (column >= to.width) continue;
            Pack<T, PACK> pack;
#pragma unroll
            for (unsigned i = 0; i < PACK; ++i)
                pack.values[i] = from_float<T>(results[r][c + i] * factors[r]);
            store_pack(to.row(row) + column, 0, pack);
        }
    }
}

// The members of `Heads` as arguments of a kernel.
#define HEADS                                                                                      \
    unsigned tokens, unsigned heads, unsigned width, unsigned part_stride, unsigned head_stride
#define GIVEN_HEADS                                                                                \
    Heads { tokens, heads, width, part_stride, head_stride }

// Defines the kernels of a pass: DEFINE(T, KIND, TILES) with ordinary arithmetic for every type,
// and on tensor cores for 16-bit rows of up to 64, 128 and 256 elements, with the pass's
// `TilesOf<T>`.
#define EVERY_KIND(DEFINE)                                                                         \
    DEFINE(f32, plain, Plain<f32>)                                                                 \
    DEFINE(bf16, plain, Plain<bf16>)                                                               \
    DEFINE(f16, plain, Plain<f16>)                                                                 \
    DEFINE(bf16, 64, TilesOf<bf16>::UpTo64)                                                        \
    DEFINE(bf16, 128, TilesOf<bf16>::UpTo128)                                                      \
    DEFINE(bf16, 256, TilesOf<bf16>::UpTo256)                                                      \
    DEFINE(f16, 64, TilesOf<f16>::UpTo64)                                                          \
    DEFINE(f16, 128, TilesOf<f16>::UpTo128)                                                        \
    DEFINE(f16, 256, TilesOf<f16>::UpTo256)
