// Gradients of the queries of attention: a block keeps query rows, keys and values pass by.

#include "attention_backward.cuh"

template <typename T> struct TilesOf {
    typedef TensorCores<T, 64, 32, 64, 2> UpTo64;
    typedef TensorCores<T, 128, 32, 128, 2> UpTo128;
    typedef TensorCores<T, 256, 16, 256, 2> UpTo256;
};

template <typename Tiles, typename T>
__device__ void attention_queries(const Pass<T> &pass, const Heads &heads, float scale) {
    const Share share(heads, Tiles::OWN, Tiles::COLUMNS);
    const unsigned item = share.item, head = share.head;
    const auto part = [&](unsigned i) { return heads.projection(pass.qkv, i, item, head); };
    const Rows<const T> keys = part(1), values = part(2);
    extern __shared__ uint4 memory[];
    Tiles tiles(memory);
    tiles.keep(0, part(0), share.first_row);
    tiles.keep(1, heads.result(pass.gradient, item, head), share.first_row);
    float log_sums[Tiles::ROWS], deltas[Tiles::ROWS], factors[Tiles::ROWS];
    for (unsigned r = 0; r < Tiles::ROWS; ++r) {
        const unsigned row = min(share.first_row + Tiles::row(r), heads.tokens - 1);
        log_sums[r] = pass.log_sums[share.statistics(heads) + row];
        deltas[r] = pass.deltas[share.statistics(heads) + row];
        factors[r] = scale;
    }
    float sums[Tiles::ROWS][Tiles::OUTPUTS];
    fill_with_zeros(sums);
    tiles.fetch(keys, values, 0);
    for (unsigned first = 0; first < heads.tokens; first += Tiles::OTHER) {
        tiles.arrive();
        const unsigned next = first + Tiles::OTHER;
        if (next < heads.tokens) tiles.fetch(keys, values, next);
        float scores[Tiles::ROWS][Tiles::SCORES], slopes[Tiles::ROWS][Tiles::SCORES];
        tiles.product(scores, 0);
        tiles.product(slopes, 1);
#pragma unroll
        for (unsigned r = 0; r < Tiles::ROWS; ++r)
#pragma unroll
            for (unsigned c = 0; c < Tiles::SCORES; ++c) {
                const float p = exp2f(scores[r][c] * (scale * LOG2_OF_E) - log_sums[r]);
                // Keys that do not exist are zeros, and so would be what they add; but not if p
                // overflows.
                const bool exists = first + Tiles::column(c) < heads.tokens;
                slopes[r][c] = exists ? p * (slopes[r][c] - deltas[r]) : 0.0f;
            }
        tiles.accumulate(sums, slopes, 0, share.first_column);
    }
    store<Tiles>(sums, factors, share, heads.projection(pass.result, 0, item, head));
}

#define DEFINE(T, KIND, TILES)                                                                     \
    extern "C" __global__ void __launch_bounds__(TILES::THREADS)                                   \
        attention_queries_##KIND##_##T(PASS(T), HEADS, float scale) {                              \
        attention_queries<TILES>(GIVEN_PASS(T), GIVEN_HEADS, scale);                               \
    }
EVERY_KIND(DEFINE)
