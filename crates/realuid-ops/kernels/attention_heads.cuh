// Where the rows of heads lie, and which of them a block of threads works on.
#pragma once

#include "number.cuh"

// `count` rows of `width` elements, from one to the next `stride`.
template <typename T> struct Rows {
    T *data;
    unsigned stride, count, width;

    __device__ T *row(unsigned index) const { return data + size_t(index) * stride; }
};

// Sizes of self-attention: qkv [batch, tokens, 3 heads width], result [batch, tokens, heads width].
struct Heads {
    unsigned tokens, heads, width;
    // In qkv: from a head's queries to its keys, and from its keys to its values.
    unsigned part_stride;
    // In qkv: from a head's queries to those of the next head.
    unsigned head_stride;

    // Queries (part 0), keys (1) or values (2), or their gradients, of one head.
    template <typename T>
    __device__ Rows<T> projection(T *qkv, unsigned part, unsigned item, unsigned head) const {
        const unsigned stride = 3 * heads * width;
        T *first = qkv + size_t(item) * tokens * stride;
        return {first + part * part_stride + head * head_stride, stride, tokens, width};
    }

    // A head's rows of the result, or of its gradient.
    template <typename T>
    __device__ Rows<T> result(T *out, unsigned item, unsigned head) const {
        const unsigned stride = heads * width;
        return {out + size_t(item) * tokens * stride + head * width, stride, tokens, width};
    }
};

// What this block computes: `columns` columns from `first_column` of `own` rows from `first_row` of
// one head. Blocks are numbered by item, head, rows and columns, the last fastest.
struct Share {
    unsigned item, head, first_row, first_column;

    __device__ Share(const Heads &heads, unsigned own, unsigned columns) {
        unsigned block = blockIdx.x;
        const unsigned parts = (heads.width + columns - 1) / columns;
        first_column = block % parts * columns;
        block /= parts;
        const unsigned tiles = (heads.tokens + own - 1) / own;
        first_row = block % tiles * own;
        block /= tiles;
        head = block % heads.heads;
        item = block / heads.heads;
    }

    // Of an array [batch, heads, tokens]: where this head's begin.
    __device__ size_t statistics(const Heads &heads) const {
        return size_t(item * heads.heads + head) * heads.tokens;
    }
};

template <unsigned M, unsigned N>
__device__ __forceinline__ void fill_with_zeros(float (&x)[M][N]) {
#pragma unroll
    for (unsigned i = 0; i < M; ++i)
#pragma unroll
        for (unsigned j = 0; j < N; ++j) x[i][j] = 0.0f;
}
