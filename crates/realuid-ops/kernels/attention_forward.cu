// out = softmax(scale q k^T) v for every head, and for the backward pass, of every row of scores,
// log_sums = log2(sum(exp(scale q k^T))), [batch, heads, tokens].

#include "attention.cuh"

template <typename T> struct TilesOf {
    typedef TensorCores<T, 64, 64, 64, 1> UpTo64;
    typedef TensorCores<T, 128, 32, 128, 1> UpTo128;
    typedef TensorCores<T, 256, 16, 256, 1> UpTo256;
};

// Of every row so far: its largest exponent, this lane's part of the sum of 2^(exponent - largest),
// and the sum of the values with these weights (Milakov and Gimelshein 2018).
template <typename Tiles> struct Running {
    float largest[Tiles::ROWS], sum[Tiles::ROWS], values[Tiles::ROWS][Tiles::OUTPUTS];

    __device__ Running() {
        fill_with_zeros(values);
#pragma unroll
        for (unsigned r = 0; r < Tiles::ROWS; ++r) {
            largest[r] = -INFINITY;
            sum[r] = 0.0f;
        }
    }

    // Takes in scores, of which `left` columns exist, and turns them to weights.
    __device__ void take(float (&scores)[Tiles::ROWS][Tiles::SCORES], float factor, unsigned left) {
#pragma unroll
        for (unsigned r = 0; r < Tiles::ROWS; ++r) {
            float most = largest[r];
#pragma unroll
            for (unsigned c = 0; c < Tiles::SCORES; ++c) {
                scores[r][c] = Tiles::column(c) < left ? scores[r][c] * factor : -INFINITY;
                most = fmaxf(most, scores[r][c]);
            }
            for (unsigned other = 1; other < Tiles::LANES; other *= 2)
                most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, other));
            const float shrink = exp2f(largest[r] - most);
            largest[r] = most;
            sum[r] *= shrink;
#pragma unroll
            for (unsigned c = 0; c < Tiles::SCORES; ++c) {
                scores[r][c] = exp2f(scores[r][c] - most);
                sum[r] += scores[r][c];
            }
#pragma unroll
            for (unsigned c = 0; c < Tiles::OUTPUTS; ++c) values[r][c] *= shrink;
        }
    }

    // Sums of whole rows.
    __device__ void finish() {
#pragma unroll
        for (unsigned r = 0; r < Tiles::ROWS; ++r)
            for (unsigned other = 1; other < Tiles::LANES; other *= 2)
                sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], other);
    }
};

template <typename Tiles, typename T>
__device__ void attention_forward(const T *qkv, T *out, float *log_sums, const Heads &heads,
                                  float scale) {
    const Share share(heads, Tiles::OWN, Tiles::COLUMNS);
    const auto part = [&](unsigned i) { return heads.projection(qkv, i, share.item, share.head); };
    const Rows<const T> keys = part(1), values = part(2);
    extern __shared__ uint4 memory[];
    Tiles tiles(memory);
    tiles.keep(0, part(0), share.first_row);
    Running<Tiles> running;
    tiles.fetch(keys, values, 0);
    for (unsigned first = 0; first < heads.tokens; first += Tiles::OTHER) {
        tiles.arrive();
        const unsigned next = first + Tiles::OTHER;
        if (next < heads.tokens) tiles.fetch(keys, values, next);
        float scores[Tiles::ROWS][Tiles::SCORES];
        tiles.product(scores, 0);
        running.take(scores, scale * LOG2_OF_E, heads.tokens - first);
        tiles.accumulate(running.values, scores, 1, share.first_column);
    }
    running.finish();
    float factors[Tiles::ROWS];
    float *kept = log_sums + share.statistics(heads);
    for (unsigned r = 0; r < Tiles::ROWS; ++r) {
        factors[r] = 1.0f / running.sum[r];
        const unsigned row = share.first_row + Tiles::row(r);
        if (row < heads.tokens && share.first_column == 0 && Tiles::column(0) == 0)
            kept[row] = running.largest[r] + log2f(running.sum[r]);
    }
    store<Tiles>(running.values, factors, share, heads.result(out, share.item, share.head));
}

#define DEFINE(T, KIND, TILES)                                                                     \
    extern "C" __global__ void __launch_bounds__(TILES::THREADS)                                   \
        attention_forward_##KIND##_##T(const T *qkv, T *out, float *log_sums, HEADS,               \
                                       float scale) {                                              \
        attention_forward<TILES>(qkv, out, log_sums, GIVEN_HEADS, scale);                          \
    }
EVERY_KIND(DEFINE)
