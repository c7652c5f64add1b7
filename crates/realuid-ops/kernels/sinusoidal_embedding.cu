#include "number.cuh"

// out [count, dim] = cosines then sines of t [count] times 10000^(-i / half), i = 0..half, half =
// dim / 2, and a zero where dim is odd. Frequencies are rounded from f64, as on the CPU: a t of
// some hundreds multiplies their error.
extern "C" __global__ void sinusoidal_embedding_f32(const float *t, float *out, unsigned count,
                                                    unsigned dim) {
    const double LOGARITHM = 9.210340371976182736; // of 10000
    const unsigned half = dim / 2;
    for (unsigned i = first_element(); i < count * dim; i += element_stride()) {
        const unsigned column = i % dim;
        if (column == 2 * half) {
            out[i] = 0;
            continue;
        }
        const unsigned place = column % half;
        const float frequency = float(exp(-LOGARITHM * place / half));
        const float angle = t[i / dim] * frequency;
        out[i] = column < half ? cosf(angle) : sinf(angle);
    }
}
