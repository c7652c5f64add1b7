// What follows a normalisation, and its derivative.
#pragma once

struct Identity {
    __device__ static float value(float z) { return z; }
    __device__ static float slope(float) { return 1.0f; }
};

// z sigmoid(z).
struct Silu {
    __device__ static float value(float z) { return z / (1.0f + __expf(-z)); }
    __device__ static float slope(float z) {
        const float s = 1.0f / (1.0f + __expf(-z));
        return s * (1.0f + z * (1.0f - s));
    }
};

// Normalisation, learned map and modulation of N channels of an image: z = (x - centre) scale + shift;
// rows of a table [images, 3, channels].
template <int N> struct Affine {
    Pack<float, N> centre, scale, shift;

    __device__ Affine(const float *table, unsigned image, unsigned channel, unsigned channels) {
        const float *row = table + size_t(image) * 3 * channels + channel;
        centre = table_row<N>(row);
        scale = table_row<N>(row + channels);
        shift = table_row<N>(row + 2 * channels);
    }
};
