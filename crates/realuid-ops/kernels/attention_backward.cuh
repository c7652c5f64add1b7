// What both kernels of attention's backward pass read. Probabilities p are computed again from the
// scores and the logarithms of their sums; with the gradient g of the result, that of the scores is
// p (g v^T - delta), delta the dot product of a row of the result with g.
#pragma once

#include "attention.cuh"

template <typename T> struct Pass {
    // [batch, tokens, 3 heads width] and its gradient.
    const T *qkv;
    T *result;
    // Of the result, [batch, tokens, heads width].
    const T *gradient;
    // [batch, heads, tokens].
    const float *log_sums, *deltas;
};

// The members of `Pass` as arguments of a kernel.
#define PASS(T)                                                                                    \
    const T *qkv, T *result, const T *gradient, const float *log_sums, const float *deltas
#define GIVEN_PASS(T)                                                                              \
    Pass<T> { qkv, result, gradient, log_sums, deltas }
