// Gradients of the keys and values of attention: a block keeps rows of both, queries and gradients
// of the result pass by.

#include "attention_backward.cuh"

template <typename T> struct TilesOf {
    typedef TensorCores<T, 64, 32, 64, 2> UpTo64;
    typedef TensorCores<T, 128, 32, 128, 2> UpTo128;
    // Two blocks to a row: gradients of 256 columns of both do not fit in a block's registers.
    typedef TensorCores<T, 256, 16, 128, 2> UpTo256;
};

template <typename Tiles, typename T>
__device__ void attention_keys(const Pass<T> &pass, const Heads &heads, float scale) {
    const Share share(heads, Tiles::OWN, Tiles::COLUMNS);
    const unsigned item = share.item, head = share.head;
    const auto part = [&](unsigned i) { return heads.projection(pass.qkv, i, item, head); };
    const Rows<const T> queries = part(0), gradients = heads.result(pass.gradient, item, head);
    extern __shared__ uint4 memory[];
    Tiles tiles(memory);
    tiles.keep(0, part(1), share.first_row);
    tiles.keep(1, part(2), share.first_row);
    float for_keys[Tiles::ROWS][Tiles::OUTPUTS], for_values[Tiles::ROWS][Tiles::OUTPUTS];
    fill_with_zeros(for_keys);
    fill_with_zeros(for_values);
    tiles.fetch(queries, gradients, 0);
    for (unsigned first = 0; first < heads.tokens; first += Tiles::OTHER) {
        tiles.arrive();
        const unsigned next = first + Tiles::OTHER;
        if (next < heads.tokens) tiles.fetch(queries, gradients, next);
        // Of keys by queries: the transposed tiles.
        float weights[Tiles::ROWS][Tiles::SCORES], slopes[Tiles::ROWS][Tiles::SCORES];
        tiles.product(weights, 0);
        tiles.product(slopes, 1);
#pragma unroll
        for (unsigned c = 0; c < Tiles::SCORES; ++c) {
            const unsigned query = first + Tiles::column(c);
            const size_t index = share.statistics(heads) + min(query, heads.tokens - 1);
            const float log_sum = pass.log_sums[index], delta = pass.deltas[index];
#pragma unroll
            for (unsigned r = 0; r < Tiles::ROWS; ++r) {
                const float p = exp2f(weights[r][c] * (scale * LOG2_OF_E) - log_sum);
                // A query that does not exist has no weights.
                weights[r][c] = query < heads.tokens ? p : 0.0f;
                slopes[r][c] = weights[r][c] * (slopes[r][c] - delta);
            }
        }
        tiles.accumulate(for_values, weights, 1, share.first_column);
        tiles.accumulate(for_keys, slopes, 0, share.first_column);
    }
    float factors[Tiles::ROWS], ones[Tiles::ROWS];
    for (unsigned r = 0; r < Tiles::ROWS; ++r) {
        factors[r] = scale;
        ones[r] = 1.0f;
    }
    store<Tiles>(for_keys, factors, share, heads.projection(pass.result, 1, item, head));
    store<Tiles>(for_values, ones, share, heads.projection(pass.result, 2, item, head));
}

#define DEFINE(T, KIND, TILES)                                                                     \
    extern "C" __global__ void __launch_bounds__(TILES::THREADS)                                   \
        attention_keys_##KIND##_##T(PASS(T), HEADS, float scale) {                                 \
        attention_keys<TILES>(GIVEN_PASS(T), GIVEN_HEADS, scale);                                  \
    }
EVERY_KIND(DEFINE)
